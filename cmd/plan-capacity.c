/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells what still fits, and who has no place when hosts fail. */
#include "frame/newcomers.h"
#include "plan/newcomers.h"

#define TOLERATE_MAX 1000

static int failures;
static char *tolerate;

/* clang-format off */
static const struct poptOption options[] = {
	CMD_NEWCOMERS_OPTIONS,
	{ "failures", 0, POPT_ARG_NONE, &failures, 0,
		"list the VMs that have no place when hosts fail", NULL },
	{ "tolerate", 0, POPT_ARG_STRING, &tolerate, 0,
		"so many hosts may fail at once (usual: what each group says)", "N" },
	CMD_PLANNER_OPTIONS,
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "group", VMM_TEXT, false, "its name" },
	{ "size", VMM_TEXT, false, "the name of the size" },
	{ "vcpus", VMM_NUMBER, false, "its virtual processors" },
	{ "mem", VMM_BYTES, false, "its memory" },
	{ "fits", VMM_NUMBER, false, "so many VMs more of it fit" },
	{ "failures", VMM_NUMBER, false, "so many hosts may fail" },
	{ "fits_safe", VMM_NUMBER, false, "so many fit that all VMs have a place even then" },
	CMD_COLUMNS_END
};

static const struct cmd_column failure_columns[] = {
	{ "group", VMM_TEXT, false, "of the hosts" },
	{ "failed", VMM_LIST, false, "the hosts that fail" },
	{ "vm", VMM_TEXT, false, "a VM of theirs that no other host can take" },
	{ "uuid", VMM_TEXT, false, "its UUID" },
	{ "host", VMM_TEXT, false, "where it is" },
	{ "priority", VMM_NUMBER, false, "0 to 9; 9 gets a place first" },
	{ "mem", VMM_BYTES, false, "its memory" },
	{ "reason", VMM_TEXT, false, "why not" },
	CMD_COLUMNS_END
};
/* clang-format on */

static const struct cmd_alt alts[] = { { &failures, "--failures", failure_columns },
				       { NULL, NULL, NULL } };
static const struct cmd_words words[] = { CMD_PLANNER_WORDS, { NULL, NULL } };

static int count(struct cmd_run *c, const struct cmd_planner *p, long hosts, struct vmm_table **rows)
{
	struct vmm_fleet_input in = cmd_planner_input(p);
	VMM_TABLE_AUTO *sizes = NULL;
	const char *file;

	if (failures)
		return vmm_plan_failures(p->fleet, hosts, rows, &c->err);
	if (cmd_newcomers_read(c, &sizes, &file) < 0)
		return c->err.code;
	return vmm_plan_capacity(&in, sizes, file, hosts, rows, &c->err);
}

static int run(struct cmd_run *c)
{
	VMM_TABLE_AUTO *rows = NULL;
	struct cmd_planner p = { NULL };
	uint64_t hosts = 0;
	int ret = cmd_opt_u64(c, "--tolerate", tolerate, 0, TOLERATE_MAX, &hosts);

	if (ret == 0)
		ret = cmd_planner_read(c, &p);
	if (ret == 0)
		ret = count(c, &p, tolerate ? (long)hosts : -1, &rows);
	if (ret == 0)
		ret = cmd_rows(c, rows);
	cmd_planner_release(&p);
	return ret;
}

static const struct cmd plan_capacity = {
	.name = "plan-capacity",
	.operands = "[FILE]",
	.summary = "Tell how many VMs of a size still fit, and which have no place when hosts fail.",
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
	return cmd_main(&plan_capacity, argc, argv);
}
