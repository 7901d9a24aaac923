/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One visit, start to end: the work of one job. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "scan/scan-internal.h"
#include "virt/virt.h"

static const char *const host_columns[] = { "state", "version", NULL };
static const char *const vm_columns[] = { "uuid",  "name",      "state",      "vcpus",
					  "mem",   "autostart", "persistent", "details",
					  "disks", "nics",      "addresses",  "snapshots",
					  "guest", "template",  "image",      NULL };

static const char *const known_columns[] = { "uuid", "last", "detailed", NULL };

const char *vmm__scan_was(const struct vmm__visit *v, const char *column)
{
	return vmm_table_at(v->was, 0, column);
}

struct vmm__visit *vmm__visit_new(const struct vmm_table *hosts, size_t row,
				  const struct vmm_scan_options *opt)
{
	struct vmm__visit *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->full = opt->full;
	v->timeout_ms = opt->timeout_ms ? opt->timeout_ms : VMM__SCAN_TIMEOUT_MS;
	v->was = vmm_table_new(NULL);
	v->known = vmm_table_new(known_columns);
	v->host = vmm_table_new(host_columns);
	v->vms = vmm_table_new(vm_columns);
	if (v->was && v->known && v->host && v->vms && vmm_table_add(v->host) >= 0 &&
	    vmm_table_copy_row(v->was, hosts, row) >= 0)
		return v;
	vmm__visit_free(v);
	return NULL;
}

static void let_go(struct vmm__visit *v)
{
	for (size_t i = 0; i < v->nfound; i++)
		virDomainFree(v->found[i].dom);
	free(v->found);
	v->found = NULL;
	v->nfound = 0;
	if (v->conn)
		virConnectClose(v->conn);
	v->conn = NULL;
}

void vmm__visit_free(void *arg)
{
	struct vmm__visit *v = arg;

	if (!v)
		return;
	let_go(v);
	vmm_index_free(v->by_uuid);
	vmm_table_free(v->known);
	vmm_table_free(v->was);
	vmm_table_free(v->host);
	vmm_table_free(v->vms);
	free(v);
}

static int look_around(struct vmm__visit *v)
{
	int rc;

	if (*v->only)
		return vmm__scan_only(v, &v->err);
	rc = vmm__scan_host(v, &v->err);
	if (rc < 0 || v->host_only)
		return rc;
	v->by_uuid = vmm_index_new(v->known, vmm_table_col(v->known, "uuid"));
	rc = v->by_uuid ? vmm__scan_list(v, &v->err) : vmm_err_nomem(&v->err);
	if (rc == 0)
		rc = vmm__scan_flags(v, &v->err);
	if (rc == 0)
		rc = vmm__scan_details(v, &v->err);
	return rc;
}

int vmm__visit_run(void *arg)
{
	struct vmm__visit *v = arg;
	int rc;

	vmm_time_now(v->at);
	/* Details give way before the deadline does, so that the rest is not lost with them. */
	v->details_until = vmm_clock_ms() + v->timeout_ms * 7 / 10;
	rc = vmm_virt_open(vmm__scan_was(v, "uri"), vmm__scan_was(v, "auth_file"), &v->conn, &v->err);
	if (rc == 0)
		rc = look_around(v);
	let_go(v);
	return rc;
}
