/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes what was declared of hosts: group, labels, migration URI, maintenance, ... */
#include "frame/columns.h"
#include "frame/declare.h"
#include "frame/hosts.h"

static char *uri;

/* clang-format off */
static const struct poptOption options[] = {
	{ "uri", 0, POPT_ARG_STRING, &uri, 0, "libvirt connection URI", "URI" },
	CMD_DECLARE_OPTIONS,
	{ "unlabel", 0, POPT_ARG_ARGV, &cmd_declare_text.unlabel, 0, "take a label away", "KEY" },
	POPT_TABLEEND
};
/* clang-format on */

static int change(struct cmd_run *c, const struct vmm_inventory *inv, size_t row)
{
	const char *name = vmm_table_at(inv->hosts, row, "name");
	VMM_TABLE_AUTO *new = NULL;

	if (cmd_declared(c, &new) < 0)
		return c->err.code;
	if (uri && vmm_table_put(new, 0, "uri", uri) < 0)
		return vmm_err_nomem(&c->err);
	if (vmm_inventory_declare(inv->hosts, name, new, &c->err) < 0)
		return vmm_err_prefix(&c->err, "cannot change host '%s'", name);
	if (!c->dry_run && vmm_inventory_set_host(c->store, name, new, &c->err) < 0)
		return c->err.code;
	return cmd_row(c, inv->hosts, row);
}

static int change_all(struct cmd_run *c, struct vmm_inventory *inv, const size_t *rows, size_t n)
{
	const char *bmc = cmd_declare_text.bmc;
	int ret = VMM_OK;

	if ((uri || (bmc && *bmc)) && n > 1)
		return vmm_err_set(&c->err, VMM_EINPUT, "--%s is for one host, not for %zu",
				   uri ? "uri" : "bmc", n);
	for (size_t i = 0; ret == 0 && i < n; i++)
		ret = change(c, inv, rows[i]);
	return ret;
}

static int run(struct cmd_run *c)
{
	if (!uri && !cmd_declares())
		return vmm_err_set(&c->err, VMM_EINPUT, "nothing to change; see --help");
	return cmd_hosts(c, change_all);
}

static const struct cmd host_set = {
	.name = "host-set",
	.operands = "HOST...",
	.summary = "Change what was declared of hosts. An empty value takes a setting away.",
	.options = options,
	.columns = host_columns,
	.uses = CMD_ROWS | CMD_DRY_RUN,
	.min_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&host_set, argc, argv);
}
