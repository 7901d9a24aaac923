/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/percent.h"
#include "base/rows.h"

/* The text that is taken apart, where it stands in the table's arena. */
struct reader {
	const char *source;
	struct vmm_table *t;
	struct vmm_err *err;
	char *at, *end; /* what is still to be read; *end is NUL */
	size_t line;
};

static size_t line_of(const char *text, const char *at)
{
	size_t line = 1;

	while ((text = memchr(text, '\n', (size_t)(at - text)))) {
		text++;
		line++;
	}
	return line;
}

/* What makes a text no TSV at all, wherever in it that stands. */
static int check_bytes(const char *source, const char *text, size_t len, struct vmm_err *err)
{
	const char *bad = memchr(text, '\0', len);

	if (bad)
		return vmm_err_set(err, VMM_EINPUT, "%s:%zu: a NUL byte", source, line_of(text, bad));
	bad = memchr(text, '\r', len);
	if (bad)
		return vmm_err_set(err, VMM_EINPUT,
				   "%s:%zu: a carriage return; lines end with a line feed alone, "
				   "and in a cell it is written \\r",
				   source, line_of(text, bad));
	if (text[len - 1] != '\n')
		return vmm_err_set(err, VMM_EINPUT, "%s:%zu: no line feed at the end; is it cut?",
				   source, line_of(text, text + len));
	return 0;
}

static char unescaped(char c)
{
	switch (c) {
	case 't':
		return '\t';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case '\\':
		return '\\';
	default:
		return '\0';
	}
}

/* In place: a cell never gets longer. */
static int unescape(struct reader *r, char *cell)
{
	char *to = strchr(cell, '\\'), *from = to;

	while (from && *from) {
		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		*to = unescaped(from[1]);
		if (!*to)
			return vmm_err_set(r->err, VMM_EINPUT,
					   "%s:%zu: '\\%.1s' is none of \\t \\n \\r \\\\",
					   r->source, r->line, from + 1);
		to++;
		from += 2;
	}
	if (to)
		*to = '\0';
	return 0;
}

/* The next line, without its end; NULL after the last. */
static char *next_line(struct reader *r)
{
	char *line = r->at, *lf;

	if (line == r->end)
		return NULL;
	lf = memchr(line, '\n', (size_t)(r->end - line));
	*lf = '\0'; /* check_bytes() has seen that it is there */
	r->at = lf + 1;
	r->line++;
	return line;
}

/* Cuts a cell off the line: what is behind its tab, or NULL after the last. */
static char *cut_cell(char *cell)
{
	char *tab = strchr(cell, '\t');

	if (!tab)
		return NULL;
	*tab = '\0';
	return tab + 1;
}

static int add_column(struct reader *r, const char *name)
{
	const char *wrong = NULL;
	size_t len = strlen(name);

	if (!len)
		wrong = "is empty";
	else if (vmm_table_col(r->t, name) >= 0)
		wrong = "is there twice";
	else if (!vmm_utf8_valid(name, len))
		wrong = "is not UTF-8";
	else if (name[len - 1] == '%')
		wrong = "ends with '%', which JSON rows keep for themselves";
	if (wrong)
		return vmm_err_set(r->err, VMM_EINPUT, "%s:%zu: column name '%s' %s", r->source,
				   r->line, name, wrong);
	return vmm_table_need(r->t, name) < 0 ? vmm_err_nomem(r->err) : 0;
}

static int read_header(struct reader *r)
{
	int code = 0;

	for (char *cell = next_line(r), *next; cell && !code; cell = next) {
		next = cut_cell(cell);
		code = unescape(r, cell);
		if (!code)
			code = add_column(r, cell);
	}
	return code;
}

static size_t count_cells(const char *line)
{
	size_t n = 1;

	while ((line = strchr(line, '\t'))) {
		line++;
		n++;
	}
	return n;
}

static int wrong_count(struct reader *r, size_t n)
{
	size_t cols = vmm_table_cols(r->t);

	return vmm_err_set(r->err, VMM_EINPUT, "%s:%zu: %zu cell%s where the header has %zu",
			   r->source, r->line, n, n == 1 ? "" : "s", cols);
}

static int read_row(struct reader *r, char *line)
{
	size_t cells = count_cells(line);
	long row;

	if (cells != vmm_table_cols(r->t))
		return wrong_count(r, cells);
	row = vmm_table_add(r->t);
	if (row < 0)
		return vmm_err_nomem(r->err);
	for (int col = 0; line; col++) {
		char *next = cut_cell(line);
		int code = unescape(r, line);

		if (code)
			return code;
		vmm_table_adopt(r->t, (size_t)row, col, line);
		line = next;
	}
	return 0;
}

static int read_all(struct reader *r, const char *text, size_t len)
{
	char *line;
	int code;

	r->at = vmm_table_alloc(r->t, len + 1);
	if (!r->at)
		return vmm_err_nomem(r->err);
	memcpy(r->at, text, len);
	r->end = r->at + len;
	*r->end = '\0';
	code = read_header(r);
	while (!code && (line = next_line(r)))
		code = read_row(r, line);
	return code;
}

int vmm_tsv_parse(const char *source, const char *text, size_t len, struct vmm_table **out,
		  struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	struct reader r = { .source = source, .t = t, .err = err };
	int code = 0;

	if (!t)
		return vmm_err_nomem(err);
	if (len)
		code = check_bytes(source, text, len, err);
	if (len && !code)
		code = read_all(&r, text, len);
	if (code)
		return code;
	*out = t;
	t = NULL;
	return 0;
}

void vmm_tsv_cell(struct vmm_buf *out, const char *value)
{
	for (;;) {
		size_t plain = strcspn(value, "\t\n\r\\");
		const char *code = "";

		vmm_buf_add(out, value, plain);
		switch (value[plain]) {
		case '\0':
			return;
		case '\t':
			code = "\\t";
			break;
		case '\n':
			code = "\\n";
			break;
		case '\r':
			code = "\\r";
			break;
		case '\\':
			code = "\\\\";
			break;
		}
		vmm_buf_add(out, code, 2);
		value += plain + 1;
	}
}

/* Cells are parted by tabs, lines ended by line feeds. */
static void add_cell(struct vmm_buf *out, const struct vmm_table *t, size_t col, const char *value)
{
	vmm_tsv_cell(out, value);
	vmm_buf_addc(out, col + 1 < vmm_table_cols(t) ? '\t' : '\n');
}

void vmm_tsv_header(struct vmm_buf *out, const struct vmm_table *t)
{
	for (size_t c = 0; c < vmm_table_cols(t); c++)
		add_cell(out, t, c, vmm_table_colname(t, c));
}

void vmm_tsv_row(struct vmm_buf *out, const struct vmm_table *t, size_t row)
{
	for (size_t c = 0; c < vmm_table_cols(t); c++)
		add_cell(out, t, c, vmm_table_get(t, row, (int)c));
}

void vmm_tsv_format(struct vmm_buf *out, const struct vmm_table *t)
{
	vmm_tsv_header(out, t);
	for (size_t r = 0; r < vmm_table_rows(t); r++)
		vmm_tsv_row(out, t, r);
}
