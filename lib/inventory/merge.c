/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VMs: what is recorded against what a batch of sightings shows, one VM after the other.
 *
 * Both sides are walked in the order of uuid. For each VM it is first decided where it is
 * (settle), then its row is brought up to date.
 */
#include <stdlib.h>
#include <string.h>

#include "inventory/merge-internal.h"

/* Where it is most alive; among equals the recorded host, else the first. NULL: not seen. */
static const struct vmm__view *most_alive(const struct vmm__vm *vm)
{
	const struct vmm__view *best = vmm__vm_view(vm, vm->was.host);

	for (size_t i = 0; i < vm->n; i++)
		if (!best || vmm__view_rank(&vm->views[i]) > vmm__view_rank(best))
			best = &vm->views[i];
	return best;
}

/* Whether nobody can have it any more, by sightings that are all newer than its row. */
static bool nowhere(const struct vmm__merge *m, const struct vmm__vm *vm)
{
	const struct vmm__batch *b = m->batch;

	return b->complete && !vmm__batch_stale(b, b->oldest, vmm__vm_recorded(m, vm, "seen"));
}

static int settle(struct vmm__merge *m, struct vmm__vm *vm)
{
	const struct vmm__view *view = most_alive(vm);
	enum vmm__standing at_home;

	if (vm->row < 0)
		return vmm__vm_discover(m, vm, view);
	at_home = vmm__vm_standing(m, vm, vm->was.host);
	/*
	 * A definition elsewhere, or a copy that is just arriving, proves nothing while the
	 * host where the VM was last seen may still be running it.
	 */
	if (view &&
	    (vmm__view_rank(view) == VMM__ACTIVE || at_home == VMM__HERE || at_home == VMM__ABSENT))
		return vmm__vm_record(m, vm, view);
	if (at_home == VMM__UNVISITED)
		return vmm__vm_put_also(m, vm, vm->was.host);
	if (at_home == VMM__ABSENT && nowhere(m, vm))
		return vmm__vm_forget(m, vm);
	return vmm__vm_lose_sight(m, vm);
}

/* The length of the run of views of this VM at the front of views[0..n). */
static size_t run_length(const struct vmm__view *views, size_t n, const char *uuid)
{
	size_t k = 0;

	while (k < n && strcmp(views[k].uuid, uuid) == 0)
		k++;
	return k;
}

/* Keeps, in place, the views that are not older than the row, and the last one of a host. */
static size_t keep_fresh(const struct vmm__batch *b, struct vmm__view *views, size_t n,
			 const char *seen)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (vmm__batch_stale(b, vmm__sighting_at(b, views[i].by), seen))
			continue;
		if (kept > 0 && strcmp(views[kept - 1].host, views[i].host) == 0)
			kept--;
		views[kept++] = views[i];
	}
	return kept;
}

/* The recorded VMs in the order of uuid. */
struct known {
	const char *uuid;
	size_t row;
};

static int by_uuid(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->uuid, ((const struct known *)b)->uuid);
}

static struct known *sort_known(const struct vmm_table *vms, size_t n)
{
	struct known *known = calloc(n + 1, sizeof(*known));

	for (size_t r = 0; known && r < n; r++)
		known[r] = (struct known){ vmm_table_at(vms, r, "uuid"), r };
	if (known)
		qsort(known, n, sizeof(*known), by_uuid);
	return known;
}

/* Takes the next VM from the recorded ones, the seen ones, or both. */
static int merge_sorted(struct vmm__merge *m, const struct known *known, size_t n)
{
	const struct vmm__batch *b = m->batch;
	size_t i = 0, j = 0;
	int rc = 0;

	while (rc == 0 && (i < n || j < b->nviews)) {
		struct vmm__vm vm = { .row = -1, .views = b->views + j };
		size_t run;

		vm.uuid = i < n ? known[i].uuid : b->views[j].uuid;
		if (j < b->nviews && strcmp(b->views[j].uuid, vm.uuid) < 0)
			vm.uuid = b->views[j].uuid;
		if (i < n && strcmp(known[i].uuid, vm.uuid) == 0)
			vm.row = (long)known[i++].row;
		run = run_length(b->views + j, b->nviews - j, vm.uuid);
		vm.n = keep_fresh(b, b->views + j, run, vmm__vm_recorded(m, &vm, "seen"));
		vm.was = vmm__vm_face(m, &vm);
		j += run;
		rc = settle(m, &vm);
	}
	return rc;
}

int vmm__merge_vms(const struct vmm__batch *b, struct vmm_table *vms, struct vmm_table *diff,
		   struct vmm_err *err)
{
	struct vmm__merge m = { .batch = b, .vms = vms, .diff = diff, .err = err };
	size_t n = vmm_table_rows(vms);
	struct known *known = sort_known(vms, n);
	int rc;

	m.gone = calloc(n + 1, sizeof(*m.gone));
	rc = known && m.gone ? merge_sorted(&m, known, n) : vmm_err_nomem(err);
	if (rc == 0)
		vmm__del_rows(vms, m.gone, n);
	free(m.gone);
	free(known);
	return rc;
}
