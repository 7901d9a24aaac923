/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The handle: the table of pools and the index of leases, kept up to date. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pool/internal.h"

static const char *const tables[] = { "pools", NULL };

int vmm_pools_open(struct vmm_store *st, struct vmm_pools **out, struct vmm_err *err)
{
	struct vmm_pools *p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return vmm_err_nomem(err);
	p->st = st;
	rc = vmm__index_open(p, err);
	if (rc < 0)
		vmm_pools_close(p);
	else
		*out = p;
	return rc;
}

void vmm_pools_close(struct vmm_pools *p)
{
	if (!p)
		return;
	vmm_log_close(p->log);
	vmm__index_release(&p->index);
	vmm_table_free(p->defs);
	free(p);
}

/* ---- the table ---- */

static int use_row(struct vmm_pools *p, size_t row, struct vmm_err *err)
{
	const char *name = vmm_table_at(p->defs, row, "pool");
	uint32_t i = vmm__index_pool(&p->index, name);
	struct vmm__def def;
	int rc;

	if (i == VMM__NONE)
		return vmm_err_nomem(err);
	rc = vmm__pooldef_read(p->defs, row, false, &def, err);
	if (rc < 0) {
		vmm_err_prefix(err, "pools.tsv: pool '%s'", name);
		return rc;
	}
	p->index.pools[i].def = def;
	p->index.pools[i].row = (long)row;
	return 0;
}

static int use_table(struct vmm_pools *p, struct vmm_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < p->index.npools; i++) {
		struct vmm__pool *pool = &p->index.pools[i];

		vmm__pooldef_release(&pool->def);
		pool->row = -1;
		pool->next = 0;
		pool->freed.n = 0;
	}
	for (size_t r = 0; r < vmm_table_rows(p->defs) && rc == 0; r++)
		rc = use_row(p, r, err);
	return rc;
}

int vmm__pools_begin(struct vmm_pools *p, struct vmm_err *err)
{
	uint64_t changes;
	struct vmm_table *t;
	int rc = vmm_store_changes(p->st, &changes, err);

	p->now = time(NULL);
	if (rc < 0 || (p->defs && changes == p->changes))
		return rc;
	/* Should it change between the two, it is read once too often and not once too seldom. */
	rc = vmm_store_read(p->st, tables, &t, err);
	if (rc < 0)
		return rc;
	vmm_table_free(p->defs);
	p->defs = t;
	rc = use_table(p, err);
	p->changes = changes;
	if (rc < 0) {
		vmm_table_free(p->defs);
		p->defs = NULL;
	}
	return rc;
}

int vmm__pools_read(struct vmm_pools *p, struct vmm_err *err)
{
	int rc = vmm_log_read(p->log, err);

	return rc ? rc : vmm__pools_begin(p, err);
}

int vmm__pools_named(struct vmm_pools *p, const char *name, uint32_t *out, struct vmm_err *err)
{
	*out = VMM__NONE;
	for (uint32_t i = 0; name && i < p->index.npools; i++)
		if (strcmp(p->index.pools[i].name, name) == 0)
			*out = i;
	if (name && *out == VMM__NONE)
		return vmm_err_set(err, VMM_ENOTFOUND, "no pool '%s'", name);
	return 0;
}

int vmm__pools_find(struct vmm_pools *p, const char *name, struct vmm__pool **out, struct vmm_err *err)
{
	uint32_t i;

	if (vmm__pools_named(p, name, &i, NULL) < 0 || p->index.pools[i].row < 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "no pool '%s'", name);
	*out = &p->index.pools[i];
	return 0;
}

/* ---- leases ---- */

bool vmm__lease_expired(const struct vmm_pools *p, const struct vmm__lease *l)
{
	return l->expires && l->expires <= p->now;
}

struct vmm_table *vmm__lease_table(void)
{
	static const char *const columns[] = { "address", "pool",    "type",    "prefix", "gateway",
					       "dns",     "vlan",    "network", "holder", "since",
					       "expires", "missing", "error",   NULL };

	return vmm_table_new(columns);
}

int vmm__lease_row(const struct vmm_pools *p, const struct vmm__lease *l, struct vmm_table *t)
{
	static const char *const of_pool[] = { "type", "prefix", "gateway", "dns", "vlan", "network" };
	const struct vmm__pool *pool = &p->index.pools[l->pool];
	struct vmm__lease_text text;
	long r = vmm_table_add(t);
	int rc = r < 0 ? VMM_ENOMEM : 0;

	vmm__lease_say(&p->index, l, &text);
	for (size_t i = 0; vmm__lease_columns[i] && rc == 0; i++)
		rc = vmm_table_put(t, (size_t)r, vmm__lease_columns[i], text.cells[i]);
	for (size_t i = 0; i < 6 && pool->row >= 0 && rc == 0; i++)
		rc = vmm_table_put(t, (size_t)r, of_pool[i],
				   vmm_table_at(p->defs, (size_t)pool->row, of_pool[i]));
	return rc;
}

int vmm__lease_set(struct vmm_pools *p, const struct vmm__lease *l, struct vmm_err *err)
{
	struct vmm__lease_text text;

	vmm__lease_say(&p->index, l, &text);
	return vmm_log_set(p->log, text.cells, err);
}

/* Its record tells when it ended, in the place of when it began. */
int vmm__lease_del(struct vmm_pools *p, uint32_t lease, struct vmm_err *err)
{
	struct vmm__lease gone = p->index.leases[lease];
	struct vmm__lease_text text;

	gone.since = p->now;
	vmm__lease_say(&p->index, &gone, &text);
	return vmm_log_del(p->log, text.cells, err);
}

static int by_pool_and_address(const void *a, const void *b, void *arg)
{
	const struct vmm__index *ix = arg;
	const struct vmm__lease *x = &ix->leases[*(const uint32_t *)a];
	const struct vmm__lease *y = &ix->leases[*(const uint32_t *)b];

	if (x->pool != y->pool)
		return strcmp(ix->pools[x->pool].name, ix->pools[y->pool].name);
	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	return x->num < y->num ? -1 : x->num > y->num;
}

int vmm__lease_select(const struct vmm_pools *p, vmm__want *want, const void *arg, uint32_t **out,
		      size_t *n, struct vmm_err *err)
{
	const struct vmm__index *ix = &p->index;
	uint32_t *list = malloc(((size_t)ix->live + 1) * sizeof(*list));
	size_t k = 0;

	if (!list)
		return vmm_err_nomem(err);
	for (uint32_t i = 0; i < ix->n; i++)
		if (ix->leases[i].pool != VMM__NONE && want(p, &ix->leases[i], arg))
			list[k++] = i;
	qsort_r(list, k, sizeof(*list), by_pool_and_address, (void *)ix);
	*out = list;
	*n = k;
	return 0;
}
