/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells where new VMs should go. */
#include <string.h>

#include "frame/newcomers.h"
#include "plan/newcomers.h"

static int best;

/* clang-format off */
static const struct poptOption options[] = {
	CMD_NEWCOMERS_OPTIONS,
	{ "best", 0, POPT_ARG_NONE, &best, 0, "print only the host of each VM", NULL },
	CMD_PLANNER_OPTIONS,
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "vm", VMM_TEXT, false, "the new VM" },
	{ "rank", VMM_NUMBER, false, "1 is the best host for it" },
	{ "host", VMM_TEXT, false, "where it could be" },
	{ "group", VMM_TEXT, false, "of the host" },
	{ "ok", VMM_BOOL, false, "whether it can" },
	{ "gain", VMM_NUMBER, false, "by how much the score of the group falls" },
	{ "reason", VMM_TEXT, false, "why not" },
	CMD_COLUMNS_END
};

static const struct cmd_column best_columns[] = {
	{ "name", VMM_TEXT, false, "the new VM" },
	{ "host", VMM_TEXT, false, "where it should be" },
	{ "group", VMM_TEXT, true, "of the host" },
	CMD_COLUMNS_END
};
/* clang-format on */

static const struct cmd_alt alts[] = { { &best, "--best", best_columns }, { NULL, NULL, NULL } };
static const struct cmd_words words[] = { CMD_PLANNER_WORDS, { NULL, NULL } };

static void refuse(struct cmd_run *c, const char *vm)
{
	cmd_say(c, "no host can take '%s'", vm);
	cmd_tally(c, VMM_EREFUSED);
}

/* The first row of a VM is its best one; where there is no host at all, there are no rows. */
static int report(struct cmd_run *c, const struct vmm_table *newcomers, struct vmm_table *rows)
{
	int name = best ? vmm_table_need(rows, "name") : -1, ret = 0;

	for (size_t i = 0; i < vmm_table_rows(rows) && ret == 0; i++) {
		const char *vm = vmm_table_at(rows, i, "vm");
		bool first = strcmp(vmm_table_at(rows, i, "rank"), "1") == 0;
		bool ok = strcmp(vmm_table_at(rows, i, "ok"), "yes") == 0;

		if (first && ok)
			cmd_tally(c, VMM_OK);
		else if (first)
			refuse(c, vm);
		if (best && first && ok)
			ret = vmm_table_set(rows, i, name, vm) < 0 ? vmm_err_nomem(&c->err)
								   : cmd_row(c, rows, i);
	}
	for (size_t i = 0; vmm_table_rows(rows) == 0 && i < vmm_table_rows(newcomers); i++)
		refuse(c, vmm_table_at(newcomers, i, "name"));
	if (ret == 0 && !best)
		ret = cmd_rows(c, rows);
	return ret < 0 ? ret : cmd_status(c);
}

static int run(struct cmd_run *c)
{
	VMM_TABLE_AUTO *newcomers = NULL, *rows = NULL;
	struct cmd_planner p = { NULL };
	struct vmm_fleet_input in;
	const char *file;
	int ret = cmd_planner_read(c, &p);

	if (ret == 0)
		ret = cmd_newcomers_read(c, &newcomers, &file);
	if (ret == 0) {
		in = cmd_planner_input(&p);
		ret = vmm_plan_place(&in, newcomers, file, &rows, &c->err);
	}
	if (ret == 0)
		ret = report(c, newcomers, rows);
	cmd_planner_release(&p);
	return ret;
}

static const struct cmd plan_place = {
	.name = "plan-place",
	.operands = "[FILE]",
	.summary = "Tell where new VMs should go: one by --cpus and --memory, or rows name, vcpus, mem.",
	.options = options,
	.columns = columns,
	.alts = alts,
	.words = words,
	.uses = CMD_ROWS,
	.max_args = 2,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&plan_place, argc, argv);
}
