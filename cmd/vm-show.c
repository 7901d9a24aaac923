/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints everything that is recorded of one VM, or with --live what its host tells now. */
#include "frame/columns.h"
#include "frame/live.h"
#include "pool/pool.h"

static int live;

/* clang-format off */
static const struct poptOption options[] = {
	{ "live", 0, POPT_ARG_NONE, &live, 0, "ask the hosts now; nothing is recorded", NULL },
	POPT_TABLEEND
};
/* clang-format on */

static int show(struct cmd_run *c, struct vmm_inventory *inv, const struct cmd_filter *f)
{
	size_t row;

	(void)f; /* this command has no such options */
	if (vmm_inventory_find_vm(inv, c->args.s[0], &row, &c->err) < 0)
		return c->err.code;
	if (vmm_table_put(inv->vms, row, "group", vmm_inventory_group(inv, row)) < 0)
		return vmm_err_nomem(&c->err);
	if (vmm_pool_join(c->store, inv->vms, "leased", &c->err) < 0)
		return c->err.code;
	return cmd_object(c, inv->vms, row);
}

static int run(struct cmd_run *c)
{
	return cmd_vms(c, live, show);
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
