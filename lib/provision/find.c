/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A VM that there is, with a connection to its host. */
#include <stdlib.h>
#include <string.h>

#include "provision/internal.h"
#include "virt/virt.h"

static int describe(const struct vmm_place *at, struct vmm__what *w, struct vmm_err *err)
{
	w->name = strdup(vmm_table_at(at->vm, 0, "name"));
	w->uuid = strdup(vmm_table_at(at->vm, 0, "uuid"));
	w->host = strdup(vmm_table_at(at->vm, 0, "host"));
	w->scratch = strdup("");
	w->image = strdup("");
	if (!w->name || !w->uuid || !w->host || !w->scratch || !w->image)
		return vmm_err_nomem(err);
	if (vmm_table_rows(at->host) == 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "its host '%s' is not declared", w->host);
	w->host_uuid = strdup(vmm_table_at(at->host, 0, "uuid"));
	return w->host_uuid ? 0 : vmm_err_nomem(err);
}

int vmm__find(struct vmm_store *st, const char *selector, const struct vmm_scan_options *how,
	      struct vmm__what *w, virConnectPtr *conn, virDomainPtr *dom, struct vmm_err *err)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct vmm_place at = VMM_PLACE_INIT;
	int ret = vmm_inventory_read(st, &inv, err);

	if (ret == 0)
		ret = vmm_scan_locate(st, &inv, selector, how, &at, err);
	if (ret < 0)
		return ret;
	ret = describe(&at, w, err);
	if (ret == 0)
		ret = vmm_virt_open_host(w->host, vmm_table_at(at.host, 0, "uri"),
					 vmm_table_at(at.host, 0, "auth_file"), VMM__CONNECT_MS,
					 conn, err);
	vmm_place_release(&at);
	if (ret < 0)
		return ret;
	*dom = virDomainLookupByUUIDString(*conn, w->uuid);
	return *dom ? 0 : vmm_err_virt(err, "cannot find it on '%s'", w->host);
}
