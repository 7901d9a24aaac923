/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes hosts out of the inventory, with the VMs last seen on them. The hosts themselves are left alone. */
#include "frame/columns.h"
#include "frame/hosts.h"

/* Prints each row before it goes, so that `host-rm h1 >h1.tsv` keeps what was declared. */
static int forget(struct cmd_run *c, struct vmm_inventory *inv, const size_t *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = vmm_table_at(inv->hosts, rows[i], "name");

		if (!c->dry_run && vmm_inventory_rm_host(cmd_store(c), name, &c->err) < 0)
			return c->err.code;
		if (cmd_row(c, inv->hosts, rows[i]) < 0)
			return c->err.code;
	}
	return VMM_OK;
}

static int run(struct cmd_run *c)
{
	return cmd_hosts(c, forget);
}

static const struct cmd host_rm = {
	.name = "host-rm",
	.operands = "HOST...",
	.summary = "Forget hosts and the VMs last seen on them; nothing is done to the hosts.",
	.columns = host_columns,
	.uses = CMD_ROWS | CMD_DRY_RUN,
	.min_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&host_rm, argc, argv);
}
