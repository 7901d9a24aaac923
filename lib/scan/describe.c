/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only a VM's own XML and its snapshots tell. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/rows.h"
#include "scan/scan-internal.h"
#include "virt/virt.h"

static int put_disks(const struct vmm_domxml *d, struct vmm_table *vms, size_t row,
		     struct vmm_err *err)
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;
	VMM_BUF_AUTO item = VMM_BUF_INIT;

	for (size_t i = 0; i < d->ndisks; i++) {
		vmm_buf_reset(&item);
		vmm_buf_addf(&item, "%s:%s", d->disks[i].target, d->disks[i].source);
		vmm_list_add(&cell, item.data);
	}
	return cell.failed || item.failed ? vmm_err_nomem(err)
					  : vmm__cell(vms, row, "disks", cell.data, err);
}

static int put_nics(const struct vmm_domxml *d, struct vmm_table *vms, size_t row, struct vmm_err *err)
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;
	VMM_BUF_AUTO item = VMM_BUF_INIT;

	for (size_t i = 0; i < d->nnics; i++) {
		vmm_buf_reset(&item);
		vmm_buf_addf(&item, "%s@%s", d->nics[i].mac, d->nics[i].source);
		vmm_list_add(&cell, item.data);
	}
	return cell.failed || item.failed ? vmm_err_nomem(err)
					  : vmm__cell(vms, row, "nics", cell.data, err);
}

static int put_sizes(const struct vmm_domxml *d, struct vmm_table *vms, size_t row,
		     struct vmm_err *err)
{
	int rc = vmm__cell_u64(vms, row, "vcpus", d->vcpus, err);

	return rc < 0 ? rc : vmm__cell_u64(vms, row, "mem", d->memory, err);
}

/* What the library is asked for before it lets an image go. */
static int put_made(const struct vmm_made *made, struct vmm_table *vms, size_t row,
		    struct vmm_err *err)
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;
	int rc = vmm__cell(vms, row, "template", made->template ? made->template : "", err);

	if (made->image && *made->image)
		vmm_list_add(&cell, made->image);
	if (cell.failed)
		return vmm_err_nomem(err);
	return rc < 0 ? rc : vmm__cell(vms, row, "image", cell.data, err);
}

static bool may_have_leases(const struct vmm_domxml *d)
{
	for (size_t i = 0; i < d->nnics; i++)
		if (strcmp(d->nics[i].type, "network") == 0)
			return true;
	return false;
}

int vmm__detail_xml(virDomainPtr dom, struct vmm_table *vms, size_t row, struct vmm__detail *detail,
		    struct vmm_err *err)
{
	VMM_STR_AUTO xml = virDomainGetXMLDesc(dom, 0);
	struct vmm_domxml *d;
	int rc;

	if (!xml)
		return vmm_err_virt(err, "cannot read a VM's definition");
	rc = vmm_domxml_parse(xml, &d, err);
	if (rc < 0)
		return rc;
	rc = put_disks(d, vms, row, err);
	if (rc == 0)
		rc = put_nics(d, vms, row, err);
	if (rc == 0)
		rc = put_sizes(d, vms, row, err);
	if (rc == 0)
		rc = put_made(&d->made, vms, row, err);
	detail->agent = strcmp(d->agent, "connected") == 0;
	detail->leases = may_have_leases(d);
	detail->nics = d->nnics > 0;
	vmm_domxml_free(d);
	return rc < 0 ? rc : vmm__cell(vms, row, "details", "yes", err);
}

/* A driver that has none has no VM with any. */
int vmm__detail_snapshots(virDomainPtr dom, struct vmm_table *vms, size_t row, struct vmm_err *err)
{
	int n = virDomainSnapshotNum(dom, 0);

	return vmm__cell_u64(vms, row, "snapshots", n > 0 ? (unsigned)n : 0, err);
}
