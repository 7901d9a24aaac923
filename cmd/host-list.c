/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the declared hosts, a row each. */
#include "frame/columns.h"
#include "frame/hosts.h"

static int list(struct cmd_run *c, struct vmm_inventory *inv, const size_t *rows, size_t n)
{
	return cmd_rows_at(c, inv->hosts, rows, n);
}

static int run(struct cmd_run *c)
{
	return cmd_hosts(c, list);
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
