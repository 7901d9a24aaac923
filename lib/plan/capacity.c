/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many VMs of a size still fit, with room for hosts that fail and without. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "plan/newcomers.h"
#include "plan/survive-internal.h"
#include "plan/waiting-internal.h"

struct size {
	const struct vmm_fleet_input *in;
	struct vmm_table *row; /* the size alone */
	const char *file;
	long failures;
	struct vmm_table *out;
};

static unsigned failures_of(const struct vmm_fleet *f, size_t group, long failures)
{
	return failures < 0 ? f->groups[group]->failures : (unsigned)failures;
}

/* By room alone: no more than that can fit. */
static size_t at_most(const struct vmm__waiting *w, uint32_t vm)
{
	const struct vmm__place *p = w->h.p;
	double sum = 0;

	for (uint32_t host = 0; host < w->f->nhosts; host++) {
		double n = VMM_CAPACITY_MAX;

		if (w->f->hosts[host].group != vmm__vm_group(w->f, vm) || w->h.gone[host] ||
		    !vmm__place_open(p, host))
			continue;
		for (int r = 0; r < VMM_RESOURCES; r++)
			if (w->f->vms[vm].use[r] > 0)
				n = fmin(n, floor((p->top[host][r] - p->load[host][r]) /
							  w->f->vms[vm].use[r] +
						  1e-6));
		sum += fmax(0, n);
	}
	return (size_t)fmin(sum, VMM_CAPACITY_MAX);
}

static int count_at_most(const struct size *s, size_t *copies, struct vmm_err *err)
{
	struct vmm__waiting w;
	int rc;

	for (size_t g = 0; g < s->in->ngroups; g++)
		copies[g] = 1;
	rc = vmm__waiting_init(&w, s->in, s->row, s->file, copies, err);
	if (rc < 0)
		return rc;
	for (size_t g = 0; g < s->in->ngroups; g++)
		copies[g] = at_most(&w, w.h.p->first[w.room[g]]);
	vmm__waiting_release(&w);
	return 0;
}

/* Those who wait in a group, and where they have been put: the first n of vms[] have a home. */
struct queue {
	uint32_t *vms;
	size_t n, in;
	uint32_t room;
};

/* Puts more in or takes some out, until so many are in; fewer where no more fit. */
static void fill(struct vmm__waiting *w, struct queue *q, size_t want)
{
	while (q->in > want)
		vmm__place_move(w->h.p, q->vms[--q->in], q->room);
	while (q->in < want) {
		uint32_t to = vmm__home_best(&w->h, q->vms[q->in], VMM__HOMES_EVEN);

		if (to == VMM__NONE)
			return;
		vmm__place_move(w->h.p, q->vms[q->in++], to);
	}
}

static int safe_with(struct vmm__waiting *w, struct queue *q, size_t want, unsigned failures,
		     bool *safe, struct vmm_err *err)
{
	fill(w, q, want);
	return vmm__survives(&w->h, w->f->hosts[q->room].group, failures, NULL, NULL, safe, err);
}

/* The most with which the group survives, by halving: with more it does no better. */
static int count_safe(struct vmm__waiting *w, struct queue *q, size_t fits, unsigned failures,
		      size_t *out, struct vmm_err *err)
{
	size_t low = 0, high = fits + 1; /* low is safe, high is not */
	bool safe = true;
	int rc = safe_with(w, q, 0, failures, &safe, err);

	*out = 0;
	if (rc < 0 || !safe)
		return rc;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		rc = safe_with(w, q, mid, failures, &safe, err);
		if (rc < 0)
			return rc;
		*(safe ? &low : &high) = mid;
	}
	*out = low;
	return 0;
}

static int add_row(const struct size *s, const char *group, size_t fits, unsigned failures,
		   size_t safe)
{
	long row = vmm_table_add(s->out);
	char number[3][24];
	int rc = row < 0;

	snprintf(number[0], sizeof(number[0]), "%zu", fits);
	snprintf(number[1], sizeof(number[1]), "%u", failures);
	snprintf(number[2], sizeof(number[2]), "%zu", safe);
	const char *cells[] = { group,
				vmm_table_at(s->row, 0, "name"),
				vmm_table_at(s->row, 0, "vcpus"),
				vmm_table_at(s->row, 0, "mem"),
				number[0],
				number[1],
				number[2] };
	for (int c = 0; !rc && c < 7; c++)
		rc = vmm_table_set(s->out, (size_t)row, c, cells[c]) < 0;
	return rc ? VMM_ENOMEM : 0;
}

static int count_group(const struct size *s, struct vmm__waiting *w, size_t group, struct vmm_err *err)
{
	struct queue q = { calloc(w->f->nvms + 1, sizeof(*q.vms)), 0, 0, w->room[group] };
	unsigned failures = failures_of(w->f, group, s->failures);
	size_t fits, safe;
	int rc = 0;

	if (!q.vms)
		return vmm_err_nomem(err);
	for (uint32_t v = w->h.p->first[q.room]; v != VMM__NONE; v = w->h.p->next[v])
		q.vms[q.n++] = v;
	fill(w, &q, q.n);
	fits = safe = q.in;
	if (failures > 0)
		rc = count_safe(w, &q, fits, failures, &safe, err);
	if (rc == 0 && add_row(s, w->f->groups[group]->name, fits, failures, safe) < 0)
		rc = vmm_err_nomem(err);
	free(q.vms);
	return rc;
}

static int count_size(const struct size *s, struct vmm_err *err)
{
	size_t *copies = calloc(s->in->ngroups + 1, sizeof(*copies));
	struct vmm__waiting w;
	int rc = copies ? count_at_most(s, copies, err) : vmm_err_nomem(err);

	if (rc == 0)
		rc = vmm__waiting_init(&w, s->in, s->row, s->file, copies, err);
	free(copies);
	if (rc < 0)
		return rc;
	for (size_t g = 0; rc == 0 && g < w.f->ngroups; g++)
		rc = count_group(s, &w, g, err);
	vmm__waiting_release(&w);
	return rc;
}

int vmm_plan_capacity(const struct vmm_fleet_input *in, const struct vmm_table *sizes,
		      const char *file, long failures, struct vmm_table **out, struct vmm_err *err)
{
	static const char *const columns[] = { "group", "size",     "vcpus",     "mem",
					       "fits",  "failures", "fits_safe", NULL };
	VMM_TABLE_AUTO *rows = vmm_table_new(columns);
	int rc = rows ? vmm__waiting_check(sizes, file, err) : vmm_err_nomem(err);

	for (size_t i = 0; rc == 0 && i < vmm_table_rows(sizes); i++) {
		VMM_TABLE_AUTO *one = vmm_table_new(NULL);

		if (!one || vmm_table_copy_row(one, sizes, i) < 0)
			rc = vmm_err_nomem(err);
		else
			rc = count_size(&(struct size){ in, one, file, failures, rows }, err);
	}
	if (rc < 0)
		return rc;
	*out = rows;
	rows = NULL;
	return 0;
}
