/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the limits allow no more moves: one VM stays at home after all, and another one is moved instead. */
#include "plan/internal.h"

#define LEAST 1e-9

struct search {
	struct vmm__balance *b;
	size_t group;
	uint64_t *budget;
	struct vmm__try best;
	double value; /* of the first of them, which is at home while the other one is looked for */
};

static bool free_to_go(const struct vmm__balance *b, uint32_t vm)
{
	const struct vmm__fleet *m = b->p->f->more;

	return !b->order[vm] && m->from[vm] == m->from[vm + 1] && vmm__balance_movable(b, vm);
}

static void consider(struct search *s, uint32_t stays, uint32_t vm, uint32_t to)
{
	const struct vmm__place *p = s->b->p;
	struct vmm__try t = { .vm = { stays, vm }, .to = { p->at[stays], to }, .n = 2 };

	if (to == p->at[vm])
		return;
	t.value = s->value + vmm__gain(p, vm, to) - vmm__balance_fee(s->b, vm, to);
	if (t.value > LEAST && t.value > s->best.value && vmm__place_fits(p, vm, to) &&
	    vmm__balance_affords(s->b, &t))
		s->best = t;
}

static void others(struct search *s, uint32_t stays)
{
	struct vmm__balance *b = s->b;

	vmm__skyline(b, s->group);
	for (uint32_t i = b->vms_from[s->group]; i < b->vms_from[s->group + 1]; i++) {
		if (!free_to_go(b, b->vms[i]))
			continue;
		for (uint32_t k = 0; k < b->nsky; k++)
			consider(s, stays, b->vms[i], b->sky[k]);
		*s->budget -= *s->budget < b->nsky ? *s->budget : b->nsky;
	}
}

static void stay(struct search *s, uint32_t vm)
{
	const struct vmm__broken whole = { 0, 0, 0 };
	uint32_t home = (uint32_t)s->b->p->f->vms[vm].host;
	struct vmm__broken broken = vmm__broken_by(s->b->p, vm, home);
	struct vmm__saved saved;

	if (!vmm__place_open(s->b->p, home) || !vmm__place_fits(s->b->p, vm, home) ||
	    vmm__broken_compare(&broken, &whole) > 0 ||
	    !vmm__rules_allow(s->b->p, VMM__NONE, vm, home))
		return;
	s->value = vmm__gain(s->b->p, vm, home) - vmm__balance_fee(s->b, vm, home);
	vmm__place_try(s->b->p, vm, home, &saved);
	others(s, vm);
	vmm__place_back(s->b->p, &saved);
}

struct vmm__try vmm__best_instead(struct vmm__balance *b, size_t group, uint64_t *budget)
{
	struct search s = { .b = b, .group = group, .budget = budget };

	if (b->opt->max_moves == UINT64_MAX && b->opt->max_bytes == UINT64_MAX)
		return s.best;
	for (uint32_t i = b->vms_from[group]; i < b->vms_from[group + 1] && *budget > 0; i++)
		if (b->order[b->vms[i]] && vmm__balance_movable(b, b->vms[i]))
			stay(&s, b->vms[i]);
	return s.best;
}
