/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VMs of a fleet: what they use, what must fit, who can't be moved. */
#include <stdlib.h>
#include <string.h>

#include "plan/internal.h"

struct columns {
	int uuid, host, name, state, vcpus, mem, cpu, rss, disk_rd, disk_wr, net_rx, net_tx;
};

/* What the rows tell of a host's VMs together, and of those of its group. */
struct sums {
	double *cpu, *rss; /* of each host; NAN where one of its VMs doesn't tell */
	bool *measured;    /* of each group: all its VMs tell what processors they use */
};

struct own_columns {
	int cpu, cpu_own, mem_used, mem_own;
};

struct reader {
	struct vmm_fleet *f;
	struct vmm__sheet s;
	struct columns c;
	uint32_t *rows;      /* in the order of the fleet; then those of vms[] */
	double *cpu, *vcpus; /* of vms[] */
	struct sums sums;
};

static int find_columns(const struct vmm__sheet *s, struct columns *c, struct vmm_err *err)
{
	static const char *const needed[] = { "host", "name", "vcpus", "mem", NULL };
	const struct vmm_table *t = s->t;

	for (size_t i = 0; needed[i]; i++)
		if (vmm__sheet_need(s, needed[i], err) < 0)
			return VMM_EINPUT;
	if (vmm__sheet_check(s, err) < 0)
		return VMM_EINPUT;
	*c = (struct columns){ vmm_table_col(t, "uuid"),    vmm_table_col(t, "host"),
			       vmm_table_col(t, "name"),    vmm_table_col(t, "state"),
			       vmm_table_col(t, "vcpus"),   vmm_table_col(t, "mem"),
			       vmm_table_col(t, "cpu"),     vmm_table_col(t, "mem_rss"),
			       vmm_table_col(t, "disk_rd"), vmm_table_col(t, "disk_wr"),
			       vmm_table_col(t, "net_rx"),  vmm_table_col(t, "net_tx") };
	return 0;
}

static bool has_word(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/* Only what is there to see is moved; of what is not known it is assumed that it may run. */
static void read_state(struct vmm_fleet_vm *v, const char *state)
{
	static const char *const moving[] = { "", "normal", "warning", "error", NULL };
	static const char *const still[] = { "paused", "suspended", "migrating", "unknown", NULL };

	v->running = has_word(moving, state) || has_word(still, state);
	if (!v->running)
		v->fixed = "not running";
	else if (strcmp(state, "unknown") == 0)
		v->fixed = "its state is unknown";
	else if (has_word(still, state))
		v->fixed = *state == 'm' ? "migrating" : *state == 'p' ? "paused" : "suspended";
}

/* The sum of two columns; what isn't known is nothing. */
static int read_sum(const struct reader *r, size_t row, int a, int b, double *out, struct vmm_err *err)
{
	double x, y;

	if (vmm__sheet_decimal(&r->s, row, a, &x, err) < 0 ||
	    vmm__sheet_decimal(&r->s, row, b, &y, err) < 0)
		return VMM_EINPUT;
	*out = (isnan(x) ? 0 : x) + (isnan(y) ? 0 : y);
	return 0;
}

static int read_use(struct reader *r, size_t row, struct vmm_fleet_vm *v, struct vmm_err *err)
{
	const struct columns *c = &r->c;
	size_t at = r->f->nvms;
	double mem, rss;

	if (vmm__sheet_u64(&r->s, row, c->mem, &mem, err) < 0 ||
	    vmm__sheet_u64(&r->s, row, c->rss, &rss, err) < 0 ||
	    vmm__sheet_u64(&r->s, row, c->vcpus, &r->vcpus[at], err) < 0 ||
	    vmm__sheet_decimal(&r->s, row, c->cpu, &r->cpu[at], err) < 0 ||
	    read_sum(r, row, c->disk_rd, c->disk_wr, &v->use[VMM_DISK], err) < 0 ||
	    read_sum(r, row, c->net_rx, c->net_tx, &v->use[VMM_NET], err) < 0)
		return VMM_EINPUT;
	if (isnan(mem) && !v->fixed)
		v->fixed = "its memory is not known";
	v->use[VMM_MEMORY] = isnan(mem) ? 0 : mem;
	v->cost = (uint64_t)(isnan(rss) ? v->use[VMM_MEMORY] : rss);
	if (v->running) {
		r->sums.rss[v->host] += rss;
		r->sums.cpu[v->host] += r->cpu[at];
		if (isnan(r->cpu[at]))
			r->sums.measured[r->f->hosts[v->host].group] = false;
	}
	return 0;
}

/* One that is off on a host that isn't there concerns nobody. */
static int read_vm(struct reader *r, size_t row, struct vmm_err *err)
{
	struct vmm_fleet_vm *v = &r->f->vms[r->f->nvms];
	const char *host = vmm_table_get(r->s.t, row, r->c.host);
	uint32_t at = vmm__fleet_host(r->f, host);

	*v = (struct vmm_fleet_vm){ .name = vmm_table_get(r->s.t, row, r->c.name),
				    .uuid = vmm_table_get(r->s.t, row, r->c.uuid),
				    .host = at,
				    .priority = 5 };
	if (!*v->name)
		return vmm__sheet_wrong(&r->s, row, err, "a VM without a name");
	read_state(v, vmm_table_get(r->s.t, row, r->c.state));
	if (at == VMM__NONE && v->running)
		return vmm__sheet_wrong(&r->s, row, err,
					"VM '%s' is on host '%s', which is not known", v->name, host);
	if (at == VMM__NONE)
		return 0;
	if (read_use(r, row, v, err) < 0)
		return VMM_EINPUT;
	r->rows[r->f->nvms++] = (uint32_t)row;
	return 0;
}

/* What stands twice is next to itself in an order that begins with what makes it one. */
static int find_doubles(const struct reader *r, struct vmm_err *err)
{
	const struct vmm_table *t = r->s.t;
	const struct columns *c = &r->c;
	uint32_t *rows = vmm__rows_sorted(t, c->uuid, c->host, c->name);
	int rc = rows ? 0 : vmm_err_nomem(err);

	for (size_t i = 1; rc == 0 && i < vmm_table_rows(t); i++) {
		const char *uuid = vmm_table_get(t, rows[i], c->uuid);
		const char *name = vmm_table_get(t, rows[i], c->name);

		if (strcmp(uuid, vmm_table_get(t, rows[i - 1], c->uuid)) != 0)
			continue;
		if (*uuid || (strcmp(name, vmm_table_get(t, rows[i - 1], c->name)) == 0 &&
			      strcmp(vmm_table_get(t, rows[i], c->host),
				     vmm_table_get(t, rows[i - 1], c->host)) == 0))
			rc = vmm__sheet_wrong(&r->s, rows[i], err, "VM '%s' stands twice",
					      *uuid ? uuid : name);
	}
	free(rows);
	return rc;
}

/* Measured use of processors can't be mixed with promised ones: one kind a group. */
static void settle_cpu(struct reader *r)
{
	struct vmm_fleet *f = r->f;

	for (size_t i = 0; i < f->nvms; i++) {
		struct vmm_fleet_vm *v = &f->vms[i];
		double use = r->sums.measured[f->hosts[v->host].group] ? r->cpu[i] : r->vcpus[i];

		v->use[VMM_CPU] = isnan(use) ? 0 : use;
	}
	for (size_t i = 0; i < f->nhosts; i++) {
		f->hosts[i].promised = !r->sums.measured[f->hosts[i].group];
		if (f->hosts[i].promised)
			f->hosts[i].room[VMM_CPU] = INFINITY;
	}
}

/* What does not run uses nothing. */
static void settle_use(struct vmm_fleet *f)
{
	for (size_t i = 0; i < f->nvms; i++) {
		struct vmm_fleet_vm *v = &f->vms[i];

		if (!v->running)
			memset(v->use, 0, sizeof(v->use));
		v->need[VMM_MEMORY] = v->use[VMM_MEMORY];
	}
}

/* Recorded as such, for VMs may have come and gone since; else what is left when that of its VMs is taken away. */
static int read_own(const struct vmm__sheet *s, size_t row, const struct own_columns *c,
		    bool memory, double vms, double *out, struct vmm_err *err)
{
	double own, all;

	if ((memory ? vmm__sheet_u64(s, row, c->mem_own, &own, err)
		    : vmm__sheet_decimal(s, row, c->cpu_own, &own, err)) < 0 ||
	    (memory ? vmm__sheet_u64(s, row, c->mem_used, &all, err)
		    : vmm__sheet_decimal(s, row, c->cpu, &all, err)) < 0)
		return VMM_EINPUT;
	/* fmax() takes the number where the other is none. */
	*out = isnan(own) ? fmax(0, all - vms) : own;
	return 0;
}

static int settle_own(const struct reader *r, const struct vmm_fleet_input *in, struct vmm_err *err)
{
	const struct vmm_table *t = in->hosts;
	const struct vmm__sheet s = { t, in->hosts_file, vmm_table_col(t, "line") };
	const struct own_columns c = { vmm_table_col(t, "cpu"), vmm_table_col(t, "cpu_own"),
				       vmm_table_col(t, "mem_used"), vmm_table_col(t, "mem_own") };
	int name = vmm_table_col(t, "name");

	for (size_t row = 0; row < vmm_table_rows(t); row++) {
		uint32_t i = vmm__fleet_host(r->f, vmm_table_get(t, row, name));
		struct vmm_fleet_host *h = &r->f->hosts[i];
		double cpu;

		if (read_own(&s, row, &c, false, r->sums.cpu[i], &cpu, err) < 0 ||
		    read_own(&s, row, &c, true, r->sums.rss[i], &h->own[VMM_MEMORY], err) < 0)
			return VMM_EINPUT;
		if (r->sums.measured[h->group])
			h->own[VMM_CPU] = cpu;
	}
	return 0;
}

static int read_all(struct reader *r, const struct vmm_fleet_input *in, struct vmm_err *err)
{
	size_t n = vmm_table_rows(in->vms);
	int rc = find_doubles(r, err);

	for (size_t i = 0; i < r->f->ngroups; i++)
		r->sums.measured[i] = true;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = read_vm(r, r->rows[i], err);
	if (rc == 0)
		rc = settle_own(r, in, err);
	if (rc == 0) {
		settle_cpu(r);
		settle_use(r->f);
	}
	return rc;
}

int vmm__fleet_vms(struct vmm_fleet *f, const struct vmm_fleet_input *in, struct vmm_err *err)
{
	struct reader r = { .f = f, .s = { in->vms, in->vms_file, vmm_table_col(in->vms, "line") } };
	size_t n = vmm_table_rows(in->vms);
	int rc = find_columns(&r.s, &r.c, err);

	if (rc < 0)
		return rc;
	r.rows = vmm__rows_sorted(in->vms, r.c.name, r.c.uuid, r.c.host);
	r.cpu = calloc(n + 1, sizeof(*r.cpu));
	r.vcpus = calloc(n + 1, sizeof(*r.vcpus));
	r.sums = (struct sums){ calloc(f->nhosts + 1, sizeof(double)),
				calloc(f->nhosts + 1, sizeof(double)), calloc(f->ngroups + 1, 1) };
	rc = VMM_ENOMEM;
	if (r.rows && r.cpu && r.vcpus && r.sums.cpu && r.sums.rss && r.sums.measured)
		rc = read_all(&r, in, err);
	else
		vmm_err_nomem(err);
	free(r.rows);
	free(r.cpu);
	free(r.vcpus);
	free(r.sums.cpu);
	free(r.sums.rss);
	free(r.sums.measured);
	return rc;
}
