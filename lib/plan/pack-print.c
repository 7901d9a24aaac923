/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a packing: hosts that come on, moves, hosts that go off when their last VM has left. */
#include <stdlib.h>

#include "plan/pack-internal.h"

static int power(const struct vmm__pack *k, uint32_t host, enum vmm_action action, unsigned wave,
		 const char *reason, struct vmm_plan *plan, struct vmm_err *err)
{
	const struct vmm_fleet_host *h = &k->f->hosts[host];
	struct vmm_step s = { .wave = wave,
			      .action = action,
			      .reason = reason,
			      .group = k->f->groups[h->group]->name };

	if (action == VMM_ACTION_POWER_ON)
		s.to = h->name;
	else
		s.from = h->name;
	return vmm_plan_add(plan, &s, err);
}

static int print_on(const struct vmm__pack *k, struct vmm_plan *plan, unsigned *wave,
		    struct vmm_err *err)
{
	int rc = 0;

	*wave = 1;
	for (uint32_t i = 0; rc == 0 && i < k->f->nhosts; i++)
		if (k->on[i]) {
			rc = power(k, i, VMM_ACTION_POWER_ON, 1,
				   "the hosts that are on are too full", plan, err);
			*wave = 2;
		}
	return rc;
}

static size_t list_moves(const struct vmm__pack *k, struct vmm__move *moves)
{
	size_t n = 0;

	for (uint32_t v = 0; v < k->f->nvms; v++) {
		uint32_t from = (uint32_t)k->f->vms[v].host, to = k->h.p->at[v];

		if (k->f->vms[v].running && from != to)
			moves[n++] = (struct vmm__move){ v, from, to, 0,
							 k->h.gone[from] ? "its host is not needed"
									 : "its host is too full" };
	}
	return n;
}

/* All hosts that go off do so in one wave at the end: nothing waits for it. */
static int print_off(const struct vmm__pack *k, unsigned wave, struct vmm_plan *plan,
		     struct vmm_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < k->f->nhosts; i++)
		if (k->h.gone[i])
			rc = power(k, i, VMM_ACTION_POWER_OFF, wave, "the other hosts suffice",
				   plan, err);
	return rc;
}

static int print(const struct vmm__pack *k, struct vmm__move *moves, struct vmm_plan *plan,
		 struct vmm_err *err)
{
	size_t n = list_moves(k, moves);
	unsigned wave;
	int rc = print_on(k, plan, &wave, err);

	if (rc == 0 && vmm__moves_wave(moves, n, k->f->nhosts, k->opt->per_host, wave) < 0)
		rc = vmm_err_nomem(err);
	if (rc == 0)
		rc = vmm__moves_print(k->f, moves, n, plan, err);
	return rc < 0 ? rc : print_off(k, n ? moves[n - 1].wave + 1 : wave, plan, err);
}

int vmm__pack_print(const struct vmm__pack *k, struct vmm_table **out, struct vmm_err *err)
{
	struct vmm__move *moves = calloc(k->f->nvms + 1, sizeof(*moves));
	VMM_PLAN_AUTO *plan = vmm_plan_new();
	int rc = moves && plan ? print(k, moves, plan, err) : vmm_err_nomem(err);

	free(moves);
	if (rc == 0) {
		*out = plan->rows;
		plan->rows = NULL;
	}
	return rc;
}
