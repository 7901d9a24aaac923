/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A new VM in the inventory, before the next visit to its host finds it there. */
#include "inventory/inventory.h"
#include "provision/internal.h"
#include "scan/scan.h"

/* While the intent is open the image can't be removed; afterwards this row says whose it is. */
void vmm__making_record(struct vmm__making *k)
{
	VMM_TABLE_AUTO *vms = vmm_table_new(NULL);
	const struct vmm_sighting seen = {
		.name = k->what.host, .answered = true, .partial = true, .vms = vms
	};

	/* What can't be recorded now the next visit will. */
	if (vms && vmm_scan_domain(k->dom, k->what.host, vms, NULL) == 0)
		vmm_inventory_update(k->st, &seen, 1, NULL, NULL);
}
