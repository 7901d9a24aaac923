/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools and leases as rows. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pool/internal.h"

struct wanted {
	uint32_t pool;
	const char *holder;
};

static bool is_wanted(const struct vmm_pools *p, const struct vmm__lease *l, const void *arg)
{
	const struct wanted *w = arg;

	return (w->pool == VMM__NONE || l->pool == w->pool) &&
	       (!w->holder || strcmp(l->holder, w->holder) == 0) && !vmm__lease_expired(p, l);
}

int vmm_pool_leases(struct vmm_pools *p, const char *pool, const char *holder,
		    struct vmm_table **out, struct vmm_err *err)
{
	struct wanted w = { VMM__NONE, holder };
	VMM_TABLE_AUTO *t = vmm__lease_table();
	uint32_t *list = NULL;
	size_t n;
	int rc = vmm__pools_read(p, err);

	if (rc == 0)
		rc = vmm__pools_named(p, pool, &w.pool, err);
	if (rc == 0)
		rc = t ? vmm__lease_select(p, is_wanted, &w, &list, &n, err) : vmm_err_nomem(err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n && rc == 0; i++)
		if (vmm__lease_row(p, &p->index.leases[list[i]], t) < 0)
			rc = vmm_err_nomem(err);
	free(list);
	if (rc == 0) {
		*out = t;
		t = NULL;
	}
	return rc;
}

static int put_number(struct vmm_table *t, size_t row, const char *column, vmm__num n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n > UINT64_MAX ? UINT64_MAX : (uint64_t)n);
	return vmm_table_put(t, row, column, text);
}

static int pool_row(const struct vmm_pools *p, uint32_t i, const uint32_t *used, struct vmm_table *t)
{
	const struct vmm__pool *pool = &p->index.pools[i];
	vmm__num size = 0;
	long r = vmm_table_copy_row(t, p->defs, (size_t)pool->row);

	for (size_t k = 0; k < pool->def.open.n; k++)
		size += pool->def.open.s[k].last - pool->def.open.s[k].first + 1;
	if (r < 0 || put_number(t, (size_t)r, "size", size) < 0 ||
	    put_number(t, (size_t)r, "used", used[i]) < 0 ||
	    put_number(t, (size_t)r, "free", size > used[i] ? size - used[i] : 0) < 0)
		return VMM_ENOMEM;
	return 0;
}

static uint32_t *count_used(const struct vmm_pools *p)
{
	const struct vmm__index *ix = &p->index;
	uint32_t *used = calloc(ix->npools + 1, sizeof(*used));

	for (uint32_t i = 0; used && i < ix->n; i++)
		if (ix->leases[i].pool != VMM__NONE && !vmm__lease_expired(p, &ix->leases[i]))
			used[ix->leases[i].pool]++;
	return used;
}

int vmm_pool_list(struct vmm_pools *p, const char *pool, struct vmm_table **out, struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = vmm_table_new(vmm__pool_columns);
	struct vmm__pool *one;
	uint32_t *used;
	int rc = vmm__pools_read(p, err);

	if (rc == 0 && pool)
		rc = vmm__pools_find(p, pool, &one, err);
	if (rc < 0)
		return rc;
	used = count_used(p);
	if (!t || !used)
		rc = vmm_err_nomem(err);
	for (uint32_t i = 0; rc == 0 && i < p->index.npools; i++)
		if (p->index.pools[i].row >= 0 &&
		    (!pool || strcmp(p->index.pools[i].name, pool) == 0) &&
		    pool_row(p, i, used, t) < 0)
			rc = vmm_err_nomem(err);
	free(used);
	if (rc < 0)
		return rc;
	vmm_table_sort(t);
	*out = t;
	t = NULL;
	return 0;
}
