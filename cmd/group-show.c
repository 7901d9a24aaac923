/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the settings and rules of a group as they are in force, and where each comes from. */
#include "frame/groups.h"

/* clang-format off */
static const struct cmd_column columns[] = {
	{ "section", VMM_TEXT, false, "of the file; none: its top" },
	{ "label", VMM_TEXT, false, "name of the rule, model or logical host" },
	{ "key", VMM_TEXT, false, "what is set" },
	{ "value", VMM_TEXT, false, "to what" },
	{ "from", VMM_TEXT, false, "FILE:LINE, or usual" },
	CMD_COLUMNS_END
};
/* clang-format on */

/* Also a group that has no file is one, if a host is in it. */
static int check_name(struct cmd_run *c)
{
	struct vmm_store *st = cmd_store(c);
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	VMM_STRV_AUTO names = VMM_STRV_INIT;

	if (!st || vmm_inventory_read(st, &inv, &c->err) < 0)
		return c->err.code;
	return cmd_groups(c, &inv, &names);
}

static int run(struct cmd_run *c)
{
	VMM_GROUP_AUTO *g = NULL;
	VMM_TABLE_AUTO *t = NULL;

	if (check_name(c) < 0 || vmm_group_load(NULL, c->args.s[0], &g, &c->err) < 0 ||
	    vmm_group_settings(g, &t, &c->err) < 0)
		return c->err.code;
	return cmd_rows(c, t);
}

static const struct cmd group_show = {
	.name = "group-show",
	.operands = "GROUP",
	.summary = "Print a group's settings and rules as they are in force, with where each is from.",
	.columns = columns,
	.uses = CMD_ROWS,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&group_show, argc, argv);
}
