/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small random fleets and what is to be known of them, worked out here once more from what the pages say: nothing of
 * lib/plan is used, so that its mistakes are not made again.
 */
#ifndef VMM_RANDOM_FLEET_H
#define VMM_RANDOM_FLEET_H

#include "test.h"

#include <math.h>
#include <stdbool.h>

#define HOSTS 8
#define VMS 40
#define RULES 6
#define GROUPS 2
#define RES 4
#define GIB 1073741824.0

struct host {
	unsigned group;
	bool closed, excluded, told; /* told: what it uses beyond its VMs is */
	double cap[RES], own[RES], room[RES];
};
struct vm {
	unsigned host;
	const char *state;
	bool running, fixed, measured;
	double use[RES];
	unsigned rss; /* GiB; 0: not told */
};
struct rule {
	unsigned group;
	const char *kind;
	uint64_t vms, hosts;
};
struct model {
	struct host hosts[HOSTS];
	struct vm vms[VMS];
	struct rule rules[RULES];
	unsigned nhosts, nvms, nrules, ngroups, seed;
	struct {
		bool measured;
		double limit[RES], reserve, weight[RES], capacity[RES];
		unsigned aggressiveness;
	} groups[GROUPS];
};

/* Numbers that follow from the seed alone. */
static uint64_t random_state;

static unsigned below(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 20) % n;
}

static bool once_in(unsigned n)
{
	return below(n) == 0;
}

static void random_group(struct model *m, unsigned g)
{
	m->groups[g].measured = !once_in(3);
	m->groups[g].aggressiveness = 1 + below(5);
	m->groups[g].reserve = once_in(3) ? 4 * GIB : 0;
	for (int r = 0; r < RES; r++) {
		m->groups[g].limit[r] = once_in(4) ? 0.5 + 0.25 * below(4) : r == 1 ? 1 : 0;
		m->groups[g].weight[r] = r < 2 || once_in(3) ? 0.5 * below(4) : 0;
		m->groups[g].capacity[r] = r > 1 && once_in(2) ? 1000 : 0;
	}
}

static void random_host(struct model *m, struct host *h)
{
	h->group = below(m->ngroups);
	h->closed = once_in(8);
	h->told = once_in(3);
	h->cap[0] = 8 + 8 * below(2);
	h->cap[1] = (32 + 32 * below(2)) * GIB;
	h->cap[2] = m->groups[h->group].capacity[2];
	h->cap[3] = m->groups[h->group].capacity[3];
	h->own[0] = h->told ? below(3) : 0;
	h->own[1] = h->told ? below(4) * GIB : 0;
}

/* Some hosts are crowded: more VMs are on the first ones. */
static void random_vm(struct model *m, struct vm *v)
{
	static const char *const states[] = { "paused", "migrating", "suspended", "unknown", "stop" };

	v->host = once_in(3) ? below(m->nhosts) : below(1 + below(m->nhosts));
	v->state = once_in(10) ? states[below(COUNT(states))] : once_in(6) ? "warning" : "normal";
	v->running = strcmp(v->state, "stop") != 0;
	v->fixed = strcmp(v->state, "normal") != 0 && strcmp(v->state, "warning") != 0;
	v->use[0] = 1 + below(6);
	v->use[1] = (1 + below(once_in(4) ? 20 : 6)) * GIB;
	v->use[2] = once_in(2) ? below(400) : 0;
	v->use[3] = once_in(2) ? below(400) : 0;
	v->rss = 1 + below((unsigned)(v->use[1] / GIB));
}

static void random_rule(struct model *m, struct rule *r)
{
	static const char *const kinds[] = { "together", "apart",   "must", "never",
					     "should",   "exclude", "pin",  "apart" };

	r->group = below(m->ngroups);
	r->kind = kinds[below(COUNT(kinds))];
	for (unsigned i = 2 + below(3); i > 0; i--)
		r->vms |= 1ull << below(m->nvms + 1);
	for (unsigned i = 1 + below(3); i > 0; i--)
		r->hosts |= 1ull << below(m->nhosts);
	if (strcmp(r->kind, "exclude") == 0 && once_in(2))
		r->vms = 0;
	else if (strcmp(r->kind, "exclude") == 0)
		r->hosts = 0;
}

static bool means_vm(const struct model *m, const struct rule *r, unsigned v)
{
	return (r->vms >> v & 1) && m->hosts[m->vms[v].host].group == r->group;
}

static bool means_host(const struct model *m, const struct rule *r, unsigned h)
{
	return (r->hosts >> h & 1) && m->hosts[h].group == r->group;
}

/* What pin and exclude say: of the start, like all that a rule means. */
static void fix(struct model *m, const struct rule *r)
{
	bool pin = strcmp(r->kind, "pin") == 0;

	if (!pin && strcmp(r->kind, "exclude") != 0)
		return;
	for (unsigned h = 0; !pin && h < m->nhosts; h++)
		m->hosts[h].excluded |= means_host(m, r, h);
	for (unsigned v = 0; v < m->nvms; v++)
		m->vms[v].fixed |= means_vm(m, r, v) || m->hosts[m->vms[v].host].excluded;
}

static void bound(const struct model *m, struct host *h)
{
	for (int r = 0; r < RES; r++) {
		double reserve = r == 1 ? m->groups[h->group].reserve : 0;
		double limit = m->groups[h->group].limit[r];

		h->room[r] = INFINITY;
		if (h->cap[r] > 0 && limit > 0 && !(r == 0 && !m->groups[h->group].measured))
			h->room[r] = limit * (h->cap[r] - reserve);
		if (r == 0 && !m->groups[h->group].measured)
			h->own[r] = 0;
	}
}

static void random_model(struct model *m, unsigned seed)
{
	*m = (struct model){ .seed = seed };
	random_state = 88172645463325252ull ^ (seed + 1) * 0x9e3779b97f4a7c15ull;
	m->nhosts = 1 + below(HOSTS);
	m->nvms = below(VMS);
	m->ngroups = once_in(4) ? 2 : 1;
	m->nrules = once_in(4) ? 0 : below(RULES + 1);
	for (unsigned g = 0; g < m->ngroups; g++)
		random_group(m, g);
	for (unsigned h = 0; h < m->nhosts; h++)
		random_host(m, &m->hosts[h]);
	for (unsigned v = 0; v < m->nvms; v++)
		random_vm(m, &m->vms[v]);
	for (unsigned i = 0; i < m->nrules; i++)
		random_rule(m, &m->rules[i]);
	for (unsigned i = 0; i < m->nrules; i++)
		fix(m, &m->rules[i]);
	for (unsigned h = 0; h < m->nhosts; h++) {
		bound(m, &m->hosts[h]);
		m->hosts[h].closed |= m->hosts[h].excluded;
	}
}

#endif
