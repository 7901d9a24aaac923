/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"

struct host {
	uint64_t total, free; /* bytes */
	uint64_t arriving; /* of it, taken in this wave; what leaves it frees `leaving` at the wave's end */
	uint64_t leaving;
	bool known; /* free is */
};

struct vm {
	long host; /* row, -1: none that is declared */
	long was;  /* where it still is to the end of this wave */
	long next; /* of the same name, -1: none */
	bool active;
};

struct check {
	const struct vmm_plan *plan;
	const struct vmm_table *hosts, *vms;
	struct vmm_index *host_names, *vm_uuids, *vm_names;
	struct host *host;
	struct vm *vm;
	struct vmm_plan_verdict *verdicts;
	long *row; /* of a step's VM, -1: none */
	struct vmm_buf against;
};

static void against(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void against(struct check *c, const char *fmt, ...)
{
	VMM_STR_AUTO text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text)
		vmm_buf_addf(&c->against, "%s%s", c->against.len ? "; " : "", text);
	else
		c->against.failed = true;
}

/* ---- the fleet as it is ---- */

static uint64_t number(const struct vmm_table *t, size_t row, const char *column)
{
	uint64_t n = 0;

	vmm_num_u64(column, vmm_table_at(t, row, column), 0, UINT64_MAX, &n, NULL);
	return n;
}

static bool is_active(const char *state)
{
	return strcmp(state, "stop") != 0 && strcmp(state, "unknown") != 0;
}

/* From the first VM of a name, which the index finds, to all the others. */
static void link_names(struct check *c)
{
	for (size_t r = 0; r < vmm_table_rows(c->vms); r++) {
		long first = vmm_index_find(c->vm_names, vmm_table_at(c->vms, r, "name"));

		if (first < 0 || (size_t)first == r)
			continue;
		c->vm[r].next = c->vm[first].next;
		c->vm[first].next = (long)r;
	}
}

static void read_fleet(struct check *c)
{
	for (size_t r = 0; r < vmm_table_rows(c->hosts); r++) {
		uint64_t total = number(c->hosts, r, "mem_total");
		uint64_t used = number(c->hosts, r, "mem_used");

		c->host[r] = (struct host){ .total = total,
					    .free = total > used ? total - used : 0,
					    .known = total > 0 };
	}
	for (size_t r = 0; r < vmm_table_rows(c->vms); r++) {
		long host = vmm_index_find(c->host_names, vmm_table_at(c->vms, r, "host"));

		c->vm[r] = (struct vm){ .host = host,
					.was = host,
					.next = -1,
					.active = is_active(vmm_table_at(c->vms, r, "state")) };
	}
	link_names(c);
}

static const char *host_name(const struct check *c, long row)
{
	return row < 0 ? "an unknown host" : vmm_table_at(c->hosts, (size_t)row, "name");
}

/* ---- who is meant ---- */

static bool is_called(const struct check *c, size_t row, const char *selector)
{
	const char *host = vmm_table_at(c->vms, row, "host"),
		   *name = vmm_table_at(c->vms, row, "name");
	size_t len = strlen(host);

	return strcmp(name, selector) == 0 ||
	       (strncmp(selector, host, len) == 0 && selector[len] == '/' &&
		strcmp(selector + len + 1, name) == 0);
}

static long find_vm(struct check *c, const struct vmm_step *s)
{
	long found = *s->uuid ? vmm_index_find(c->vm_uuids, s->uuid) : -1;

	if (*s->uuid && found < 0)
		against(c, "no such VM is known any more");
	if (*s->uuid)
		return found;
	for (size_t r = 0; r < vmm_table_rows(c->vms); r++) {
		if (!is_called(c, r, s->vm))
			continue;
		if (found >= 0) {
			against(c, "several VMs have this name; its UUID is needed");
			return -1;
		}
		found = (long)r;
	}
	if (found < 0)
		against(c, "no such VM is known");
	return found;
}

/* ---- one step ---- */

static bool same(const struct vmm_table *t, long a, long b, const char *column)
{
	return strcmp(vmm_table_at(t, (size_t)a, column), vmm_table_at(t, (size_t)b, column)) == 0;
}

static void check_room(struct check *c, const struct vmm_step *s, long vm, long to)
{
	const struct host *h = &c->host[to];
	uint64_t need = number(c->vms, (size_t)vm, "mem");

	if (h->known && need > h->free - h->arriving)
		against(c, "not enough memory on '%s': %llu MiB needed, %llu MiB free%s", s->to,
			(unsigned long long)(need >> 20),
			(unsigned long long)((h->free - h->arriving) >> 20),
			h->arriving ? " beside what goes there in the same wave" : "");
}

/* Off or on: it is defined there. */
static void check_name(struct check *c, long vm, long to)
{
	long other = vmm_index_find(c->vm_names, vmm_table_at(c->vms, (size_t)vm, "name"));

	for (; other >= 0; other = c->vm[other].next)
		if (other != vm && (c->vm[other].host == to || c->vm[other].was == to)) {
			against(c, "'%s' has a VM of that name", host_name(c, to));
			return;
		}
}

static void check_open(struct check *c, const char *name, long host)
{
	const char *maint, *state;

	if (host < 0) {
		against(c, "no host '%s' is declared", name);
		return;
	}
	maint = vmm_table_at(c->hosts, (size_t)host, "maint");
	state = vmm_table_at(c->hosts, (size_t)host, "state");
	if (*maint && strcmp(maint, "no") != 0)
		against(c, "'%s' is in maintenance", name);
	if (strcmp(state, "normal") != 0)
		against(c, "'%s' does not answer", name);
}

static void check_move(struct check *c, const struct vmm_step *s, long vm)
{
	long to = vmm_index_find(c->host_names, s->to), from = c->vm[vm].host;

	if (strcmp(host_name(c, from), s->from) != 0)
		against(c, "it is on '%s', not on '%s'", host_name(c, from), s->from);
	check_open(c, s->to, to);
	if (to < 0 || from < 0)
		return;
	if (!same(c->hosts, from, to, "group"))
		against(c, "'%s' and '%s' are in different groups", host_name(c, from), s->to);
	if (!same(c->hosts, from, to, "hypervisor"))
		against(c, "'%s' and '%s' have different hypervisors", host_name(c, from), s->to);
	check_name(c, vm, to);
	if (c->vm[vm].active)
		check_room(c, s, vm, to);
}

static void check_start(struct check *c, const struct vmm_step *s, long vm)
{
	long to = vmm_index_find(c->host_names, s->to);

	if (strcmp(host_name(c, c->vm[vm].host), s->to) != 0)
		against(c, "it is on '%s', not on '%s'", host_name(c, c->vm[vm].host), s->to);
	check_open(c, s->to, to);
	if (to >= 0)
		check_room(c, s, vm, to);
}

static void check_stop(struct check *c, const struct vmm_step *s, long vm)
{
	if (strcmp(host_name(c, c->vm[vm].host), s->from) != 0)
		against(c, "it is on '%s', not on '%s'", host_name(c, c->vm[vm].host), s->from);
}

static bool is_done(const struct check *c, const struct vmm_step *s, long vm)
{
	const struct vm *v = &c->vm[vm];

	switch (s->action) {
	case VMM_ACTION_MIGRATE:
	case VMM_ACTION_PARK:
		return strcmp(host_name(c, v->host), s->to) == 0;
	case VMM_ACTION_START:
		return v->active && strcmp(host_name(c, v->host), s->to) == 0;
	case VMM_ACTION_STOP:
		return !v->active;
	default:
		return false;
	}
}

static void carry_out(struct check *c, const struct vmm_step *s, long vm)
{
	uint64_t mem = number(c->vms, (size_t)vm, "mem");
	long to = vmm_index_find(c->host_names, s->to);
	struct vm *v = &c->vm[vm];
	bool starts = s->action == VMM_ACTION_START, stops = s->action == VMM_ACTION_STOP;

	if (v->active && v->host >= 0)
		c->host[v->host].leaving += mem;
	if ((v->active || starts) && !stops)
		c->host[to].arriving += mem;
	v->active = (v->active || starts) && !stops;
	if (!stops)
		v->host = to;
}

static void check_vm_step(struct check *c, size_t at)
{
	const struct vmm_step *s = &c->plan->steps[at];
	long vm = c->row[at] = find_vm(c, s);

	if (vm < 0)
		return;
	if (strcmp(vmm_table_at(c->vms, (size_t)vm, "state"), "unknown") == 0)
		against(c, "nobody can tell where it is: its host did not answer");
	else if (is_done(c, s, vm))
		return;
	else if (s->action == VMM_ACTION_START)
		check_start(c, s, vm);
	else if (s->action == VMM_ACTION_STOP)
		check_stop(c, s, vm);
	else
		check_move(c, s, vm);
	if (!c->against.len)
		carry_out(c, s, vm);
}

static void check_empty(struct check *c, const char *name, long host)
{
	size_t n = 0;

	for (size_t r = 0; r < vmm_table_rows(c->vms); r++)
		n += c->vm[r].host == host && c->vm[r].active;
	if (n > 0)
		against(c, "running VMs on '%s': %zu", name, n);
}

static void check_host_step(struct check *c, const struct vmm_step *s)
{
	const char *name = s->action == VMM_ACTION_POWER_ON ? s->to : s->from;
	long host = vmm_index_find(c->host_names, name);

	if (host < 0)
		against(c, "no host '%s' is declared", name);
	else if (s->action == VMM_ACTION_POWER_OFF)
		check_empty(c, name, host);
}

static int give_verdict(struct check *c, size_t at, struct vmm_err *err)
{
	const struct vmm_step *s = &c->plan->steps[at];
	struct vmm_plan_verdict *v = &c->verdicts[at];
	bool moves = s->action == VMM_ACTION_MIGRATE || s->action == VMM_ACTION_PARK;

	if (s->before >= 0 && !c->verdicts[s->before].ok)
		against(c, "step %u is not possible", c->plan->steps[s->before].step);
	else if (*s->vm || *s->uuid)
		check_vm_step(c, at);
	else
		check_host_step(c, s);
	v->ok = !c->against.len;
	if (v->ok && moves && c->row[at] >= 0 && s->before < 0 &&
	    strcmp(vmm_table_at(c->vms, (size_t)c->row[at], "host"), s->to) == 0)
		vmm_buf_addf(&c->against, "it is on '%s' already", s->to);
	v->reasons = vmm_buf_steal(&c->against);
	return v->reasons ? 0 : vmm_err_nomem(err);
}

static void end_wave(struct check *c)
{
	for (size_t r = 0; r < vmm_table_rows(c->hosts); r++) {
		struct host *h = &c->host[r];

		h->free -= h->known ? h->arriving : 0;
		/* What was used was measured and may be less than what a VM that leaves may use. */
		h->free = h->leaving < h->total - h->free ? h->free + h->leaving : h->total;
		h->leaving = h->arriving = 0;
	}
	for (size_t r = 0; r < vmm_table_rows(c->vms); r++)
		c->vm[r].was = c->vm[r].host;
}

static int check_all(struct check *c, struct vmm_err *err)
{
	for (size_t i = 0; i < c->plan->n; i++) {
		if (i > 0 && c->plan->steps[i].wave != c->plan->steps[i - 1].wave)
			end_wave(c);
		c->row[i] = -1;
		if (give_verdict(c, i, err) < 0)
			return VMM_ENOMEM;
	}
	return 0;
}

int vmm_plan_check(const struct vmm_plan *plan, const struct vmm_table *hosts,
		   const struct vmm_table *vms, struct vmm_plan_verdict **out, struct vmm_err *err)
{
	struct check c = {
		.plan = plan,
		.hosts = hosts,
		.vms = vms,
		.host_names = vmm_index_new(hosts, vmm_table_col(hosts, "name")),
		.vm_uuids = vmm_index_new(vms, vmm_table_col(vms, "uuid")),
		.vm_names = vmm_index_new(vms, vmm_table_col(vms, "name")),
		.host = calloc(vmm_table_rows(hosts) + 1, sizeof(*c.host)),
		.vm = calloc(vmm_table_rows(vms) + 1, sizeof(*c.vm)),
		.verdicts = calloc(plan->n + 1, sizeof(*c.verdicts)),
		.row = calloc(plan->n + 1, sizeof(*c.row)),
		.against = VMM_BUF_INIT,
	};
	int rc = c.host_names && c.vm_uuids && c.vm_names && c.host && c.vm && c.verdicts && c.row
			 ? 0
			 : vmm_err_nomem(err);

	if (rc == 0) {
		read_fleet(&c);
		rc = check_all(&c, err);
	}
	vmm_index_free(c.host_names);
	vmm_index_free(c.vm_uuids);
	vmm_index_free(c.vm_names);
	free(c.host);
	free(c.vm);
	free(c.row);
	vmm_buf_release(&c.against);
	if (rc == 0)
		*out = c.verdicts;
	else
		vmm_plan_verdicts_free(plan, c.verdicts);
	return rc;
}

void vmm_plan_verdicts_free(const struct vmm_plan *plan, struct vmm_plan_verdict *verdicts)
{
	for (size_t i = 0; verdicts && i < plan->n; i++)
		free(verdicts[i].reasons);
	free(verdicts);
}
