/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table, and its order. */
#include "frame/top.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

/* clang-format off */
const struct cmd_column cmd_top_columns[] = {
	{ "what", VMM_TEXT, false, "host or vm" },
	{ "name", VMM_TEXT, false, "what it is called" },
	{ "host", VMM_TEXT, false, "where a VM is" },
	{ "state", VMM_TEXT, false, "as in vm-list and host-list" },
	{ "cpu", VMM_NUMBER, false, "processors busy" },
	{ "cpus", VMM_NUMBER, false, "processors that it has" },
	{ "steal", VMM_NUMBER, false, "virtual CPUs that could run and had to wait" },
	{ "mem", VMM_BYTES, false, "memory in use; of a VM: of the host's" },
	{ "mem_total", VMM_BYTES, false, "memory that it has" },
	{ "disk", VMM_BYTES, false, "read and written, a second" },
	{ "net", VMM_BYTES, false, "received and sent, a second" },
	{ "error", VMM_TEXT, false, "why nothing is known" },
	{ "uuid", VMM_TEXT, true, "of a VM" },
	CMD_COLUMNS_END
};
/* clang-format on */

const char *const cmd_top_orders[] = { "cpu", "mem", "disk", "net", "name", NULL };
static const char *const order_columns[] = { "cpu", "mem", "disk", "net", "name" };

/* One row of the inventory, on its way into another table. */
struct copy {
	struct vmm_table *to;
	const struct vmm_table *from;
	size_t row, at;
	bool failed;
};

static void put(struct copy *c, const char *column, const char *value)
{
	if (vmm_table_put(c->to, c->row, column, value) < 0)
		c->failed = true;
}

static void copy(struct copy *c, const char *column, const char *as)
{
	put(c, as, vmm_table_at(c->from, c->at, column));
}

/* Whole numbers; "" if neither is known. */
static void copy_sum(struct copy *c, const char *a, const char *b, const char *as)
{
	const char *ta = vmm_table_at(c->from, c->at, a), *tb = vmm_table_at(c->from, c->at, b);
	uint64_t na = 0, nb = 0;
	char text[24];

	if (!*ta && !*tb)
		return;
	if ((*ta && vmm_num_u64(a, ta, 0, UINT64_MAX / 2, &na, NULL) < 0) ||
	    (*tb && vmm_num_u64(b, tb, 0, UINT64_MAX / 2, &nb, NULL) < 0))
		return;
	snprintf(text, sizeof(text), "%" PRIu64, na + nb);
	put(c, as, text);
}

static void add_row(struct copy *c, const struct vmm_table *from, size_t at, const char *what)
{
	long row = vmm_table_add(c->to);

	c->failed = c->failed || row < 0;
	if (c->failed)
		return;
	c->row = (size_t)row;
	c->from = from;
	c->at = at;
	put(c, "what", what);
	copy(c, "name", "name");
	copy(c, "state", "state");
	copy(c, "cpu", "cpu");
	copy(c, "steal", "steal");
	copy(c, "error", "error");
	copy_sum(c, "disk_rd", "disk_wr", "disk");
	copy_sum(c, "net_rx", "net_tx", "net");
}

static void add_host(struct copy *c, const struct vmm_inventory *inv, size_t at)
{
	add_row(c, inv->hosts, at, "host");
	copy(c, "cpus", "cpus");
	copy(c, "mem_used", "mem");
	copy(c, "mem_total", "mem_total");
}

static void add_vm(struct copy *c, const struct vmm_inventory *inv, size_t at)
{
	const char *mem = *vmm_table_at(inv->vms, at, "mem_rss") ? "mem_rss" : "mem_actual";

	add_row(c, inv->vms, at, "vm");
	copy(c, "host", "host");
	copy(c, "uuid", "uuid");
	copy(c, "vcpus", "cpus");
	copy(c, mem, "mem");
	copy(c, "mem", "mem_total");
}

static bool is_off(const struct vmm_inventory *inv, size_t row)
{
	const char *state = vmm_table_at(inv->vms, row, "state");

	return strcmp(state, "stop") == 0 || strcmp(state, "unknown") == 0;
}

struct vmm_table *cmd_top_table(const struct vmm_inventory *inv, const struct vmm_strv *hosts)
{
	struct copy c = { .to = vmm_table_new(NULL) };

	c.failed = !c.to;
	for (size_t i = 0; i < hosts->n && !c.failed; i++) {
		long row = vmm_inventory_host(inv, hosts->s[i]);

		if (row >= 0)
			add_host(&c, inv, (size_t)row);
	}
	for (size_t r = 0; r < vmm_table_rows(inv->vms) && !c.failed; r++)
		if (!is_off(inv, r) && vmm_strv_has(hosts, vmm_table_at(inv->vms, r, "host")))
			add_vm(&c, inv, r);
	if (!c.failed)
		return c.to;
	vmm_table_free(c.to);
	return NULL;
}

static double number(const struct vmm_table *t, size_t row, const char *column)
{
	const char *text = vmm_table_at(t, row, column);

	return *text ? strtod(text, NULL) : -1;
}

static int compare(const struct vmm_table *t, size_t a, size_t b, void *arg)
{
	enum cmd_top_order order = *(const enum cmd_top_order *)arg;
	int cmp = strcmp(vmm_table_at(t, a, "what"), vmm_table_at(t, b, "what"));

	if (cmp == 0 && order != CMD_TOP_NAME) {
		double x = number(t, a, order_columns[order]), y = number(t, b, order_columns[order]);

		cmp = (x < y) - (x > y);
	}
	return cmp ? cmp : strcmp(vmm_table_at(t, a, "name"), vmm_table_at(t, b, "name"));
}

void cmd_top_sort(struct vmm_table *t, enum cmd_top_order order)
{
	vmm_table_sort_by(t, compare, &order);
}
