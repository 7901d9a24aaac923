/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A circle of moves, each of which waits for the next, is cut: one VM steps aside and goes on from there. */
#include "plan/internal.h"

/* Whether no rule is newly broken when it is there for a while, where no other VM of an apart rule may be. */
static bool allowed(const struct vmm__waves *w, uint32_t vm, uint32_t host)
{
	const struct vmm__fleet *m = w->f->more;

	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++) {
		const struct vmm__rule *r = &m->rules[m->of[i]];
		enum vmm_rule_kind kind = r->text->kind;

		if ((kind == VMM_MUST || kind == VMM_NEVER) && !vmm__rule_likes(r, host) &&
		    vmm__rule_likes(r, w->at[vm]))
			return false;
		for (size_t k = 0; kind == VMM_APART && k < r->nvms; k++)
			if (r->vms[k] != vm &&
			    (w->at[r->vms[k]] == host || w->goal[r->vms[k]] == host))
				return false;
	}
	return true;
}

static double fullness(const struct vmm__waves *w, uint32_t host)
{
	return w->p->load[host][VMM_MEMORY] / w->f->hosts[host].cap[VMM_MEMORY];
}

/* The emptiest host that has room for it; VMM__NONE. */
static uint32_t find_lot(const struct vmm__waves *w, uint32_t vm)
{
	uint32_t best = VMM__NONE;

	for (uint32_t h = 0; h < w->f->nhosts; h++)
		if (w->f->hosts[h].group == vmm__vm_group(w->f, vm) && !w->f->hosts[h].closed &&
		    h != w->at[vm] && h != w->goal[vm] && vmm__waves_room(w, vm, h, VMM__NONE) &&
		    allowed(w, vm, h) && (best == VMM__NONE || fullness(w, h) < fullness(w, best)))
			best = h;
	return best;
}

/* How many of those that wait could go when this one is out of the way. */
static uint32_t frees(const struct vmm__waves *w, uint32_t vm)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->nleft; i++)
		n += w->goal[w->left[i]] == w->at[vm] &&
		     vmm__waves_room(w, w->left[i], w->at[vm], vm);
	return n;
}

/* Whether another one waits for the host where it is. */
static bool waited_for(const struct vmm__waves *w, uint32_t vm)
{
	for (uint32_t i = 0; i < w->nleft; i++)
		if (w->goal[w->left[i]] == w->at[vm])
			return true;
	return false;
}

bool vmm__park(struct vmm__waves *w)
{
	uint32_t best = VMM__NONE, lot = VMM__NONE;
	bool best_frees = false;

	for (uint32_t i = 0; i < w->nleft; i++) {
		uint32_t vm = w->left[i], to;
		bool enough;

		if (w->parked[vm] || !waited_for(w, vm))
			continue;
		enough = frees(w, vm) > 0;
		if (best != VMM__NONE &&
		    (enough < best_frees ||
		     (enough == best_frees && w->f->vms[vm].cost >= w->f->vms[best].cost)))
			continue;
		to = find_lot(w, vm);
		if (to == VMM__NONE)
			continue;
		best = vm;
		best_frees = enough;
		lot = to;
	}
	if (best == VMM__NONE)
		return false;
	w->parked[best] = true;
	vmm__waves_step(w, best, lot, true);
	return true;
}
