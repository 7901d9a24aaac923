/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMs that we have taken away ourselves: no visit has to find out that they are gone. */
#include <string.h>

#include "inventory/inventory.h"

struct forgetting {
	const char *uuid, *host;
};

static int forget(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	const struct forgetting *f = arg;
	struct vmm_table *vms = t[0];
	long row = vmm_table_find(vms, vmm_table_col(vms, "uuid"), f->uuid);

	(void)err;
	if (row >= 0 && strcmp(vmm_table_at(vms, (size_t)row, "host"), f->host) == 0 &&
	    !*vmm_table_at(vms, (size_t)row, "also"))
		vmm_table_del(vms, (size_t)row);
	return 0;
}

int vmm_inventory_rm_vm(struct vmm_store *st, const char *uuid, const char *host, struct vmm_err *err)
{
	static const char *const tables[] = { "vms", NULL };
	struct forgetting f = { uuid, host };

	return vmm_store_change(st, tables, forget, &f, err);
}
