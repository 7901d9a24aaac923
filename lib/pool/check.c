/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases that are not as they should be, and those that nobody needs any more. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pool/internal.h"

struct check {
	struct vmm_pools *p;
	uint32_t pool; /* VMM__NONE: all */
	struct vmm__holders holders;
	struct vmm_table *out;
	struct vmm_err *err;
};

static bool is_in(const struct vmm_pools *p, const struct vmm__lease *l, const void *arg)
{
	const struct check *c = arg;

	return (c->pool == VMM__NONE || l->pool == c->pool) && !vmm__lease_expired(p, l);
}

static int tell(struct check *c, const char *finding, const struct vmm__lease *l, const char *fmt,
		...) __attribute__((format(printf, 4, 5)));
static int tell(struct check *c, const char *finding, const struct vmm__lease *l, const char *fmt, ...)
{
	struct vmm__lease_text text;
	char detail[300];
	va_list ap;
	long r = vmm_table_add(c->out);

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	vmm__lease_say(&c->p->index, l, &text);
	if (r < 0 || vmm_table_put(c->out, (size_t)r, "finding", finding) < 0 ||
	    vmm_table_put(c->out, (size_t)r, "pool", text.cells[0]) < 0 ||
	    vmm_table_put(c->out, (size_t)r, "address", text.address) < 0 ||
	    vmm_table_put(c->out, (size_t)r, "holder", l->holder) < 0 ||
	    vmm_table_put(c->out, (size_t)r, "since", text.since) < 0 ||
	    vmm_table_put(c->out, (size_t)r, "detail", detail) < 0)
		return vmm_err_nomem(c->err);
	return 0;
}

static int check_lease(struct check *c, const struct vmm__lease *l)
{
	const struct vmm__pool *pool = &c->p->index.pools[l->pool];
	struct vmm__lease_text text;

	vmm__lease_say(&c->p->index, l, &text);
	if (pool->row < 0)
		return tell(c, "foreign", l, "there is no pool '%s'", pool->name);
	if (l->family != pool->def.family || !vmm__spans_has(&pool->def.ranges, l->num))
		return tell(c, "foreign", l, "outside of the ranges of its pool");
	if (!vmm__spans_has(&pool->def.open, l->num))
		return tell(c, "foreign", l,
			    "reserved, or the gateway, network or broadcast address");
	if (vmm__holders_know(&c->holders, l->holder))
		return 0;
	return tell(c, "leaked", l, "the inventory does not know its holder%s%s",
		    l->missing ? "; missing since " : "", text.missing);
}

/* One address in two pools: only where somebody has edited the table, for no two may overlap. */
static int check_twice(struct check *c, uint32_t i)
{
	const struct vmm__index *ix = &c->p->index;
	const struct vmm__lease *l = &ix->leases[i];

	for (uint32_t k = 0; k < ix->npools; k++) {
		uint32_t other =
			k == l->pool
				? VMM__NONE
				: vmm__index_find(ix, k,
						  (struct vmm__addr){ (enum vmm__family)l->family,
								      l->num });

		if (other != VMM__NONE)
			return tell(c, "double", l, "held by '%s' in pool '%s' too",
				    ix->leases[other].holder, ix->pools[k].name);
	}
	return 0;
}

/* The log has given it to one while another had it. */
static int check_doubles(struct check *c)
{
	int rc = 0;

	for (size_t i = 0; i < c->p->index.ndoubles && rc == 0; i++) {
		const struct vmm__double *d = &c->p->index.doubles[i];
		const struct vmm__lease l = { .num = d->addr.num,
					      .family = (uint8_t)d->addr.family,
					      .pool = d->pool,
					      .holder = d->holder };

		if (c->pool == VMM__NONE || c->pool == d->pool)
			rc = tell(c, "double", &l, "was held by '%s' when it was given out",
				  d->other);
	}
	return rc;
}

static int check_all(struct check *c)
{
	uint32_t *list;
	size_t n;
	int rc = vmm__lease_select(c->p, is_in, c, &list, &n, c->err);

	if (rc < 0)
		return rc;
	rc = check_doubles(c);
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = check_twice(c, list[i]);
		if (rc == 0)
			rc = check_lease(c, &c->p->index.leases[list[i]]);
	}
	free(list);
	return rc;
}

int vmm_pool_check(struct vmm_pools *p, const char *pool, struct vmm_table **out, struct vmm_err *err)
{
	static const char *const columns[] = { "finding", "pool",   "address", "holder",
					       "since",   "detail", NULL };
	struct check c = { .p = p, .err = err };
	int rc = vmm__pools_read(p, err);

	if (rc == 0)
		rc = vmm__pools_named(p, pool, &c.pool, err);
	if (rc == 0)
		rc = vmm__holders_read(p->st, &c.holders, err);
	if (rc < 0)
		return rc;
	c.out = vmm_table_new(columns);
	rc = c.out ? check_all(&c) : vmm_err_nomem(err);
	vmm__holders_release(&c.holders);
	if (rc < 0)
		vmm_table_free(c.out);
	else
		*out = c.out;
	return rc;
}

/* ---- gc ---- */

struct gc {
	struct check c;
	const char *name;
	uint64_t grace_s;
	bool dry_run;
};

static bool is_of(const struct vmm_pools *p, const struct vmm__lease *l, const void *arg)
{
	const struct gc *g = arg;

	(void)p;
	return g->c.pool == VMM__NONE || l->pool == g->c.pool;
}

static int take_back(struct gc *g, uint32_t i, struct vmm_err *err)
{
	if (vmm__lease_row(g->c.p, &g->c.p->index.leases[i], g->c.out) < 0)
		return vmm_err_nomem(err);
	return g->dry_run ? 0 : vmm__lease_del(g->c.p, i, err);
}

static int mark(struct gc *g, uint32_t i, time_t missing, struct vmm_err *err)
{
	struct vmm__lease l = g->c.p->index.leases[i];

	l.missing = missing;
	return g->dry_run ? 0 : vmm__lease_set(g->c.p, &l, err);
}

static int collect(struct gc *g, uint32_t i, struct vmm_err *err)
{
	const struct vmm__lease *l = &g->c.p->index.leases[i];
	time_t now = g->c.p->now, since = l->missing ? l->missing : now;

	if (vmm__lease_expired(g->c.p, l))
		return take_back(g, i, err);
	if (vmm__holders_know(&g->c.holders, l->holder))
		return l->missing ? mark(g, i, 0, err) : 0;
	if (now >= since && (uint64_t)(now - since) >= g->grace_s)
		return take_back(g, i, err);
	return l->missing ? 0 : mark(g, i, now, err);
}

static int collect_all(struct gc *g, struct vmm_err *err)
{
	uint32_t *list;
	size_t n;
	int rc = vmm__lease_select(g->c.p, is_of, g, &list, &n, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = collect(g, list[i], err);
	free(list);
	return rc;
}

static int change(void *arg, struct vmm_err *err)
{
	struct gc *g = arg;
	int rc = vmm__pools_begin(g->c.p, err);

	vmm_table_free(g->c.out);
	g->c.out = vmm__lease_table();
	if (rc == 0 && !g->c.out)
		rc = vmm_err_nomem(err);
	if (rc == 0)
		rc = vmm__pools_named(g->c.p, g->name, &g->c.pool, err);
	if (rc == 0)
		rc = vmm__holders_read(g->c.p->st, &g->c.holders, err);
	if (rc < 0)
		return rc;
	rc = collect_all(g, err);
	vmm__holders_release(&g->c.holders);
	return rc;
}

int vmm_pool_gc(struct vmm_pools *p, const char *pool, uint64_t grace_s, bool dry_run,
		struct vmm_table **freed, struct vmm_err *err)
{
	struct gc g = { .c = { .p = p }, .name = pool, .grace_s = grace_s, .dry_run = dry_run };
	int rc = vmm_log_change(p->log, change, &g, err);

	if (rc < 0)
		vmm_table_free(g.c.out);
	else
		*freed = g.c.out;
	return rc;
}
