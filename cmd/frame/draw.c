/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables and trees on a terminal, by libsmartcols. Names are percent-encoded: see base/percent.h. */
#include <langinfo.h>
#include <libsmartcols.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/percent.h"
#include "frame/out.h"

static int add_columns(struct libscols_table *tb, const struct cmd_out *out)
{
	for (size_t i = 0; i < out->ncols; i++) {
		enum vmm_type type = out->cols[i]->type;
		int flags = type == VMM_NUMBER || type == VMM_BYTES ? SCOLS_FL_RIGHT : 0;

		if (i == 0 && out->parent)
			flags = SCOLS_FL_TREE;
		if (!scols_table_new_column(tb, out->cols[i]->name, 0, flags))
			return -1;
	}
	return 0;
}

/* libsmartcols 2.38 never comes back from a character that the locale does not know. */
static void add_shown(struct vmm_buf *shown, const char *text)
{
	if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		vmm_percent_encode(shown, text);
	else
		vmm_percent_encode_ascii(shown, text);
}

static int fill_line(struct libscols_line *ln, const struct cmd_out *out, size_t row)
{
	for (size_t i = 0; i < out->ncols; i++) {
		const char *value = vmm_table_at(out->held, row, out->cols[i]->name);
		VMM_BUF_AUTO shown = VMM_BUF_INIT;
		char buf[32];

		add_shown(&shown, cmd_cell(out, out->cols[i], value, buf));
		if (shown.failed || scols_line_set_data(ln, i, shown.data) < 0)
			return -1;
	}
	return 0;
}

static int fill(struct libscols_table *tb, const struct cmd_out *out)
{
	size_t n = vmm_table_rows(out->held);
	struct libscols_line **lines = calloc(n ? n : 1, sizeof(*lines));
	int ret = lines ? 0 : -1;

	for (size_t r = 0; r < n && ret == 0; r++) {
		long up = out->parent ? out->parent[r] : -1;

		lines[r] = scols_table_new_line(tb, up >= 0 ? lines[up] : NULL);
		ret = lines[r] ? fill_line(lines[r], out, r) : -1;
	}
	free(lines);
	return ret;
}

int cmd_draw(struct cmd_out *out, struct vmm_err *err)
{
	struct libscols_table *tb;
	int ret = -1;

	setlocale(LC_CTYPE,
		  ""); /* for the width of characters and the lines of a tree; nothing else is localised */
	tb = scols_new_table();
	if (!tb)
		return vmm_err_nomem(err);
	scols_table_enable_noheadings(tb, !out->header);
	scols_table_enable_noencoding(tb, 1); /* percent-encoding has made it safe */
	if (add_columns(tb, out) == 0 && fill(tb, out) == 0)
		ret = scols_print_table(tb);
	scols_unref_table(tb);
	return ret < 0 ? vmm_err_set(err, VMM_EFAIL, "cannot draw the table") : 0;
}
