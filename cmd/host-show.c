/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints everything that is recorded of one host. */
#include "frame/columns.h"
#include "inventory/inventory.h"

static int run(struct cmd_run *c)
{
	struct vmm_store *st = cmd_store(c);
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	long row;

	if (!st || vmm_inventory_read(st, &inv, &c->err) < 0)
		return c->err.code;
	row = vmm_inventory_host(&inv, c->args.s[0]);
	if (row < 0)
		return vmm_err_set(&c->err, VMM_ENOTFOUND, "no host '%s' is declared", c->args.s[0]);
	return cmd_object(c, inv.hosts, (size_t)row);
}

static const struct cmd host_show = {
	.name = "host-show",
	.operands = "HOST",
	.summary = "Print everything that is recorded of one host, a line for each field.",
	.columns = host_columns,
	.uses = CMD_ROWS,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&host_show, argc, argv);
}
