/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host is, and how full. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "scan/scan-internal.h"
#include "virt/virt.h"

int vmm__cell(struct vmm_table *t, size_t row, const char *column, const char *value,
	      struct vmm_err *err)
{
	return vmm_table_put(t, row, column, value) < 0 ? vmm_err_nomem(err) : 0;
}

int vmm__cell_u64(struct vmm_table *t, size_t row, const char *column, unsigned long long n,
		  struct vmm_err *err)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", n);
	return vmm__cell(t, row, column, text, err);
}

static int put(struct vmm__visit *v, const char *column, const char *value, struct vmm_err *err)
{
	return vmm__cell(v->host, 0, column, value, err);
}

/* 7.2.18; "" where the driver doesn't tell, or its hypervisor is not installed. */
static void version(struct vmm__visit *v, char *text, size_t size)
{
	unsigned long n = 0;

	*text = '\0';
	if (virConnectGetVersion(v->conn, &n) == 0 && n)
		snprintf(text, size, "%lu.%lu.%lu", n / 1000000, n / 1000 % 1000, n % 1000);
}

static int put_driver(struct vmm__visit *v, struct vmm_err *err)
{
	char name[VMM_HYPERVISOR_LEN + 1];
	int rc = vmm_virt_hypervisor(v->conn, name, err);

	if (rc < 0)
		return rc;
	rc = put(v, "hypervisor", name, err);
	return rc < 0 ? rc : put(v, "caps", vmm_virt_caps(name), err);
}

/* Kilobytes of XML: only when there is reason to think that it is another. */
static int put_identity(struct vmm__visit *v, const virNodeInfo *info, struct vmm_err *err)
{
	char *xml = virConnectGetCapabilities(v->conn);
	int rc;

	if (!xml)
		return vmm_err_virt(err, "cannot read the capabilities");
	rc = vmm__caps_read(xml, v->host, err);
	free(xml);
	if (rc == 0)
		rc = put_driver(v, err);
	return rc < 0 ? rc : vmm__cell_u64(v->host, 0, "cpus", info->cpus, err);
}

static int put_memory(struct vmm__visit *v, const virNodeInfo *info, struct vmm_err *err)
{
	unsigned long long total = 0, not_used = 0;
	int rc;

	if (vmm_virt_memory(v->conn, &total, &not_used) < 0)
		total = 0;
	if (!total && info)
		return vmm__cell_u64(v->host, 0, "mem_total", info->memory * 1024ull, err);
	if (!total)
		return 0;
	rc = vmm__cell_u64(v->host, 0, "mem_total", total, err);
	if (rc == 0)
		rc = vmm__cell_u64(v->host, 0, "mem_used", total - not_used, err);
	return rc < 0 ? rc : vmm__cell_u64(v->host, 0, "mem_free", not_used, err);
}

int vmm__scan_host(struct vmm__visit *v, struct vmm_err *err)
{
	bool same = !v->full && *vmm__scan_was(v, "hypervisor") && *vmm__scan_was(v, "cpus");
	virNodeInfo info;
	char text[40];
	int rc;

	version(v, text, sizeof(text));
	same = same && strcmp(text, vmm__scan_was(v, "version")) == 0;
	rc = put(v, "state", "normal", err);
	if (rc == 0)
		rc = put(v, "version", text, err);
	if (rc == 0 && !same && virNodeGetInfo(v->conn, &info) < 0)
		rc = vmm_err_virt(err, "cannot read the host's size");
	if (rc == 0 && !same)
		rc = put_identity(v, &info, err);
	/* A driver that didn't tell how much is used when it was first asked, won't now. */
	if (rc == 0 && (!same || *vmm__scan_was(v, "mem_used")))
		rc = put_memory(v, same ? NULL : &info, err);
	return rc;
}
