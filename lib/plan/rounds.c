/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/rounds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "plan/internal.h"

#define ROUNDS_MAX 1000000

static const char *const columns[] = { "what", "name", "rounds", "time", NULL };

struct rounds {
	struct vmm_fleet *f;
	time_t now;
	struct vmm_table *names; /* of the VMs, as they are remembered, in the order of the fleet */
	struct vmm_index *by_name;
	time_t *moved;    /* of each VM; 0: not known to have moved */
	uint64_t *rounds; /* of each group: those that found something to even out */
	time_t *last;     /* of each group: when the last of its rounds was; 0: not known */
	bool *wait;       /* of each group: nothing is evened out this time */
};

static int newest(const struct vmm_table *t, time_t *now)
{
	int col = vmm_table_col(t, "time"), rc = -1;
	time_t when;

	for (size_t r = 0; r < vmm_table_rows(t); r++) {
		if (vmm_time_parse(vmm_table_get(t, r, col), &when) < 0 || (rc == 0 && when <= *now))
			continue;
		*now = when;
		rc = 0;
	}
	return rc;
}

int vmm_rounds_now(const struct vmm_table *hosts, const struct vmm_table *vms, time_t *now)
{
	time_t a = 0, b = 0;
	bool of_hosts = newest(hosts, &a) == 0, of_vms = newest(vms, &b) == 0;

	if (!of_hosts && !of_vms)
		return -1;
	*now = of_hosts && (!of_vms || a > b) ? a : b;
	return 0;
}

/* ---- what is remembered ---- */

static const char *key(const struct vmm_fleet_vm *v)
{
	return *v->uuid ? v->uuid : v->name;
}

static int wrong(const struct vmm_table *t, size_t row, const char *what, struct vmm_err *err)
{
	return vmm_err_set(err, VMM_EINPUT, "line %zu: '%s' is no %s", row + 2,
			   vmm_table_at(t, row, what), what);
}

static int read_group(struct rounds *r, const struct vmm_table *t, size_t row, time_t when,
		      struct vmm_err *err)
{
	uint64_t n;

	if (vmm_num_u64("rounds", vmm_table_at(t, row, "rounds"), 0, ROUNDS_MAX, &n, NULL) < 0)
		return wrong(t, row, "rounds", err);
	for (size_t g = 0; g < r->f->ngroups; g++) {
		if (strcmp(r->f->groups[g]->name, vmm_table_at(t, row, "name")) != 0)
			continue;
		r->rounds[g] = n;
		r->last[g] = when;
	}
	return 0;
}

/* VMs of one name without UUIDs, which can't be told from each other later, are held together. */
static void note(struct rounds *r, const char *name, time_t when)
{
	long v = vmm_index_find(r->by_name, name);

	for (; v >= 0 && (size_t)v < r->f->nvms && strcmp(key(&r->f->vms[v]), name) == 0; v++)
		r->moved[v] = when;
}

static int read_row(struct rounds *r, const struct vmm_table *t, size_t row, struct vmm_err *err)
{
	const char *what = vmm_table_at(t, row, "what");
	time_t when;

	if (strcmp(what, "vm") != 0 && strcmp(what, "group") != 0)
		return wrong(t, row, "what", err);
	if (vmm_time_parse(vmm_table_at(t, row, "time"), &when) < 0)
		return wrong(t, row, "time", err);
	if (*what == 'g')
		return read_group(r, t, row, when, err);
	note(r, vmm_table_at(t, row, "name"), when);
	return 0;
}

/* The VMs by what they are remembered by, in the order of the fleet. */
static struct vmm_table *names_of(const struct vmm_fleet *f)
{
	static const char *const name[] = { "name", NULL };
	VMM_TABLE_AUTO *t = vmm_table_new(name);
	struct vmm_table *out = t;

	for (size_t v = 0; t && v < f->nvms; v++)
		if (vmm_table_set(t, (size_t)vmm_table_add(t), 0, key(&f->vms[v])) < 0)
			return NULL;
	t = NULL;
	return out;
}

/* Somebody else's file would be overwritten. */
static int need_columns(const struct vmm_table *memory, struct vmm_err *err)
{
	for (const char *const *c = columns; memory && vmm_table_cols(memory) && *c; c++)
		if (vmm_table_col(memory, *c) < 0)
			return vmm_err_set(err, VMM_EINPUT, "no column '%s'", *c);
	return 0;
}

static int recall(struct rounds *r, const struct vmm_table *memory, struct vmm_err *err)
{
	int rc = need_columns(memory, err);

	r->names = names_of(r->f);
	r->by_name = r->names ? vmm_index_new(r->names, 0) : NULL;
	if (!r->by_name)
		return vmm_err_nomem(err);
	for (size_t i = 0; rc == 0 && memory && i < vmm_table_rows(memory); i++)
		rc = read_row(r, memory, i, err);
	return rc;
}

static const struct vmm_group *group_of(const struct rounds *r, size_t vm)
{
	return r->f->groups[r->f->hosts[r->f->vms[vm].host].group];
}

static bool is_held(const struct rounds *r, size_t vm)
{
	return r->moved[vm] && r->now < r->moved[vm] + (time_t)(group_of(r, vm)->hold_down_ms / 1000);
}

static void hold(struct rounds *r)
{
	for (size_t v = 0; v < r->f->nvms; v++)
		r->f->vms[v].held = is_held(r, v);
}

static int add(struct vmm_table *t, const char *what, const char *name, const char *rounds,
	       time_t when)
{
	long row = vmm_table_add(t);
	char time[VMM_TIME_LEN + 1];

	vmm_time_format(when, time);
	return row < 0 || vmm_table_set(t, (size_t)row, 0, what) < 0 ||
			       vmm_table_set(t, (size_t)row, 1, name) < 0 ||
			       vmm_table_set(t, (size_t)row, 2, rounds) < 0 ||
			       vmm_table_set(t, (size_t)row, 3, time) < 0
		       ? VMM_ENOMEM
		       : 0;
}

static int add_group(const struct rounds *r, size_t g, struct vmm_table *t)
{
	char n[24];

	snprintf(n, sizeof(n), "%" PRIu64, r->rounds[g]);
	return add(t, "group", r->f->groups[g]->name, n, r->last[g]);
}

static int remember(const struct rounds *r, struct vmm_table **memory, struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = vmm_table_new(columns);
	int rc = t ? 0 : VMM_ENOMEM;

	for (size_t g = 0; rc == 0 && g < r->f->ngroups; g++)
		rc = add_group(r, g, t);
	for (size_t v = 0; rc == 0 && v < r->f->nvms; v++)
		if (is_held(r, v))
			rc = add(t, "vm", key(&r->f->vms[v]), "", r->moved[v]);
	if (rc < 0)
		return vmm_err_nomem(err);
	vmm_table_free(*memory);
	*memory = t;
	t = NULL;
	return 0;
}

/* ---- a round ---- */

/* Which groups have something to even out, whether they may or not. */
static int look(struct rounds *r, const struct vmm_balance_options *opt, bool *uneven,
		struct vmm_err *err)
{
	struct vmm__balance b;
	int rc = vmm__balance_init(&b, r->f, opt, err);

	if (rc < 0)
		return rc;
	rc = vmm__balance_run(&b, err);
	for (size_t v = 0; rc == 0 && v < r->f->nvms; v++)
		if (b.order[v] && b.reason[v].motive == VMM__EVEN)
			uneven[r->f->hosts[r->f->vms[v].host].group] = true;
	vmm__balance_release(&b);
	return rc;
}

/* Timers are not exact: nine tenths of the interval will do. */
static bool is_early(const struct rounds *r, size_t g)
{
	time_t interval = (time_t)(r->f->groups[g]->interval_ms / 1000);

	return r->last[g] && r->now >= r->last[g] && r->now < r->last[g] + interval * 9 / 10;
}

/* Who looks more often than once in an interval sees no new round. */
static void count_group(struct rounds *r, size_t g, bool uneven)
{
	r->wait[g] = true;
	if (is_early(r, g))
		return;
	r->last[g] = r->now;
	r->rounds[g] = uneven ? r->rounds[g] + (r->rounds[g] < ROUNDS_MAX) : 0;
	r->wait[g] = r->rounds[g] < r->f->groups[g]->rounds;
	if (!r->wait[g])
		r->rounds[g] = 0;
}

static int count(struct rounds *r, const struct vmm_balance_options *opt, struct vmm_err *err)
{
	bool *uneven = calloc(r->f->ngroups + 1, sizeof(*uneven));
	int rc = uneven ? look(r, opt, uneven, err) : vmm_err_nomem(err);

	for (size_t g = 0; rc == 0 && g < r->f->ngroups; g++)
		count_group(r, g, uneven[g]);
	free(uneven);
	return rc;
}

/* It may stand there as HOST/NAME, by the host where it was at first. */
static const char *name_of(const struct rounds *r, const char *vm, const char *from)
{
	size_t len = strlen(from);
	bool long_name = strncmp(vm, from, len) == 0 && vm[len] == '/';

	return long_name && vmm_index_find(r->by_name, vm) < 0 ? vm + len + 1 : vm;
}

static void note_moves(struct rounds *r, const struct vmm_table *plan)
{
	for (size_t i = 0; i < vmm_table_rows(plan); i++) {
		const char *uuid = vmm_table_at(plan, i, "uuid");
		const char *vm = vmm_table_at(plan, i, "vm"), *from = vmm_table_at(plan, i, "from");

		note(r, *uuid ? uuid : name_of(r, vm, from), r->now);
	}
}

static int balance(struct rounds *r, const struct vmm_balance_options *opt, struct vmm_table **memory,
		   struct vmm_table **plan, struct vmm_strv *left, struct vmm_err *err)
{
	struct vmm_balance_options now = *opt;
	VMM_TABLE_AUTO *t = NULL;
	int rc = recall(r, *memory, err);

	if (rc < 0)
		return rc;
	hold(r);
	now.only_rules = NULL;
	rc = count(r, &now, err);
	now.only_rules = r->wait;
	if (rc == 0)
		rc = vmm_balance(r->f, &now, &t, left, err);
	if (rc < 0)
		return rc;
	note_moves(r, t);
	rc = remember(r, memory, err);
	if (rc < 0)
		return rc;
	*plan = t;
	t = NULL;
	return 0;
}

int vmm_rounds_balance(struct vmm_fleet *f, const struct vmm_balance_options *opt, time_t now,
		       struct vmm_table **memory, struct vmm_table **plan, struct vmm_strv *left,
		       struct vmm_err *err)
{
	struct rounds r = { .f = f,
			    .now = now,
			    .moved = calloc(f->nvms + 1, sizeof(time_t)),
			    .rounds = calloc(f->ngroups + 1, sizeof(uint64_t)),
			    .last = calloc(f->ngroups + 1, sizeof(time_t)),
			    .wait = calloc(f->ngroups + 1, sizeof(bool)) };
	int rc = r.moved && r.rounds && r.last && r.wait ? balance(&r, opt, memory, plan, left, err)
							 : vmm_err_nomem(err);

	vmm_index_free(r.by_name);
	vmm_table_free(r.names);
	free(r.moved);
	free(r.rounds);
	free(r.last);
	free(r.wait);
	return rc;
}
