/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sightings, put in the order in which they are merged. */
#include <stdlib.h>
#include <string.h>

#include "inventory/internal.h"

const char *vmm__sighting_at(const struct vmm__batch *b, const struct vmm_sighting *s)
{
	return s->at ? s->at : b->now;
}

bool vmm__batch_stale(const struct vmm__batch *b, const char *at, const char *seen)
{
	/* A row from the future is the mark of a clock that was wrong: it must not freeze. */
	return strcmp(at, seen) < 0 && strcmp(seen, b->now) <= 0;
}

static void note_hosts(struct vmm__batch *b, const struct vmm_table *hosts,
		       const struct vmm_sighting *seen, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		long row = vmm_index_find(b->hosts, seen[i].name);

		if (row >= 0 && !vmm__batch_stale(b, vmm__sighting_at(b, &seen[i]),
						  vmm_table_at(hosts, (size_t)row, "seen")))
			b->said[row] = &seen[i];
	}
}

/* Counts the views, and sums up the batch on the way. */
static size_t survey(struct vmm__batch *b)
{
	size_t count = 0;

	b->complete = true;
	b->oldest = b->now;
	for (size_t i = 0; i < b->nhosts; i++) {
		const struct vmm_sighting *s = b->said[i];

		if (!s || !s->answered || s->partial)
			b->complete = false;
		if (!s)
			continue;
		if (strcmp(vmm__sighting_at(b, s), b->oldest) < 0)
			b->oldest = vmm__sighting_at(b, s);
		if (s->answered && s->vms)
			count += vmm_table_rows(s->vms);
	}
	return count;
}

static int add_views(struct vmm__batch *b, const struct vmm_sighting *s, struct vmm_err *err)
{
	int uuid = vmm_table_col(s->vms, "uuid");

	for (size_t r = 0; r < vmm_table_rows(s->vms); r++) {
		struct vmm__view v = { vmm_table_get(s->vms, r, uuid), s->name, s, r };

		if (!*v.uuid)
			return vmm_err_set(err, VMM_EINPUT, "host '%s' shows a VM without UUID",
					   s->name);
		b->views[b->nviews++] = v;
	}
	return 0;
}

static int by_uuid_host(const void *a, const void *b)
{
	const struct vmm__view *x = a, *y = b;
	int cmp = strcmp(x->uuid, y->uuid);

	if (cmp == 0)
		cmp = strcmp(x->host, y->host);
	if (cmp != 0)
		return cmp;
	return x->row < y->row ? -1 : x->row > y->row;
}

static int gather_views(struct vmm__batch *b, struct vmm_err *err)
{
	b->views = calloc(survey(b) + 1, sizeof(*b->views));
	if (!b->views)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < b->nhosts; i++) {
		const struct vmm_sighting *s = b->said[i];
		int rc = s && s->answered && s->vms ? add_views(b, s, err) : 0;

		if (rc < 0)
			return rc;
	}
	qsort(b->views, b->nviews, sizeof(*b->views), by_uuid_host);
	return 0;
}

int vmm__batch_init(struct vmm__batch *b, const struct vmm_table *hosts,
		    const struct vmm_sighting *seen, size_t n, const char *now, struct vmm_err *err)
{
	int rc;

	*b = (struct vmm__batch){ .now = now, .nhosts = vmm_table_rows(hosts) };
	b->hosts = vmm_index_new(hosts, vmm_table_col(hosts, "name"));
	b->said = calloc(b->nhosts + 1, sizeof(*b->said));
	if (b->hosts && b->said) {
		note_hosts(b, hosts, seen, n);
		rc = gather_views(b, err);
	} else {
		rc = vmm_err_nomem(err);
	}
	if (rc < 0)
		vmm__batch_release(b);
	return rc;
}

void vmm__batch_release(struct vmm__batch *b)
{
	vmm_index_free(b->hosts);
	free(b->said);
	free(b->views);
	*b = (struct vmm__batch){ 0 };
}
