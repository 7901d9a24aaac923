/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only the VM's own XML, its snapshots and its network tell. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
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

static int put_nics(const struct vmm_domxml *d, struct vmm_table *vms, size_t row,
		    struct vmm_err *err)
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

int vmm__detail_xml(virDomainPtr dom, struct vmm_table *vms, size_t row, bool *agent,
		    struct vmm_err *err)
{
	VMM_STR_AUTO xml = virDomainGetXMLDesc(dom, 0);
	struct vmm_domxml *d;
	int snapshots, rc;

	if (!xml)
		return vmm_err_virt(err, "cannot read a VM's definition");
	rc = vmm_domxml_parse(xml, &d, err);
	if (rc < 0)
		return rc;
	/* A driver that has none has no VM with any. */
	snapshots = virDomainSnapshotNum(dom, 0);
	rc = vmm__cell_u64(vms, row, "snapshots", snapshots > 0 ? (unsigned)snapshots : 0, err);
	if (rc == 0)
		rc = put_disks(d, vms, row, err);
	if (rc == 0)
		rc = put_nics(d, vms, row, err);
	if (rc == 0)
		rc = put_sizes(d, vms, row, err);
	*agent = strcmp(d->agent, "connected") == 0;
	vmm_domxml_free(d);
	return rc < 0 ? rc : vmm__cell(vms, row, "details", "yes", err);
}

/* What the DHCP server of a libvirt network gave out, else what the host has heard. */
int vmm__detail_addresses(virDomainPtr dom, struct vmm_table *vms, size_t row, struct vmm_err *err)
{
	static const unsigned sources[] = { VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
					    VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP };
	VMM_BUF_AUTO cell = VMM_BUF_INIT;

	if (!*vmm_table_at(vms, row, "nics") || *vmm_table_at(vms, row, "addresses"))
		return 0;
	for (size_t i = 0; i < 2 && !cell.len; i++) {
		virDomainInterfacePtr *nics = NULL;
		int n = virDomainInterfaceAddresses(dom, &nics, sources[i], 0);

		vmm__address_cell(&cell, nics, n);
		for (int k = 0; k < n; k++)
			virDomainInterfaceFree(nics[k]);
		free(nics);
	}
	return cell.failed ? vmm_err_nomem(err) : vmm__cell(vms, row, "addresses", cell.data, err);
}

/* ---- which VMs, and until when ---- */

static bool wanted(const struct vmm__visit *v, const struct vmm__found *f)
{
	long known = vmm_index_find(v->by_uuid, f->uuid);

	return v->full || known < 0 || !*vmm_table_at(v->known, (size_t)known, "detailed") ||
	       strcmp(vmm_table_at(v->known, (size_t)known, "last"), f->state) != 0;
}

static bool time_left(const struct vmm__visit *v)
{
	return vmm_clock_ms() < v->details_until;
}

/* Their definitions; those that run and have an agent are put on the list. */
static int read_xml(struct vmm__visit *v, const bool *want, struct vmm__asked *asked, size_t *n,
		    struct vmm_err *err)
{
	for (size_t i = 0; i < v->nfound && time_left(v); i++) {
		const struct vmm__found *f = &v->found[i];
		bool agent = false;
		int rc = want[i] ? vmm__detail_xml(f->dom, v->vms, f->row, &agent, err) : 0;

		/* One that is gone again, or can't be read, is left as it is recorded. */
		if (rc == VMM_ENOMEM || rc == VMM_EAGAIN)
			return rc;
		if (agent && f->active)
			asked[(*n)++] = (struct vmm__asked){ f->dom, f->row };
	}
	return 0;
}

static int read_addresses(struct vmm__visit *v, const bool *want, struct vmm_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < v->nfound && rc == 0 && time_left(v); i++)
		if (want[i] && v->found[i].active)
			rc = vmm__detail_addresses(v->found[i].dom, v->vms, v->found[i].row, err);
	return rc;
}

int vmm__scan_details(struct vmm__visit *v, struct vmm_err *err)
{
	struct vmm__asked *asked = calloc(v->nfound + 1, sizeof(*asked));
	bool *want = calloc(v->nfound + 1, sizeof(*want));
	size_t n = 0;
	int rc = asked && want ? 0 : vmm_err_nomem(err);

	for (size_t i = 0; i < v->nfound && rc == 0; i++)
		want[i] = wanted(v, &v->found[i]);
	if (rc == 0)
		rc = read_xml(v, want, asked, &n, err);
	if (rc == 0 && n && time_left(v))
		rc = vmm__agents_ask(asked, n, v->vms, v->details_until, err);
	if (rc == 0)
		rc = read_addresses(v, want, err);
	free(want);
	free(asked);
	return rc;
}
