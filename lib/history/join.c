/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recorded load beside what the inventory tells. */
#include <string.h>

#include "base/clock.h"
#include "history/history.h"

#define OLD_S 3600

static const char *newest(const struct vmm_table *t, const char *column)
{
	int col = vmm_table_col(t, column);
	const char *last = "";

	for (size_t r = 0; r < vmm_table_rows(t); r++)
		if (strcmp(vmm_table_get(t, r, col), last) > 0)
			last = vmm_table_get(t, r, col);
	return last;
}

static bool is_old(const struct vmm_table *load, const struct vmm_table *t)
{
	time_t recorded, seen;

	return vmm_time_parse(newest(load, "time"), &recorded) == 0 &&
	       vmm_time_parse(newest(t, "seen"), &seen) == 0 && recorded + OLD_S < seen;
}

/* Where a VM is and what it is called, the inventory knows better. */
static bool is_load(const char *column)
{
	return strcmp(column, "name") != 0 && strcmp(column, "uuid") != 0 &&
	       strcmp(column, "host") != 0;
}

static int write_row(struct vmm_table *t, size_t row, const struct vmm_table *load, size_t from)
{
	for (size_t i = 0; i < vmm_table_cols(load); i++) {
		const char *column = vmm_table_colname(load, i);
		const char *value = vmm_table_get(load, from, (int)i);

		if (is_load(column) && *value && vmm_table_put(t, row, column, value) < 0)
			return VMM_ENOMEM;
	}
	return 0;
}

int vmm_history_join(struct vmm_store *st, enum vmm_history kind, uint64_t window_ms, time_t now,
		     struct vmm_table *t, struct vmm_err *err)
{
	const char *key = vmm_history_key(kind);
	VMM_TABLE_AUTO *load = NULL;
	struct vmm_index *rows;
	int col = vmm_table_col(t, key), rc;

	rc = vmm_history_recent(st, kind, window_ms, now, &load, err);
	if (rc < 0 || is_old(load, t))
		return rc;
	rows = vmm_index_new(load, vmm_table_col(load, key));
	if (!rows)
		return vmm_err_nomem(err);
	for (size_t r = 0; rc == 0 && r < vmm_table_rows(t); r++) {
		long from = vmm_index_find(rows, vmm_table_get(t, r, col));

		if (from >= 0 && write_row(t, r, load, (size_t)from) < 0)
			rc = vmm_err_nomem(err);
	}
	vmm_index_free(rows);
	return rc;
}
