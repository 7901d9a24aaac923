/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan's rows, there and back. */
#include "plan/steps.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

const char *const vmm_action_names[] = {
	"migrate", "park", "start", "stop", "power-on", "power-off", NULL,
};

/* What an action names: `vm`, where it is from, where it goes to. The other host may be told as well. */
static const struct {
	bool vm, from, to;
} needs[VMM_ACTIONS] = {
	[VMM_ACTION_MIGRATE] = { true, true, true },
	[VMM_ACTION_PARK] = { true, true, true },
	[VMM_ACTION_START] = { true, false, true },
	[VMM_ACTION_STOP] = { true, true, false },
	[VMM_ACTION_POWER_ON] = { false, false, true },
	[VMM_ACTION_POWER_OFF] = { false, true, false },
};

static const char *const columns[] = {
	"step", "wave",       "action", "vm",     "uuid",  "from",
	"to",   "cost_bytes", "gain",   "reason", "group", NULL,
};
static const char *const needed[] = { "step", "wave", "action", "vm", "from", "to", NULL };

/* ---- reading ---- */

static int need_columns(const struct vmm_table *rows, struct vmm_err *err)
{
	for (const char *const *c = needed; *c; c++)
		if (vmm_table_col(rows, *c) < 0)
			return vmm_err_set(err, VMM_EINPUT, "no column '%s'%s", *c,
					   vmm_table_cols(rows) == 1 ? "; a plan is TSV or JSON"
								     : "");
	return 0;
}

static int read_unsigned(const struct vmm_table *rows, size_t row, const char *column,
			 unsigned *out, struct vmm_err *err)
{
	uint64_t n;

	if (vmm_num_u64(column, vmm_table_at(rows, row, column), 1, 1000000000, &n, err) < 0)
		return VMM_EINPUT;
	*out = (unsigned)n;
	return 0;
}

static int read_action(const char *word, enum vmm_action *out, struct vmm_err *err)
{
	for (int i = 0; vmm_action_names[i]; i++)
		if (strcmp(vmm_action_names[i], word) == 0) {
			*out = (enum vmm_action)i;
			return 0;
		}
	return vmm_err_set(err, VMM_EINPUT, "no such action: '%s'", word);
}

static int read_step(const struct vmm_table *rows, size_t row, struct vmm_step *s, struct vmm_err *err)
{
	const char *cost = vmm_table_at(rows, row, "cost_bytes");

	if (read_unsigned(rows, row, "step", &s->step, err) < 0 ||
	    read_unsigned(rows, row, "wave", &s->wave, err) < 0 ||
	    read_action(vmm_table_at(rows, row, "action"), &s->action, err) < 0 ||
	    (*cost && vmm_num_u64("cost_bytes", cost, 0, UINT64_MAX, &s->cost_bytes, err) < 0))
		return VMM_EINPUT;
	s->vm = vmm_table_at(rows, row, "vm");
	s->uuid = vmm_table_at(rows, row, "uuid");
	s->from = vmm_table_at(rows, row, "from");
	s->to = vmm_table_at(rows, row, "to");
	s->gain = vmm_table_at(rows, row, "gain");
	s->reason = vmm_table_at(rows, row, "reason");
	s->group = vmm_table_at(rows, row, "group");
	s->before = -1;
	return 0;
}

static int check_text(const struct vmm_step *s, struct vmm_err *err)
{
	const char *action = vmm_action_names[s->action];
	char uuid[VMM_UUID_LEN + 1];

	if (needs[s->action].vm && !*s->vm && !*s->uuid)
		return vmm_err_set(err, VMM_EINPUT, "%s without a VM", action);
	if (!needs[s->action].vm && (*s->vm || *s->uuid))
		return vmm_err_set(err, VMM_EINPUT, "%s is for a host, not for a VM", action);
	if (needs[s->action].from && !*s->from)
		return vmm_err_set(err, VMM_EINPUT, "%s without the host `from`", action);
	if (needs[s->action].to && !*s->to)
		return vmm_err_set(err, VMM_EINPUT, "%s without the host `to`", action);
	if (needs[s->action].vm && strcmp(s->from, s->to) == 0)
		return vmm_err_set(err, VMM_EINPUT, "%s from '%s' to itself", action, s->from);
	if (*s->uuid && !vmm_uuid_parse(s->uuid, uuid))
		return vmm_err_set(err, VMM_EINPUT, "uuid '%s' is none", s->uuid);
	return 0;
}

static int check_order(const struct vmm_step *last, const struct vmm_step *s, struct vmm_err *err)
{
	if (s->step <= last->step)
		return vmm_err_set(err, VMM_EINPUT, "step %u comes after step %u", s->step,
				   last->step);
	if (s->wave < last->wave)
		return vmm_err_set(err, VMM_EINPUT, "wave %u comes after wave %u", s->wave,
				   last->wave);
	return 0;
}

/* Where a step leaves its VM; "": off. */
static const char *leaves_it_on(const struct vmm_step *s)
{
	return s->action == VMM_ACTION_STOP ? "" : s->to;
}

static int check_before(const struct vmm_plan *p, const struct vmm_step *s, struct vmm_err *err)
{
	const struct vmm_step *last = s->before < 0 ? NULL : &p->steps[s->before];

	if (!last)
		return 0;
	if (last->wave == s->wave)
		return vmm_err_set(err, VMM_EINPUT, "'%s' has two steps in wave %u", s->vm, s->wave);
	if (last->action == VMM_ACTION_STOP ? s->action != VMM_ACTION_START
					    : strcmp(s->from, leaves_it_on(last)) != 0)
		return vmm_err_set(err, VMM_EINPUT, "'%s' is not on '%s' but %s%s%s after step %u",
				   s->vm, s->from, *leaves_it_on(last) ? "on '" : "stopped",
				   leaves_it_on(last), *leaves_it_on(last) ? "'" : "", last->step);
	return 0;
}

/* ---- who is the same VM ---- */

static const char *key(const struct vmm_step *s)
{
	return *s->uuid ? s->uuid : s->vm;
}

static int by_vm(const void *a, const void *b)
{
	const struct vmm_step *x = *(struct vmm_step *const *)a, *y = *(struct vmm_step *const *)b;
	int cmp = strcmp(key(x), key(y));

	return cmp != 0 ? cmp : (x > y) - (x < y);
}

int vmm_plan_link(struct vmm_plan *p, struct vmm_err *err)
{
	struct vmm_step **sorted = malloc((p->n + 1) * sizeof(*sorted));

	if (!sorted)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < p->n; i++) {
		sorted[i] = &p->steps[i];
		sorted[i]->before = -1;
	}
	qsort(sorted, p->n, sizeof(*sorted), by_vm);
	for (size_t i = 1; i < p->n; i++)
		if (*key(sorted[i]) && strcmp(key(sorted[i]), key(sorted[i - 1])) == 0)
			sorted[i]->before = sorted[i - 1] - p->steps;
	free(sorted);
	return 0;
}

/* The header is line 1. */
static int bad_row(const char *file, size_t row, struct vmm_err *err)
{
	return vmm_err_prefix(err, "%s:%zu", file, row + 2);
}

static int read_steps(struct vmm_plan *p, const char *file, struct vmm_err *err)
{
	for (size_t i = 0; i < p->n; i++)
		if (read_step(p->rows, i, &p->steps[i], err) < 0 ||
		    check_text(&p->steps[i], err) < 0 ||
		    (i > 0 && check_order(&p->steps[i - 1], &p->steps[i], err) < 0))
			return bad_row(file, i, err);
	if (vmm_plan_link(p, err) < 0)
		return VMM_ENOMEM;
	for (size_t i = 0; i < p->n; i++)
		if (check_before(p, &p->steps[i], err) < 0)
			return bad_row(file, i, err);
	return 0;
}

static int read_plan(struct vmm_plan *p, const char *file, struct vmm_err *err)
{
	p->n = p->cap = vmm_table_rows(p->rows);
	p->steps = calloc(p->n + 1, sizeof(*p->steps));
	if (!p->steps)
		return vmm_err_nomem(err);
	/* A planner with nothing to do may print nothing at all. */
	if (vmm_table_cols(p->rows) > 0 && need_columns(p->rows, err) < 0)
		return vmm_err_prefix(err, "%s:1", file);
	return read_steps(p, file, err);
}

int vmm_plan_read(struct vmm_table *rows, const char *file, struct vmm_plan **out, struct vmm_err *err)
{
	struct vmm_plan *p = calloc(1, sizeof(*p));
	int rc;

	if (!p) {
		vmm_table_free(rows);
		return vmm_err_nomem(err);
	}
	p->rows = rows;
	rc = read_plan(p, file, err);
	if (rc < 0)
		vmm_plan_free(p);
	else
		*out = p;
	return rc;
}

/* ---- writing ---- */

struct vmm_plan *vmm_plan_new(void)
{
	struct vmm_plan *p = calloc(1, sizeof(*p));

	if (p)
		p->rows = vmm_table_new(columns);
	if (p && !p->rows) {
		free(p);
		return NULL;
	}
	return p;
}

static int grow(struct vmm_plan *p)
{
	size_t cap = p->cap ? 2 * p->cap : 64;
	struct vmm_step *more;

	if (p->n < p->cap)
		return 0;
	more = realloc(p->steps, cap * sizeof(*more));
	if (!more)
		return -1;
	p->steps = more;
	p->cap = cap;
	return 0;
}

static int put_row(struct vmm_plan *p, size_t row, const struct vmm_step *s)
{
	char step[16], wave[16], cost[24];

	snprintf(step, sizeof(step), "%zu", p->n + 1);
	snprintf(wave, sizeof(wave), "%u", s->wave);
	snprintf(cost, sizeof(cost), "%" PRIu64, s->cost_bytes);
	const char *const cells[] = {
		step,      wave,     vmm_action_names[s->action],
		s->vm,     s->uuid,  s->from,
		s->to,     cost,     s->gain,
		s->reason, s->group,
	};
	for (int c = 0; columns[c]; c++)
		if (cells[c] && vmm_table_set(p->rows, row, c, cells[c]) < 0)
			return -1;
	return 0;
}

int vmm_plan_add(struct vmm_plan *p, const struct vmm_step *s, struct vmm_err *err)
{
	long row = vmm_table_add(p->rows);

	if (row < 0 || grow(p) < 0 || put_row(p, (size_t)row, s) < 0)
		return vmm_err_nomem(err);
	p->steps[p->n] = (struct vmm_step){ 0 };
	return read_step(p->rows, (size_t)row, &p->steps[p->n++], err);
}

void vmm_plan_free(struct vmm_plan *p)
{
	if (!p)
		return;
	vmm_table_free(p->rows);
	free(p->steps);
	free(p);
}

void vmm_plan_cleanup(struct vmm_plan **p)
{
	vmm_plan_free(*p);
}
