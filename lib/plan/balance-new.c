/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a balance is made with: lists of VMs and hosts by group, and what each VM's move costs. */
#include <stdlib.h>

#include "plan/internal.h"

/* Two lists of `n` things by the group of each; from[] has one more than there are groups. */
static void list_vms(struct vmm__balance *b)
{
	const struct vmm_fleet *f = b->p->f;
	uint32_t n = 0;

	for (size_t g = 0; g < f->ngroups; g++) {
		b->vms_from[g] = n;
		for (size_t v = 0; v < f->nvms; v++)
			if (f->vms[v].running && vmm__vm_group(f, (uint32_t)v) == g)
				b->vms[n++] = (uint32_t)v;
	}
	b->vms_from[f->ngroups] = n;
}

static void list_hosts(struct vmm__balance *b)
{
	const struct vmm_fleet *f = b->p->f;
	uint32_t n = 0;

	for (size_t h = 0; h < f->nhosts; h++)
		b->hosts[h] = (uint32_t)h;
	vmm__classes(b);
	for (size_t g = 0; g < f->ngroups; g++) {
		b->hosts_from[g] = n;
		while (n < f->nhosts && f->hosts[b->hosts[n]].group == g)
			n++;
	}
	b->hosts_from[f->ngroups] = n;
	for (uint32_t i = 0; i < f->nhosts; i++)
		b->rank[b->hosts[i]] = i;
}

static int alloc(struct vmm__balance *b, const struct vmm_fleet *f)
{
	b->p = vmm__place_new(f);
	b->toll = calloc(f->nvms + 1, sizeof(*b->toll));
	b->order = calloc(f->nvms + 1, sizeof(*b->order));
	b->reason = calloc(f->nvms + 1, sizeof(*b->reason));
	b->vms = calloc(f->nvms + 1, sizeof(*b->vms));
	b->vms_from = calloc(f->ngroups + 1, sizeof(*b->vms_from));
	b->hosts = calloc(f->nhosts + 1, sizeof(*b->hosts));
	b->hosts_from = calloc(f->ngroups + 1, sizeof(*b->hosts_from));
	b->class = calloc(f->nhosts + 1, sizeof(*b->class));
	b->sky = calloc(f->nhosts + 1, sizeof(*b->sky));
	b->rank = calloc(f->nhosts + 1, sizeof(*b->rank));
	b->tree.nodes = calloc(2 * f->nhosts + 1, sizeof(*b->tree.nodes));
	b->tree.hosts = calloc(f->nhosts + 1, sizeof(*b->tree.hosts));
	b->tree.roots = calloc(f->nhosts + 1, sizeof(*b->tree.roots));
	return b->p && b->toll && b->order && b->reason && b->vms && b->vms_from && b->hosts &&
			       b->hosts_from && b->class && b->sky && b->rank && b->tree.nodes &&
			       b->tree.hosts && b->tree.roots
		       ? 0
		       : VMM_ENOMEM;
}

int vmm__balance_init(struct vmm__balance *b, const struct vmm_fleet *f,
		      const struct vmm_balance_options *opt, struct vmm_err *err)
{
	*b = (struct vmm__balance){
		.opt = opt,
		.budget = { .mends = 5000000, .exchanges = 5000000, .pairs = 500000, .others = 3000000 }
	};
	if (alloc(b, f) < 0) {
		vmm__balance_release(b);
		return vmm_err_nomem(err);
	}
	list_vms(b);
	list_hosts(b);
	for (size_t v = 0; v < f->nvms; v++)
		b->toll[v] = vmm__balance_toll(b, vmm__vm_group(f, (uint32_t)v), f->vms[v].cost);
	return 0;
}

void vmm__balance_release(struct vmm__balance *b)
{
	vmm__place_free(b->p);
	free(b->toll);
	free(b->order);
	free(b->reason);
	free(b->vms);
	free(b->vms_from);
	free(b->hosts);
	free(b->hosts_from);
	free(b->class);
	free(b->sky);
	free(b->rank);
	free(b->tree.nodes);
	free(b->tree.hosts);
	free(b->tree.roots);
}
