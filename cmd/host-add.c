/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Declares a host: connects, records what it found, prints its row. */
#include "frame/columns.h"
#include "frame/declare.h"
#include "inventory/inventory.h"
#include "scan/scan.h"

/* clang-format off */
static const struct poptOption options[] = {
	CMD_DECLARE_OPTIONS,
	POPT_TABLEEND
};
/* clang-format on */

/* What is declared and what was found, in one row. */
static int merge(struct cmd_run *c, struct vmm_table *row, const struct vmm_table *seen)
{
	for (size_t i = 0; i < vmm_table_cols(seen); i++)
		if (vmm_table_put(row, 0, vmm_table_colname(seen, i),
				  vmm_table_get(seen, 0, (int)i)) < 0)
			return vmm_err_nomem(&c->err);
	return 0;
}

static int run(struct cmd_run *c)
{
	struct vmm_store *st = cmd_store(c);
	VMM_TABLE_AUTO *row = NULL;
	VMM_TABLE_AUTO *seen = NULL;
	VMM_TABLE_AUTO *added = NULL;
	const char *uri = c->args.s[1];

	if (!st || vmm_name_check("host name", c->args.s[0], &c->err) < 0 || cmd_declared(c, &row) < 0)
		return c->err.code;
	if (vmm_table_put(row, 0, "name", c->args.s[0]) < 0 || vmm_table_put(row, 0, "uri", uri) < 0)
		return vmm_err_nomem(&c->err);
	/* What can be told without the host comes first. */
	if (vmm_inventory_add_host(st, row, true, NULL, &c->err) < 0)
		return c->err.code;
	if (vmm_scan_probe(uri, vmm_table_at(row, 0, "auth_file"), c->timeout_ms, &seen, &c->err) < 0)
		return vmm_err_prefix(&c->err, "host '%s'", c->args.s[0]);
	if (merge(c, row, seen) < 0)
		return c->err.code;
	if (vmm_inventory_add_host(st, row, c->dry_run, &added, &c->err) < 0)
		return c->err.code;
	return cmd_rows(c, added);
}

static const struct cmd host_add = {
	.name = "host-add",
	.operands = "NAME URI",
	.summary = "Declare a hypervisor host: connect to it, record what it is, print its row.",
	.options = options,
	.columns = host_columns,
	.uses = CMD_ROWS | CMD_DRY_RUN | CMD_TIMEOUT,
	.min_args = 2,
	.max_args = 2,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&host_add, argc, argv);
}
