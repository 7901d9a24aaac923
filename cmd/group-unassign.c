/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes a machine out of the place of a logical host, and out of the group. */
#include "frame/frame.h"
#include "group/state.h"

static int keep;

/* clang-format off */
static const struct poptOption options[] = {
	{ "keep", 0, POPT_ARG_NONE, &keep, 0, "leave it in the group, with the VMs that run there", NULL },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "logical", VMM_TEXT, false, "GROUP/NAME" },
	{ "host", VMM_TEXT, false, "the host" },
	{ "since", VMM_TEXT, false, "since when it was there" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int run(struct cmd_run *c)
{
	VMM_TABLE_AUTO *t = NULL;

	if (!cmd_store(c) ||
	    vmm_logical_unassign(c->store, c->args.s[0], keep, c->dry_run, &t, &c->err) < 0)
		return c->err.code;
	return cmd_rows(c, t);
}

static const struct cmd group_unassign = {
	.name = "group-unassign",
	.operands = "LOGICAL",
	.summary = "Take the machine out of the place of the logical host GROUP/NAME, and out of the group.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS | CMD_DRY_RUN,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&group_unassign, argc, argv);
}
