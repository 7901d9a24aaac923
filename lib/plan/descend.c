/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steepest step down: of all moves the one that gains most beyond what it costs. */
#include "plan/internal.h"

/* Less than that is the rounding of sums. */
#define LEAST 1e-9

static const struct vmm__broken whole = { 0, 0, 0 };

static bool has_rules(const struct vmm_fleet *f, uint32_t vm)
{
	return f->more->from[vm] < f->more->from[vm + 1];
}

static void consider(struct vmm__balance *b, uint32_t vm, uint32_t to, struct vmm__try *best)
{
	struct vmm__try t = { .vm = { vm }, .to = { to }, .n = 1 };
	struct vmm__broken broken;

	if (to == b->p->at[vm])
		return;
	t.value = vmm__gain(b->p, vm, to) - vmm__balance_fee(b, vm, to);
	if (t.value <= LEAST || t.value <= best->value)
		return;
	if (!vmm__place_fits(b->p, vm, to) || !vmm__balance_affords(b, &t))
		return;
	broken = vmm__broken_by(b->p, vm, to);
	if (has_rules(b->p->f, vm) && (vmm__broken_compare(&broken, &whole) > 0 ||
				       !vmm__rules_allow(b->p, VMM__NONE, vm, to)))
		return;
	*best = t;
}

struct vmm__try vmm__best_single(struct vmm__balance *b, size_t group)
{
	const struct vmm_fleet *f = b->p->f;
	struct vmm__try best = { .n = 0, .value = 0 };

	vmm__skyline(b, group);
	for (uint32_t i = b->vms_from[group]; i < b->vms_from[group + 1]; i++) {
		uint32_t vm = b->vms[i];

		if (!vmm__balance_movable(b, vm))
			continue;
		for (uint32_t s = 0; !has_rules(f, vm) && s < b->nsky; s++)
			consider(b, vm, b->sky[s], &best);
		for (uint32_t h = b->hosts_from[group];
		     has_rules(f, vm) && h < b->hosts_from[group + 1]; h++)
			if (vmm__place_open(b->p, b->hosts[h]))
				consider(b, vm, b->hosts[h], &best);
		if (b->order[vm] && vmm__place_open(b->p, (uint32_t)f->vms[vm].host))
			consider(b, vm, (uint32_t)f->vms[vm].host, &best);
	}
	return best;
}
