/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where no single move helps, two hosts exchange VMs, up to two each way. Looked at are the hosts that are furthest from
 * the mean, with all others, as far as the budget goes; VMs with rules are left to pairs.c.
 */
#include <stdlib.h>

#include "plan/internal.h"

#define LEAST 1e-9
/* VMs of one host that are looked at. */
#define MOST 24
#define SETS (1 + MOST + MOST * (MOST - 1) / 2)

/* None, one or two VMs that go from one host to the other. */
struct set {
	uint32_t vm[2], n;
	double use[VMM_RESOURCES], fee;
};

struct side {
	uint32_t host;
	struct set *sets; /* SETS */
	size_t n;
};

struct search {
	struct vmm__balance *b;
	size_t group;
	uint64_t *budget;
	struct side from, to;
	struct vmm__try best;
};

/* VMs between which no plan could tell. */
static bool alike(const struct vmm__balance *b, uint32_t x, uint32_t y, uint32_t to)
{
	const struct vmm_fleet_vm *v = &b->p->f->vms[x], *w = &b->p->f->vms[y];

	for (int r = 0; r < VMM_RESOURCES; r++)
		if (v->use[r] != w->use[r])
			return false;
	return v->cost == w->cost && !b->order[x] == !b->order[y] &&
	       (v->host == to) == (w->host == to);
}

/* The VMs of a host that may go to another one; of those that are alike two will do. */
static size_t list(const struct vmm__balance *b, uint32_t host, uint32_t to, uint32_t vms[MOST])
{
	const struct vmm__fleet *m = b->p->f->more;
	size_t n = 0;

	for (uint32_t vm = b->p->first[host]; vm != VMM__NONE && n < MOST; vm = b->p->next[vm]) {
		size_t same = 0;

		if (m->from[vm] < m->from[vm + 1] || !vmm__balance_movable(b, vm))
			continue;
		for (size_t i = 0; i < n && same < 2; i++)
			same += alike(b, vms[i], vm, to);
		if (same < 2)
			vms[n++] = vm;
	}
	return n;
}

static struct set with(const struct vmm__balance *b, struct set s, uint32_t vm, uint32_t to)
{
	for (int r = 0; r < VMM_RESOURCES; r++)
		s.use[r] += b->p->f->vms[vm].use[r];
	s.fee += vmm__balance_fee(b, vm, to);
	s.vm[s.n++] = vm;
	return s;
}

static void fill(const struct vmm__balance *b, struct side *side, uint32_t to)
{
	uint32_t vms[MOST];
	size_t n = list(b, side->host, to, vms);

	side->n = 0;
	side->sets[side->n++] = (struct set){ .n = 0 };
	for (size_t i = 0; i < n; i++) {
		side->sets[side->n++] = with(b, side->sets[0], vms[i], to);
		for (size_t k = 0; k < i; k++)
			side->sets[side->n++] =
				with(b, with(b, side->sets[0], vms[k], to), vms[i], to);
	}
}

/* By how much the score falls when so much goes from one to the other. */
static double gain(const struct search *s, const double *use)
{
	const struct vmm__place *p = s->b->p;
	const struct vmm__sums *sums = &p->sums[s->group];
	const double *weight = p->f->groups[s->group]->weight;
	uint32_t a = s->from.host, b = s->to.host;
	double after = 0;

	for (int r = 0; r < VMM_RESOURCES; r++) {
		double less = use[r] * p->per[a][r], more = use[r] * p->per[b][r], mean, squares;

		if (weight[r] <= 0 || sums->n[r] <= 0)
			continue;
		mean = (sums->sum[r] - less + more) / sums->n[r];
		squares = sums->squares[r] + less * (less - 2 * p->x[a][r]) +
			  more * (more + 2 * p->x[b][r]);
		after += weight[r] * sqrt(fmax(0, squares / sums->n[r] - mean * mean));
	}
	return sums->score - after;
}

/* Whether a host has room for what comes (by +1) or, what is the same, for less than nothing (by -1). */
static bool fits(const struct vmm__place *p, uint32_t host, const double *use, int by)
{
	for (int r = 0; r < VMM_RESOURCES; r++)
		if (by * use[r] > 0 && p->load[host][r] + by * use[r] >
					       p->top[host][r] + 1e-9 * p->f->hosts[host].cap[r])
			return false;
	return true;
}

static struct vmm__try both(const struct search *s, const struct set *go, const struct set *come)
{
	struct vmm__try t = { .n = 0 };

	for (uint32_t i = 0; i < go->n; i++) {
		t.vm[t.n] = go->vm[i];
		t.to[t.n++] = s->to.host;
	}
	for (uint32_t i = 0; i < come->n; i++) {
		t.vm[t.n] = come->vm[i];
		t.to[t.n++] = s->from.host;
	}
	return t;
}

static void consider(struct search *s, const struct set *go, const struct set *come)
{
	struct vmm__try t;
	double use[VMM_RESOURCES], value;

	for (int r = 0; r < VMM_RESOURCES; r++)
		use[r] = go->use[r] - come->use[r];
	value = gain(s, use) - go->fee - come->fee;
	if (value <= LEAST || value <= s->best.value || !fits(s->b->p, s->to.host, use, 1) ||
	    !fits(s->b->p, s->from.host, use, -1))
		return;
	t = both(s, go, come);
	t.value = value;
	if (vmm__balance_affords(s->b, &t))
		s->best = t;
}

static void try_hosts(struct search *s, uint32_t from, uint32_t to)
{
	s->from.host = from;
	s->to.host = to;
	fill(s->b, &s->from, to);
	fill(s->b, &s->to, from);
	if (*s->budget < s->from.n * s->to.n) {
		*s->budget = 0;
		return;
	}
	*s->budget -= s->from.n * s->to.n;
	for (size_t i = 0; i < s->from.n; i++)
		for (size_t k = 0; k < s->to.n; k++)
			consider(s, &s->from.sets[i], &s->to.sets[k]);
}

static double distance(const struct vmm__balance *b, size_t group, uint32_t host)
{
	const struct vmm__sums *s = &b->p->sums[group];
	double sum = 0;

	for (int r = 0; r < VMM_RESOURCES; r++) {
		double d = b->p->x[host][r] - s->sum[r] / fmax(1, s->n[r]);

		if (b->p->per[host][r] > 0)
			sum += b->p->f->groups[group]->weight[r] * d * d;
	}
	return sum;
}

size_t vmm__find_worst(const struct vmm__balance *b, size_t group, uint32_t worst[VMM__WORST])
{
	double far[VMM__WORST];
	size_t n = 0;

	for (uint32_t i = b->hosts_from[group]; i < b->hosts_from[group + 1]; i++) {
		double d = distance(b, group, b->hosts[i]);
		size_t at = n;

		if (!vmm__place_open(b->p, b->hosts[i]) || (n == VMM__WORST && d <= far[n - 1]))
			continue;
		n += n < VMM__WORST;
		for (at = n - 1; at > 0 && far[at - 1] < d; at--) {
			far[at] = far[at - 1];
			worst[at] = worst[at - 1];
		}
		far[at] = d;
		worst[at] = b->hosts[i];
	}
	return n;
}

struct vmm__try vmm__best_exchange(struct vmm__balance *b, size_t group, uint64_t *budget)
{
	struct search s = { .b = b, .group = group, .budget = budget };
	uint32_t worst[VMM__WORST];
	size_t n = vmm__find_worst(b, group, worst);

	s.from.sets = calloc(SETS, sizeof(*s.from.sets));
	s.to.sets = calloc(SETS, sizeof(*s.to.sets));
	/* Without memory the plan is the one without exchanges. */
	if (!s.from.sets || !s.to.sets)
		n = 0;
	for (size_t i = 0; i < n && s.best.n == 0; i++)
		for (uint32_t h = b->hosts_from[group]; h < b->hosts_from[group + 1] && *budget; h++)
			if (b->hosts[h] != worst[i] && vmm__place_open(b->p, b->hosts[h]))
				try_hosts(&s, worst[i], b->hosts[h]);
	free(s.from.sets);
	free(s.to.sets);
	return s.best;
}
