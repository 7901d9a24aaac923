/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mending what is broken, by the fewest moves that the search finds: one VM; else two, of which one makes room for
 * the other; else all VMs that are to be together. Each step leaves less broken than before.
 */
#include <stdlib.h>

#include "plan/internal.h"

/* VMs that go somewhere, and what that changes of what is broken. */
struct offer {
	struct vmm__try t;
	const struct vmm__rule *set; /* all of its VMs go to t.to[0] instead */
	struct vmm__broken by;
	double gain;
};

struct search {
	struct vmm__balance *b;
	size_t group;
	uint64_t *budget;  /* tries of two moves */
	struct offer best; /* at first it is to do nothing */
	struct vmm__reason why, best_why;
	bool any;
};

/* The hosts of the group that are open: i counts. */
static uint32_t target(const struct search *s, uint32_t *i)
{
	const struct vmm__balance *b = s->b;

	for (; b->hosts_from[s->group] + *i < b->hosts_from[s->group + 1]; ++*i) {
		uint32_t host = b->hosts[b->hosts_from[s->group] + *i];

		if (vmm__place_open(b->p, host))
			return host;
	}
	return VMM__NONE;
}

static void add(struct offer *o, const struct search *s, uint32_t vm, uint32_t to)
{
	struct vmm__broken by = vmm__broken_by(s->b->p, vm, to);

	o->by.hard += by.hard;
	o->by.soft += by.soft;
	o->by.over += by.over;
	o->gain += vmm__gain(s->b->p, vm, to) - vmm__balance_fee(s->b, vm, to);
	if (o->t.n < 2) {
		o->t.vm[o->t.n] = vm;
		o->t.to[o->t.n++] = to;
	}
}

static bool better(const struct search *s, const struct offer *o)
{
	int cmp = vmm__broken_compare(&o->by, &s->best.by);

	return cmp < 0 || (cmp == 0 && s->any && o->gain > s->best.gain);
}

static void offer(struct search *s, const struct offer *o)
{
	if (!better(s, o) || (!o->set && !vmm__balance_affords(s->b, &o->t)))
		return;
	s->best = *o;
	s->best_why = s->why;
	s->any = true;
}

/* What a move of this VM could mend at best. */
static struct vmm__broken hope(const struct search *s, uint32_t vm)
{
	const struct vmm__place *p = s->b->p;
	const struct vmm__fleet *m = p->f->more;
	struct vmm__broken by = { .over = -vmm__host_over(p, p->at[vm]) };

	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++)
		if (vmm__rule_blames(p, m->of[i], vm))
			--*(m->rules[m->of[i]].text->kind == VMM_SHOULD ? &by.soft : &by.hard);
	return by;
}

/* Whether no move of it alone can be better than the best one. */
static bool is_hopeless(const struct search *s, uint32_t vm)
{
	const struct vmm__balance *b = s->b;
	struct vmm__broken by = hope(s, vm);
	int cmp = vmm__broken_compare(&by, &s->best.by);
	double most = -INFINITY;

	if (cmp != 0 || !s->any)
		return cmp > 0;
	for (uint32_t i = 0; i < b->tree.nroots; i++)
		most = fmax(most, vmm__tree_gain(b, vm, b->tree.roots[i]));
	return most - (b->order[vm] ? -b->toll[vm] : b->toll[vm]) <= s->best.gain;
}

static void try_one(struct search *s, uint32_t vm)
{
	struct vmm__place *p = s->b->p;
	uint32_t to;

	if (is_hopeless(s, vm))
		return;
	for (uint32_t i = 0; (to = target(s, &i)) != VMM__NONE; i++) {
		struct offer o = { .set = NULL };

		if (to == p->at[vm] || !vmm__place_fits(p, vm, to) ||
		    !vmm__rules_allow(p, VMM__NONE, vm, to))
			continue;
		add(&o, s, vm, to);
		offer(s, &o);
	}
}

/* Whatever takes time is counted, not only what comes to something. */
static bool spend(struct search *s)
{
	if (*s->budget == 0)
		return false;
	--*s->budget;
	return true;
}

/* The first VM is where it wants to be; another one leaves that host for any other. */
static void try_leave(struct search *s, struct offer first, uint32_t vm)
{
	const struct vmm__place *p = s->b->p;
	uint32_t to;

	if (!spend(s) || !vmm__place_keeps(p, first.t.vm[0], vm))
		return;
	for (uint32_t i = 0; (to = target(s, &i)) != VMM__NONE && spend(s); i++) {
		struct offer o = first;

		if (to == p->at[vm] || !vmm__place_fits(p, vm, to) ||
		    !vmm__rules_allow(p, first.t.vm[0], vm, to))
			continue;
		add(&o, s, vm, to);
		offer(s, &o);
	}
}

static void try_two(struct search *s, uint32_t vm)
{
	struct vmm__place *p = s->b->p;
	uint32_t to, from = p->at[vm];
	struct vmm__saved saved;

	for (uint32_t i = 0; (to = target(s, &i)) != VMM__NONE && spend(s); i++) {
		struct offer first = { .set = NULL };

		if (to == from || vmm__rules_forbid(p, vm, to))
			continue;
		add(&first, s, vm, to);
		vmm__place_try(p, vm, to, &saved);
		for (uint32_t w = p->first[to]; w != VMM__NONE; w = p->next[w])
			if (w != vm && vmm__balance_mendable(s->b, w))
				try_leave(s, first, w);
		vmm__place_back(p, &saved);
	}
}

static bool fits_all(const struct vmm__place *p, uint32_t host)
{
	for (int r = 0; r < VMM_RESOURCES; r++)
		if (p->load[host][r] > p->top[host][r] + 1e-9 * p->f->hosts[host].cap[r])
			return false;
	return true;
}

static bool hold_all(const struct vmm__place *p, const struct vmm__rule *set)
{
	for (size_t i = 0; i < set->nvms; i++)
		if (!vmm__rules_hold(p, set->vms[i]))
			return false;
	return true;
}

/* All VMs of a rule on one host, if that is as many moves as the limits allow. */
static void try_set_at(struct search *s, const struct vmm__rule *set, uint32_t to,
		       struct vmm__saved *saved)
{
	struct vmm__place *p = s->b->p;
	struct offer o = { .set = set };
	uint64_t moves = s->b->moved, bytes = s->b->bytes;
	size_t tried = 0;
	bool can = true;

	for (size_t i = 0; i < set->nvms; i++) {
		uint32_t vm = set->vms[i];

		if (p->at[vm] == to || !vmm__balance_mendable(s->b, vm)) {
			can = can && p->at[vm] == to;
			continue;
		}
		moves += !s->b->order[vm];
		bytes += s->b->order[vm] ? 0 : p->f->vms[vm].cost;
		add(&o, s, vm, to);
		vmm__place_try(p, vm, to, &saved[tried++]);
	}
	o.t.to[0] = to;
	if (can && fits_all(p, to) && hold_all(p, set) && moves <= s->b->opt->max_moves &&
	    bytes <= s->b->opt->max_bytes)
		offer(s, &o);
	while (tried > 0)
		vmm__place_back(p, &saved[--tried]);
}

static int try_sets(struct search *s, uint32_t vm)
{
	const struct vmm__fleet *m = s->b->p->f->more;
	uint32_t to;

	for (uint32_t k = m->from[vm]; k < m->from[vm + 1]; k++) {
		const struct vmm__rule *set = &m->rules[m->of[k]];
		struct vmm__saved *saved;

		if (set->text->kind != VMM_TOGETHER)
			continue;
		saved = calloc(set->nvms, sizeof(*saved));
		if (!saved)
			return VMM_ENOMEM;
		for (uint32_t i = 0; (to = target(s, &i)) != VMM__NONE; i++)
			try_set_at(s, set, to, saved);
		free(saved);
	}
	return 0;
}

/* Whether something broken is about this VM, and what. */
static bool to_blame(struct search *s, uint32_t vm)
{
	const struct vmm__place *p = s->b->p;
	const struct vmm__fleet *m = p->f->more;

	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++) {
		s->why = (struct vmm__reason){ VMM__RULE, m->of[i] };
		if (vmm__rule_blames(p, m->of[i], vm))
			return true;
	}
	s->why = (struct vmm__reason){ VMM__OVER, p->at[vm] };
	return vmm__host_over(p, p->at[vm]) > 0;
}

static int try_way(struct search *s, int way, uint32_t vm)
{
	switch (way) {
	case 0:
		try_one(s, vm);
		return 0;
	case 1:
		try_two(s, vm);
		return 0;
	default:
		return try_sets(s, vm);
	}
}

static int find(struct search *s, struct vmm_err *err)
{
	const struct vmm__balance *b = s->b;

	vmm__tree_update(s->b, s->group);
	s->any = false;
	s->best = (struct offer){ .set = NULL };
	for (int way = 0; way < 3 && !s->any; way++)
		for (uint32_t i = b->vms_from[s->group]; i < b->vms_from[s->group + 1]; i++)
			if (vmm__balance_mendable(b, b->vms[i]) && to_blame(s, b->vms[i]) &&
			    try_way(s, way, b->vms[i]) < 0)
				return vmm_err_nomem(err);
	return 0;
}

static void apply(struct search *s)
{
	const struct offer *o = &s->best;

	if (!o->set)
		vmm__balance_apply(s->b, &o->t, s->best_why);
	for (size_t i = 0; o->set && i < o->set->nvms; i++) {
		struct vmm__try t = { .vm = { o->set->vms[i] }, .to = { o->t.to[0] }, .n = 1 };

		if (s->b->p->at[t.vm[0]] != t.to[0])
			vmm__balance_apply(s->b, &t, s->best_why);
	}
	/* Only now: half a set on its way may look better than all of it. */
	for (size_t i = 0; i < (o->set ? o->set->nvms : o->t.n); i++)
		vmm__rules_keep(s->b->p, o->set ? o->set->vms[i] : o->t.vm[i]);
}

int vmm__mend(struct vmm__balance *b, size_t group, struct vmm_err *err)
{
	struct search s = { .b = b, .group = group, .budget = &b->budget.mends };
	struct vmm__broken now = vmm__broken_now(b->p, group);

	while (now.hard > 0 || now.soft > 0 || now.over > 0) {
		if (find(&s, err) < 0)
			return VMM_ENOMEM;
		if (!s.any)
			break;
		apply(&s);
		b->mended++;
		now = vmm__broken_now(b->p, group);
	}
	return 0;
}
