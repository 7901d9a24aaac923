/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes what was declared of hosts: group, labels, migration URI, maintenance, ... */
#include <stdlib.h>

#include "frame/columns.h"
#include "frame/declare.h"
#include "inventory/inventory.h"
#include "virt/virt.h"

static char *uri;

/* clang-format off */
static const struct poptOption options[] = {
	{ "uri", 0, POPT_ARG_STRING, &uri, 0, "libvirt connection URI", "URI" },
	CMD_DECLARE_OPTIONS,
	POPT_TABLEEND
};
/* clang-format on */

static int change(struct cmd_run *c, const struct vmm_inventory *inv, size_t row)
{
	const char *name = vmm_table_at(inv->hosts, row, "name");
	VMM_TABLE_AUTO *new = NULL;

	if (cmd_declared(c, vmm_table_at(inv->hosts, row, "labels"), &new) < 0)
		return c->err.code;
	if (uri && vmm_table_put(new, 0, "uri", uri) < 0)
		return vmm_err_nomem(&c->err);
	if (!c->dry_run && vmm_inventory_set_host(cmd_store(c), name, new, &c->err) < 0)
		return c->err.code;
	for (size_t i = 0; i < vmm_table_cols(new); i++)
		if (vmm_table_put(inv->hosts, row, vmm_table_colname(new, i),
				  vmm_table_get(new, 0, (int)i)) < 0)
			return vmm_err_nomem(&c->err);
	return cmd_row(c, inv->hosts, row);
}

static int run(struct cmd_run *c)
{
	struct vmm_store *st = cmd_store(c);
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	size_t *rows, n;
	int ret;

	if (uri && vmm_uri_check(uri, &c->err) < 0)
		return c->err.code;
	if (!st || vmm_inventory_read(st, &inv, &c->err) < 0)
		return c->err.code;
	rows = calloc(vmm_table_rows(inv.hosts) + 1, sizeof(*rows));
	if (!rows)
		return vmm_err_nomem(&c->err);
	ret = vmm_inventory_hosts(&inv, &c->args, rows, &n, &c->err);
	if (ret == 0 && uri && n > 1)
		ret = vmm_err_set(&c->err, VMM_EINPUT, "--uri is for one host, not for %zu", n);
	for (size_t i = 0; ret == 0 && i < n; i++)
		ret = change(c, &inv, rows[i]);
	free(rows);
	return ret;
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
