/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives a logical host a machine that fits and is free. */
#include "frame/frame.h"
#include "group/state.h"

/* clang-format off */
static const struct cmd_column columns[] = {
	{ "logical", VMM_TEXT, false, "GROUP/NAME" },
	{ "host", VMM_TEXT, false, "the host" },
	{ "since", VMM_TEXT, false, "since when" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int run(struct cmd_run *c)
{
	VMM_GROUP_AUTO *g = NULL;
	VMM_TABLE_AUTO *t = NULL;
	struct vmm_place place;

	if (vmm_place_load(c->args.s[0], &g, &place, &c->err) < 0 || !cmd_store(c) ||
	    vmm_logical_assign(c->store, &place, c->args.s[1], c->dry_run, &t, &c->err) < 0)
		return c->err.code;
	return cmd_rows(c, t);
}

static const struct cmd group_assign = {
	.name = "group-assign",
	.operands = "LOGICAL HOST",
	.summary = "Give the logical host GROUP/NAME a machine that fits, which comes into the group.",
	.columns = columns,
	.uses = CMD_ROWS | CMD_DRY_RUN,
	.min_args = 2,
	.max_args = 2,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&group_assign, argc, argv);
}
