/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/table-internal.h"
#include "base/table.h"

static int by_bytes(const void *a, const void *b, void *arg)
{
	const struct vmm__row *x = *(struct vmm__row *const *)a;
	const struct vmm__row *y = *(struct vmm__row *const *)b;
	const struct vmm_table *t = arg;
	int c = 0;

	for (size_t i = 0; i < t->cols && !c; i++)
		c = strcmp(x->cell[i], y->cell[i]);
	return c;
}

void vmm_table_sort(struct vmm_table *t)
{
	if (t->nrows)
		qsort_r(t->rows, t->nrows, sizeof(struct vmm__row *), by_bytes, t);
}

struct order {
	const struct vmm_table *t;
	int (*cmp)(const struct vmm_table *t, size_t a, size_t b, void *arg);
	void *arg;
};

/* The old place decides between equals: that makes any sort a stable one. */
static int by_order(const void *a, const void *b, void *arg)
{
	size_t x = (*(struct vmm__row *const *)a)->place;
	size_t y = (*(struct vmm__row *const *)b)->place;
	const struct order *o = arg;
	int c = o->cmp(o->t, x, y, o->arg);

	return c ? c : (x > y) - (x < y);
}

void vmm_table_sort_by(struct vmm_table *t,
		       int (*cmp)(const struct vmm_table *t, size_t a, size_t b, void *arg),
		       void *arg)
{
	struct order o = { t, cmp, arg };
	struct vmm__row **sorted;
	size_t size = t->nrows * sizeof(struct vmm__row *);

	if (!t->nrows)
		return;
	for (size_t i = 0; i < t->nrows; i++)
		t->rows[i]->place = i;
	sorted = t->rows + t->rows_cap;
	memcpy(sorted, t->rows, size); /* cmp looks at the rows where they were */
	qsort_r(sorted, t->nrows, sizeof(struct vmm__row *), by_order, &o);
	memcpy(t->rows, sorted, size);
}
