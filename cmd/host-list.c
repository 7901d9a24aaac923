/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the declared hosts, a row each. */
#include <stdlib.h>

#include "frame/columns.h"
#include "inventory/inventory.h"

static int run(struct cmd_run *c)
{
	struct vmm_store *st = cmd_store(c);
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	size_t *rows, n;
	int ret;

	if (!st || vmm_inventory_read(st, &inv, &c->err) < 0)
		return c->err.code;
	rows = calloc(vmm_table_rows(inv.hosts) + 1, sizeof(*rows));
	if (!rows)
		return vmm_err_nomem(&c->err);
	ret = vmm_inventory_hosts(&inv, &c->args, rows, &n, &c->err);
	if (ret == 0)
		ret = cmd_rows_at(c, inv.hosts, rows, n);
	free(rows);
	return ret;
}

static const struct cmd host_list = {
	.name = "host-list",
	.operands = "[HOST...]",
	.summary = "List declared hosts as they were last seen; HOST may be a range or @GROUP.",
	.columns = host_columns,
	.uses = CMD_ROWS,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&host_list, argc, argv);
}
