/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scan/scan.h"

#include <stdlib.h>
#include <string.h>

#include "scan/scan-internal.h"

struct vmm_scan_own {
	struct vmm__outcome *outcomes;
	size_t n;
};

void vmm_scan_free(struct vmm_scan *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->own && i < s->own->n; i++)
		vmm__outcome_release(&s->own->outcomes[i]);
	if (s->own)
		free(s->own->outcomes);
	free(s->own);
	free(s->seen);
	free(s);
}

static struct vmm_scan *scan_new(size_t n)
{
	struct vmm_scan *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->seen = calloc(n + 1, sizeof(*s->seen));
	s->own = calloc(1, sizeof(*s->own));
	if (s->own)
		s->own->outcomes = calloc(n + 1, sizeof(*s->own->outcomes));
	if (s->seen && s->own && s->own->outcomes)
		return s;
	vmm_scan_free(s);
	return NULL;
}

/* A VM whose snapshots were never counted was never looked at closely. */
static int tell_known(struct vmm__visit *v, const struct vmm_table *vms, size_t row)
{
	long r = vmm_table_add(v->known);
	const char *detailed = *vmm_table_at(vms, row, "snapshots") ? "yes" : "";

	if (r < 0 || vmm_table_put(v->known, (size_t)r, "uuid", vmm_table_at(vms, row, "uuid")) < 0)
		return VMM_ENOMEM;
	if (vmm_table_put(v->known, (size_t)r, "last", vmm_table_at(vms, row, "last")) < 0)
		return VMM_ENOMEM;
	return vmm_table_put(v->known, (size_t)r, "detailed", detailed);
}

/* Gives each visit what is recorded of the VMs there. */
static int tell_all_known(const struct vmm_inventory *inv, struct vmm__visit **by_row)
{
	struct vmm_index *hosts = vmm_index_new(inv->hosts, vmm_table_col(inv->hosts, "name"));
	int host = vmm_table_col(inv->vms, "host");
	int rc = hosts ? 0 : VMM_ENOMEM;

	for (size_t r = 0; r < vmm_table_rows(inv->vms) && rc == 0; r++) {
		long h = vmm_index_find(hosts, vmm_table_get(inv->vms, r, host));

		if (h >= 0 && by_row[h])
			rc = tell_known(by_row[h], inv->vms, r);
	}
	vmm_index_free(hosts);
	return rc;
}

/* visits[i] goes to the host in rows[i]. */
static int plan(const struct vmm_inventory *inv, const size_t *rows, size_t n,
		const struct vmm_scan_options *opt, struct vmm__visit **visits)
{
	struct vmm__visit **by_row =
		calloc(vmm_table_rows(inv->hosts) + 1, sizeof(struct vmm__visit *));
	int rc = by_row ? 0 : VMM_ENOMEM;

	for (size_t i = 0; i < n && rc == 0; i++) {
		visits[i] = by_row[rows[i]] = vmm__visit_new(inv->hosts, rows[i], opt);
		if (!visits[i])
			rc = VMM_ENOMEM;
	}
	if (rc == 0)
		rc = tell_all_known(inv, by_row);
	free(by_row);
	return rc;
}

static void list_seen(struct vmm_scan *s)
{
	for (size_t i = 0; i < s->own->n; i++) {
		const struct vmm__outcome *o = &s->own->outcomes[i];

		if (!o->visited)
			continue;
		s->seen[s->n] = vmm__outcome_sighting(o, false);
		s->failed += !s->seen[s->n++].answered;
	}
}

int vmm_scan_visit(const struct vmm_inventory *inv, const size_t *rows, size_t n,
		   const struct vmm_scan_options *opt, struct vmm_scan **out, struct vmm_err *err)
{
	struct vmm__visit **visits = calloc(n + 1, sizeof(struct vmm__visit *));
	struct vmm_scan *s = scan_new(n);
	int rc = visits && s ? plan(inv, rows, n, opt, visits) : VMM_ENOMEM;

	if (rc < 0) {
		vmm_err_nomem(err);
		for (size_t i = 0; visits && i < n; i++)
			vmm__visit_free(visits[i]);
	} else {
		s->own->n = n;
		rc = vmm__visit_all(visits, n, opt, s->own->outcomes, err);
	}
	free(visits);
	if (rc < 0) {
		vmm_scan_free(s);
		return rc;
	}
	list_seen(s);
	*out = s;
	return 0;
}
