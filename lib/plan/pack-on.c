/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts that are switched on because others are too full. */
#include "plan/pack-internal.h"

/* The fullest host above the range. */
static uint32_t fullest(const struct vmm__pack *k)
{
	uint32_t full = VMM__NONE;
	double most = k->opt->target + k->opt->range;

	for (uint32_t i = 0; i < k->f->nhosts; i++) {
		if (k->f->hosts[i].group != k->group || !vmm__place_open(k->h.p, i))
			continue;
		if (vmm__pack_use(k->h.p, i) > most + 1e-9) {
			full = i;
			most = vmm__pack_use(k->h.p, i);
		}
	}
	return full;
}

/* The VM of one host whose move to the other one makes the group most even. */
static uint32_t best_vm(const struct vmm__pack *k, uint32_t from, uint32_t to)
{
	const struct vmm__place *p = k->h.p;
	uint32_t best = VMM__NONE;
	double gain = 0;

	for (uint32_t v = p->first[from]; v != VMM__NONE; v = p->next[v]) {
		if (k->f->vms[v].fixed || k->f->vms[v].held || k->f->vms[v].host != from ||
		    vmm__home_refused(&k->h, v, to, NULL) || vmm__broken_by(p, v, to).hard > 0)
			continue;
		if (vmm__gain(p, v, to) > gain + 1e-12 ||
		    (best != VMM__NONE && v < best && vmm__gain(p, v, to) > gain - 1e-12)) {
			best = v;
			gain = vmm__gain(p, v, to);
		}
	}
	return best;
}

/* VMs go from hosts above the range to the new one, until that is as full as it should be. */
static bool take_over(struct vmm__pack *k, uint32_t to)
{
	bool any = false;

	vmm__pack_bound(k, k->opt->target);
	for (;;) {
		uint32_t from = fullest(k);
		uint32_t vm = from == VMM__NONE ? VMM__NONE : best_vm(k, from, to);

		if (vm == VMM__NONE)
			break;
		vmm__place_move(k->h.p, vm, to);
		any = true;
	}
	vmm__pack_bound(k, k->opt->target + k->opt->range);
	return any;
}

/* Its place in the score and all that was moved so far are there afterwards. */
static int open_host(struct vmm__pack *k, uint32_t host, const char *closed)
{
	struct vmm__place *old = k->h.p, *p;

	k->f->hosts[host].closed = closed;
	p = vmm__place_new(k->f);
	if (!p)
		return VMM_ENOMEM;
	for (uint32_t v = 0; v < k->f->nvms; v++)
		if (k->f->vms[v].running && old->at[v] != p->at[v])
			vmm__place_move(p, v, old->at[v]);
	vmm__place_free(old);
	k->h.p = p;
	vmm__pack_bound(k, k->opt->target + k->opt->range);
	return 0;
}

static int try_host(struct vmm__pack *k, uint32_t host, struct vmm_err *err)
{
	const char *closed = k->f->hosts[host].closed;
	bool survived;

	if (vmm__pack_survives(k, &survived, err) < 0)
		return VMM_ENOMEM;
	if (open_host(k, host, NULL) < 0)
		return vmm_err_nomem(err);
	k->on[host] = take_over(k, host);
	/* Of several that are needed for it to survive, the first alone may not be enough. */
	k->on[host] |= !survived;
	if (!k->on[host] && open_host(k, host, closed) < 0)
		return vmm_err_nomem(err);
	return 0;
}

static int is_needed(struct vmm__pack *k, bool *needed, struct vmm_err *err)
{
	bool survives;
	int rc = vmm__pack_survives(k, &survives, err);

	*needed = !survives || fullest(k) != VMM__NONE;
	return rc;
}

/* Of one whose memory nobody knows, nobody knows what it can take. */
static bool may_come_on(const struct vmm__pack *k, uint32_t host)
{
	return k->f->hosts[host].group == k->group && k->opt->may[host] == VMM_PACK_ON &&
	       k->f->hosts[host].cap[VMM_MEMORY] > 0;
}

int vmm__pack_relieve(struct vmm__pack *k, bool *relieved, struct vmm_err *err)
{
	bool needed;
	int rc = is_needed(k, &needed, err);

	*relieved = rc == 0 && needed;
	for (uint32_t i = 0; rc == 0 && needed && i < k->f->nhosts; i++) {
		if (!may_come_on(k, i))
			continue;
		rc = try_host(k, i, err);
		if (rc == 0)
			rc = is_needed(k, &needed, err);
	}
	return rc;
}
