/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VMs that a listing shows, in its order. */
#include <stdlib.h>
#include <string.h>

#include "inventory/inventory.h"

struct order {
	const struct vmm_table *vms;
	int host, name;
};

static int by_host_and_name(const void *a, const void *b, void *arg)
{
	const struct order *o = arg;
	size_t ra = *(const size_t *)a, rb = *(const size_t *)b;
	int cmp = strcmp(vmm_table_get(o->vms, ra, o->host), vmm_table_get(o->vms, rb, o->host));

	if (cmp == 0)
		cmp = strcmp(vmm_table_get(o->vms, ra, o->name), vmm_table_get(o->vms, rb, o->name));
	return cmp != 0 ? cmp : (ra > rb) - (ra < rb);
}

size_t vmm_inventory_select(const struct vmm_inventory *inv, const struct vmm_vm_filter *filter,
			    size_t *rows)
{
	struct order o = { inv->vms, vmm_table_col(inv->vms, "host"),
			   vmm_table_col(inv->vms, "name") };
	size_t n = 0;

	for (size_t r = 0; r < vmm_table_rows(inv->vms); r++)
		if (vmm_inventory_match(inv, r, filter))
			rows[n++] = r;
	qsort_r(rows, n, sizeof(*rows), by_host_and_name, &o);
	return n;
}
