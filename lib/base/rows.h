/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows as text, in and out: TSV and JSON lines (vmm-rows(5)).
 *
 * TSV: a header line that names the columns, then a line a row. In a cell, tab is
 * \t, line feed \n, carriage return \r and backslash \\; every other byte stands
 * for itself. Each line has as many cells as the header and ends with \n. Refused are a
 * carriage return or NUL as it is, an unknown escape, a last line without \n (it was
 * cut), a column name that is empty, repeated, not UTF-8 or ends with '%'.
 *
 * JSON: one object a line, {"name":"a","vcpus":2}. A cell that is not valid UTF-8
 * can't be a JSON string; it is written with U+FFFD in place of the bad bytes, and
 * beside it "COLUMN%" holds the exact bytes percent-encoded; a reader takes that one.
 * Duplicate keys are refused. Read are objects on a line or several, or in a list (as jq
 * prints them); the columns are those of all rows, in the order in which they appear. A
 * number reads as its text, true and false as "yes" and "no", null and a missing key as
 * "", a list as a list cell, an object as its compact JSON text.
 *
 * List cell: items parted by ','. In an item a comma is written "\,", a backslash "\\";
 * "\e" is an item that is empty. A cell that is empty holds no items.
 *
 * Errors name `source` and the line: "hosts.tsv:7: 3 cells where the header has 12".
 */
#ifndef VMM_BASE_ROWS_H
#define VMM_BASE_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "base/table.h"

/* How a column's cells are printed: JSON type, alignment, and the unit for people. */
enum vmm_type {
	VMM_TEXT = 0,
	VMM_NUMBER, /* JSON number if it is a decimal of at most 18 bytes; null when it is empty */
	VMM_BYTES,  /* a number of bytes; 1.5G with --human */
	VMM_BOOL,   /* "yes", "no"; JSON true, false; null when it is empty */
	VMM_LIST,   /* a list cell; JSON list of strings */
};

/* Takes `text` apart (len bytes). An empty text is a table without columns and rows. */
int vmm_tsv_parse(const char *source, const char *text, size_t len, struct vmm_table **out,
		  struct vmm_err *err);
int vmm_json_parse(const char *source, const char *text, size_t len, struct vmm_table **out,
		   struct vmm_err *err);
/* Either: JSON when the first byte that is not blank is '{' or '['. */
int vmm_rows_parse(const char *source, const char *text, size_t len, struct vmm_table **out,
		   struct vmm_err *err);

/*
 * Appended to out: one cell, a line with its end, or a whole table. `types` has one for
 * each column, or is NULL: all text.
 */
void vmm_tsv_cell(struct vmm_buf *out, const char *value);
void vmm_tsv_header(struct vmm_buf *out, const struct vmm_table *t);
void vmm_tsv_row(struct vmm_buf *out, const struct vmm_table *t, size_t row);
void vmm_tsv_format(struct vmm_buf *out, const struct vmm_table *t);
void vmm_json_string(struct vmm_buf *out, const char *value);
/* `"name":value`, after a comma if there is something before it. */
void vmm_json_member(struct vmm_buf *out, bool comma, const char *name, const char *value,
		     enum vmm_type type);
void vmm_json_row(struct vmm_buf *out, const struct vmm_table *t, size_t row,
		  const enum vmm_type *types);

/* Adds an item to a buffer that holds one list cell and nothing else. */
void vmm_list_add(struct vmm_buf *cell, const char *item);
/* All of them. */
void vmm_list_join(struct vmm_buf *cell, const struct vmm_strv *items);
/* The list as that cell of a table. 0 or VMM_ENOMEM. */
int vmm_list_put(struct vmm_table *t, size_t row, const char *column, const struct vmm_strv *items);
/* Appends the items of a list cell. 0 or VMM_ENOMEM. */
int vmm_list_split(struct vmm_strv *items, const char *cell);

/*
 * All that can still be read from an open descriptor (a file, a pipe); more than `max`
 * bytes are an error. The text is the caller's, a NUL stands behind it.
 */
int vmm_read_fd(const char *source, int fd, size_t max, char **text, size_t *len,
		struct vmm_err *err);

#endif
