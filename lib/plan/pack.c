/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host below the range is emptied where the others then are still within it and the group still survives the
 * failures that it should; those that use least first, for they cost least. Where hosts are above the range, or
 * the group would not survive, one that is off is switched on and takes VMs from the fullest.
 */
#include "plan/pack.h"

#include <stdlib.h>
#include <string.h>

#include "plan/pack-internal.h"

double vmm__pack_use(const struct vmm__place *p, uint32_t host)
{
	const struct vmm_fleet_host *h = &p->f->hosts[host];
	double most = 0;

	for (int r = VMM_CPU; r <= VMM_MEMORY; r++)
		if (h->cap[r] > 0 && !(r == VMM_CPU && h->promised))
			most = fmax(most, p->load[host][r] / h->cap[r]);
	return most;
}

int vmm__pack_survives(struct vmm__pack *k, bool *survives, struct vmm_err *err)
{
	const struct vmm_fleet *f = k->f;
	unsigned failures = k->opt->failures < 0 ? f->groups[k->group]->failures
						 : (unsigned)k->opt->failures;
	int rc;

	*survives = true;
	if (failures == 0)
		return 0;
	/* In an emergency hosts may be as full as they can be. */
	vmm__pack_bound(k, INFINITY);
	rc = vmm__survives(&k->h, k->group, failures, NULL, NULL, survives, err);
	vmm__pack_bound(k, k->opt->target + k->opt->range);
	return rc;
}

/* No VM goes where it would raise the use above `share`. */
void vmm__pack_bound(struct vmm__pack *k, double share)
{
	for (size_t i = 0; i < k->f->nhosts; i++) {
		const struct vmm_fleet_host *h = &k->f->hosts[i];

		for (int r = 0; r < VMM_RESOURCES; r++)
			k->h.p->top[i][r] = h->room[r];
		for (int r = VMM_CPU; r <= VMM_MEMORY; r++)
			if (h->cap[r] > 0 && !(r == VMM_CPU && h->promised))
				k->h.p->top[i][r] = fmin(h->room[r], share * h->cap[r]);
	}
}

static bool may_go(const struct vmm_fleet_vm *v)
{
	return !v->fixed && !v->held;
}

static void go_back(struct vmm__pack *k)
{
	for (uint32_t v = 0; v < k->f->nvms; v++)
		if (k->f->vms[v].running && k->h.p->at[v] != k->was[v])
			vmm__place_move(k->h.p, v, k->was[v]);
}

static bool is_empty(const struct vmm__pack *k, uint32_t host)
{
	return k->h.p->first[host] == VMM__NONE;
}

/* All or nothing. */
static int empty(struct vmm__pack *k, uint32_t host, struct vmm_err *err)
{
	bool survives = false;
	size_t n;
	int rc;

	memcpy(k->was, k->h.p->at, k->f->nvms * sizeof(*k->was));
	k->h.gone[host] = true;
	n = vmm__homes_of(&k->h, may_go, k->vms);
	rc = vmm__homes_find(&k->h, k->vms, n, VMM__HOMES_TIGHT, NULL, err);
	if (rc == 0 && is_empty(k, host))
		rc = vmm__pack_survives(k, &survives, err);
	if (survives)
		return rc;
	go_back(k);
	k->h.gone[host] = false;
	return rc;
}

struct candidate {
	uint32_t host;
	double use;
};

static int by_use(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->use != y->use)
		return x->use < y->use ? -1 : 1;
	return (x->host > y->host) - (x->host < y->host);
}

static bool may_empty(const struct vmm__pack *k, uint32_t host)
{
	return k->f->hosts[host].group == k->group && k->opt->may[host] == VMM_PACK_OFF &&
	       !k->h.gone[host] && vmm__place_open(k->h.p, host);
}

/* A host that has got VMs of another one may be above the range by now. */
static int empty_hosts(struct vmm__pack *k, struct vmm_err *err)
{
	struct candidate *c = calloc(k->f->nhosts + 1, sizeof(*c));
	size_t n = 0;
	int rc = c ? 0 : vmm_err_nomem(err);

	for (uint32_t i = 0; rc == 0 && i < k->f->nhosts; i++)
		if (may_empty(k, i))
			c[n++] = (struct candidate){ i, vmm__pack_use(k->h.p, i) };
	if (c)
		qsort(c, n, sizeof(*c), by_use);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (vmm__pack_use(k->h.p, c[i].host) < k->opt->target - k->opt->range)
			rc = empty(k, c[i].host, err);
	free(c);
	return rc;
}

static int pack_group(struct vmm__pack *k, struct vmm_err *err)
{
	bool relieved = false;
	int rc = vmm__pack_relieve(k, &relieved, err);

	/* What is switched on is needed. */
	return rc < 0 || relieved ? rc : empty_hosts(k, err);
}

static int begin(struct vmm__pack *k, struct vmm_fleet *f, const struct vmm_pack_options *opt)
{
	*k = (struct vmm__pack){ .f = f,
				 .opt = opt,
				 .vms = calloc(f->nvms + 1, sizeof(*k->vms)),
				 .was = calloc(f->nvms + 1, sizeof(*k->was)),
				 .on = calloc(f->nhosts + 1, sizeof(*k->on)) };
	if (!k->vms || !k->was || !k->on || vmm__homes_init(&k->h, f) < 0)
		return VMM_ENOMEM;
	return 0;
}

int vmm_plan_pack(struct vmm_fleet *f, const struct vmm_pack_options *opt, struct vmm_table **plan,
		  struct vmm_err *err)
{
	struct vmm__pack k;
	int rc = begin(&k, f, opt) < 0 ? vmm_err_nomem(err) : 0;

	for (k.group = 0; rc == 0 && k.group < f->ngroups; k.group++) {
		vmm__pack_bound(&k, opt->target + opt->range);
		rc = pack_group(&k, err);
	}
	if (rc == 0)
		rc = vmm__pack_print(&k, plan, err);
	vmm__homes_release(&k.h);
	free(k.vms);
	free(k.was);
	free(k.on);
	return rc;
}
