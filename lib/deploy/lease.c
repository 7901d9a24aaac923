/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The addresses of a machine: from the pools that its links name, held by its UUID. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/rows.h"
#include "deploy/internal.h"
#include "pool/pool.h"

static const char *pool_of(const struct vmm_profile *p, size_t i)
{
	return i % 2 ? p->links[i / 2].ip6 : p->links[i / 2].ip4;
}

/* One ask for each pool, for as many addresses as links name it. */
static size_t gather(const struct vmm__task *k, struct vmm_pool_ask *asks)
{
	size_t n = 0;

	for (size_t i = 0; i < 2 * k->p->nlinks; i++) {
		const char *pool = pool_of(k->p, i);
		size_t at = 0;

		if (!*pool)
			continue;
		while (at < n && strcmp(asks[at].pool, pool) != 0)
			at++;
		n += at == n;
		asks[at].pool = pool;
		asks[at].holder = k->uuid;
		asks[at].n++;
	}
	return n;
}

/* The next row of a pool that no link has got: they are marked by an emptied pool. */
static long next_row(struct vmm_table *rows, const char *pool)
{
	for (size_t r = 0; r < vmm_table_rows(rows); r++)
		if (strcmp(vmm_table_at(rows, r, "pool"), pool) == 0)
			return vmm_table_put(rows, r, "pool", "") < 0 ? -1 : (long)r;
	return -1;
}

static unsigned number(const struct vmm_table *rows, size_t row, const char *column)
{
	uint64_t n = 0;

	vmm_num_u64(column, vmm_table_at(rows, row, column), 0, 4094, &n, NULL);
	return (unsigned)n;
}

static int place(struct vmm__task *k, size_t i, size_t row)
{
	struct vmm_machine_place *at = &k->places[i / 2];
	struct vmm_machine_address *a = i % 2 ? &at->ip6 : &at->ip4;
	const char *gateway = vmm_table_at(k->leases, row, "gateway");

	if (vmm_list_split(&k->dns[row], vmm_table_at(k->leases, row, "dns")) < 0)
		return vmm_err_nomem(&k->err);
	a->address = vmm_table_at(k->leases, row, "address");
	a->gateway = *gateway ? gateway : NULL;
	a->prefix = number(k->leases, row, "prefix");
	a->vlan = number(k->leases, row, "vlan");
	a->dns = k->dns[row].n ? &k->dns[row] : NULL;
	return vmm_strv_add(&k->addresses, a->address) < 0 ? vmm_err_nomem(&k->err) : 0;
}

static int distribute(struct vmm__task *k)
{
	k->dns = calloc(vmm_table_rows(k->leases) + 1, sizeof(*k->dns));
	if (!k->dns)
		return vmm_err_nomem(&k->err);
	vmm_strv_release(&k->addresses);
	for (size_t i = 0; i < 2 * k->p->nlinks; i++) {
		const char *pool = pool_of(k->p, i);
		long row = *pool ? next_row(k->leases, pool) : 0;

		if (row < 0)
			return vmm_err_nomem(&k->err);
		if (*pool && place(k, i, (size_t)row) < 0)
			return k->err.code;
	}
	return 0;
}

static int check_out(struct vmm__task *k, struct vmm_pool_ask *asks, size_t n)
{
	struct vmm_pools *pools = NULL;
	VMM_TABLE_AUTO *had = NULL;
	int ret = vmm_pools_open(k->st, &pools, &k->err);

	if (ret == 0)
		ret = vmm_pool_leases(pools, NULL, k->uuid, &had, &k->err);
	if (ret == 0) {
		/* What it has had before is not ours to give back. */
		k->leased |= vmm_table_rows(had) == 0;
		ret = vmm__note(k);
	}
	if (ret == 0)
		ret = vmm_pool_checkout(pools, asks, n, VMM_POOL_ALL, &k->leases, &k->err);
	vmm_pools_close(pools);
	return ret;
}

int vmm__deploy_leases_take(struct vmm__task *k)
{
	struct vmm_pool_ask *asks = calloc(2 * k->p->nlinks + 1, sizeof(*asks));
	size_t n;
	int ret = 0;

	k->places = calloc(k->p->nlinks + 1, sizeof(*k->places));
	if (!asks || !k->places) {
		free(asks);
		return vmm_err_nomem(&k->err);
	}
	n = gather(k, asks);
	if (n > 0)
		ret = check_out(k, asks, n);
	if (ret == 0 && n > 0)
		ret = distribute(k);
	free(asks);
	return ret;
}

int vmm__deploy_leases_return(struct vmm_store *st, const char *uuid, struct vmm_err *err)
{
	VMM_TABLE_AUTO *freed = NULL;
	struct vmm_pools *pools = NULL;
	int ret = vmm_pools_open(st, &pools, err);

	if (ret == 0)
		ret = vmm_pool_checkin(pools, NULL, uuid, NULL, &freed, err);
	vmm_pools_close(pools);
	return ret;
}
