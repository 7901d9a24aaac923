/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says of each step of a plan whether it still holds, as the inventory tells or the hosts do. */
#include <stdio.h>

#include "frame/live.h"
#include "frame/plan.h"
#include "plan/check.h"

static int live;

/* clang-format off */
static const struct poptOption options[] = {
	{ "live", 0, POPT_ARG_NONE, &live, 0, "ask the hosts instead of the recorded state", NULL },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "step", VMM_NUMBER, false, "which one" },
	{ "vm", VMM_TEXT, false, "its name" },
	{ "ok", VMM_BOOL, false, "whether it holds" },
	{ "reason", VMM_TEXT, false, "why not, all reasons" },
	{ "wave", VMM_NUMBER, true, "of which wave" },
	{ "action", VMM_TEXT, true, "what is to be done" },
	{ "uuid", VMM_TEXT, true, "the VM" },
	{ "from", VMM_TEXT, true, "the source" },
	{ "to", VMM_TEXT, true, "the target" },
	CMD_COLUMNS_END
};
/* clang-format on */

/* The rows of the plan itself, with two columns more. */
static int print(struct cmd_run *c, const struct vmm_plan *plan, const struct vmm_plan_verdict *v)
{
	for (size_t i = 0; i < plan->n; i++) {
		cmd_tally(c, v[i].ok ? VMM_OK : VMM_EREFUSED);
		if (vmm_table_put(plan->rows, i, "ok", v[i].ok ? "yes" : "no") < 0 ||
		    vmm_table_put(plan->rows, i, "reason", v[i].reasons) < 0)
			return vmm_err_nomem(&c->err);
	}
	return cmd_rows(c, plan->rows);
}

static struct vmm_plan *plan;

static int check(struct cmd_run *c, struct vmm_inventory *inv, const struct cmd_filter *f)
{
	struct vmm_plan_verdict *verdicts;
	int ret;

	(void)f;
	if (vmm_plan_check(plan, inv->hosts, inv->vms, &verdicts, &c->err) < 0)
		return c->err.code;
	ret = print(c, plan, verdicts);
	vmm_plan_verdicts_free(plan, verdicts);
	return ret < 0 ? ret : cmd_status(c);
}

static int run(struct cmd_run *c)
{
	int ret = cmd_plan(c, c->args.s[0], &plan);

	if (ret == 0)
		ret = cmd_vms(c, live, check);
	vmm_plan_free(plan);
	return ret;
}

static const struct cmd plan_check = {
	.name = "plan-check",
	.operands = "PLAN|-",
	.summary = "Say whether a plan still holds.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS | CMD_TIMEOUT,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&plan_check, argc, argv);
}
