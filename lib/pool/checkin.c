/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses taken back. */
#include <string.h>

#include "pool/internal.h"

static int give_back(struct vmm__asks *c, uint32_t lease, struct vmm_err *err)
{
	if (vmm__lease_row(c->p, &c->p->index.leases[lease], c->rows) < 0)
		return vmm_err_nomem(err);
	return vmm__lease_del(c->p, lease, err);
}

/* The address in one pool, or wherever the holder has it. Not to have it is no error. */
static int one(struct vmm__asks *c, const struct vmm_pool_ask *ask, uint32_t pool, struct vmm_err *err)
{
	const struct vmm__index *ix = &c->p->index;
	struct vmm__addr a;

	if (!vmm__addr_parse(ask->addr, &a))
		return vmm_err_set(err, VMM_EINPUT, "'%s' is not an address", ask->addr);
	for (uint32_t k = 0; k < ix->npools; k++) {
		uint32_t i = pool == VMM__NONE || pool == k ? vmm__index_find(ix, k, a) : VMM__NONE;

		if (i == VMM__NONE)
			continue;
		if (strcmp(ix->leases[i].holder, ask->holder) == 0)
			return give_back(c, i, err);
		return vmm_err_set(err, VMM_EREFUSED, "'%s' of pool '%s' is held by '%s'",
				   ask->addr, ix->pools[k].name, ix->leases[i].holder);
	}
	return 0;
}

static int all(struct vmm__asks *c, const struct vmm_pool_ask *ask, uint32_t pool, struct vmm_err *err)
{
	const struct vmm__index *ix = &c->p->index;
	uint32_t i = vmm__index_held(ix, ask->holder);
	int rc = 0;

	while (i != VMM__NONE && rc == 0) {
		/* Its place is given away below: where its chain goes on is asked for before. */
		uint32_t next = vmm__index_next_held(ix, i);

		if (pool == VMM__NONE || ix->leases[i].pool == pool)
			rc = give_back(c, i, err);
		i = next;
	}
	return rc;
}

static int meet(struct vmm__asks *c, const struct vmm_pool_ask *ask, struct vmm_err *err)
{
	const char *name = ask->pool && *ask->pool ? ask->pool : NULL;
	uint32_t pool;
	int rc = vmm__pools_named(c->p, name, &pool, err);

	if (rc < 0)
		return rc;
	if (!ask->holder || !*ask->holder)
		return vmm_err_set(err, VMM_EINPUT, "no holder named");
	return ask->addr && *ask->addr ? one(c, ask, pool, err) : all(c, ask, pool, err);
}

int vmm_pool_checkin_all(struct vmm_pools *p, struct vmm_pool_ask *asks, size_t n,
			 enum vmm_pool_mode mode, struct vmm_table **freed, struct vmm_err *err)
{
	struct vmm__asks c = { p, asks, n, mode, meet, NULL };

	return vmm__asks_meet(&c, freed, err);
}

int vmm_pool_checkin(struct vmm_pools *p, const char *pool, const char *holder, const char *addr,
		     struct vmm_table **freed, struct vmm_err *err)
{
	struct vmm_pool_ask ask = { .pool = pool, .holder = holder, .addr = addr };

	return vmm_pool_checkin_all(p, &ask, 1, VMM_POOL_ALL, freed, err);
}
