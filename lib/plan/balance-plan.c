/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From where VMs should be to a plan: steps in waves, as rows. */
#include <stdlib.h>
#include <string.h>

#include "plan/internal.h"

#define TURNS 16

static int compare_order(const void *x, const void *y, void *arg)
{
	const uint32_t *order = arg, a = order[*(const uint32_t *)x], b = order[*(const uint32_t *)y];

	return (a > b) - (a < b);
}

/* The VMs that are not at home, in the order in which they left it. */
static uint32_t *moved(const struct vmm__balance *b, size_t *n)
{
	uint32_t *vms = calloc(b->p->f->nvms + 1, sizeof(*vms));

	*n = 0;
	for (uint32_t v = 0; vms && v < b->p->f->nvms; v++)
		if (b->order[v])
			vms[(*n)++] = v;
	if (vms)
		qsort_r(vms, *n, sizeof(*vms), compare_order, b->order);
	return vms;
}

static int tell(struct vmm__balance *b, const struct vmm__schedule *s, struct vmm_strv *left,
		struct vmm_err *err)
{
	if (!left)
		return 0;
	for (size_t i = 0; i < s->ndropped; i++)
		vmm__place_move(b->p, s->dropped[i], (uint32_t)b->p->f->vms[s->dropped[i]].host);
	if (vmm__left_unwell(b->p->f, left) < 0 || vmm__left_banned(b->p->f, b->banned, left) < 0 ||
	    vmm__left_broken(b->p, left) < 0)
		return vmm_err_nomem(err);
	return 0;
}

/* Groups in which nothing is mended. */
static bool *find_level(const struct vmm__balance *b)
{
	const struct vmm_fleet *f = b->p->f;
	bool *level = calloc(f->ngroups + 1, sizeof(*level));

	if (level)
		memset(level, true, f->ngroups * sizeof(*level));
	for (uint32_t v = 0; level && v < f->nvms; v++)
		if (b->order[v] && b->reason[v].motive != VMM__EVEN)
			level[vmm__vm_group(f, v)] = false;
	return level;
}

static int make_schedule(const struct vmm__balance *b, struct vmm__schedule *out, struct vmm_err *err)
{
	size_t n;
	uint32_t *vms = moved(b, &n);
	bool *level = find_level(b);
	int rc = vms && level ? 0 : vmm_err_nomem(err);

	if (rc == 0)
		rc = vmm__schedule(b->p->f, b->p->at, vms, n, b->opt->per_host, level, out, err);
	free(level);
	free(vms);
	return rc;
}

static int make_rows(struct vmm__balance *b, const struct vmm__schedule *s, struct vmm_table **plan,
		     struct vmm_strv *left, struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = NULL;

	if (vmm__plan_rows(b->p->f, s, b->reason, &t, err) < 0 || tell(b, s, left, err) < 0)
		return VMM_ENOMEM;
	*plan = t;
	t = NULL;
	return 0;
}

/* Once more, and once more: but all of that is not to take more than twice as long as the first time. */
static void halve(struct vmm__budget *b, int times)
{
	b->mends >>= times;
	b->exchanges >>= times;
	b->pairs >>= times;
	b->others >>= times;
}

/* Half of what was to be done together may be worse than nothing: then again, without those that can't go. */
static int try_plan(struct vmm__balance *b, bool *banned, bool last, struct vmm_table **plan,
		    struct vmm_strv *left, struct vmm_err *err)
{
	struct vmm__schedule s = { .n = 0 };
	int rc;

	b->banned = banned;
	rc = vmm__balance_run(b, err);
	if (rc == 0)
		rc = make_schedule(b, &s, err);
	for (size_t i = 0; rc == 0 && i < s.ndropped; i++)
		banned[s.dropped[i]] = true;
	if (rc == 0 && (last || s.ndropped == 0))
		rc = make_rows(b, &s, plan, left, err);
	vmm__schedule_release(&s);
	return rc;
}

int vmm_balance(const struct vmm_fleet *f, const struct vmm_balance_options *opt,
		struct vmm_table **plan, struct vmm_strv *left, struct vmm_err *err)
{
	bool *banned = calloc(f->nvms + 1, sizeof(*banned));
	struct vmm_table *t = NULL;
	int rc = banned ? 0 : vmm_err_nomem(err);

	for (int turn = 1; rc == 0 && !t; turn++) {
		struct vmm__balance b;

		rc = vmm__balance_init(&b, f, opt, err);
		if (rc < 0)
			break;
		halve(&b.budget, turn - 1);
		rc = try_plan(&b, banned, turn == TURNS, &t, left, err);
		vmm__balance_release(&b);
	}
	free(banned);
	if (rc == 0)
		*plan = t;
	return rc;
}
