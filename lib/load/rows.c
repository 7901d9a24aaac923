/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples as cells. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "load/load-internal.h"

static const char *const host_columns[] = { "cpu",      "cpu_own", "mem_own", "steal",
					    "pressure", "disk_rd", "disk_wr", "disk_iops",
					    "disk_ms",  "net_rx",  "net_tx",  "seconds",
					    "time",     "error",   NULL };
static const char *const vm_columns[] = { "cpu",       "steal",   "mem_actual", "mem_rss",
					  "mem_guest", "disk_rd", "disk_wr",    "disk_iops",
					  "disk_ms",   "net_rx",  "net_tx",     "seconds",
					  "time",      "error",   NULL };

/* A row that is being filled. */
struct row {
	struct vmm_table *t;
	size_t row;
	bool failed; /* out of memory */
};

static void put(struct row *r, const char *column, const char *text)
{
	if (vmm_table_put(r->t, r->row, column, text) < 0)
		r->failed = true;
}

static void put_u64(struct row *r, const char *column, uint64_t n)
{
	char text[24] = "";

	if (n != VMM__UNTOLD)
		snprintf(text, sizeof(text), "%" PRIu64, n);
	put(r, column, text);
}

static void put_number(struct row *r, const char *column, double n, int digits)
{
	char text[352] = ""; /* the largest double has 309 digits */

	if (isfinite(n))
		snprintf(text, sizeof(text), "%.*f", digits, n);
	put(r, column, text);
}

struct vmm_table *vmm__seen_host(const struct vmm__sample *now)
{
	struct row r = { vmm_table_new(NULL), 0, false };
	uint64_t running = 0;

	for (size_t i = 0; i < now->n; i++)
		running += now->guests[i].active;
	if (!r.t || vmm_table_add(r.t) < 0) {
		vmm_table_free(r.t);
		return NULL;
	}
	put(&r, "state", "normal");
	put_u64(&r, "cpus", now->cpus);
	put_u64(&r, "mem_total", now->mem_total);
	if (now->mem_used != VMM__UNTOLD) {
		put_u64(&r, "mem_used", now->mem_used);
		put_u64(&r, "mem_free", now->mem_total - now->mem_used);
	}
	put_u64(&r, "vms", now->n);
	put_u64(&r, "running", running);
	if (!r.failed)
		return r.t;
	vmm_table_free(r.t);
	return NULL;
}

/* Sizes where they are known: without them what is recorded stays. */
static void put_guest(struct row *r, const struct vmm__guest *g)
{
	put(r, "uuid", g->uuid);
	put(r, "name", g->name);
	put(r, "state", g->state);
	put_u64(r, "vcpus", g->vcpus);
	put_u64(r, "mem", g->mem);
}

struct vmm_table *vmm__seen_vms(const struct vmm__sample *now)
{
	static const char *const columns[] = { "uuid", "name", "state", NULL };
	struct row r = { vmm_table_new(columns), 0, false };

	for (size_t i = 0; r.t && i < now->n && !r.failed; i++) {
		long row = vmm_table_add(r.t);

		r.row = (size_t)row;
		r.failed = row < 0;
		if (!r.failed)
			put_guest(&r, &now->guests[i]);
	}
	if (!r.failed)
		return r.t;
	vmm_table_free(r.t);
	return NULL;
}

static int add_columns(struct vmm_table *t, const char *const *columns)
{
	for (; *columns; columns++)
		if (vmm_table_need(t, *columns) < 0)
			return VMM_ENOMEM;
	return 0;
}

int vmm__rows_prepare(struct vmm_inventory *inv)
{
	int rc = add_columns(inv->hosts, host_columns);

	return rc < 0 ? rc : add_columns(inv->vms, vm_columns);
}

static void put_used(struct row *r, const struct vmm__used *u, double seconds)
{
	put_number(r, "steal", u->v[VMM__USE_DELAY] / 1e9 / seconds, 3);
	put_number(r, "disk_rd", u->v[VMM__USE_RD] / seconds, 0);
	put_number(r, "disk_wr", u->v[VMM__USE_WR] / seconds, 0);
	put_number(r, "disk_iops", u->v[VMM__USE_OPS] / seconds, 1);
	put_number(r, "disk_ms", u->v[VMM__USE_OPS_NS] / 1e6 / u->v[VMM__USE_OPS], 3);
	put_number(r, "net_rx", u->v[VMM__USE_RX] / seconds, 0);
	put_number(r, "net_tx", u->v[VMM__USE_TX] / seconds, 0);
	put_number(r, "seconds", seconds, 3);
}

static void fill_vm(struct row *r, const struct vmm__guest *was, const struct vmm__guest *now,
		    double seconds)
{
	struct vmm__used used = vmm__guest_used(was, now);

	put_number(r, "cpu", used.v[VMM__USE_CPU] / 1e9 / seconds, 3);
	put_u64(r, "mem_actual", now->mem_actual);
	put_u64(r, "mem_rss", now->mem_rss);
	put_u64(r, "mem_guest", now->mem_guest);
	put_used(r, &used, seconds);
}

/* What no VM has of it. What came or went within the interval seems to be the host's own. */
static void put_own(struct row *r, const struct vmm__sample *was, const struct vmm__sample *now,
		    double vms_cpu)
{
	double cpu = vmm__host_cpu(was, now) - vms_cpu;
	uint64_t rss = 0;
	bool told = now->mem_used != VMM__UNTOLD;

	for (size_t i = 0; told && i < now->n; i++) {
		told = !now->guests[i].active || now->guests[i].mem_rss != VMM__UNTOLD;
		rss += now->guests[i].active ? now->guests[i].mem_rss : 0;
	}
	put_number(r, "cpu_own", cpu < 0 ? 0 : cpu, 3);
	put_u64(r, "mem_own", !told ? VMM__UNTOLD : now->mem_used > rss ? now->mem_used - rss : 0);
}

static void fill_host(struct row *r, const struct vmm__sample *was, const struct vmm__sample *now,
		      double seconds)
{
	struct vmm__used used = vmm__guests_used(was, now);
	double wanted = used.v[VMM__USE_CPU] + used.v[VMM__USE_DELAY];

	put_number(r, "cpu", vmm__host_cpu(was, now), 3);
	put_own(r, was, now, used.v[VMM__USE_CPU] / 1e9 / seconds);
	put_number(r, "pressure", wanted > 0 ? 100 * used.v[VMM__USE_DELAY] / wanted : wanted, 1);
	put_used(r, &used, seconds);
	put(r, "time", now->time);
}

/* Those that are recorded here, and that this host, asked now, does not have. */
static void fill_missing(struct row *r, const struct vmm__sample *now, const char *host)
{
	int at = vmm_table_col(r->t, "host"), uuid = vmm_table_col(r->t, "uuid");

	for (r->row = 0; r->row < vmm_table_rows(r->t) && !r->failed; r->row++)
		if (strcmp(vmm_table_get(r->t, r->row, at), host) == 0 &&
		    !vmm__sample_guest(now, vmm_table_get(r->t, r->row, uuid)))
			put(r, "error", "no longer on this host; host-scan finds out where it is");
}

int vmm__rows_fill(struct vmm_inventory *inv, const struct vmm_index *vms, size_t host_row,
		   const struct vmm__sample *was, const struct vmm__sample *now)
{
	const char *host = vmm_table_at(inv->hosts, host_row, "name");
	/* Two samples within a millisecond are none. */
	double seconds = now->at_ms > was->at_ms ? (double)(now->at_ms - was->at_ms) / 1000 : NAN;
	struct row r = { inv->hosts, host_row, false };

	fill_host(&r, was, now, seconds);
	r.t = inv->vms;
	for (size_t i = 0; i < now->n && !r.failed; i++) {
		const struct vmm__guest *g = &now->guests[i];
		long row = vmm_index_find(vms, g->uuid);

		/* Where two hosts know it, its row is that of the other one. */
		if (row < 0 || strcmp(vmm_table_at(inv->vms, (size_t)row, "host"), host) != 0)
			continue;
		r.row = (size_t)row;
		put(&r, "time", now->time);
		if (g->active)
			fill_vm(&r, vmm__sample_guest(was, g->uuid), g, seconds);
	}
	if (!r.failed)
		fill_missing(&r, now, host);
	return r.failed ? VMM_ENOMEM : 0;
}

int vmm__rows_fail(struct vmm_inventory *inv, size_t host_row, const char *error)
{
	const char *host = vmm_table_at(inv->hosts, host_row, "name");
	int col = vmm_table_col(inv->vms, "host");

	for (size_t i = 0; i < vmm_table_rows(inv->vms); i++)
		if (strcmp(vmm_table_get(inv->vms, i, col), host) == 0 &&
		    vmm_table_put(inv->vms, i, "error", error) < 0)
			return VMM_ENOMEM;
	return vmm_table_put(inv->hosts, host_row, "error", error);
}
