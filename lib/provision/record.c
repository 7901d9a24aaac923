/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A new VM in the inventory: one of each name, whoever makes them. */
#include "inventory/inventory.h"
#include "provision/internal.h"
#include "scan/scan.h"

int vmm__name_is_free(struct vmm__making *k)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	long row;

	if (vmm_inventory_read(k->st, &inv, &k->err) < 0)
		return k->err.code;
	row = vmm_table_find(inv.vms, vmm_table_col(inv.vms, "name"), k->what.name);
	if (row < 0)
		return 0;
	return vmm_err_set(&k->err, VMM_EAGAIN, "one of that name has just been made on '%s'",
			   vmm_table_at(inv.vms, (size_t)row, "host"));
}

/* While the intent is open the image can't be removed; afterwards this row says whose it is. */
int vmm__record(struct vmm_store *st, virDomainPtr dom, const char *host, struct vmm_err *err)
{
	VMM_TABLE_AUTO *vms = vmm_table_new(NULL);
	const struct vmm_sighting seen = { .name = host, .answered = true, .partial = true, .vms = vms };

	if (!vms)
		return vmm_err_nomem(err);
	if (vmm_scan_domain(dom, host, vms, err) < 0)
		return err->code;
	return vmm_inventory_update(st, &seen, 1, NULL, err);
}
