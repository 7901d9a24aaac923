/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A table: named columns, rows of text cells. What is read from a file, changed in
 * a transaction, filtered and printed is always one of these.
 *
 *	struct vmm_table *t;
 *
 *	if (vmm_tsv_parse(path, text, len, &t, err) < 0) …;
 *	int name = vmm_table_col(t, "name");
 *	for (size_t r = 0; r < vmm_table_rows(t); r++)
 *		puts(vmm_table_get(t, r, name));
 *	vmm_table_free(t);
 *
 * A cell is a NUL-terminated string and never NULL; an absent one is "". Any byte
 * but NUL may stand in it. What vmm_table_get() returns is borrowed: it lives as
 * long as the table. Cells are put into one arena that is freed with the table, so
 * a table is for the length of a command, not of a daemon.
 *
 * Column and row numbers are positions; deleting a row moves those behind it.
 */
#ifndef VMM_BASE_TABLE_H
#define VMM_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct vmm_table;

/* `columns` is a list that ends with NULL; NULL itself makes a table with no columns yet. */
struct vmm_table *vmm_table_new(const char *const *columns);
void vmm_table_free(struct vmm_table *t);
void vmm_table_cleanup(struct vmm_table **t);
#define VMM_TABLE_AUTO __attribute__((cleanup(vmm_table_cleanup))) struct vmm_table

size_t vmm_table_cols(const struct vmm_table *t);
size_t vmm_table_rows(const struct vmm_table *t);
const char *vmm_table_colname(const struct vmm_table *t, size_t col);
/* The column's number, or -1. */
int vmm_table_col(const struct vmm_table *t, const char *name);
/* The same, and the column is appended (empty in every row) if it is missing; -1: out of memory. */
int vmm_table_need(struct vmm_table *t, const char *name);

/* A row or column that is not there (-1) reads as "". */
const char *vmm_table_get(const struct vmm_table *t, size_t row, int col);
const char *vmm_table_at(const struct vmm_table *t, size_t row, const char *column);
/*
 * Copies the value. The _put form adds the column where it is missing. 0 or VMM_ENOMEM; that
 * too for row or column -1, so what vmm_table_add() and _need() return needs no check before.
 */
int vmm_table_set(struct vmm_table *t, size_t row, int col, const char *value);
int vmm_table_put(struct vmm_table *t, size_t row, const char *column, const char *value);
/* An empty row at the end: its number, or -1 when memory ran out. */
long vmm_table_add(struct vmm_table *t);
void vmm_table_del(struct vmm_table *t, size_t row);
/* Copies one row of `from`, by column name; missing columns are added. Its number, or -1. */
long vmm_table_copy_row(struct vmm_table *t, const struct vmm_table *from, size_t row);

/* By bytes, on the first column, then the second, …: the order of state files. */
void vmm_table_sort(struct vmm_table *t);
/* Stable, by any order. */
void vmm_table_sort_by(struct vmm_table *t,
		       int (*cmp)(const struct vmm_table *t, size_t a, size_t b, void *arg),
		       void *arg);
/* The first row whose cell equals value, or -1. */
long vmm_table_find(const struct vmm_table *t, int col, const char *value);

/*
 * For joins: finds the same row as vmm_table_find(), without going through all of them. The
 * table must outlive the index and stay unchanged while it is used. NULL: out of memory.
 */
struct vmm_index;
struct vmm_index *vmm_index_new(const struct vmm_table *t, int col);
void vmm_index_free(struct vmm_index *ix);
long vmm_index_find(const struct vmm_index *ix, const char *value);

/* For readers of the formats (rows.h): memory that lives as long as the table. */
char *vmm_table_alloc(struct vmm_table *t, size_t size);
/* Like _set, but `value` must already live as long as the table (from vmm_table_alloc). */
void vmm_table_adopt(struct vmm_table *t, size_t row, int col, const char *value);

#endif
