/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules that are broken, and what a move does to them. */
#include "plan/internal.h"

static bool is_soft(const struct vmm__rule *r)
{
	return r->text->kind == VMM_SHOULD;
}

bool vmm__rule_likes(const struct vmm__rule *r, uint32_t host)
{
	bool named = r->hosts && r->hosts[host];

	return r->text->kind == VMM_NEVER ? !named : named;
}

/* One VM of the rule comes to a host, or (by -1) leaves it. */
static void count(struct vmm__place *p, size_t rule, uint32_t host, int by)
{
	const struct vmm__rule *r = &p->f->more->rules[rule];
	struct vmm__count *c = &p->counts[rule];

	if (host == VMM__NONE)
		return;
	if (c->on)
		c->on[host] += (uint32_t)by;
	if (r->text->kind == VMM_APART)
		c->kept += (uint32_t)(c->on[host] == (by > 0) ? by : 0);
	else if (r->text->kind != VMM_TOGETHER)
		c->kept += (uint32_t)(vmm__rule_likes(r, host) ? by : 0);
}

void vmm__rules_move(struct vmm__place *p, uint32_t vm, uint32_t from, uint32_t to)
{
	const struct vmm__fleet *m = p->f->more;

	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++) {
		count(p, m->of[i], from, -1);
		count(p, m->of[i], to, 1);
	}
}

/* The most VMs of the rule that are on one host when `vm` has gone to `to` (VMM__NONE: as it is). */
static uint32_t crowd(const struct vmm__place *p, size_t rule, uint32_t vm, uint32_t to)
{
	const struct vmm__rule *r = &p->f->more->rules[rule];
	const uint32_t *on = p->counts[rule].on;
	uint32_t most = to == VMM__NONE ? 0 : on[to] + (p->at[vm] != to);

	for (size_t i = 0; i < r->nvms; i++) {
		uint32_t host = p->at[r->vms[i]];
		uint32_t n = on[host] - (to != VMM__NONE && host == p->at[vm] && host != to);

		if (host != to && n > most)
			most = n;
	}
	return most;
}

uint32_t vmm__rule_broken(const struct vmm__place *p, size_t rule)
{
	const struct vmm__rule *r = &p->f->more->rules[rule];
	uint32_t n = (uint32_t)r->nvms;

	if (r->text->kind == VMM_TOGETHER)
		return n - crowd(p, rule, 0, VMM__NONE);
	return n - p->counts[rule].kept;
}

bool vmm__rule_blames(const struct vmm__place *p, size_t rule, uint32_t vm)
{
	const struct vmm__rule *r = &p->f->more->rules[rule];
	const uint32_t *on = p->counts[rule].on;

	switch (r->text->kind) {
	case VMM_TOGETHER:
		return vmm__rule_broken(p, rule) > 0;
	case VMM_APART:
		return on[p->at[vm]] > 1;
	default:
		return !vmm__rule_likes(r, p->at[vm]);
	}
}

long vmm__rule_change(const struct vmm__place *p, size_t rule, uint32_t vm, uint32_t to)
{
	const struct vmm__rule *r = &p->f->more->rules[rule];
	const uint32_t *on = p->counts[rule].on;

	switch (r->text->kind) {
	case VMM_TOGETHER:
		return (long)crowd(p, rule, 0, VMM__NONE) - (long)crowd(p, rule, vm, to);
	case VMM_APART:
		return (long)(on[to] > 0) - (long)(on[p->at[vm]] > 1);
	default:
		return (long)!vmm__rule_likes(r, to) - (long)!vmm__rule_likes(r, p->at[vm]);
	}
}

const struct vmm__rule *vmm__rule_worsened(const struct vmm__place *p, uint32_t vm, uint32_t to)
{
	const struct vmm__fleet *m = p->f->more;

	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++)
		if (vmm__rule_change(p, m->of[i], vm, to) > 0)
			return &m->rules[m->of[i]];
	return NULL;
}

bool vmm__rule_crowds(const struct vmm__place *p, size_t rule, uint32_t vm, uint32_t host)
{
	return p->f->more->rules[rule].names && host != p->f->vms[vm].host &&
	       p->counts[rule].on[host] > (p->at[vm] == host);
}

static bool concerns(const struct vmm__fleet *m, uint32_t vm, uint32_t rule)
{
	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++)
		if (m->of[i] == rule)
			return true;
	return false;
}

/* The hard rules of a VM, but for those that are about the other one too. */
static bool hold(const struct vmm__place *p, uint32_t vm, uint32_t other)
{
	const struct vmm__fleet *m = p->f->more;

	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++)
		if (!is_soft(&m->rules[m->of[i]]) &&
		    (other == VMM__NONE || !concerns(m, other, m->of[i])) &&
		    (vmm__rule_broken(p, m->of[i]) > p->counts[m->of[i]].most ||
		     vmm__rule_crowds(p, m->of[i], vm, p->at[vm])))
			return false;
	return true;
}

bool vmm__rules_hold(const struct vmm__place *p, uint32_t vm)
{
	return hold(p, vm, VMM__NONE);
}

bool vmm__rules_forbid(const struct vmm__place *p, uint32_t vm, uint32_t to)
{
	const struct vmm__fleet *m = p->f->more;

	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++) {
		const struct vmm__rule *r = &m->rules[m->of[i]];
		bool hard = r->text->kind == VMM_MUST || r->text->kind == VMM_NEVER;

		if (hard && vmm__rule_likes(r, p->at[vm]) && !vmm__rule_likes(r, to))
			return true;
	}
	return false;
}

bool vmm__rules_allow(const struct vmm__place *p, uint32_t first, uint32_t vm, uint32_t to)
{
	const struct vmm__fleet *m = p->f->more;

	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++) {
		uint32_t r = m->of[i];
		long change = vmm__rule_change(p, r, vm, to);

		if (!is_soft(&m->rules[r]) &&
		    ((long)vmm__rule_broken(p, r) + change > (long)p->counts[r].most ||
		     vmm__rule_crowds(p, r, vm, to)))
			return false;
	}
	return !vmm__rules_forbid(p, vm, to) && (first == VMM__NONE || hold(p, first, vm));
}

void vmm__rules_keep(struct vmm__place *p, uint32_t vm)
{
	const struct vmm__fleet *m = p->f->more;

	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++) {
		uint32_t broken = vmm__rule_broken(p, m->of[i]);

		if (broken < p->counts[m->of[i]].most)
			p->counts[m->of[i]].most = broken;
	}
}

/* By how much a load passes the room, as a share of what the host has; `more` is added to it. */
static double over(const struct vmm__place *p, uint32_t host, const double *more, int sign)
{
	const struct vmm_fleet_host *h = &p->f->hosts[host];
	double sum = 0;

	for (int r = 0; r < VMM_RESOURCES; r++) {
		double load = p->load[host][r] + (more ? sign * more[r] : 0);

		/* What rounding leaves of a sum is not too much. */
		if (h->cap[r] > 0 && load > h->room[r] + 1e-9 * h->cap[r])
			sum += (load - h->room[r]) / h->cap[r];
	}
	return sum;
}

double vmm__host_over(const struct vmm__place *p, uint32_t host)
{
	return vmm__place_open(p, host) ? over(p, host, NULL, 0) : 0;
}

struct vmm__broken vmm__broken_by(const struct vmm__place *p, uint32_t vm, uint32_t to)
{
	const struct vmm__fleet *m = p->f->more;
	const double *use = p->f->vms[vm].use;
	struct vmm__broken b = { 0, 0, 0 };
	uint32_t from = p->at[vm];

	if (from == to)
		return b;
	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++)
		*(is_soft(&m->rules[m->of[i]]) ? &b.soft : &b.hard) +=
			vmm__rule_change(p, m->of[i], vm, to);
	if (vmm__place_open(p, from))
		b.over += over(p, from, use, -1) - over(p, from, NULL, 0);
	if (vmm__place_open(p, to))
		b.over += over(p, to, use, 1) - over(p, to, NULL, 0);
	return b;
}

struct vmm__broken vmm__broken_now(const struct vmm__place *p, size_t group)
{
	const struct vmm__fleet *m = p->f->more;
	struct vmm__broken b = { 0, 0, 0 };

	for (size_t i = 0; i < m->nrules; i++)
		if (m->rules[i].group == group)
			*(is_soft(&m->rules[i]) ? &b.soft : &b.hard) += vmm__rule_broken(p, i);
	for (uint32_t h = 0; h < p->f->nhosts; h++)
		if (p->f->hosts[h].group == group)
			b.over += vmm__host_over(p, h);
	return b;
}

int vmm__broken_compare(const struct vmm__broken *a, const struct vmm__broken *b)
{
	if (a->hard != b->hard)
		return a->hard < b->hard ? -1 : 1;
	if (fabs(a->over - b->over) > 1e-9)
		return a->over < b->over ? -1 : 1;
	return (a->soft > b->soft) - (a->soft < b->soft);
}
