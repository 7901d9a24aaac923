/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which failures of hosts a group survives: every VM of the hosts that fail finds a home on the others, which keep
 * their rules and bounds. Sets of hosts are gone through in their order, those of one host first.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/survive-internal.h"

/* More sets than that are not gone through: then those of the hosts with the most memory in use. */
#define SETS_MAX 10000

static bool restarts(const struct vmm_fleet_vm *v)
{
	return !v->bound;
}

static double most(const struct vmm__homes *h, uint32_t host)
{
	return h->p->load[host][VMM_MEMORY] - h->p->f->hosts[host].own[VMM_MEMORY];
}

static int by_load(const void *a, const void *b, void *arg)
{
	const struct vmm__homes *h = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	double x = most(h, i), y = most(h, j);

	return x != y ? (x > y ? -1 : 1) : (i > j) - (i < j);
}

static int by_number(const void *a, const void *b)
{
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;

	return (i > j) - (i < j);
}

static double sets_of(size_t n, unsigned k)
{
	double sets = 1;

	for (unsigned i = 0; i < k; i++)
		sets = sets * (double)(n - i) / (i + 1);
	return sets;
}

/* The hosts of a group that can fail and matter. */
static size_t choose_hosts(const struct vmm__homes *h, size_t group, unsigned k, uint32_t *hosts)
{
	const struct vmm_fleet *f = h->p->f;
	size_t n = 0;

	for (uint32_t i = 0; i < f->nhosts; i++)
		if (f->hosts[i].group == group && !h->gone[i] &&
		    (vmm__place_open(h->p, i) || h->p->first[i] != VMM__NONE))
			hosts[n++] = i;
	qsort_r(hosts, n, sizeof(*hosts), by_load, (void *)(uintptr_t)h);
	while (n > k && sets_of(n, k) > SETS_MAX)
		n--;
	qsort(hosts, n, sizeof(*hosts), by_number);
	return n;
}

struct sets {
	const uint32_t *hosts;
	size_t n;
	unsigned k;
	size_t *pick; /* of hosts[], rising */
};

static bool next_set(struct sets *s)
{
	for (unsigned i = s->k; i-- > 0;) {
		if (s->pick[i] >= s->n - (s->k - i))
			continue;
		s->pick[i]++;
		for (unsigned j = i + 1; j < s->k; j++)
			s->pick[j] = s->pick[j - 1] + 1;
		return true;
	}
	return false;
}

static void fail(struct vmm__homes *h, const struct sets *s, bool gone)
{
	for (unsigned i = 0; i < s->k; i++)
		h->gone[s->hosts[s->pick[i]]] = gone;
}

/* Only those of the hosts that fail; others may have been without a home before. */
static size_t of_set(const struct vmm__homes *h, const struct sets *s, const uint32_t *all,
		     size_t n, uint32_t *vms)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		for (unsigned j = 0; j < s->k; j++)
			if (h->p->at[all[i]] == s->hosts[s->pick[j]]) {
				vms[kept++] = all[i];
				break;
			}
	return kept;
}

struct trial {
	struct vmm__homes *h;
	struct sets sets;
	uint32_t *vms, *was;
	vmm__failure *tell;
	void *arg;
	bool survives;
};

static int try_set(struct trial *t, struct vmm_err *err)
{
	size_t n, left;

	fail(t->h, &t->sets, true);
	n = vmm__homes_of(t->h, restarts, t->was);
	n = of_set(t->h, &t->sets, t->was, n, t->vms);
	for (size_t i = 0; i < n; i++)
		t->was[i] = t->h->p->at[t->vms[i]];
	if (vmm__homes_find(t->h, t->vms, n, VMM__HOMES_TIGHT, &left, err) < 0)
		return VMM_ENOMEM;
	t->survives &= left == 0;
	for (size_t i = 0; t->tell && i < n; i++)
		if (t->h->p->at[t->vms[i]] == t->was[i] &&
		    t->tell(t->h, t->sets.hosts, t->sets.pick, t->sets.k, t->vms[i], t->arg) < 0)
			return vmm_err_nomem(err);
	for (size_t i = 0; i < n; i++)
		if (t->h->p->at[t->vms[i]] != t->was[i])
			vmm__place_move(t->h->p, t->vms[i], t->was[i]);
	fail(t->h, &t->sets, false);
	return 0;
}

static int try_all(struct trial *t, struct vmm_err *err)
{
	int rc;

	for (unsigned i = 0; i < t->sets.k; i++)
		t->sets.pick[i] = i;
	do
		rc = try_set(t, err);
	while (rc == 0 && (t->tell || t->survives) && next_set(&t->sets));
	return rc;
}

int vmm__survives(struct vmm__homes *h, size_t group, unsigned failures, vmm__failure *tell,
		  void *arg, bool *survives, struct vmm_err *err)
{
	const struct vmm_fleet *f = h->p->f;
	uint32_t *hosts = calloc(f->nhosts + 1, sizeof(*hosts));
	struct trial t = { .h = h,
			   .vms = calloc(f->nvms + 1, sizeof(*t.vms)),
			   .was = calloc(f->nvms + 1, sizeof(*t.was)),
			   .tell = tell,
			   .arg = arg,
			   .survives = true };
	int rc = 0;

	t.sets.pick = calloc((size_t)failures + 1, sizeof(*t.sets.pick));
	if (!hosts || !t.vms || !t.was || !t.sets.pick)
		rc = vmm_err_nomem(err);
	if (rc == 0) {
		t.sets.hosts = hosts;
		t.sets.n = choose_hosts(h, group, failures, hosts);
		t.sets.k = failures < t.sets.n ? failures : (unsigned)t.sets.n;
	}
	if (rc == 0 && t.sets.k > 0)
		rc = try_all(&t, err);
	*survives = t.survives;
	free(hosts);
	free(t.vms);
	free(t.was);
	free(t.sets.pick);
	return rc;
}
