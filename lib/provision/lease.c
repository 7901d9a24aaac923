/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The addresses of a VM: from the pools that its NICs name, held by its UUID. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/rows.h"
#include "pool/pool.h"
#include "provision/internal.h"

enum { IP4, IP6, MAC, KINDS };

/* What is asked of each pool, and how many of its rows NICs have got. */
struct asking {
	struct vmm_pool_ask *asks;
	size_t *given, n;
};

static const char *pool_of(const struct vmm_template_nic *nic, int kind)
{
	return kind == IP4 ? nic->ip4 : kind == IP6 ? nic->ip6 : nic->mac;
}

static size_t ask_of(const struct asking *a, const char *pool)
{
	size_t i = 0;

	while (i < a->n && strcmp(a->asks[i].pool, pool) != 0)
		i++;
	return i;
}

static int gather(struct vmm__making *k, struct asking *a)
{
	a->asks = calloc(KINDS * k->t->nnics + 1, sizeof(*a->asks));
	a->given = calloc(KINDS * k->t->nnics + 1, sizeof(*a->given));
	if (!a->asks || !a->given)
		return vmm_err_nomem(&k->err);
	for (size_t i = 0; i < KINDS * k->t->nnics; i++) {
		const char *pool = pool_of(&k->t->nics[i / KINDS], (int)(i % KINDS));
		size_t at = ask_of(a, pool);

		if (!*pool)
			continue;
		a->n += at == a->n;
		a->asks[at].pool = pool;
		a->asks[at].holder = k->what.uuid;
		a->asks[at].n++;
	}
	return 0;
}

static int check_out(struct vmm__making *k, struct asking *a, struct vmm_table **rows)
{
	struct vmm_pools *p = NULL;
	int ret = vmm_pools_open(k->st, &p, &k->err);

	if (ret == 0)
		ret = vmm_pool_checkout(p, a->asks, a->n, VMM_POOL_ALL, rows, &k->err);
	vmm_pools_close(p);
	return ret;
}

/* The next row of the pool: they come in the order of the asks. */
static size_t next_row(struct asking *a, const char *pool)
{
	size_t at = ask_of(a, pool), row = a->given[at]++;

	for (size_t i = 0; i < at; i++)
		row += a->asks[i].n;
	return row;
}

/* As libvirt makes them, but foreseeable: the UUID's end, and one more for each NIC. */
char *vmm__mac_of(const char *uuid, size_t nic)
{
	unsigned long low = strtoul(uuid + strlen(uuid) - 6, NULL, 16) + nic;
	char text[18];

	snprintf(text, sizeof(text), "52:54:00:%02lx:%02lx:%02lx", low >> 16 & 255, low >> 8 & 255,
		 low & 255);
	return strdup(text);
}

static unsigned prefix_of(const struct vmm_table *rows, size_t row)
{
	uint64_t n = 0;

	vmm_num_u64("prefix", vmm_table_at(rows, row, "prefix"), 0, 128, &n, NULL);
	return (unsigned)n;
}

static void take_ip(struct vmm_instance_nic *nic, int kind, const struct vmm_table *rows, size_t row)
{
	const char *address = vmm_table_at(rows, row, "address");
	const char *gateway = vmm_table_at(rows, row, "gateway");

	if (kind == IP4) {
		nic->ip4 = address;
		nic->ip4_gateway = *gateway ? gateway : NULL;
		nic->ip4_prefix = prefix_of(rows, row);
	} else {
		nic->ip6 = address;
		nic->ip6_gateway = *gateway ? gateway : NULL;
		nic->ip6_prefix = prefix_of(rows, row);
	}
}

/* An address of another kind would make a seed that the guest can't read. */
static int check_type(struct vmm__making *k, int kind, const char *pool, const char *type)
{
	static const char *const types[] = { [IP4] = "ip4", [IP6] = "ip6", [MAC] = "mac" };

	if (strcmp(type, types[kind]) == 0 || (kind != MAC && strcmp(type, "vip") == 0))
		return 0;
	return vmm_err_set(&k->err, VMM_EREFUSED, "pool '%s' has addresses of type %s, not %s",
			   pool, type, types[kind]);
}

/* A pool of MAC addresses has none either, but check_type says what is wrong with that. */
static int check_prefix(struct vmm__making *k, const struct vmm_table *pools, const char *pool)
{
	long row = vmm_table_find(pools, vmm_table_col(pools, "pool"), pool);

	if (row < 0 || *vmm_table_at(pools, (size_t)row, "prefix") ||
	    strcmp(vmm_table_at(pools, (size_t)row, "type"), "mac") == 0)
		return 0;
	return vmm_err_set(&k->err, VMM_EREFUSED,
			   "pool '%s' has no prefix: its guest would not know its network", pool);
}

int vmm__leases_check(struct vmm__making *k)
{
	static const char *const names[] = { "pools", NULL };
	VMM_TABLE_AUTO *pools = NULL;
	int ret;

	if (!vmm_define_seeds_network(k->t))
		return 0;
	ret = vmm_store_read(k->st, names, &pools, &k->err);
	for (size_t i = 0; ret == 0 && i < k->t->nnics; i++) {
		ret = check_prefix(k, pools, k->t->nics[i].ip4);
		if (ret == 0)
			ret = check_prefix(k, pools, k->t->nics[i].ip6);
	}
	return ret;
}

static int give(struct vmm__making *k, struct vmm__leases *l, struct asking *a, size_t i)
{
	struct vmm_instance_nic *nic = &l->nics[i];

	for (int kind = 0; kind < KINDS; kind++) {
		const char *pool = pool_of(&k->t->nics[i], kind);
		size_t row = *pool ? next_row(a, pool) : 0;

		if (!*pool)
			continue;
		if (check_type(k, kind, pool, vmm_table_at(l->rows, row, "type")) < 0)
			return k->err.code;
		if (kind == MAC) {
			nic->mac = vmm_table_at(l->rows, row, "address");
			continue;
		}
		take_ip(nic, kind, l->rows, row);
		if (vmm_list_split(&l->dns[i], vmm_table_at(l->rows, row, "dns")) < 0 ||
		    vmm_strv_add(&k->addresses, vmm_table_at(l->rows, row, "address")) < 0)
			return vmm_err_nomem(&k->err);
	}
	nic->dns = (const char *const *)l->dns[i].s;
	if (nic->mac)
		return 0;
	l->macs[i] = vmm__mac_of(k->what.uuid, i);
	nic->mac = l->macs[i];
	return nic->mac ? 0 : vmm_err_nomem(&k->err);
}

int vmm__leases_take(struct vmm__making *k, struct vmm__leases *l)
{
	struct asking a = { NULL, NULL, 0 };
	int ret = gather(k, &a);

	l->n = k->t->nnics;
	l->nics = calloc(l->n + 1, sizeof(*l->nics));
	l->dns = calloc(l->n + 1, sizeof(*l->dns));
	l->macs = calloc(l->n + 1, sizeof(*l->macs));
	if (ret == 0 && (!l->nics || !l->dns || !l->macs))
		ret = vmm_err_nomem(&k->err);
	/* The journal has the UUID that holds them since the intent began. */
	if (ret == 0 && a.n > 0)
		ret = check_out(k, &a, &l->rows);
	for (size_t i = 0; ret == 0 && i < l->n; i++)
		ret = give(k, l, &a, i);
	free(a.asks);
	free(a.given);
	return ret;
}

void vmm__leases_release(struct vmm__leases *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->dns)
			vmm_strv_release(&l->dns[i]);
		if (l->macs)
			free(l->macs[i]);
	}
	free(l->nics);
	free(l->dns);
	free(l->macs);
	vmm_table_free(l->rows);
}

/* Addresses of IP out of rows of leases. */
static int add_addresses(struct vmm_strv *out, const struct vmm_table *rows)
{
	for (size_t r = 0; rows && r < vmm_table_rows(rows); r++)
		if (strcmp(vmm_table_at(rows, r, "type"), "mac") != 0 &&
		    vmm_strv_add(out, vmm_table_at(rows, r, "address")) < 0)
			return -1;
	return 0;
}

int vmm__leases_list(struct vmm_store *st, const char *uuid, struct vmm_strv *addresses,
		     struct vmm_err *err)
{
	VMM_TABLE_AUTO *rows = NULL;
	struct vmm_pools *p = NULL;
	int ret = vmm_pools_open(st, &p, err);

	if (ret == 0)
		ret = vmm_pool_leases(p, NULL, uuid, &rows, err);
	if (ret == 0 && add_addresses(addresses, rows) < 0)
		ret = vmm_err_nomem(err);
	vmm_pools_close(p);
	return ret;
}

int vmm__leases_return(struct vmm_store *st, const char *uuid, struct vmm_strv *addresses,
		       struct vmm_err *err)
{
	VMM_TABLE_AUTO *freed = NULL;
	struct vmm_pools *p = NULL;
	int ret = vmm_pools_open(st, &p, err);

	if (ret == 0)
		ret = vmm_pool_checkin(p, NULL, uuid, NULL, &freed, err);
	if (ret == 0 && addresses && add_addresses(addresses, freed) < 0)
		ret = vmm_err_nomem(err);
	vmm_pools_close(p);
	return ret;
}
