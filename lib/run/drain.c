/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the VMs of hosts that are to be empty go: the largest first, each to the host with the most room. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "run/maint-internal.h"

/* What a hypervisor needs beside the guest's memory: the checks of a migration ask for as much. */
#define OVERHEAD (64ull << 20)

struct drain {
	const struct vmm_inventory *inv;
	uint64_t *room; /* of each host */
	bool *open;
};

static uint64_t number(const struct vmm_table *t, size_t row, const char *column)
{
	uint64_t n = 0;

	vmm_num_u64(column, vmm_table_at(t, row, column), 0, UINT64_MAX, &n, NULL);
	return n;
}

static uint64_t need(const struct vmm_inventory *inv, size_t vm)
{
	return number(inv->vms, vm, "mem") + OVERHEAD;
}

static void read_hosts(struct drain *d, const bool *drained)
{
	for (size_t r = 0; r < vmm_table_rows(d->inv->hosts); r++) {
		uint64_t total = number(d->inv->hosts, r, "mem_total");
		uint64_t used = number(d->inv->hosts, r, "mem_used");

		d->room[r] = total > used ? total - used : 0;
		d->open[r] = !drained[r] &&
			     strcmp(vmm_table_at(d->inv->hosts, r, "maint"), "yes") != 0 &&
			     strcmp(vmm_table_at(d->inv->hosts, r, "state"), "normal") == 0;
	}
}

static bool same(const struct drain *d, size_t a, size_t b, const char *column)
{
	return strcmp(vmm_table_at(d->inv->hosts, a, column),
		      vmm_table_at(d->inv->hosts, b, column)) == 0;
}

/* The host for a VM that leaves `from`, or -1. *any: whether there is one but for its room. */
static long find_place(const struct drain *d, size_t from, uint64_t bytes, bool *any)
{
	long best = -1;

	*any = false;
	for (size_t h = 0; h < vmm_table_rows(d->inv->hosts); h++) {
		if (!d->open[h] || !same(d, h, from, "group") || !same(d, h, from, "hypervisor"))
			continue;
		*any = true;
		if (d->room[h] >= bytes && (best < 0 || d->room[h] > d->room[best]))
			best = (long)h;
	}
	return best;
}

static int place(struct drain *d, size_t vm, struct vmm_plan *plan, vmm__no_place *none, void *ctx,
		 struct vmm_err *err)
{
	const char *host = vmm_table_at(d->inv->vms, vm, "host");
	long from = vmm_inventory_host(d->inv, host), to;
	uint64_t bytes = need(d->inv, vm);
	VMM_BUF_AUTO why = VMM_BUF_INIT;
	char size[8];
	bool any;

	to = find_place(d, (size_t)from, bytes, &any);
	if (to < 0) {
		if (any)
			vmm_buf_addf(&why, "no other host of its group has room for %s",
				     vmm_num_human(bytes, size, sizeof(size)));
		else
			vmm_buf_adds(&why, "its group has no other host that could take it");
		none(vm, why.data, ctx);
		return 0;
	}
	d->room[to] -= bytes;
	return vmm_plan_add(plan,
			    &(struct vmm_step){
				    .wave = 1,
				    .action = VMM_ACTION_MIGRATE,
				    .vm = vmm_table_at(d->inv->vms, vm, "name"),
				    .uuid = vmm_table_at(d->inv->vms, vm, "uuid"),
				    .from = host,
				    .to = vmm_table_at(d->inv->hosts, (size_t)to, "name"),
				    .cost_bytes = number(d->inv->vms, vm, "mem"),
				    .reason = "maintenance",
				    .group = vmm_table_at(d->inv->hosts, (size_t)to, "group") },
			    err);
}

static int by_size(const void *a, const void *b, void *inv)
{
	uint64_t x = need(inv, *(const size_t *)a), y = need(inv, *(const size_t *)b);

	return x != y ? (x < y) - (x > y)
		      : (*(const size_t *)a > *(const size_t *)b) -
				(*(const size_t *)a < *(const size_t *)b);
}

int vmm__drain(const struct vmm_inventory *inv, const bool *drained, size_t *vms, size_t n,
	       struct vmm_plan **out, vmm__no_place *none, void *ctx, struct vmm_err *err)
{
	size_t nhosts = vmm_table_rows(inv->hosts);
	struct drain d = { inv, calloc(nhosts + 1, sizeof(*d.room)),
			   calloc(nhosts + 1, sizeof(*d.open)) };
	VMM_PLAN_AUTO *plan = vmm_plan_new();
	int rc = d.room && d.open && plan ? 0 : vmm_err_nomem(err);

	if (rc == 0) {
		read_hosts(&d, drained);
		qsort_r(vms, n, sizeof(*vms), by_size, (void *)inv);
	}
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = place(&d, vms[i], plan, none, ctx, err);
	if (rc == 0)
		rc = vmm_plan_link(plan, err);
	if (rc == 0) {
		*out = plan;
		plan = NULL;
	}
	free(d.room);
	free(d.open);
	return rc;
}
