/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a table is laid out. For table.c and table-sort.c only. */
#ifndef VMM_BASE_TABLE_INTERNAL_H
#define VMM_BASE_TABLE_INTERNAL_H

#include <stddef.h>

#include "base/arena.h"

struct vmm__row {
	size_t place; /* where it was before sorting */
	const char *cell[];
};

struct vmm_table {
	struct vmm__arena arena;
	const char **names;
	size_t cols, width; /* cells in use, and there, in each row */
	/* rows_cap in use and as many spare ones, so that sorting can't run out of memory. */
	struct vmm__row **rows;
	size_t nrows, rows_cap;
};

#endif
