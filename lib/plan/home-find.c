/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Homes for many VMs. Quick attempts first; where they leave some, all possibilities, up to a limit, the
 * largest first and no two hosts that are alike.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/home-internal.h"

#define SEARCH_STEPS 5000
/* Beyond that a search has no chance to end. */
#define SEARCH_UNITS 60

/* VMs that go to one host: one, or all of a together rule. vms[at[i]] to vms[at[i + 1] - 1] are unit i. */
struct units {
	uint32_t *vms, *from; /* and where each was */
	size_t *at;
	size_t n, nvms;
};

struct search {
	struct vmm__homes *h;
	const struct units *u;
	size_t steps;
};

static void units_release(struct units *u)
{
	free(u->vms);
	free(u->from);
	free(u->at);
}

static bool share_together(const struct vmm_fleet *f, uint32_t a, uint32_t b)
{
	const struct vmm__fleet *m = f->more;

	for (uint32_t i = m->from[a]; i < m->from[a + 1]; i++) {
		if (m->rules[m->of[i]].text->kind != VMM_TOGETHER)
			continue;
		for (uint32_t j = m->from[b]; j < m->from[b + 1]; j++)
			if (m->of[i] == m->of[j])
				return true;
	}
	return false;
}

static bool has_together(const struct vmm_fleet *f, uint32_t vm)
{
	const struct vmm__fleet *m = f->more;

	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++)
		if (m->rules[m->of[i]].text->kind == VMM_TOGETHER)
			return true;
	return false;
}

/* Takes along, behind the one VM that is there, all that are bound to it, to each other's end. */
static void complete(const struct vmm_fleet *f, struct units *u, const uint32_t *vms, size_t n,
		     bool *taken)
{
	for (size_t done = u->at[u->n]; done < u->nvms; done++)
		for (size_t i = 0; has_together(f, u->vms[done]) && i < n; i++)
			if (!taken[i] && share_together(f, u->vms[done], vms[i])) {
				taken[i] = true;
				u->vms[u->nvms++] = vms[i];
			}
}

static int units_init(struct units *u, const struct vmm__homes *h, const uint32_t *vms, size_t n)
{
	bool *taken = calloc(n + 1, sizeof(*taken));

	*u = (struct units){ calloc(n + 1, sizeof(*u->vms)), calloc(n + 1, sizeof(*u->from)),
			     calloc(n + 2, sizeof(*u->at)), 0, 0 };
	if (!taken || !u->vms || !u->from || !u->at) {
		free(taken);
		units_release(u);
		return VMM_ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		if (taken[i])
			continue;
		taken[i] = true;
		u->vms[u->nvms++] = vms[i];
		complete(h->p->f, u, vms, n, taken);
		u->at[++u->n] = u->nvms;
	}
	for (size_t i = 0; i < u->nvms; i++)
		u->from[i] = h->p->at[u->vms[i]];
	free(taken);
	return 0;
}

static void take_back(struct vmm__homes *h, const struct units *u, size_t first, size_t end)
{
	while (end-- > first)
		if (h->p->at[u->vms[end]] != u->from[end])
			vmm__place_move(h->p, u->vms[end], u->from[end]);
}

static bool put_unit(struct vmm__homes *h, const struct units *u, size_t unit, uint32_t to)
{
	for (size_t i = u->at[unit]; i < u->at[unit + 1]; i++) {
		if (vmm__home_refused(h, u->vms[i], to, NULL)) {
			take_back(h, u, u->at[unit], i);
			return false;
		}
		vmm__place_move(h->p, u->vms[i], to);
	}
	return true;
}

/* The best host for the first; where the others don't follow, any that takes all. */
static bool settle(struct vmm__homes *h, const struct units *u, size_t unit, enum vmm__homes_aim aim)
{
	const struct vmm_fleet *f = h->p->f;
	uint32_t vm = u->vms[u->at[unit]], to = vmm__home_best(h, vm, aim);

	if (to == VMM__NONE)
		return false;
	if (put_unit(h, u, unit, to))
		return true;
	for (to = 0; to < f->nhosts; to++)
		if (f->hosts[to].group == vmm__vm_group(f, vm) && put_unit(h, u, unit, to))
			return true;
	return false;
}

/* How many VMs are left. */
static size_t attempt(struct vmm__homes *h, const struct units *u, enum vmm__homes_aim aim)
{
	size_t left = 0;

	for (size_t i = 0; i < u->n; i++)
		if (!settle(h, u, i, aim))
			left += u->at[i + 1] - u->at[i];
	return left;
}

/* Hosts on which no VM is named by a rule, with the same room, are the same to all that come. */
static bool alike(const struct vmm__homes *h, uint32_t a, uint32_t b)
{
	const struct vmm__place *p = h->p;

	if (p->f->more->nrules > 0)
		return false;
	for (int r = 0; r < VMM_RESOURCES; r++)
		if (p->top[a][r] - p->load[a][r] != p->top[b][r] - p->load[b][r] &&
		    !(isinf(p->top[a][r]) && isinf(p->top[b][r])))
			return false;
	return true;
}

static bool seen_alike(const struct search *s, size_t group, uint32_t to)
{
	for (uint32_t other = 0; other < to; other++)
		if (s->h->p->f->hosts[other].group == group && !s->h->gone[other] &&
		    vmm__place_open(s->h->p, other) && alike(s->h, other, to))
			return true;
	return false;
}

static bool search(struct search *s, size_t unit)
{
	const struct vmm_fleet *f = s->h->p->f;
	size_t group;

	if (unit == s->u->n)
		return true;
	group = vmm__vm_group(f, s->u->vms[s->u->at[unit]]);
	for (uint32_t to = 0; to < f->nhosts; to++) {
		if (f->hosts[to].group != group || s->steps == 0)
			continue;
		if (vmm__home_refused(s->h, s->u->vms[s->u->at[unit]], to, NULL) ||
		    seen_alike(s, group, to) || !put_unit(s->h, s->u, unit, to))
			continue;
		s->steps--;
		if (search(s, unit + 1))
			return true;
		take_back(s->h, s->u, s->u->at[unit], s->u->at[unit + 1]);
	}
	return false;
}

/* As if memory were all: when even its sum does not suffice, there is nothing to search for. */
static bool hopeless(const struct vmm__homes *h, const struct units *u)
{
	const struct vmm__place *p = h->p;
	double need = 0, room = 0;

	for (size_t i = 0; i < u->nvms; i++)
		need += p->f->vms[u->vms[i]].use[VMM_MEMORY];
	for (uint32_t to = 0; to < p->f->nhosts; to++)
		if (!h->gone[to] && vmm__place_open(p, to))
			room += fmax(0, p->top[to][VMM_MEMORY] - p->load[to][VMM_MEMORY]);
	return need > room * (1 + 1e-9) || u->n > SEARCH_UNITS;
}

static size_t find(struct vmm__homes *h, const struct units *u, enum vmm__homes_aim aim)
{
	struct search s = { h, u, SEARCH_STEPS };
	size_t first = attempt(h, u, aim), second;

	if (first == 0 || aim == VMM__HOMES_TIGHT) {
		second = first;
	} else {
		take_back(h, u, 0, u->nvms);
		second = attempt(h, u, VMM__HOMES_TIGHT);
	}
	if (second == 0)
		return 0;
	take_back(h, u, 0, u->nvms);
	if (!hopeless(h, u) && search(&s, 0))
		return 0;
	return attempt(h, u, second < first ? VMM__HOMES_TIGHT : aim);
}

int vmm__homes_find(struct vmm__homes *h, const uint32_t *vms, size_t n, enum vmm__homes_aim aim,
		    size_t *left, struct vmm_err *err)
{
	struct units u;
	size_t rest;

	if (units_init(&u, h, vms, n) < 0)
		return vmm_err_nomem(err);
	rest = find(h, &u, aim);
	units_release(&u);
	if (left)
		*left = rest;
	return 0;
}
