/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the VMs found are looked at closely, and until when. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "scan/scan-internal.h"

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

/* Most VMs have no snapshots: one question for all of them saves one for each. */
static void find_snapshots(struct vmm__visit *v)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(v->conn, &doms, VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT);
	char uuid[VIR_UUID_STRING_BUFLEN];

	for (int i = 0; i < n; i++) {
		struct vmm__found *f = NULL;

		if (virDomainGetUUIDString(doms[i], uuid) == 0)
			f = vmm__scan_find(v, uuid);
		if (f)
			f->snapshots = true;
		virDomainFree(doms[i]);
	}
	free(doms);
}

/* All but what an agent has to tell: those that have one are put on the list. */
static int read_one(struct vmm__visit *v, const struct vmm__found *f, struct vmm__asked *asked,
		    size_t *n, struct vmm_err *err)
{
	struct vmm__detail d = { 0 };
	int rc = vmm__detail_xml(f->dom, v->vms, f->row, &d, err);

	if (rc == 0 && f->snapshots)
		rc = vmm__detail_snapshots(f->dom, v->vms, f->row, err);
	else if (rc == 0)
		rc = vmm__cell(v->vms, f->row, "snapshots", "0", err);
	if (rc < 0 || !f->active)
		return rc;
	/* The agent of a guest that is paused can't answer. */
	if (!d.agent || strcmp(f->state, "normal") != 0)
		return vmm__detail_addresses(f->dom, v->vms, f->row, &d, err);
	asked[(*n)++] = (struct vmm__asked){ f->dom, f->row };
	return 0;
}

/* A VM that is gone again, or can't be read, is left as it is recorded. */
static int read_wanted(struct vmm__visit *v, struct vmm__asked *asked, size_t *n, struct vmm_err *err)
{
	bool first = true;

	for (size_t i = 0; i < v->nfound && time_left(v); i++) {
		if (!wanted(v, &v->found[i]))
			continue;
		if (first)
			find_snapshots(v);
		first = false;
		if (read_one(v, &v->found[i], asked, n, err) == VMM_ENOMEM)
			return VMM_ENOMEM;
	}
	return 0;
}

int vmm__scan_details(struct vmm__visit *v, struct vmm_err *err)
{
	struct vmm__asked *asked = calloc(v->nfound + 1, sizeof(*asked));
	size_t n = 0;
	int rc = asked ? read_wanted(v, asked, &n, err) : vmm_err_nomem(err);

	/* Last, since it may cost the connection. */
	if (rc == 0 && n && time_left(v))
		rc = vmm__agents_ask(asked, n, vmm__scan_was(v, "uri"),
				     vmm__scan_was(v, "auth_file"), v->vms, v->details_until, err);
	free(asked);
	return rc;
}
