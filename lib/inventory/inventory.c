/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading, and looking things up in what was read. */
#include "inventory/inventory.h"

#include <string.h>

#include "inventory/internal.h"

const char *const vmm__host_declared[] = {
	"name",   "uri",   "group",       "migrate_uri", "peer_uri", "auth_file",
	"labels", "maint", "maint_since", "bmc",         "bmc_auth", NULL,
};
const char *const vmm__host_seen[] = {
	"state",    "hypervisor", "version", "arch", "cpu_model", "cpus", "mem_total", "mem_used",
	"mem_free", "vms",        "running", "uuid", "caps",      "seen", "error",     NULL,
};
const char *const vmm__vm_columns[] = {
	"uuid", "host",      "name",     "state",     "last",       "also",      "vcpus",
	"mem",  "guest",     "seen",     "autostart", "persistent", "snapshots", "disks",
	"nics", "addresses", "template", "image",     NULL,
};

static int need_columns(struct vmm_table *t, const char *const *columns, struct vmm_err *err)
{
	for (; *columns; columns++)
		if (vmm_table_need(t, *columns) < 0)
			return vmm_err_nomem(err);
	return 0;
}

int vmm__inventory_columns(struct vmm_table *hosts, struct vmm_table *vms, struct vmm_err *err)
{
	int rc = need_columns(hosts, vmm__host_declared, err);

	if (rc == 0)
		rc = need_columns(hosts, vmm__host_seen, err);
	return rc < 0 ? rc : need_columns(vms, vmm__vm_columns, err);
}

int vmm_inventory_read(struct vmm_store *st, struct vmm_inventory *inv, struct vmm_err *err)
{
	static const char *const names[] = { "hosts", "vms", NULL };
	struct vmm_table *t[2];
	int rc;

	rc = vmm_store_read(st, names, t, err);
	if (rc < 0)
		return rc;
	rc = vmm__inventory_columns(t[0], t[1], err);
	if (rc < 0) {
		vmm_table_free(t[0]);
		vmm_table_free(t[1]);
		return rc;
	}
	inv->hosts = t[0];
	inv->vms = t[1];
	return 0;
}

void vmm_inventory_release(struct vmm_inventory *inv)
{
	vmm_table_free(inv->hosts);
	vmm_table_free(inv->vms);
	*inv = (struct vmm_inventory)VMM_INVENTORY_INIT;
}

int vmm_name_check(const char *what, const char *name, struct vmm_err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	if (!*name)
		return vmm_err_set(err, VMM_EINPUT, "%s is empty", what);
	if (name[strspn(name, allowed)])
		return vmm_err_set(err, VMM_EINPUT,
				   "%s '%s' has something else than letters, digits, '.', '_', '-'",
				   what, name);
	if (*name == '.' || *name == '-')
		return vmm_err_set(err, VMM_EINPUT, "%s '%s' begins with '%c'", what, name, *name);
	if (strlen(name) > 253)
		return vmm_err_set(err, VMM_EINPUT, "%s is longer than 253 characters", what);
	return 0;
}

/* Finds it if the table is sorted, as it is when it comes from the store. */
static long bisect(const struct vmm_table *t, int col, const char *value)
{
	size_t low = 0, high = vmm_table_rows(t);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int cmp = strcmp(value, vmm_table_get(t, mid, col));

		if (cmp == 0)
			return (long)mid;
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

long vmm_inventory_host(const struct vmm_inventory *inv, const char *name)
{
	int col = vmm_table_col(inv->hosts, "name");
	long row = bisect(inv->hosts, col, name);

	return row >= 0 ? row : vmm_table_find(inv->hosts, col, name);
}

const char *vmm_inventory_group(const struct vmm_inventory *inv, size_t vm_row)
{
	long host = vmm_inventory_host(inv, vmm_table_at(inv->vms, vm_row, "host"));

	return host < 0 ? "" : vmm_table_at(inv->hosts, (size_t)host, "group");
}
