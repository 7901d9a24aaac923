/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases beside the VMs that hold them. */
#include <stdlib.h>
#include <string.h>

#include "base/rows.h"
#include "pool/pool.h"

static int add(struct vmm_table *vms, size_t row, const char *column, const char *address)
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;

	vmm_buf_adds(&cell, vmm_table_at(vms, row, column));
	vmm_list_add(&cell, address);
	return cell.failed ? VMM_ENOMEM : vmm_table_put(vms, row, column, cell.data);
}

static int read_leases(struct vmm_store *st, struct vmm_table **out, struct vmm_err *err)
{
	struct vmm_pools *p = NULL;
	int ret = vmm_pools_open(st, &p, err);

	if (ret == 0)
		ret = vmm_pool_leases(p, NULL, NULL, out, err);
	vmm_pools_close(p);
	return ret;
}

/* The VM of each lease of an IP address, or -1. */
static int find_vms(const struct vmm_table *vms, int uuid, const struct vmm_table *leases, long *of)
{
	struct vmm_index *ix = vmm_index_new(vms, uuid);

	if (!ix)
		return VMM_ENOMEM;
	for (size_t r = 0; r < vmm_table_rows(leases); r++)
		of[r] = strcmp(vmm_table_at(leases, r, "type"), "mac") == 0
				? -1
				: vmm_index_find(ix, vmm_table_at(leases, r, "holder"));
	vmm_index_free(ix);
	return 0;
}

int vmm_pool_join(struct vmm_store *st, struct vmm_table *vms, const char *column, struct vmm_err *err)
{
	VMM_TABLE_AUTO *leases = NULL;
	int uuid = vmm_table_need(vms, "uuid"), ret;
	long *of;

	if (read_leases(st, &leases, err) < 0)
		return err->code;
	of = calloc(vmm_table_rows(leases) + 1, sizeof(*of));
	ret = uuid >= 0 && of && vmm_table_need(vms, column) >= 0 ? find_vms(vms, uuid, leases, of)
								  : VMM_ENOMEM;
	for (size_t r = 0; r < vmm_table_rows(leases) && ret == 0; r++)
		if (of[r] >= 0)
			ret = add(vms, (size_t)of[r], column, vmm_table_at(leases, r, "address"));
	free(of);
	return ret < 0 ? vmm_err_nomem(err) : 0;
}
