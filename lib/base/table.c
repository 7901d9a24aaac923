/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows are found through an array of pointers, so that deleting and sorting move
 * pointers only; the cells of a row stand in the arena, with room for some more columns.
 */
#include "base/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/table-internal.h"

static const char none[] = "";

struct vmm_table *vmm_table_new(const char *const *columns)
{
	struct vmm_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	for (size_t i = 0; columns && columns[i]; i++) {
		if (vmm_table_need(t, columns[i]) < 0) {
			vmm_table_free(t);
			return NULL;
		}
	}
	return t;
}

void vmm_table_free(struct vmm_table *t)
{
	if (!t)
		return;
	vmm__arena_release(&t->arena);
	free(t->names);
	free(t->rows);
	free(t);
}

void vmm_table_cleanup(struct vmm_table **t)
{
	vmm_table_free(*t);
	*t = NULL;
}

size_t vmm_table_cols(const struct vmm_table *t)
{
	return t->cols;
}

size_t vmm_table_rows(const struct vmm_table *t)
{
	return t->nrows;
}

const char *vmm_table_colname(const struct vmm_table *t, size_t col)
{
	return t->names[col];
}

int vmm_table_col(const struct vmm_table *t, const char *name)
{
	for (size_t i = 0; i < t->cols; i++)
		if (strcmp(t->names[i], name) == 0)
			return (int)i;
	return -1;
}

static struct vmm__row *row_new(struct vmm_table *t, size_t width)
{
	struct vmm__row *r = vmm__arena_words(&t->arena, 1 + width);

	if (!r)
		return NULL;
	r->place = 0;
	for (size_t i = 0; i < width; i++)
		r->cell[i] = none;
	return r;
}

/* Gives every row a wider copy. The old ones stay in the arena: columns are added rarely. */
static int widen(struct vmm_table *t)
{
	size_t width = t->width ? t->width * 2 : 16;
	const char **names = reallocarray(t->names, width, sizeof(*names));

	if (!names)
		return VMM_ENOMEM;
	t->names = names;
	for (size_t i = 0; i < t->nrows; i++) {
		struct vmm__row *r = row_new(t, width);

		if (!r)
			return VMM_ENOMEM;
		memcpy(r->cell, t->rows[i]->cell, t->cols * sizeof(r->cell[0]));
		t->rows[i] = r;
	}
	t->width = width;
	return 0;
}

static const char *keep(struct vmm_table *t, const char *value)
{
	size_t size = strlen(value) + 1;
	char *copy;

	if (size == 1)
		return none;
	copy = vmm__arena_alloc(&t->arena, size);
	return copy ? memcpy(copy, value, size) : NULL;
}

int vmm_table_need(struct vmm_table *t, const char *name)
{
	int col = vmm_table_col(t, name);
	const char *copy;

	if (col >= 0)
		return col;
	copy = keep(t, name);
	if (!copy || (t->cols == t->width && widen(t) < 0))
		return -1;
	t->names[t->cols] = copy;
	return (int)t->cols++;
}

static bool inside(const struct vmm_table *t, size_t row, int col)
{
	return row < t->nrows && col >= 0 && (size_t)col < t->cols;
}

const char *vmm_table_get(const struct vmm_table *t, size_t row, int col)
{
	return inside(t, row, col) ? t->rows[row]->cell[col] : none;
}

const char *vmm_table_at(const struct vmm_table *t, size_t row, const char *column)
{
	return vmm_table_get(t, row, vmm_table_col(t, column));
}

int vmm_table_set(struct vmm_table *t, size_t row, int col, const char *value)
{
	const char *copy;

	if (!inside(t, row, col))
		return VMM_ENOMEM;
	copy = keep(t, value);
	if (!copy)
		return VMM_ENOMEM;
	t->rows[row]->cell[col] = copy;
	return 0;
}

int vmm_table_put(struct vmm_table *t, size_t row, const char *column, const char *value)
{
	return vmm_table_set(t, row, vmm_table_need(t, column), value);
}

static int more_rows(struct vmm_table *t)
{
	size_t cap = t->rows_cap ? t->rows_cap * 2 : 16;
	struct vmm__row **rows = reallocarray(t->rows, cap, 2 * sizeof(struct vmm__row *));

	if (!rows)
		return VMM_ENOMEM;
	t->rows = rows;
	t->rows_cap = cap;
	return 0;
}

long vmm_table_add(struct vmm_table *t)
{
	struct vmm__row *r;

	if (t->nrows == t->rows_cap && more_rows(t) < 0)
		return -1;
	r = row_new(t, t->width);
	if (!r)
		return -1;
	t->rows[t->nrows] = r;
	return (long)t->nrows++;
}

void vmm_table_del(struct vmm_table *t, size_t row)
{
	if (row >= t->nrows)
		return;
	t->nrows--;
	memmove(&t->rows[row], &t->rows[row + 1], (t->nrows - row) * sizeof(struct vmm__row *));
}

/* Tables that are copied from one another mostly have the same columns at the same places. */
static int col_like(struct vmm_table *t, const struct vmm_table *from, size_t col)
{
	if (col < t->cols && strcmp(t->names[col], from->names[col]) == 0)
		return (int)col;
	return vmm_table_need(t, from->names[col]);
}

long vmm_table_copy_row(struct vmm_table *t, const struct vmm_table *from, size_t row)
{
	long r = vmm_table_add(t);

	for (size_t c = 0; r >= 0 && c < from->cols; c++) {
		const char *value = vmm_table_get(from, row, (int)c);

		if (vmm_table_set(t, (size_t)r, col_like(t, from, c), value) < 0) {
			vmm_table_del(t, (size_t)r);
			return -1;
		}
	}
	return r;
}

long vmm_table_find(const struct vmm_table *t, int col, const char *value)
{
	for (size_t r = 0; r < t->nrows; r++)
		if (strcmp(vmm_table_get(t, r, col), value) == 0)
			return (long)r;
	return -1;
}

char *vmm_table_alloc(struct vmm_table *t, size_t size)
{
	return vmm__arena_alloc(&t->arena, size);
}

void vmm_table_adopt(struct vmm_table *t, size_t row, int col, const char *value)
{
	if (inside(t, row, col))
		t->rows[row]->cell[col] = value;
}
