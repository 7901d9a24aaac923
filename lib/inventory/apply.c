/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sightings into the inventory. */
#include <string.h>

#include "base/clock.h"
#include "inventory/internal.h"

static int host_answered(struct vmm_table *hosts, size_t row, const struct vmm_sighting *s,
			 const char *at, struct vmm_err *err)
{
	const char *state = s->host ? vmm_table_at(s->host, 0, "state") : "";
	int rc = 0;

	for (size_t i = 0; s->host && vmm__host_seen[i] && rc == 0; i++) {
		int col = vmm_table_col(s->host, vmm__host_seen[i]);

		if (col >= 0)
			rc = vmm__put(hosts, row, vmm__host_seen[i], vmm_table_get(s->host, 0, col),
				      err);
	}
	if (rc == 0)
		rc = vmm__put(hosts, row, "state", *state ? state : "normal", err);
	if (rc == 0)
		rc = vmm__put(hosts, row, "seen", at, err);
	return rc < 0 ? rc : vmm__put(hosts, row, "error", "", err);
}

static int host_silent(struct vmm_table *hosts, size_t row, const struct vmm_sighting *s,
		       struct vmm_err *err)
{
	const char *why = s->error && *s->error ? s->error : "no answer";
	int rc = vmm__put(hosts, row, "state", "unknown", err);

	return rc < 0 ? rc : vmm__put(hosts, row, "error", why, err);
}

static int apply_hosts(const struct vmm__batch *b, struct vmm_table *hosts, struct vmm_err *err)
{
	int rc = 0;

	for (size_t r = 0; r < b->nhosts && rc == 0; r++) {
		const struct vmm_sighting *s = b->said[r];

		if (!s || s->partial)
			continue;
		rc = s->answered ? host_answered(hosts, r, s, vmm__sighting_at(b, s), err)
				 : host_silent(hosts, r, s, err);
	}
	return rc;
}

/* Before the tables change: what the batch knows of them holds until then. */
static int diff_hosts(const struct vmm__batch *b, const struct vmm_table *hosts,
		      struct vmm_table *diff, struct vmm_err *err)
{
	int rc = 0;

	for (size_t r = 0; r < b->nhosts && rc == 0; r++)
		if (b->said[r] && !b->said[r]->partial)
			rc = vmm__diff_host(diff, vmm_table_at(hosts, r, "state"), b->said[r], err);
	return rc;
}

int vmm_inventory_apply(struct vmm_table *hosts, struct vmm_table *vms,
			const struct vmm_sighting *seen, size_t n, const char *now,
			struct vmm_table *diff, struct vmm_err *err)
{
	struct vmm__batch b;
	int rc;

	rc = vmm__inventory_columns(hosts, vms, err);
	if (rc < 0)
		return rc;
	rc = vmm__batch_init(&b, hosts, seen, n, now, err);
	if (rc < 0)
		return rc;
	rc = diff_hosts(&b, hosts, diff, err);
	if (rc == 0)
		rc = vmm__merge_vms(&b, vms, diff, err);
	if (rc == 0)
		rc = apply_hosts(&b, hosts, err);
	vmm__batch_release(&b);
	return rc;
}

struct update {
	const struct vmm_sighting *seen;
	size_t n;
	struct vmm_table *diff;
};

static int change(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	struct update *u = arg;
	char now[VMM_TIME_LEN + 1];

	/* The store may call again: what the first try found is void then. */
	vmm_table_free(u->diff);
	u->diff = vmm_table_new(NULL);
	if (!u->diff)
		return vmm_err_nomem(err);
	vmm_time_now(now);
	return vmm_inventory_apply(t[0], t[1], u->seen, u->n, now, u->diff, err);
}

int vmm_inventory_update(struct vmm_store *st, const struct vmm_sighting *seen, size_t n,
			 struct vmm_table *diff, struct vmm_err *err)
{
	static const char *const names[] = { "hosts", "vms", NULL };
	struct update u = { .seen = seen, .n = n };
	int rc;

	rc = vmm_store_change(st, names, change, &u, err);
	for (size_t r = 0; rc == 0 && diff && r < vmm_table_rows(u.diff); r++)
		if (vmm_table_copy_row(diff, u.diff, r) < 0)
			rc = vmm_err_nomem(err);
	vmm_table_free(u.diff);
	return rc;
}
