/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans how hosts are emptied. */
#include <stdlib.h>

#include "frame/plan.h"
#include "frame/planner.h"
#include "inventory/inventory.h"
#include "plan/drain.h"

#define PER_HOST 2

/* clang-format off */
static const struct poptOption options[] = {
	CMD_PLANNER_OPTIONS,
	POPT_TABLEEND
};
/* clang-format on */

static const struct cmd_words words[] = { CMD_PLANNER_WORDS, { NULL, NULL } };

/* Ranges and @GROUP mean the planner's hosts, wherever those come from. */
static int find_hosts(struct cmd_run *c, const struct cmd_planner *p, struct vmm_strv *out)
{
	const struct vmm_inventory inv = { .hosts = p->hosts };
	size_t *rows = calloc(vmm_table_rows(p->hosts) + 1, sizeof(*rows)), n = 0;
	int ret = rows ? 0 : vmm_err_nomem(&c->err);

	if (ret == 0 && c->args.n == 0)
		ret = vmm_err_set(&c->err, VMM_EINPUT, "HOST is missing");
	if (ret == 0)
		ret = vmm_inventory_hosts(&inv, &c->args, rows, &n, &c->err);
	for (size_t i = 0; ret == 0 && i < n; i++)
		if (vmm_strv_add(out, vmm_table_at(p->hosts, rows[i], "name")) < 0)
			ret = vmm_err_nomem(&c->err);
	free(rows);
	return ret;
}

static int report(struct cmd_run *c, const struct vmm_table *plan, const struct vmm_table *left)
{
	int ret = cmd_rows(c, plan);

	for (size_t i = 0; i < vmm_table_rows(plan); i++)
		cmd_tally(c, VMM_OK);
	for (size_t i = 0; i < vmm_table_rows(left); i++) {
		cmd_say(c, "cannot move '%s' off '%s': %s", vmm_table_at(left, i, "vm"),
			vmm_table_at(left, i, "host"), vmm_table_at(left, i, "reason"));
		cmd_tally(c, VMM_EREFUSED);
	}
	return ret < 0 ? ret : cmd_status(c);
}

static int run(struct cmd_run *c)
{
	VMM_TABLE_AUTO *plan = NULL, *left = NULL;
	VMM_STRV_AUTO hosts = VMM_STRV_INIT;
	struct cmd_planner p = { NULL };
	int ret = cmd_planner_read(c, &p);

	if (ret == 0)
		ret = find_hosts(c, &p, &hosts);
	if (ret == 0)
		ret = vmm_plan_drain(p.fleet, &hosts, c->per_host ? c->per_host : PER_HOST, &plan,
				     &left, &c->err);
	if (ret == 0)
		ret = report(c, plan, left);
	cmd_planner_release(&p);
	return ret;
}

static const struct cmd plan_drain = {
	.name = "plan-drain",
	.operands = "HOST...",
	.summary = "Plan how hosts are emptied: every VM that runs there gets another place.",
	.options = options,
	.columns = cmd_plan_columns,
	.words = words,
	.uses = CMD_ROWS | CMD_PER_HOST,
	.min_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&plan_drain, argc, argv);
}
