/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which VMs a host has and what they are doing, in as few round trips as the driver allows. */
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/scan-internal.h"
#include "virt/virt.h"

static int by_uuid(const void *a, const void *b)
{
	return strcmp(((const struct vmm__found *)a)->uuid, ((const struct vmm__found *)b)->uuid);
}

struct vmm__found *vmm__scan_find(struct vmm__visit *v, const char *uuid)
{
	struct vmm__found key = { .row = 0 };

	snprintf(key.uuid, sizeof(key.uuid), "%s", uuid);
	return v->nfound ? bsearch(&key, v->found, v->nfound, sizeof(key), by_uuid) : NULL;
}

/* Takes a reference of its own. */
static int add(struct vmm__visit *v, virDomainPtr dom, int state, int reason, struct vmm_err *err)
{
	struct vmm__found *f = &v->found[v->nfound];
	long row = vmm_table_add(v->vms);
	int rc;

	if (row < 0)
		return vmm_err_nomem(err);
	if (virDomainGetUUIDString(dom, f->uuid) < 0)
		return vmm_err_virt(err, "cannot read a UUID");
	f->row = (size_t)row;
	f->state = vmm_virt_state(state, reason);
	f->active = vmm_virt_active(state);
	rc = vmm__cell(v->vms, f->row, "uuid", f->uuid, err);
	if (rc == 0)
		rc = vmm__cell(v->vms, f->row, "name", virDomainGetName(dom), err);
	if (rc == 0)
		rc = vmm__cell(v->vms, f->row, "state", f->state, err);
	if (rc < 0)
		return rc;
	virDomainRef(dom);
	f->dom = dom;
	v->nfound++;
	return 0;
}

static int make_room(struct vmm__visit *v, size_t n, struct vmm_err *err)
{
	v->found = calloc(n + 1, sizeof(*v->found));
	return v->found ? 0 : vmm_err_nomem(err);
}

/* ---- by statistics: one round trip ---- */

static int add_record(struct vmm__visit *v, const virDomainStatsRecord *r, struct vmm_err *err)
{
	int state = VIR_DOMAIN_NOSTATE, reason = 0;

	virTypedParamsGetInt(r->params, r->nparams, "state.state", &state);
	virTypedParamsGetInt(r->params, r->nparams, "state.reason", &reason);
	return add(v, r->dom, state, reason, err);
}

/*
 * States and nothing else: for the sizes libvirtd would ask each QEMU, and one that hangs
 * would hold up the whole host.
 */
static int get_states(virConnectPtr conn, virDomainStatsRecordPtr **records)
{
	return virConnectGetAllDomainStats(conn, VIR_DOMAIN_STATS_STATE, records, 0);
}

static int list_by_stats(struct vmm__visit *v, bool *unsupported, struct vmm_err *err)
{
	virDomainStatsRecordPtr *records = NULL;
	int n = get_states(v->conn, &records);
	int rc;

	*unsupported = n < 0 && virGetLastErrorCode() == VIR_ERR_NO_SUPPORT;
	if (*unsupported)
		return 0;
	if (n < 0)
		return vmm_err_virt(err, "cannot read the states of the VMs");
	rc = make_room(v, (size_t)n, err);
	for (int i = 0; i < n && rc == 0; i++)
		rc = add_record(v, records[i], err);
	virDomainStatsRecordListFree(records);
	return rc;
}

/* ---- by lists: two round trips, and one for each VM that neither runs nor is off ---- */

static void free_domains(virDomainPtr *doms, int n)
{
	for (int i = 0; i < n; i++)
		virDomainFree(doms[i]);
	free(doms);
}

static bool among(virDomainPtr dom, virDomainPtr *doms, int n)
{
	unsigned char a[VIR_UUID_BUFLEN], b[VIR_UUID_BUFLEN];

	if (virDomainGetUUID(dom, a) < 0)
		return false;
	for (int i = 0; i < n; i++)
		if (virDomainGetUUID(doms[i], b) == 0 && memcmp(a, b, sizeof(a)) == 0)
			return true;
	return false;
}

static int add_listed(struct vmm__visit *v, virDomainPtr dom, bool odd, struct vmm_err *err)
{
	int state = VIR_DOMAIN_RUNNING, reason = 0;

	if (virDomainGetID(dom) == (unsigned)-1)
		state = VIR_DOMAIN_SHUTOFF;
	/* Gone between the calls: it is neither here nor an error. */
	if (odd && virDomainGetState(dom, &state, &reason, 0) < 0)
		return 0;
	return add(v, dom, state, reason, err);
}

static int list_by_lists(struct vmm__visit *v, struct vmm_err *err)
{
	virDomainPtr *all = NULL, *odd = NULL;
	int n = virConnectListAllDomains(v->conn, &all, 0), nodd = 0;
	int rc;

	if (n < 0)
		return vmm_err_virt(err, "cannot list the VMs");
	nodd = virConnectListAllDomains(v->conn, &odd,
					VIR_CONNECT_LIST_DOMAINS_PAUSED |
						VIR_CONNECT_LIST_DOMAINS_OTHER);
	rc = nodd < 0 ? vmm_err_virt(err, "cannot list the VMs") : make_room(v, (size_t)n, err);
	for (int i = 0; i < n && rc == 0; i++)
		rc = add_listed(v, all[i], among(all[i], odd, nodd), err);
	free_domains(all, n);
	free_domains(odd, nodd);
	return rc;
}

int vmm__scan_list(struct vmm__visit *v, struct vmm_err *err)
{
	bool unsupported;
	size_t running = 0;
	int rc = list_by_stats(v, &unsupported, err);

	if (rc == 0 && unsupported)
		rc = list_by_lists(v, err);
	if (rc < 0)
		return rc;
	qsort(v->found, v->nfound, sizeof(*v->found), by_uuid);
	for (size_t i = 0; i < v->nfound; i++)
		running += v->found[i].active;
	rc = vmm__cell_u64(v->host, 0, "vms", v->nfound, err);
	return rc < 0 ? rc : vmm__cell_u64(v->host, 0, "running", running, err);
}

/* No row: it is not there. */
int vmm__scan_only(struct vmm__visit *v, struct vmm_err *err)
{
	virDomainPtr dom = virDomainLookupByUUIDString(v->conn, v->only);
	int state, reason, rc = make_room(v, 1, err);

	if (rc == 0 && dom && virDomainGetState(dom, &state, &reason, 0) == 0)
		rc = add(v, dom, state, reason, err);
	else if (rc == 0 && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
		rc = vmm_err_virt(err, "cannot look for the VM");
	if (dom)
		virDomainFree(dom);
	return rc;
}

/* ---- autostart, persistent ---- */

/* "yes" for the VMs on the list, "no" for the others; nothing if the driver can't tell. */
static int mark(struct vmm__visit *v, unsigned filter, const char *column, bool listed,
		struct vmm_err *err)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(v->conn, &doms, filter), rc = 0;
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (n < 0 && vmm_err_virt(err, "cannot list the VMs") == VMM_EAGAIN)
		return VMM_EAGAIN;
	for (size_t i = 0; n >= 0 && i < v->nfound && rc == 0; i++)
		rc = vmm__cell(v->vms, v->found[i].row, column, listed ? "no" : "yes", err);
	for (int i = 0; i < n && rc == 0; i++) {
		struct vmm__found *f = NULL;

		if (virDomainGetUUIDString(doms[i], uuid) == 0)
			f = vmm__scan_find(v, uuid);
		if (f)
			rc = vmm__cell(v->vms, f->row, column, listed ? "yes" : "no", err);
	}
	free_domains(doms, n);
	return rc;
}

/* Transient VMs are few: their list is the shorter one. */
int vmm__scan_flags(struct vmm__visit *v, struct vmm_err *err)
{
	int rc;

	if (v->nfound == 0)
		return 0;
	rc = mark(v, VIR_CONNECT_LIST_DOMAINS_AUTOSTART, "autostart", true, err);
	if (rc < 0)
		return rc;
	return mark(v, VIR_CONNECT_LIST_DOMAINS_TRANSIENT, "persistent", false, err);
}
