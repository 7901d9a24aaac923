/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Candidates: a host that uses no less of anything than another one of the same capacities is never the
 * better target, whatever VM comes. So only those are looked at that no other one beats: few, and where capacities
 * are the same to the byte, no better one is missed.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/internal.h"

/* Whether a host is at most as full as another one, in all that counts or is bounded. */
static bool beats(const struct vmm__place *p, uint32_t a, uint32_t b)
{
	for (int r = 0; r < VMM_RESOURCES; r++)
		if (p->f->hosts[a].cap[r] > 0 && p->load[a][r] > p->load[b][r])
			return false;
	return true;
}

/* Puts a host among the candidates from `from` on, all of its class, unless one of them beats it. */
static void offer(struct vmm__balance *b, uint32_t from, uint32_t host)
{
	uint32_t kept = from;

	for (uint32_t i = from; i < b->nsky; i++)
		if (beats(b->p, b->sky[i], host))
			return;
	for (uint32_t i = from; i < b->nsky; i++)
		if (!beats(b->p, host, b->sky[i]))
			b->sky[kept++] = b->sky[i];
	b->sky[kept] = host;
	b->nsky = kept + 1;
}

void vmm__skyline(struct vmm__balance *b, size_t group)
{
	uint32_t from = 0;

	b->nsky = 0;
	for (uint32_t i = b->hosts_from[group]; i < b->hosts_from[group + 1]; i++) {
		uint32_t host = b->hosts[i];

		if (i > b->hosts_from[group] && b->class[host] != b->class[b->hosts[i - 1]])
			from = b->nsky;
		if (vmm__place_open(b->p, host))
			offer(b, from, host);
	}
}

/* Capacities that differ by less than about a hundredth, as those of servers of one model do, count as the same. */
#define STEPS 128

static double about(double capacity)
{
	int exponent;
	double mantissa = frexp(capacity, &exponent);

	return capacity > 0 ? exponent * STEPS + floor(mantissa * 2 * STEPS) : -INFINITY;
}

static int compare_kinds(const struct vmm__place *p, uint32_t a, uint32_t b)
{
	for (int r = 0; r < VMM_RESOURCES; r++) {
		double x = about(p->f->hosts[a].cap[r]), y = about(p->f->hosts[b].cap[r]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static int compare(const void *a, const void *b, void *arg)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct vmm__place *p = arg;
	size_t g = p->f->hosts[x].group, h = p->f->hosts[y].group;
	int cmp = (g > h) - (g < h);

	if (!cmp)
		cmp = compare_kinds(p, x, y);
	return cmp ? cmp : (x > y) - (x < y);
}

void vmm__classes(struct vmm__balance *b)
{
	size_t n = b->p->f->nhosts;

	qsort_r(b->hosts, n, sizeof(*b->hosts), compare, b->p);
	for (size_t i = 0; i < n; i++) {
		uint32_t host = b->hosts[i];
		bool same = i > 0 && compare_kinds(b->p, b->hosts[i - 1], host) == 0 &&
			    b->p->f->hosts[host].group == b->p->f->hosts[b->hosts[i - 1]].group;

		b->class[host] = same ? b->class[b->hosts[i - 1]] : (uint32_t)i;
	}
}
