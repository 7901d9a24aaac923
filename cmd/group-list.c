/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the groups, those of hosts and those that have a file, with what they have. */
#include <inttypes.h>

#include "frame/groups.h"

static int logicals;

/* clang-format off */
static const struct cmd_column columns[] = {
	{ "group", VMM_TEXT, false, "its name" },
	{ "mode", VMM_TEXT, false, "manual or automatic" },
	{ "hosts", VMM_NUMBER, false, "hosts in it" },
	{ "vms", VMM_NUMBER, false, "VMs on these" },
	{ "running", VMM_NUMBER, false, "of these, the active ones" },
	{ "cpus", VMM_NUMBER, false, "logical processors of its hosts" },
	{ "mem_total", VMM_BYTES, false, "memory of its hosts" },
	{ "mem_used", VMM_BYTES, false, "memory in use there" },
	{ "description", VMM_TEXT, false, "in words" },
	{ "rules", VMM_NUMBER, true, "rules in its file" },
	{ "logicals", VMM_NUMBER, true, "logical hosts that are defined" },
	{ "file", VMM_TEXT, true, "that says so; none: the usual settings" },
	{ "error", VMM_TEXT, true, "what is wrong with the file" },
	CMD_COLUMNS_END
};

static const struct cmd_column logical_columns[] = {
	{ "logical", VMM_TEXT, false, "GROUP/NAME" },
	{ "model", VMM_TEXT, false, "that its host has to fit" },
	{ "host", VMM_TEXT, false, "that has the place; none: it is open" },
	{ "since", VMM_TEXT, false, "since when" },
	CMD_COLUMNS_END
};

static const struct poptOption options[] = {
	{ "logicals", 0, POPT_ARG_NONE, &logicals, 0, "list their logical hosts instead", NULL },
	POPT_TABLEEND
};
/* clang-format on */

static const struct cmd_alt alts[] = { { &logicals, "--logicals", logical_columns },
				       { NULL, NULL, NULL } };

struct known {
	struct vmm_inventory inv;
	struct vmm_table *logicals;
};

static int load(struct cmd_run *c, const char *name, struct vmm_group **g, struct vmm_err *why)
{
	int code = vmm_group_load(NULL, name, g, why);

	cmd_tally(c, code);
	if (code)
		cmd_say(c, "%s", why->text);
	return code;
}

static int put_number(struct vmm_table *t, const char *column, uint64_t n)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	vmm_buf_addf(&text, "%" PRIu64, n);
	return text.failed ? VMM_ENOMEM : vmm_table_put(t, 0, column, text.data);
}

static int put_sums(struct vmm_table *t, const struct vmm_inventory *inv, const char *name)
{
	struct vmm_group_sums s;

	vmm_group_sum(inv, name, &s);
	if (vmm_table_put(t, 0, "group", name) < 0 || put_number(t, "hosts", s.hosts) < 0 ||
	    put_number(t, "vms", s.vms) < 0 || put_number(t, "running", s.running) < 0 ||
	    put_number(t, "cpus", s.cpus) < 0 || put_number(t, "mem_total", s.mem_total) < 0)
		return VMM_ENOMEM;
	return put_number(t, "mem_used", s.mem_used);
}

static int put_settings(struct vmm_table *t, const struct vmm_group *g)
{
	if (vmm_table_put(t, 0, "mode", g->automatic ? "automatic" : "manual") < 0 ||
	    vmm_table_put(t, 0, "description", g->description) < 0 ||
	    vmm_table_put(t, 0, "file", g->conf ? g->conf->file : "") < 0 ||
	    put_number(t, "rules", g->nrules) < 0)
		return VMM_ENOMEM;
	return put_number(t, "logicals", g->nlogicals);
}

/* A file that is wrong hides no group. */
static int print_group(struct cmd_run *c, const struct known *k, const char *name)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	VMM_GROUP_AUTO *g = NULL;
	struct vmm_err why;
	int code = load(c, name, &g, &why);

	if (!t || vmm_table_add(t) < 0 || put_sums(t, &k->inv, name) < 0 ||
	    (g ? put_settings(t, g) : vmm_table_put(t, 0, "error", why.text)) < 0)
		return vmm_err_nomem(&c->err);
	return code == VMM_ENOMEM ? code : cmd_row(c, t, 0);
}

static int print_logical(struct cmd_run *c, const struct known *k, const char *group,
			 const struct vmm_logical *l)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	VMM_BUF_AUTO name = VMM_BUF_INIT;
	long row;

	vmm_buf_addf(&name, "%s/%s", group, l->name);
	if (!t || name.failed)
		return vmm_err_nomem(&c->err);
	row = vmm_table_find(k->logicals, vmm_table_col(k->logicals, "logical"), name.data);
	if ((row < 0 ? vmm_table_add(t) : vmm_table_copy_row(t, k->logicals, (size_t)row)) < 0 ||
	    vmm_table_put(t, 0, "logical", name.data) < 0 ||
	    vmm_table_put(t, 0, "model", l->model->name) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int print_logicals(struct cmd_run *c, const struct known *k, const char *name)
{
	VMM_GROUP_AUTO *g = NULL;
	struct vmm_err why;
	int code = load(c, name, &g, &why) == VMM_ENOMEM ? VMM_ENOMEM : 0;

	for (size_t i = 0; g && i < g->nlogicals && !code; i++)
		code = print_logical(c, k, name, &g->logicals[i]);
	return code;
}

static int print_all(struct cmd_run *c, const struct known *k)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int code = cmd_groups(c, &k->inv, &names);

	for (size_t i = 0; i < names.n && !code; i++)
		code = logicals ? print_logicals(c, k, names.s[i]) : print_group(c, k, names.s[i]);
	return code;
}

static int run(struct cmd_run *c)
{
	struct known k = { VMM_INVENTORY_INIT, NULL };
	struct vmm_store *st = cmd_store(c);
	int code = st ? vmm_logicals_read(st, &k.inv, &k.logicals, &c->err) : c->err.code;

	if (!code)
		code = print_all(c, &k);
	vmm_inventory_release(&k.inv);
	vmm_table_free(k.logicals);
	return code ? code : cmd_status(c);
}

static const struct cmd group_list = {
	.name = "group-list",
	.operands = "[GROUP...]",
	.summary = "List groups of hosts: those that hosts are in, and those that have a file.",
	.options = options,
	.columns = columns,
	.alts = alts,
	.uses = CMD_ROWS,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&group_list, argc, argv);
}
