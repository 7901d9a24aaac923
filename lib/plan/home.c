/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which hosts a VM without one may go to, and which is best. */
#include <stdlib.h>
#include <string.h>

#include "plan/home-internal.h"

/* Gains that differ by less are the same: sums of decimals. */
#define DUST 1e-12

int vmm__homes_init(struct vmm__homes *h, const struct vmm_fleet *f)
{
	h->p = vmm__place_new(f);
	h->gone = calloc(f->nhosts + 1, sizeof(*h->gone));
	if (h->p && h->gone)
		return 0;
	vmm__homes_release(h);
	return VMM_ENOMEM;
}

void vmm__homes_release(struct vmm__homes *h)
{
	vmm__place_free(h->p);
	free(h->gone);
	*h = (struct vmm__homes){ NULL, NULL };
}

/* Where a VM of the rule has a home already, the others go there. */
static bool parted(const struct vmm__homes *h, const struct vmm__rule *r, uint32_t vm, uint32_t to)
{
	bool elsewhere = false;

	for (size_t i = 0; i < r->nvms; i++) {
		uint32_t at = h->p->at[r->vms[i]];

		if (r->vms[i] == vm || h->gone[at])
			continue;
		if (at == to)
			return false;
		elsewhere = true;
	}
	return elsewhere;
}

static bool breaks(const struct vmm__homes *h, size_t rule, uint32_t vm, uint32_t to)
{
	const struct vmm__rule *r = &h->p->f->more->rules[rule];
	bool named = r->hosts && r->hosts[to];

	switch (r->text->kind) {
	case VMM_TOGETHER:
		return parted(h, r, vm, to);
	case VMM_APART:
		return h->p->counts[rule].on[to] > 0;
	case VMM_MUST:
		return !named;
	case VMM_NEVER:
		return named;
	default:
		return false;
	}
}

static const char *broken_rule(const struct vmm__homes *h, uint32_t vm, uint32_t to)
{
	const struct vmm__fleet *m = h->p->f->more;

	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++)
		if (breaks(h, m->of[i], vm, to))
			return m->rules[m->of[i]].names ? "has a VM of that name"
							: m->rules[m->of[i]].said;
	return NULL;
}

static const char *no_room(const struct vmm__place *p, uint32_t vm, uint32_t to)
{
	static const char *const words[VMM_RESOURCES] = {
		"its processors would be used beyond their limit",
		"not enough memory",
		"its disks would be used beyond their limit",
		"its network would be used beyond its limit",
	};
	const double *use = p->f->vms[vm].use;

	for (int r = 0; r < VMM_RESOURCES; r++)
		if (use[r] > 0 &&
		    p->load[to][r] + use[r] > p->top[to][r] + 1e-9 * p->f->hosts[to].cap[r])
			return words[r];
	return "no room";
}

bool vmm__home_refused(const struct vmm__homes *h, uint32_t vm, uint32_t to, const char **why)
{
	const char *no = NULL;

	if (h->gone[to])
		no = "lost";
	else if (!vmm__place_open(h->p, to))
		no = h->p->f->hosts[to].closed;
	else if (!vmm__place_fits(h->p, vm, to))
		no = why ? no_room(h->p, vm, to) : "no room";
	else
		no = broken_rule(h, vm, to);
	if (why)
		*why = no;
	return no;
}

static int by_urgency(const void *a, const void *b, void *fleet)
{
	const struct vmm_fleet *f = fleet;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct vmm_fleet_vm *v = &f->vms[i], *w = &f->vms[j];

	if (v->priority != w->priority)
		return v->priority > w->priority ? -1 : 1;
	if (v->use[VMM_MEMORY] != w->use[VMM_MEMORY])
		return v->use[VMM_MEMORY] > w->use[VMM_MEMORY] ? -1 : 1;
	return (i > j) - (i < j);
}

size_t vmm__homes_of(const struct vmm__homes *h, bool (*may)(const struct vmm_fleet_vm *v),
		     uint32_t *vms)
{
	const struct vmm_fleet *f = h->p->f;
	size_t n = 0;

	for (uint32_t v = 0; v < f->nvms; v++)
		if (f->vms[v].running && h->gone[h->p->at[v]] && (!may || may(&f->vms[v])))
			vms[n++] = v;
	qsort_r(vms, n, sizeof(*vms), by_urgency, (void *)(uintptr_t)f);
	return n;
}

struct choice {
	uint32_t host;
	long soft;
	double gain;
};

static bool better(const struct choice *a, const struct choice *b)
{
	if (b->host == VMM__NONE || a->soft != b->soft)
		return b->host == VMM__NONE || a->soft < b->soft;
	return a->gain > b->gain + DUST;
}

static double aim_gain(const struct vmm__homes *h, uint32_t vm, uint32_t to, enum vmm__homes_aim aim)
{
	const struct vmm__place *p = h->p;

	if (aim == VMM__HOMES_EVEN)
		return vmm__gain(p, vm, to);
	return (p->load[to][VMM_MEMORY] - p->top[to][VMM_MEMORY]) / p->f->hosts[to].cap[VMM_MEMORY];
}

uint32_t vmm__home_best(const struct vmm__homes *h, uint32_t vm, enum vmm__homes_aim aim)
{
	const struct vmm_fleet *f = h->p->f;
	size_t group = vmm__vm_group(f, vm);
	struct choice best = { VMM__NONE, 0, 0 };

	for (uint32_t to = 0; to < f->nhosts; to++) {
		struct choice c = { to, 0, 0 };

		if (f->hosts[to].group != group || vmm__home_refused(h, vm, to, NULL))
			continue;
		c.soft = vmm__broken_by(h->p, vm, to).soft;
		c.gain = aim_gain(h, vm, to, aim);
		if (better(&c, &best))
			best = c;
	}
	return best.host;
}
