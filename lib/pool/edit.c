/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools made and removed. */
#include <string.h>

#include "base/clock.h"
#include "pool/internal.h"

static const char *const tables[] = { "pools", NULL };

struct create {
	struct vmm_table *row;
	struct vmm__def def;
};

/* Says the same again, but for when. */
static bool is_same(const struct vmm_table *a, size_t at, const struct vmm_table *b)
{
	for (size_t i = 0; vmm__pool_columns[i]; i++)
		if (strcmp(vmm__pool_columns[i], "created") != 0 &&
		    strcmp(vmm_table_at(a, at, vmm__pool_columns[i]),
			   vmm_table_at(b, 0, vmm__pool_columns[i])) != 0)
			return false;
	return true;
}

static int refuse_overlap(const struct create *c, struct vmm_table *t, size_t row, struct vmm_err *err)
{
	VMM_BUF_AUTO span = VMM_BUF_INIT;
	struct vmm__def other;
	int rc = vmm__pooldef_read(t, row, false, &other, err);

	if (rc < 0) {
		vmm_err_prefix(err, "pools.tsv: pool '%s'", vmm_table_at(t, row, "pool"));
		return rc;
	}
	for (size_t i = 0; i < c->def.ranges.n && rc == 0 && other.family == c->def.family; i++) {
		const struct vmm__span s = c->def.ranges.s[i];
		size_t k = vmm__spans_find(&other.ranges, s.first);

		if (k == other.ranges.n || other.ranges.s[k].first > s.last)
			continue;
		vmm__span_format(other.family, other.ranges.s[k], &span);
		rc = vmm_err_set(err, VMM_EREFUSED, "its addresses overlap %s of pool '%s'",
				 span.data, vmm_table_at(t, row, "pool"));
	}
	vmm__pooldef_release(&other);
	return rc;
}

static int add_row(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	struct create *c = arg;
	const char *name = vmm_table_at(c->row, 0, "pool");
	int rc = 0;

	for (size_t i = 0; i < vmm_table_rows(t[0]) && rc == 0; i++) {
		bool named = strcmp(vmm_table_at(t[0], i, "pool"), name) == 0;

		if (named && is_same(t[0], i, c->row))
			return vmm_table_put(c->row, 0, "created",
					     vmm_table_at(t[0], i, "created")) < 0
				       ? vmm_err_nomem(err)
				       : 0;
		rc = named ? vmm_err_set(err, VMM_EREFUSED,
					 "there is another one of this name; "
					 "vmm-pools(5) tells how one is changed")
			   : refuse_overlap(c, t[0], i, err);
	}
	for (size_t i = 0; vmm__pool_columns[i] && rc == 0; i++)
		if (vmm_table_need(t[0], vmm__pool_columns[i]) < 0)
			rc = vmm_err_nomem(err);
	if (rc == 0 && vmm_table_copy_row(t[0], c->row, 0) < 0)
		rc = vmm_err_nomem(err);
	return rc;
}

/* All that a change would refuse, on a copy that is thrown away. */
static int try_add(struct vmm_store *st, struct create *c, struct vmm_err *err)
{
	struct vmm_table *t;
	int rc = vmm_store_read(st, tables, &t, err);

	if (rc < 0)
		return rc;
	rc = add_row(&t, c, err);
	vmm_table_free(t);
	return rc;
}

int vmm_pool_create(struct vmm_pools *p, struct vmm_table *row, bool dry_run, struct vmm_err *err)
{
	struct create c = { .row = row };
	char now[VMM_TIME_LEN + 1];
	int rc = vmm__pooldef_read(row, 0, true, &c.def, err);

	vmm_time_now(now);
	if (rc == 0 && vmm_table_put(row, 0, "created", now) < 0)
		rc = vmm_err_nomem(err);
	if (rc == 0)
		rc = dry_run ? try_add(p->st, &c, err)
			     : vmm_store_change(p->st, tables, add_row, &c, err);
	if (rc < 0)
		vmm_err_prefix(err, "cannot create pool '%s'", vmm_table_at(row, 0, "pool"));
	vmm__pooldef_release(&c.def);
	return rc;
}

/* ---- removing ---- */

struct rm {
	struct vmm_pools *p;
	const char *name;
	bool force, dry_run;
	uint32_t pool;
};

static bool is_in(const struct rm *r, uint32_t lease)
{
	return r->p->index.leases[lease].pool == r->pool;
}

static int begin(struct rm *r, struct vmm_err *err)
{
	struct vmm__pool *pool;
	int rc = vmm__pools_begin(r->p, err);

	if (rc == 0)
		rc = vmm__pools_find(r->p, r->name, &pool, err);
	if (rc == 0)
		r->pool = (uint32_t)(pool - r->p->index.pools);
	return rc;
}

/* What has expired goes, and with `force` all; the rest is a reason to refuse. */
static int empty(void *arg, struct vmm_err *err)
{
	struct rm *r = arg;
	const struct vmm__index *ix = &r->p->index;
	size_t left = 0;
	int rc = begin(r, err);

	for (uint32_t i = 0; i < ix->n && rc == 0; i++)
		left += is_in(r, i) && !vmm__lease_expired(r->p, &ix->leases[i]);
	if (rc == 0 && left > 0 && !r->force)
		return vmm_err_set(err, VMM_EREFUSED,
				   "%zu of its addresses %s leased; ippool show lists them", left,
				   left == 1 ? "is" : "are");
	for (uint32_t i = 0; i < ix->n && rc == 0 && !r->dry_run; i++)
		if (is_in(r, i))
			rc = vmm__lease_del(r->p, i, err);
	return rc;
}

static int del_row(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	const struct rm *r = arg;
	long row = vmm_table_find(t[0], vmm_table_col(t[0], "pool"), r->name);

	if (row < 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "no pool '%s'", r->name);
	vmm_table_del(t[0], (size_t)row);
	return 0;
}

/* While the log is locked nobody takes an address of it. */
static int remove_empty(void *arg, struct vmm_err *err)
{
	struct rm *r = arg;
	int rc = begin(r, err);

	for (uint32_t i = 0; i < r->p->index.n && rc == 0; i++)
		if (is_in(r, i))
			rc = vmm_err_set(err, VMM_EAGAIN, "somebody took an address of it meanwhile");
	return rc ? rc : vmm_store_change(r->p->st, tables, del_row, r, err);
}

int vmm_pool_rm(struct vmm_pools *p, const char *name, bool force, bool dry_run, struct vmm_err *err)
{
	struct rm r = { p, name, force, dry_run, VMM__NONE };
	int rc = vmm_log_change(p->log, empty, &r, err);

	if (rc == 0 && !dry_run)
		rc = vmm_log_change(p->log, remove_empty, &r, err);
	if (rc < 0)
		vmm_err_prefix(err, "cannot remove pool '%s'", name);
	return rc;
}
