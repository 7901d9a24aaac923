/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints everything that is recorded of one VM, or with --live what its host tells now. */
#include "frame/columns.h"
#include "frame/live.h"

static int live;

/* clang-format off */
static const struct poptOption options[] = {
	{ "live", 0, POPT_ARG_NONE, &live, 0, "ask the hosts now; nothing is recorded", NULL },
	POPT_TABLEEND
};
/* clang-format on */

static int show(struct cmd_run *c, struct vmm_inventory *inv)
{
	size_t row;

	if (vmm_inventory_find_vm(inv, c->args.s[0], &row, &c->err) < 0)
		return c->err.code;
	if (vmm_table_put(inv->vms, row, "group", vmm_inventory_group(inv, row)) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_object(c, inv->vms, row);
}

static int run(struct cmd_run *c)
{
	struct vmm_store *st = cmd_store(c);
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	const struct cmd_filter everywhere = { 0 };
	int ret = VMM_OK, shown;

	if (!st || vmm_inventory_read(st, &inv, &c->err) < 0)
		return c->err.code;
	if (live)
		ret = cmd_live(c, &inv, &everywhere);
	if (ret < 0 && ret != VMM_EPART && ret != VMM_EAGAIN)
		return ret;
	shown = show(c, &inv);
	return shown < 0 ? shown : ret;
}

static const struct cmd vm_show = {
	.name = "vm-show",
	.operands = "VM",
	.summary = "Print everything that is recorded of one VM, a line for each field.",
	.options = options,
	.columns = vm_columns,
	.uses = CMD_ROWS | CMD_TIMEOUT,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&vm_show, argc, argv);
}
