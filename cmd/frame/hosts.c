/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/hosts.h"

#include <stdlib.h>

int cmd_hosts(struct cmd_run *c, int (*work)(struct cmd_run *c, struct vmm_inventory *inv,
					     const size_t *rows, size_t n))
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
		ret = work(c, &inv, rows, n);
	free(rows);
	return ret;
}
