/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where no single move helps: two VMs change places, or one makes room for another. Looked at are the VMs of the
 * hosts that are furthest from the mean, with those of all hosts, as far as the budget goes.
 */
#include <stdlib.h>

#include "plan/internal.h"

#define LEAST 1e-9

struct search {
	struct vmm__balance *b;
	size_t group;
	bool chains; /* the second VM may go elsewhere than where the first one came from */
	uint64_t *budget;
	struct vmm__try best;
	/* The first move, which is made while the second is looked for. */
	uint32_t vm, from, to;
	double value;
	struct vmm__broken broken;
};

static void second(struct search *s, uint32_t vm, uint32_t to)
{
	const struct vmm__place *p = s->b->p;
	const struct vmm__broken whole = { 0, 0, 0 };
	struct vmm__try t = { .vm = { s->vm, vm }, .to = { s->to, to }, .n = 2 };
	struct vmm__broken broken;

	if (*s->budget == 0 || to == s->to)
		return;
	--*s->budget;
	t.value = s->value + vmm__gain(p, vm, to) - vmm__balance_fee(s->b, vm, to);
	if (t.value <= LEAST || t.value <= s->best.value)
		return;
	if (!vmm__place_fits(p, vm, to) || !vmm__place_keeps(p, s->vm, vm) ||
	    !vmm__balance_affords(s->b, &t))
		return;
	broken = vmm__broken_by(p, vm, to);
	broken.hard += s->broken.hard;
	broken.soft += s->broken.soft;
	broken.over += s->broken.over;
	if (vmm__broken_compare(&broken, &whole) <= 0 && vmm__rules_allow(p, s->vm, vm, to))
		s->best = t;
}

static void seconds(struct search *s)
{
	const struct vmm__balance *b = s->b;

	for (uint32_t vm = b->p->first[s->to]; vm != VMM__NONE; vm = b->p->next[vm]) {
		if (vm == s->vm || !vmm__balance_movable(b, vm))
			continue;
		if (!s->chains)
			second(s, vm, s->from);
		for (uint32_t i = 0; s->chains && i < b->nsky; i++)
			second(s, vm, b->sky[i]);
	}
}

static void first(struct search *s, uint32_t vm, uint32_t to)
{
	struct vmm__place *p = s->b->p;
	struct vmm__saved saved;

	s->vm = vm;
	s->from = p->at[vm];
	s->to = to;
	if (s->from == to || !vmm__place_open(p, to) || *s->budget == 0 ||
	    vmm__rules_forbid(p, vm, to))
		return;
	s->value = vmm__gain(p, vm, to) - vmm__balance_fee(s->b, vm, to);
	s->broken = vmm__broken_by(p, vm, to);
	vmm__place_try(p, vm, to, &saved);
	seconds(s);
	vmm__place_back(p, &saved);
}

static void firsts(struct search *s, uint32_t host, uint32_t *vms)
{
	const struct vmm__balance *b = s->b;
	size_t n = 0;

	/* Trying them changes the order of the list. */
	for (uint32_t vm = b->p->first[host]; vm != VMM__NONE; vm = b->p->next[vm])
		vms[n++] = vm;
	for (size_t i = 0; i < n; i++)
		for (uint32_t h = b->hosts_from[s->group];
		     vmm__balance_movable(b, vms[i]) && h < b->hosts_from[s->group + 1]; h++)
			first(s, vms[i], b->hosts[h]);
}

struct vmm__try vmm__best_pair(struct vmm__balance *b, size_t group, uint64_t *budget)
{
	struct search s = { .b = b, .group = group, .budget = budget };
	uint32_t worst[VMM__WORST], *vms = calloc(b->p->f->nvms + 1, sizeof(*vms));
	size_t n = vmm__find_worst(b, group, worst);

	vmm__skyline(b, group);
	/* Without memory the plan is the one without pairs. */
	for (int way = 0; vms && way < 2 && s.best.n == 0; way++) {
		s.chains = way > 0;
		for (size_t i = 0; i < n; i++)
			firsts(&s, worst[i], vms);
	}
	free(vms);
	return s.best;
}
