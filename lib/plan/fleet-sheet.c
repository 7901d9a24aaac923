/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cells of the tables that a fleet is read from: strict numbers, and where they stand. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "plan/internal.h"

/* No name or number is as long; what is, is no table. */
#define CELL_MAX 65536

/* Up to here a double holds every whole number. */
#define WHOLE_MAX (UINT64_C(1) << 53)

int vmm__sheet_wrong(const struct vmm__sheet *s, size_t row, struct vmm_err *err, const char *fmt, ...)
{
	const char *line = vmm_table_get(s->t, row, s->line);
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (*line)
		return vmm_err_set(err, VMM_EINPUT, "%s:%s: %s", s->file, line, text);
	return vmm_err_set(err, VMM_EINPUT, "%s:%zu: %s", s->file, row + 2, text);
}

int vmm__sheet_need(const struct vmm__sheet *s, const char *column, struct vmm_err *err)
{
	if (vmm_table_col(s->t, column) >= 0)
		return 0;
	return vmm_err_set(err, VMM_EINPUT, "%s:1: column '%s' is missing", s->file, column);
}

int vmm__sheet_check(const struct vmm__sheet *s, struct vmm_err *err)
{
	for (size_t row = 0; row < vmm_table_rows(s->t); row++)
		for (size_t col = 0; col < vmm_table_cols(s->t); col++)
			if (strnlen(vmm_table_get(s->t, row, (int)col), CELL_MAX + 1) > CELL_MAX)
				return vmm__sheet_wrong(s, row, err, "%.40s has more than %d bytes",
							vmm_table_colname(s->t, col), CELL_MAX);
	return 0;
}

static int not_a_number(const struct vmm__sheet *s, size_t row, int col, struct vmm_err *err)
{
	return vmm__sheet_wrong(s, row, err, "%s '%.40s' is not a number that is possible there",
				vmm_table_colname(s->t, (size_t)col), vmm_table_get(s->t, row, col));
}

int vmm__sheet_u64(const struct vmm__sheet *s, size_t row, int col, double *out, struct vmm_err *err)
{
	const char *cell = vmm_table_get(s->t, row, col);
	uint64_t n;

	*out = NAN;
	if (!*cell)
		return 0;
	if (vmm_num_u64("", cell, 0, WHOLE_MAX, &n, NULL) < 0)
		return not_a_number(s, row, col, err);
	*out = (double)n;
	return 0;
}

int vmm__sheet_decimal(const struct vmm__sheet *s, size_t row, int col, double *out,
		       struct vmm_err *err)
{
	const char *cell = vmm_table_get(s->t, row, col);

	*out = NAN;
	if (!*cell)
		return 0;
	if (vmm_num_decimal("", cell, out, NULL) < 0)
		return not_a_number(s, row, col, err);
	return 0;
}

struct order {
	const struct vmm_table *t;
	int cols[3];
};

static int compare(const void *a, const void *b, void *arg)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct order *o = arg;
	int cmp = 0;

	for (size_t i = 0; i < 3 && cmp == 0; i++)
		cmp = strcmp(vmm_table_get(o->t, x, o->cols[i]), vmm_table_get(o->t, y, o->cols[i]));
	return cmp ? cmp : (x > y) - (x < y);
}

uint32_t *vmm__rows_sorted(const struct vmm_table *t, int first, int second, int third)
{
	struct order o = { t, { first, second, third } };
	size_t n = vmm_table_rows(t);
	uint32_t *rows = calloc(n + 1, sizeof(*rows));

	for (size_t i = 0; rows && i < n; i++)
		rows[i] = (uint32_t)i;
	if (rows)
		qsort_r(rows, n, sizeof(*rows), compare, &o);
	return rows;
}
