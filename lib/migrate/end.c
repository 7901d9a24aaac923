/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two ends of a move: what is declared of a host, and the connection to it. */
#include <stdlib.h>
#include <string.h>

#include "inventory/uri.h"
#include "migrate/internal.h"
#include "virt/virt.h"

static void set(char **field, const char *value)
{
	free(*field);
	*field = strdup(value);
}

bool vmm__end_fill(struct vmm__end *e, const struct vmm_inventory *inv, const char *host)
{
	long row = vmm_inventory_host(inv, host);
	const char *uri, *peer;

	set(&e->host, host);
	if (row < 0)
		return false;
	uri = vmm_table_at(inv->hosts, (size_t)row, "uri");
	peer = vmm_table_at(inv->hosts, (size_t)row, "peer_uri");
	set(&e->uri, uri);
	set(&e->auth_file, vmm_table_at(inv->hosts, (size_t)row, "auth_file"));
	set(&e->group, vmm_table_at(inv->hosts, (size_t)row, "group"));
	set(&e->hypervisor, vmm_table_at(inv->hosts, (size_t)row, "hypervisor"));
	set(&e->caps, vmm_table_at(inv->hosts, (size_t)row, "caps"));
	set(&e->migrate_uri, vmm_table_at(inv->hosts, (size_t)row, "migrate_uri"));
	set(&e->peer_uri, *peer ? peer : vmm_uri_is_peer(uri) ? uri : "");
	set(&e->uuid, vmm_table_at(inv->hosts, (size_t)row, "uuid"));
	e->maint = strcmp(vmm_table_at(inv->hosts, (size_t)row, "maint"), "yes") == 0;
	return e->uri && e->auth_file && e->group && e->hypervisor && e->caps && e->migrate_uri &&
	       e->peer_uri && e->uuid;
}

void vmm__end_close(struct vmm__end *e)
{
	if (e->dom)
		virDomainFree(e->dom);
	if (e->conn)
		virConnectClose(e->conn);
	e->dom = NULL;
	e->conn = NULL;
}

int vmm__end_open(struct vmm__end *e, uint64_t limit_ms, struct vmm_err *err)
{
	vmm__end_close(e);
	return vmm_virt_open_host(e->host, e->uri, e->auth_file, limit_ms, &e->conn, err);
}
