/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks the files of groups over, a row for each finding. */
#include "frame/groups.h"

/* clang-format off */
static const struct cmd_column columns[] = {
	{ "finding", VMM_TEXT, false, "FILE:LINE: what is wrong" },
	{ "level", VMM_TEXT, false, "error or warning" },
	CMD_COLUMNS_END
};
/* clang-format on */

struct known {
	struct vmm_inventory inv;
	struct vmm_table *logicals;
};

static int found(const char *what, bool warning, void *arg)
{
	struct cmd_run *c = arg;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);

	cmd_tally(c, warning ? VMM_OK : VMM_EINPUT);
	if (!t || vmm_table_add(t) < 0 || vmm_table_put(t, 0, "finding", what) < 0 ||
	    vmm_table_put(t, 0, "level", warning ? "warning" : "error") < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int check(struct cmd_run *c, const struct known *k, const char *name)
{
	VMM_GROUP_AUTO *g = NULL;
	struct vmm_err why;

	if (vmm_group_load(NULL, name, &g, &why) < 0)
		return found(why.text, false, c);
	return vmm_group_check(g, &k->inv, k->logicals, found, c, &c->err);
}

static int check_all(struct cmd_run *c, const struct known *k)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int code = cmd_groups(c, &k->inv, &names);

	for (size_t i = 0; i < names.n && !code; i++)
		code = check(c, k, names.s[i]);
	return code;
}

static int run(struct cmd_run *c)
{
	struct known k = { VMM_INVENTORY_INIT, NULL };
	struct vmm_store *st = cmd_store(c);
	int code = st ? vmm_logicals_read(st, &k.inv, &k.logicals, &c->err) : c->err.code;

	if (!code)
		code = check_all(c, &k);
	vmm_inventory_release(&k.inv);
	vmm_table_free(k.logicals);
	if (code)
		return code;
	/* A warning beside an error does not make the error half as bad. */
	*c->err.text = '\0';
	return c->failed ? VMM_EINPUT : VMM_OK;
}

static const struct cmd group_check = {
	.name = "group-check",
	.operands = "[GROUP...]",
	.summary = "Check the files of groups: what is wrong in them, and what contradicts itself.",
	.columns = columns,
	.uses = CMD_ROWS,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&group_check, argc, argv);
}
