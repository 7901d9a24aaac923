/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables as a test writes and shows them: cells parted by blanks, "-" for an empty one.
 *
 *	t = readable_parse("name uri", "h1 test:///a\n"
 *				       "h2 -\n");
 *	readable_assert(t, "name uri", "h1 test:///a\n…");
 */
#ifndef TESTS_READABLE_H
#define TESTS_READABLE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/strv.h"
#include "base/table.h"

/* The words of a line, which may be parted by several blanks. */
static inline struct vmm_strv readable_words(const char *line)
{
	struct vmm_strv words = VMM_STRV_INIT;

	for (line += strspn(line, " "); *line; line += strspn(line, " ")) {
		size_t len = strcspn(line, " ");

		assert_int_equal(vmm_strv_addn(&words, line, len), 0);
		line += len;
	}
	return words;
}

static inline struct vmm_strv readable_lines(const char *text)
{
	struct vmm_strv lines = VMM_STRV_INIT;

	for (; text && *text; text += strspn(text, "\n")) {
		size_t len = strcspn(text, "\n");

		assert_int_equal(vmm_strv_addn(&lines, text, len), 0);
		text += len;
	}
	return lines;
}

static inline struct vmm_table *readable_parse(const char *columns, const char *text)
{
	VMM_STRV_AUTO names = readable_words(columns);
	VMM_STRV_AUTO lines = readable_lines(text);
	struct vmm_table *t = vmm_table_new((const char *const *)names.s);

	assert_non_null(t);
	for (size_t i = 0; i < lines.n; i++) {
		VMM_STRV_AUTO cells = readable_words(lines.s[i]);
		long row = vmm_table_add(t);

		assert_int_equal(cells.n, names.n);
		for (size_t c = 0; c < cells.n; c++)
			assert_int_equal(vmm_table_set(t, (size_t)row, (int)c,
						       strcmp(cells.s[c], "-") == 0 ? "" : cells.s[c]),
					 0);
	}
	return t;
}

static inline void readable_print(struct vmm_buf *out, const struct vmm_table *t, const char *columns)
{
	VMM_STRV_AUTO names = readable_words(columns);

	for (size_t r = 0; r < vmm_table_rows(t); r++) {
		for (size_t c = 0; c < names.n; c++) {
			const char *cell = vmm_table_at(t, r, names.s[c]);

			vmm_buf_addf(out, "%s%s", c > 0 ? " " : "", *cell ? cell : "-");
		}
		vmm_buf_addc(out, '\n');
	}
}

static inline void readable_assert(const struct vmm_table *t, const char *columns, const char *want)
{
	struct vmm_table *wanted = readable_parse(columns, want);
	VMM_BUF_AUTO a = VMM_BUF_INIT;
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	readable_print(&a, t, columns);
	readable_print(&b, wanted, columns);
	vmm_table_free(wanted);
	assert_string_equal(a.data, b.data);
}

#endif
