/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses for holders. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pool/internal.h"

#define TTL_MAX (100ull * 365 * 24 * 3600)
#define N_MAX 1000000

/* One ask on its way: what its holder gets. */
struct pick {
	struct vmm_pools *p;
	const struct vmm_pool_ask *ask;
	struct vmm__pool *pool;
	uint32_t number; /* of the pool */
	struct vmm__addr *addrs;
	size_t n, held, want;
};

/* ---- what is held already ---- */

static int by_number(const void *a, const void *b)
{
	const struct vmm__addr *x = a, *y = b;

	return x->num < y->num ? -1 : x->num > y->num;
}

/* All that the holder has, lowest first, and of it as much as is wanted. */
static int pick_held(struct pick *k, struct vmm_err *err)
{
	const struct vmm__index *ix = &k->p->index;
	size_t cap = k->want;

	for (uint32_t i = vmm__index_held(ix, k->ask->holder); i != VMM__NONE;
	     i = vmm__index_next_held(ix, i)) {
		const struct vmm__lease *l = &ix->leases[i];

		if (l->pool != k->number || l->family != k->pool->def.family ||
		    !vmm__spans_has(&k->pool->def.open, l->num))
			continue;
		if (k->n == cap) {
			struct vmm__addr *more = reallocarray(k->addrs, cap *= 2, sizeof(*more));

			if (!more)
				return vmm_err_nomem(err);
			k->addrs = more;
		}
		k->addrs[k->n++] = (struct vmm__addr){ (enum vmm__family)l->family, l->num };
	}
	if (k->n)
		qsort(k->addrs, k->n, sizeof(*k->addrs), by_number);
	if (k->n > k->want)
		k->n = k->want;
	k->held = k->n;
	return 0;
}

/* ---- what is free ---- */

static bool leased(const struct pick *k, vmm__num num)
{
	return vmm__index_find(&k->p->index, k->number,
			       (struct vmm__addr){ k->pool->def.family, num }) != VMM__NONE;
}

/* Free ones come in order. A held one is free if it has expired and was swept away meanwhile. */
static bool picked(const struct pick *k, vmm__num num)
{
	const struct vmm__addr a = { k->pool->def.family, num };

	return (k->n > 0 && k->addrs[k->n - 1].num == num) ||
	       (k->held > 0 && bsearch(&a, k->addrs, k->held, sizeof(a), by_number));
}

/* The lowest one that was taken back. An address may be in the heap more than once, in a row. */
static bool from_freed(struct pick *k, vmm__num *out)
{
	struct vmm__heap *freed = &k->pool->freed;

	while (freed->n > 0) {
		*out = freed->items[0].key;
		vmm__heap_pop(freed);
		if (!leased(k, *out) && !picked(k, *out))
			return true;
	}
	return false;
}

/* The lowest one that nobody has looked at yet. */
static bool from_rest(struct pick *k, vmm__num *out)
{
	const struct vmm__spans *open = &k->pool->def.open;

	for (size_t i = vmm__spans_find(open, k->pool->next); i < open->n; i++) {
		if (k->pool->next < open->s[i].first)
			k->pool->next = open->s[i].first;
		while (k->pool->next <= open->s[i].last) {
			*out = k->pool->next++;
			if (!leased(k, *out) && !picked(k, *out))
				return true;
		}
	}
	return false;
}

/* What has expired is taken back when somebody needs an address, and not before. */
static int sweep(struct vmm_pools *p, struct vmm_err *err)
{
	struct vmm__heap *ends = &p->index.ends;
	int rc = 0;

	while (rc == 0 && ends->n > 0 && ends->items[0].key <= (vmm__num)p->now) {
		uint32_t i = ends->items[0].of;
		const struct vmm__lease *l = &p->index.leases[i];
		bool current = i < p->index.n && l->pool != VMM__NONE &&
			       (vmm__num)l->expires == ends->items[0].key;

		vmm__heap_pop(ends);
		if (current)
			rc = vmm__lease_del(p, i, err);
	}
	return rc;
}

static int pick_free(struct pick *k, struct vmm_err *err)
{
	vmm__num num;

	while (k->n < k->want && (from_freed(k, &num) || from_rest(k, &num)))
		k->addrs[k->n++] = (struct vmm__addr){ k->pool->def.family, num };
	if (k->n == k->want)
		return 0;
	/* Not enough: what was picked is to be found again. */
	for (size_t i = k->held; i < k->n; i++)
		if (vmm__heap_push(&k->pool->freed, k->addrs[i].num, 0) < 0)
			return vmm_err_nomem(err);
	if (k->n == k->held)
		return vmm_err_set(err, VMM_EREFUSED, "pool '%s' is exhausted: no address is free",
				   k->ask->pool);
	return vmm_err_set(err, VMM_EREFUSED, "pool '%s' is exhausted: %zu of %zu addresses are free",
			   k->ask->pool, k->n - k->held, k->want - k->held);
}

/* ---- one in particular ---- */

static int pick_one(struct pick *k, struct vmm_err *err)
{
	const char *text = k->ask->addr;
	struct vmm__addr a;
	uint32_t i;

	if (!vmm__addr_parse(text, &a))
		return vmm_err_set(err, VMM_EINPUT, "'%s' is not an address", text);
	if (a.family != k->pool->def.family || !vmm__spans_has(&k->pool->def.ranges, a.num))
		return vmm_err_set(err, VMM_EREFUSED, "pool '%s' does not have the address '%s'",
				   k->ask->pool, text);
	if (!vmm__spans_has(&k->pool->def.open, a.num))
		return vmm_err_set(err, VMM_EREFUSED,
				   "pool '%s' does not give out '%s': it is reserved, or the "
				   "gateway, network or broadcast address",
				   k->ask->pool, text);
	i = vmm__index_find(&k->p->index, k->number, a);
	if (i != VMM__NONE && strcmp(k->p->index.leases[i].holder, k->ask->holder) != 0)
		return vmm_err_set(err, VMM_EREFUSED, "'%s' of pool '%s' is held by '%s'", text,
				   k->ask->pool, k->p->index.leases[i].holder);
	k->addrs[k->n++] = a;
	return 0;
}

/* ---- an ask ---- */

static int check_ask(const struct vmm_pool_ask *ask, struct vmm_err *err)
{
	if (!ask->pool || !*ask->pool)
		return vmm_err_set(err, VMM_EINPUT, "no pool named");
	if (!ask->holder || !*ask->holder)
		return vmm_err_set(err, VMM_EINPUT, "no holder named");
	if (ask->n > N_MAX)
		return vmm_err_set(err, VMM_EINPUT, "%u addresses are too many at once", ask->n);
	if (ask->addr && *ask->addr && ask->n > 1)
		return vmm_err_set(err, VMM_EINPUT, "'%s' is one address, not %u", ask->addr, ask->n);
	if (ask->ttl_s > TTL_MAX)
		return vmm_err_set(err, VMM_EINPUT, "a lease of %" PRIu64 " s is too long",
				   ask->ttl_s);
	return 0;
}

/* Nothing is recorded for a lease that is as it was asked for. */
static int record(struct pick *k, struct vmm__addr a, struct vmm_table *rows, struct vmm_err *err)
{
	struct vmm_pools *p = k->p;
	uint32_t i = vmm__index_find(&p->index, k->number, a);
	struct vmm__lease l = {
		.num = a.num,
		.family = (uint8_t)a.family,
		.pool = k->number,
		.holder = k->ask->holder,
		.since = p->now,
		.expires = k->ask->ttl_s ? p->now + (time_t)k->ask->ttl_s : 0,
	};
	int rc = 0;

	if (i != VMM__NONE && !vmm__lease_expired(p, &p->index.leases[i]))
		l.since = p->index.leases[i].since;
	if (i == VMM__NONE || p->index.leases[i].expires != l.expires || p->index.leases[i].missing)
		rc = vmm__lease_set(p, &l, err);
	if (rc == 0 && vmm__lease_row(p, &l, rows) < 0)
		rc = vmm_err_nomem(err);
	return rc;
}

static int pick_all(struct pick *k, struct vmm_err *err)
{
	int rc;

	if (k->ask->addr && *k->ask->addr) {
		rc = sweep(k->p, err);
		return rc ? rc : pick_one(k, err);
	}
	rc = pick_held(k, err);
	if (rc == 0 && k->n < k->want)
		rc = sweep(k->p, err);
	return rc || k->n == k->want ? rc : pick_free(k, err);
}

static int meet(struct vmm__asks *c, const struct vmm_pool_ask *ask, struct vmm_err *err)
{
	struct pick k = { .p = c->p, .ask = ask, .want = ask->n ? ask->n : 1 };
	int rc = check_ask(ask, err);

	if (rc == 0)
		rc = vmm__pools_find(c->p, ask->pool, &k.pool, err);
	if (rc < 0)
		return rc;
	k.number = (uint32_t)(k.pool - c->p->index.pools);
	k.addrs = calloc(k.want, sizeof(*k.addrs));
	if (!k.addrs)
		return vmm_err_nomem(err);
	rc = pick_all(&k, err);
	for (size_t i = 0; i < k.n && rc == 0; i++)
		rc = record(&k, k.addrs[i], c->rows, err);
	free(k.addrs);
	return rc;
}

int vmm_pool_checkout(struct vmm_pools *p, struct vmm_pool_ask *asks, size_t n,
		      enum vmm_pool_mode mode, struct vmm_table **rows, struct vmm_err *err)
{
	struct vmm__asks c = { p, asks, n, mode, meet, NULL };

	return vmm__asks_meet(&c, rows, err);
}
