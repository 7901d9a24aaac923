/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may be had for how many moves. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "plan/internal.h"

/* The best that was seen for each number of moves. */
struct seen {
	double *score; /* INFINITY: never seen */
	uint64_t *bytes;
	size_t n;
};

static void note(struct vmm__balance *b, void *arg)
{
	struct seen *s = arg;
	double score = 0;

	for (size_t g = 0; g < b->p->f->ngroups; g++)
		score += b->p->sums[g].score;
	if (b->moved >= s->n || score >= s->score[b->moved])
		return;
	s->score[b->moved] = score;
	s->bytes[b->moved] = b->bytes;
}

static int add_row(struct vmm_table *t, size_t moves, uint64_t bytes, double score)
{
	char cells[3][40];
	long row = vmm_table_add(t);
	int rc = 0;

	snprintf(cells[0], sizeof(cells[0]), "%zu", moves);
	snprintf(cells[1], sizeof(cells[1]), "%" PRIu64, bytes);
	snprintf(cells[2], sizeof(cells[2]), "%.6f", score);
	for (int i = 0; i < 3; i++)
		rc |= vmm_table_set(t, (size_t)row, i, cells[i]);
	return row < 0 || rc ? VMM_ENOMEM : 0;
}

/* Only what is better than all that takes fewer moves. */
static int rows_of(const struct seen *s, struct vmm_table **rows, struct vmm_err *err)
{
	static const char *const columns[] = { "moves", "cost_bytes", "score", NULL };
	VMM_TABLE_AUTO *t = vmm_table_new(columns);
	double least = INFINITY;
	int rc = t ? 0 : VMM_ENOMEM;

	for (size_t i = 0; rc == 0 && i < s->n; i++) {
		if (s->score[i] >= least - 1e-9)
			continue;
		least = s->score[i];
		rc = add_row(t, i, s->bytes[i], least);
	}
	if (rc < 0)
		return vmm_err_nomem(err);
	*rows = t;
	t = NULL;
	return 0;
}

static int watch(const struct vmm_fleet *f, const struct vmm_balance_options *opt, struct seen *s,
		 struct vmm_err *err)
{
	struct vmm__balance b;
	int rc = vmm__balance_init(&b, f, opt, err);

	if (rc < 0)
		return rc;
	b.changed = note;
	b.arg = s;
	note(&b, s);
	rc = vmm__balance_run(&b, err);
	vmm__balance_release(&b);
	return rc;
}

int vmm_balance_pareto(const struct vmm_fleet *f, const struct vmm_balance_options *opt,
		       struct vmm_table **rows, struct vmm_err *err)
{
	struct seen s = { .n = f->nvms + 1 };
	int rc;

	s.score = calloc(s.n, sizeof(*s.score));
	s.bytes = calloc(s.n, sizeof(*s.bytes));
	for (size_t i = 0; s.score && i < s.n; i++)
		s.score[i] = INFINITY;
	rc = s.score && s.bytes ? watch(f, opt, &s, err) : vmm_err_nomem(err);
	if (rc == 0)
		rc = rows_of(&s, rows, err);
	free(s.score);
	free(s.bytes);
	return rc;
}
