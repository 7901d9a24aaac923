/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The leases as the log tells them: two hash tables over one array, by address and by holder.
 * Nothing is allocated for a lease but its place in the array and its holder's text.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pool/internal.h"

const char *const vmm__lease_columns[] = { "pool",    "address", "holder", "since",
					   "expires", "missing", NULL };

/* The order of its cells. */
enum { POOL, ADDRESS, HOLDER, SINCE, EXPIRES, MISSING };

/* ---- hashing ---- */

static uint32_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccd;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53;
	return (uint32_t)(x ^ x >> 33);
}

static uint32_t *addr_bucket(const struct vmm__index *ix, uint32_t pool, vmm__num num)
{
	uint64_t x = (uint64_t)num ^ mix((uint64_t)(num >> 64)) ^ (uint64_t)pool << 48;

	return &ix->by_addr[mix(x) & (ix->cap - 1)];
}

static uint32_t *holder_bucket(const struct vmm__index *ix, const char *holder)
{
	uint64_t h = 14695981039346656037u;

	for (; *holder; holder++)
		h = (h ^ (unsigned char)*holder) * 1099511628211u;
	return &ix->by_holder[mix(h) & (ix->cap - 1)];
}

static void link_in(struct vmm__index *ix, uint32_t i)
{
	struct vmm__lease *l = &ix->leases[i];
	uint32_t *a = addr_bucket(ix, l->pool, l->num), *h = holder_bucket(ix, l->holder);

	l->next_addr = *a;
	l->next_holder = *h;
	*a = *h = i;
}

static void link_out(struct vmm__index *ix, uint32_t i)
{
	struct vmm__lease *l = &ix->leases[i];
	uint32_t *at = addr_bucket(ix, l->pool, l->num);

	while (*at != i)
		at = &ix->leases[*at].next_addr;
	*at = l->next_addr;
	at = holder_bucket(ix, l->holder);
	while (*at != i)
		at = &ix->leases[*at].next_holder;
	*at = l->next_holder;
}

static int grow(struct vmm__index *ix)
{
	uint32_t cap = ix->cap ? ix->cap * 2 : 1024;
	struct vmm__lease *leases;
	uint32_t *buckets;

	if (ix->cap > UINT32_MAX / 4)
		return VMM_ENOMEM;
	leases = reallocarray(ix->leases, cap, sizeof(*leases));
	if (!leases)
		return VMM_ENOMEM;
	ix->leases = leases;
	buckets = malloc(2 * (size_t)cap * sizeof(*buckets));
	if (!buckets)
		return VMM_ENOMEM;
	memset(buckets, 0xff, 2 * (size_t)cap * sizeof(*buckets));
	free(ix->by_addr);
	ix->by_addr = buckets;
	ix->by_holder = buckets + cap;
	ix->cap = cap;
	for (uint32_t i = 0; i < ix->n; i++)
		if (ix->leases[i].pool != VMM__NONE)
			link_in(ix, i);
	return 0;
}

/* ---- looking ---- */

uint32_t vmm__index_find(const struct vmm__index *ix, uint32_t pool, struct vmm__addr addr)
{
	uint32_t i = ix->cap ? *addr_bucket(ix, pool, addr.num) : VMM__NONE;

	while (i != VMM__NONE && (ix->leases[i].num != addr.num || ix->leases[i].pool != pool ||
				  ix->leases[i].family != addr.family))
		i = ix->leases[i].next_addr;
	return i;
}

static uint32_t same_holder(const struct vmm__index *ix, uint32_t i, const char *holder)
{
	while (i != VMM__NONE && strcmp(ix->leases[i].holder, holder) != 0)
		i = ix->leases[i].next_holder;
	return i;
}

uint32_t vmm__index_held(const struct vmm__index *ix, const char *holder)
{
	return ix->cap ? same_holder(ix, *holder_bucket(ix, holder), holder) : VMM__NONE;
}

uint32_t vmm__index_next_held(const struct vmm__index *ix, uint32_t lease)
{
	const struct vmm__lease *l = &ix->leases[lease];

	return same_holder(ix, l->next_holder, l->holder);
}

uint32_t vmm__index_pool(struct vmm__index *ix, const char *name)
{
	struct vmm__pool *pools;
	char *copy;

	for (uint32_t i = 0; i < ix->npools; i++)
		if (strcmp(ix->pools[i].name, name) == 0)
			return i;
	pools = reallocarray(ix->pools, ix->npools + 1, sizeof(*pools));
	copy = strdup(name);
	if (pools)
		ix->pools = pools;
	if (!pools || !copy) {
		free(copy);
		return VMM__NONE;
	}
	pools[ix->npools] = (struct vmm__pool){ .name = copy, .row = -1 };
	return ix->npools++;
}

/* ---- what the log tells ---- */

static int read_time(const char *text, time_t *out, struct vmm_err *err)
{
	*out = 0;
	if (*text && vmm_time_parse(text, out) < 0)
		return vmm_err_set(err, VMM_EINPUT, "'%s' is not a time", text);
	return 0;
}

/* Many leases in a row are of the same second. */
static int read_since(struct vmm__index *ix, const char *text, time_t *out, struct vmm_err *err)
{
	if (strcmp(text, ix->last_text) != 0) {
		if (read_time(text, &ix->last_time, err) < 0)
			return VMM_EINPUT;
		snprintf(ix->last_text, sizeof(ix->last_text), "%s", text);
	}
	*out = ix->last_time;
	return 0;
}

static const char *keep_holder(struct vmm__index *ix, const char *holder)
{
	size_t size = strlen(holder) + 1;
	char *copy = vmm__arena_alloc(&ix->holders, size);

	if (copy)
		memcpy(copy, holder, size);
	return copy;
}

static uint32_t place(struct vmm__index *ix)
{
	uint32_t i = ix->free;

	if (i != VMM__NONE) {
		ix->free = ix->leases[i].next_addr;
		return i;
	}
	if (ix->n == ix->cap && grow(ix) < 0)
		return VMM__NONE;
	return ix->n++;
}

static int note_double(struct vmm__index *ix, const struct vmm__lease *had, const char *holder)
{
	struct vmm__double *d = reallocarray(ix->doubles, ix->ndoubles + 1, sizeof(*d));

	if (!d)
		return VMM_ENOMEM;
	ix->doubles = d;
	d[ix->ndoubles] = (struct vmm__double){
		.pool = had->pool,
		.addr = { (enum vmm__family)had->family, had->num },
		.holder = strdup(holder),
		.other = strdup(had->holder),
	};
	ix->ndoubles++;
	return d[ix->ndoubles - 1].holder && d[ix->ndoubles - 1].other ? 0 : VMM_ENOMEM;
}

static int insert(struct vmm__index *ix, struct vmm__lease new, const char *holder)
{
	uint32_t i = vmm__index_find(ix, new.pool,
				     (struct vmm__addr){ (enum vmm__family) new.family, new.num });
	bool known = i != VMM__NONE;

	if (known && strcmp(ix->leases[i].holder, holder) == 0) {
		new.holder = ix->leases[i].holder;
	} else {
		if (known && note_double(ix, &ix->leases[i], holder) < 0)
			return VMM_ENOMEM;
		new.holder = keep_holder(ix, holder);
	}
	if (!new.holder)
		return VMM_ENOMEM;
	if (known) {
		link_out(ix, i);
	} else {
		i = place(ix);
		if (i == VMM__NONE)
			return VMM_ENOMEM;
		ix->live++;
	}
	ix->leases[i] = new;
	link_in(ix, i);
	return new.expires ? vmm__heap_push(&ix->ends, (vmm__num) new.expires, i) : 0;
}

static int read_key(struct vmm__index *ix, const char *const *cells, struct vmm__lease *l,
		    struct vmm_err *err)
{
	struct vmm__addr a;

	if (!vmm__addr_parse(cells[ADDRESS], &a))
		return vmm_err_set(err, VMM_EINPUT, "'%s' is not an address", cells[ADDRESS]);
	l->pool = vmm__index_pool(ix, cells[POOL]);
	l->num = a.num;
	l->family = (uint8_t)a.family;
	return l->pool == VMM__NONE ? vmm_err_nomem(err) : 0;
}

static int index_set(void *arg, const char *const *cells, struct vmm_err *err)
{
	struct vmm__index *ix = &((struct vmm_pools *)arg)->index;
	struct vmm__lease l = { 0 };
	int rc = read_key(ix, cells, &l, err);

	if (rc == 0 && !*cells[HOLDER])
		rc = vmm_err_set(err, VMM_EINPUT, "a lease without a holder");
	if (rc == 0)
		rc = read_since(ix, cells[SINCE], &l.since, err);
	if (rc == 0)
		rc = read_time(cells[EXPIRES], &l.expires, err);
	if (rc == 0)
		rc = read_time(cells[MISSING], &l.missing, err);
	if (rc == 0 && insert(ix, l, cells[HOLDER]) < 0)
		rc = vmm_err_nomem(err);
	return rc;
}

/* It is free again; above `next` it would have been found anyway. */
static int set_free(struct vmm__pool *p, const struct vmm__lease *l)
{
	if (p->row < 0 || l->family != p->def.family || l->num >= p->next ||
	    !vmm__spans_has(&p->def.open, l->num))
		return 0;
	return vmm__heap_push(&p->freed, l->num, 0);
}

static int index_del(void *arg, const char *const *cells, struct vmm_err *err)
{
	struct vmm__index *ix = &((struct vmm_pools *)arg)->index;
	struct vmm__lease key;
	uint32_t i;
	int rc = read_key(ix, cells, &key, err);

	if (rc < 0)
		return rc;
	i = vmm__index_find(ix, key.pool,
			    (struct vmm__addr){ (enum vmm__family)key.family, key.num });
	if (i == VMM__NONE)
		return 0;
	link_out(ix, i);
	ix->leases[i].pool = VMM__NONE;
	ix->leases[i].next_addr = ix->free;
	ix->free = i;
	ix->live--;
	return set_free(&ix->pools[key.pool], &key) < 0 ? vmm_err_nomem(err) : 0;
}

static void index_reset(void *arg)
{
	struct vmm__index *ix = &((struct vmm_pools *)arg)->index;

	for (size_t i = 0; i < ix->ndoubles; i++) {
		free(ix->doubles[i].holder);
		free(ix->doubles[i].other);
	}
	ix->ndoubles = 0;
	if (ix->cap)
		memset(ix->by_addr, 0xff, 2 * (size_t)ix->cap * sizeof(*ix->by_addr));
	ix->n = ix->live = 0;
	ix->free = VMM__NONE;
	ix->ends.n = 0;
	vmm__arena_release(&ix->holders);
	for (uint32_t i = 0; i < ix->npools; i++) {
		ix->pools[i].freed.n = 0;
		ix->pools[i].next = 0;
	}
}

void vmm__index_release(struct vmm__index *ix)
{
	index_reset((char *)ix - offsetof(struct vmm_pools, index));
	for (uint32_t i = 0; i < ix->npools; i++) {
		vmm__pooldef_release(&ix->pools[i].def);
		free(ix->pools[i].freed.items);
		free(ix->pools[i].name);
	}
	free(ix->pools);
	free(ix->leases);
	free(ix->by_addr);
	free(ix->ends.items);
	free(ix->doubles);
}

static size_t index_count(void *arg)
{
	return ((struct vmm_pools *)arg)->index.live;
}

static void put_time(time_t t, char out[VMM_TIME_LEN + 1])
{
	*out = '\0';
	if (t)
		vmm_time_format(t, out);
}

void vmm__lease_say(const struct vmm__index *ix, const struct vmm__lease *l,
		    struct vmm__lease_text *out)
{
	vmm__addr_format((struct vmm__addr){ (enum vmm__family)l->family, l->num }, out->address);
	put_time(l->since, out->since);
	put_time(l->expires, out->expires);
	put_time(l->missing, out->missing);
	out->cells[POOL] = ix->pools[l->pool].name;
	out->cells[ADDRESS] = out->address;
	out->cells[HOLDER] = l->holder;
	out->cells[SINCE] = out->since;
	out->cells[EXPIRES] = out->expires;
	out->cells[MISSING] = out->missing;
}

static int index_dump(void *arg, struct vmm_log *log)
{
	const struct vmm__index *ix = &((struct vmm_pools *)arg)->index;
	struct vmm__lease_text text;

	for (uint32_t i = 0; i < ix->n; i++) {
		if (ix->leases[i].pool == VMM__NONE)
			continue;
		vmm__lease_say(ix, &ix->leases[i], &text);
		if (vmm_log_keep(log, text.cells) < 0)
			return VMM_ENOMEM;
	}
	return 0;
}

int vmm__index_open(struct vmm_pools *p, struct vmm_err *err)
{
	static const struct vmm_log_ops ops = { index_set, index_del, index_reset, index_count,
						index_dump };

	p->index.free = VMM__NONE;
	return vmm_log_open(p->st, "leases", vmm__lease_columns, &ops, p, &p->log, err);
}
