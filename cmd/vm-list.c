/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints VMs, a row each: as recorded, or as the hosts tell now. */
#include <stdlib.h>

#include "frame/columns.h"
#include "frame/filter.h"
#include "frame/live.h"
#include "pool/pool.h"

static int live;

/* clang-format off */
static const struct poptOption options[] = {
	CMD_FILTER_OPTIONS,
	{ "live", 0, POPT_ARG_NONE, &live, 0, "ask the hosts now; nothing is recorded", NULL },
	POPT_TABLEEND
};
/* clang-format on */

/* The columns that are not in the table of VMs. */
static int add_groups(struct cmd_run *c, struct vmm_inventory *inv, const size_t *rows, size_t n)
{
	for (size_t i = 0; i < n && cmd_wants(c, "group"); i++)
		if (vmm_table_put(inv->vms, rows[i], "group", vmm_inventory_group(inv, rows[i])) < 0)
			return vmm_err_nomem(&c->err);
	return 0;
}

static int list(struct cmd_run *c, struct vmm_inventory *inv, const struct cmd_filter *f)
{
	size_t *rows = calloc(vmm_table_rows(inv->vms) + 1, sizeof(*rows));
	size_t n;
	int ret;

	if (!rows)
		return vmm_err_nomem(&c->err);
	n = vmm_inventory_select(inv, &f->filter, rows);
	ret = add_groups(c, inv, rows, n);
	if (ret == 0 && n > 0 && cmd_wants(c, "leased"))
		ret = vmm_pool_join(c->store, inv->vms, "leased", &c->err);
	if (ret == 0)
		ret = cmd_rows_at(c, inv->vms, rows, n);
	free(rows);
	return ret;
}

static int run(struct cmd_run *c)
{
	return cmd_vms(c, live, list);
}

static const struct cmd vm_list = {
	.name = "vm-list",
	.operands = "",
	.summary = "List VMs as they were last seen, or with --live as they are now.",
	.options = options,
	.columns = vm_columns,
	.uses = CMD_ROWS | CMD_TIMEOUT,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&vm_list, argc, argv);
}
