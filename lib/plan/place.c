/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where VMs are, and what that makes of their hosts. */
#include <stdlib.h>
#include <string.h>

#include "plan/internal.h"

/* Loads are sums of decimals: this share of a host does not count. */
#define DUST 1e-9

size_t vmm__vm_group(const struct vmm_fleet *f, uint32_t vm)
{
	return f->hosts[f->vms[vm].host].group;
}

bool vmm__place_open(const struct vmm__place *p, uint32_t host)
{
	return !p->f->hosts[host].closed;
}

static void list_add(struct vmm__place *p, uint32_t vm, uint32_t host)
{
	p->prev[vm] = VMM__NONE;
	p->next[vm] = p->first[host];
	if (p->first[host] != VMM__NONE)
		p->prev[p->first[host]] = vm;
	p->first[host] = vm;
}

static void list_del(struct vmm__place *p, uint32_t vm, uint32_t host)
{
	if (p->prev[vm] != VMM__NONE)
		p->next[p->prev[vm]] = p->next[vm];
	else
		p->first[host] = p->next[vm];
	if (p->next[vm] != VMM__NONE)
		p->prev[p->next[vm]] = p->prev[vm];
}

static int alloc_counts(struct vmm__place *p)
{
	const struct vmm__fleet *m = p->f->more;

	p->counts = calloc(m->nrules + 1, sizeof(*p->counts));
	for (size_t i = 0; p->counts && i < m->nrules; i++) {
		enum vmm_rule_kind kind = m->rules[i].text->kind;

		if (kind != VMM_TOGETHER && kind != VMM_APART)
			continue;
		p->counts[i].on = calloc(p->f->nhosts + 1, sizeof(*p->counts[i].on));
		if (!p->counts[i].on)
			return VMM_ENOMEM;
	}
	return p->counts ? 0 : VMM_ENOMEM;
}

static int alloc(struct vmm__place *p)
{
	size_t hosts = p->f->nhosts + 1, vms = p->f->nvms + 1;

	p->at = calloc(vms, sizeof(*p->at));
	p->next = calloc(vms, sizeof(*p->next));
	p->prev = calloc(vms, sizeof(*p->prev));
	p->first = calloc(hosts, sizeof(*p->first));
	p->load = calloc(hosts, sizeof(*p->load));
	p->top = calloc(hosts, sizeof(*p->top));
	p->per = calloc(hosts, sizeof(*p->per));
	p->x = calloc(hosts, sizeof(*p->x));
	p->sums = calloc(p->f->ngroups + 1, sizeof(*p->sums));
	if (alloc_counts(p) < 0)
		return VMM_ENOMEM;
	return p->at && p->next && p->prev && p->first && p->load && p->top && p->per && p->x && p->sums
		       ? 0
		       : VMM_ENOMEM;
}

static void fill(struct vmm__place *p)
{
	for (size_t h = 0; h < p->f->nhosts; h++) {
		p->first[h] = VMM__NONE;
		for (int r = 0; r < VMM_RESOURCES; r++) {
			p->load[h][r] = p->f->hosts[h].own[r];
			p->top[h][r] = p->f->hosts[h].room[r];
		}
	}
	/* From the last on, so that a list begins with the first. */
	for (size_t v = p->f->nvms; v-- > 0;) {
		uint32_t at = (uint32_t)p->f->vms[v].host;

		p->at[v] = at;
		vmm__rules_move(p, (uint32_t)v, VMM__NONE, at);
		if (!p->f->vms[v].running)
			continue;
		list_add(p, (uint32_t)v, at);
		for (int r = 0; r < VMM_RESOURCES; r++)
			p->load[at][r] += p->f->vms[v].use[r];
	}
	for (size_t i = 0; i < p->f->more->nrules; i++)
		p->counts[i].most = vmm__rule_broken(p, i);
	vmm__score_begin(p);
}

struct vmm__place *vmm__place_new(const struct vmm_fleet *f)
{
	struct vmm__place *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->f = f;
	if (alloc(p) < 0) {
		vmm__place_free(p);
		return NULL;
	}
	fill(p);
	return p;
}

void vmm__place_free(struct vmm__place *p)
{
	if (!p)
		return;
	for (size_t i = 0; p->counts && i < p->f->more->nrules; i++)
		free(p->counts[i].on);
	free(p->counts);
	free(p->at);
	free(p->next);
	free(p->prev);
	free(p->first);
	free(p->load);
	free(p->top);
	free(p->per);
	free(p->x);
	free(p->sums);
	free(p);
}

void vmm__place_cleanup(struct vmm__place **p)
{
	vmm__place_free(*p);
}

void vmm__place_move(struct vmm__place *p, uint32_t vm, uint32_t to)
{
	uint32_t from = p->at[vm];

	list_del(p, vm, from);
	list_add(p, vm, to);
	vmm__rules_move(p, vm, from, to);
	vmm__score_move(p, vm, from, to);
	for (int r = 0; r < VMM_RESOURCES; r++) {
		p->load[from][r] -= p->f->vms[vm].use[r];
		p->load[to][r] += p->f->vms[vm].use[r];
	}
	p->at[vm] = to;
}

bool vmm__place_fits(const struct vmm__place *p, uint32_t vm, uint32_t to)
{
	const double *use = p->f->vms[vm].use;

	for (int r = 0; r < VMM_RESOURCES; r++)
		if (use[r] > 0 &&
		    p->load[to][r] + use[r] > p->top[to][r] + DUST * p->f->hosts[to].cap[r])
			return false;
	return true;
}

bool vmm__place_keeps(const struct vmm__place *p, uint32_t vm, uint32_t leaver)
{
	const double *use = p->f->vms[vm].use, *less = p->f->vms[leaver].use;
	uint32_t host = p->at[vm];

	for (int r = 0; r < VMM_RESOURCES; r++)
		if (use[r] > 0 &&
		    p->load[host][r] - less[r] > p->top[host][r] + DUST * p->f->hosts[host].cap[r])
			return false;
	return true;
}

void vmm__place_try(struct vmm__place *p, uint32_t vm, uint32_t to, struct vmm__saved *saved)
{
	saved->vm = vm;
	saved->hosts[0] = p->at[vm];
	saved->hosts[1] = to;
	for (int i = 0; i < 2; i++) {
		memcpy(saved->load[i], p->load[saved->hosts[i]], sizeof(saved->load[i]));
		memcpy(saved->x[i], p->x[saved->hosts[i]], sizeof(saved->x[i]));
	}
	saved->sums = p->sums[vmm__vm_group(p->f, vm)];
	vmm__place_move(p, vm, to);
}

void vmm__place_back(struct vmm__place *p, const struct vmm__saved *saved)
{
	vmm__place_move(p, saved->vm, saved->hosts[0]);
	for (int i = 0; i < 2; i++) {
		memcpy(p->load[saved->hosts[i]], saved->load[i], sizeof(saved->load[i]));
		memcpy(p->x[saved->hosts[i]], saved->x[i], sizeof(saved->x[i]));
	}
	p->sums[vmm__vm_group(p->f, saved->vm)] = saved->sums;
}
