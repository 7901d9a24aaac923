/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/percent.h"
#include "base/rows.h"

/* Bytes that stand for themselves in a JSON string, as one table: most text is such. */
static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void add_ascii(struct vmm_buf *out, unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		vmm_buf_addf(out, "\\%c", c);
		break;
	case '\t':
		vmm_buf_adds(out, "\\t");
		break;
	case '\n':
		vmm_buf_adds(out, "\\n");
		break;
	case '\r':
		vmm_buf_adds(out, "\\r");
		break;
	default:
		vmm_buf_addf(out, "\\u%04x", c);
	}
}

/* One character that is not plain: its length in s. Hidden ones are shown as \u escapes. */
static size_t add_special(struct vmm_buf *out, const char *s, const char *end)
{
	unsigned cp = 0;
	size_t n = vmm_utf8_char(s, end, &cp);

	if (!n)
		vmm_buf_adds(out, "\xef\xbf\xbd");
	else if (cp < 0x80)
		add_ascii(out, (unsigned char)cp);
	else if (cp <= 0xffff && vmm_utf8_hidden(cp))
		vmm_buf_addf(out, "\\u%04x", cp);
	else
		vmm_buf_add(out, s, n);
	return n ? n : 1;
}

void vmm_json_string(struct vmm_buf *out, const char *value)
{
	const char *end = value + strlen(value);

	vmm_buf_addc(out, '"');
	while (value < end) {
		const char *run = value;

		while (plain((unsigned char)*value))
			value++;
		vmm_buf_add(out, run, (size_t)(value - run));
		if (value < end)
			value += add_special(out, value, end);
	}
	vmm_buf_addc(out, '"');
}

static bool skip_digits(const char **s)
{
	const char *start = *s;

	while (isdigit((unsigned char)**s))
		(*s)++;
	return *s > start;
}

/* RFC 8259, and short enough to be read back as the same number by programs that use doubles. */
static bool is_number(const char *s)
{
	size_t len = strlen(s);

	if (*s == '-')
		s++;
	if (len > 18 || (*s == '0' && isdigit((unsigned char)s[1])) || !skip_digits(&s))
		return false;
	if (*s == '.') {
		s++;
		if (!skip_digits(&s))
			return false;
	}
	return !*s;
}

static void add_list(struct vmm_buf *out, const char *cell)
{
	VMM_STRV_AUTO items = VMM_STRV_INIT;

	if (vmm_list_split(&items, cell) < 0)
		out->failed = true;
	vmm_buf_addc(out, '[');
	for (size_t i = 0; i < items.n; i++) {
		if (i)
			vmm_buf_addc(out, ',');
		vmm_json_string(out, items.s[i]);
	}
	vmm_buf_addc(out, ']');
}

/* What is there for a cell instead of a string; NULL: nothing. */
static const char *literal(enum vmm_type type, const char *value)
{
	if (type == VMM_TEXT || type == VMM_LIST)
		return NULL;
	if (!*value)
		return "null";
	if (type != VMM_BOOL)
		return is_number(value) ? value : NULL;
	if (strcmp(value, "yes") == 0)
		return "true";
	return strcmp(value, "no") == 0 ? "false" : NULL;
}

static void add_value(struct vmm_buf *out, enum vmm_type type, const char *value)
{
	const char *lit = literal(type, value);

	if (lit)
		vmm_buf_adds(out, lit);
	else if (type == VMM_LIST)
		add_list(out, value);
	else
		vmm_json_string(out, value);
}

/* "COLUMN%": the exact bytes of a cell that JSON can't hold. */
static void add_exact(struct vmm_buf *out, const char *name, const char *value)
{
	VMM_BUF_AUTO key = VMM_BUF_INIT;
	VMM_BUF_AUTO bytes = VMM_BUF_INIT;

	vmm_buf_addf(&key, "%s%%", name);
	vmm_percent_encode(&bytes, value);
	if (key.failed || bytes.failed)
		out->failed = true;
	vmm_buf_addc(out, ',');
	vmm_json_string(out, key.data);
	vmm_buf_addc(out, ':');
	vmm_json_string(out, bytes.data);
}

void vmm_json_member(struct vmm_buf *out, bool comma, const char *name, const char *value,
		     enum vmm_type type)
{
	if (comma)
		vmm_buf_addc(out, ',');
	vmm_json_string(out, name);
	vmm_buf_addc(out, ':');
	add_value(out, type, value);
	if (!vmm_utf8_valid(value, strlen(value)))
		add_exact(out, name, value);
}

void vmm_json_row(struct vmm_buf *out, const struct vmm_table *t, size_t row,
		  const enum vmm_type *types)
{
	vmm_buf_addc(out, '{');
	for (size_t c = 0; c < vmm_table_cols(t); c++)
		vmm_json_member(out, c > 0, vmm_table_colname(t, c), vmm_table_get(t, row, (int)c),
				types ? types[c] : VMM_TEXT);
	vmm_buf_adds(out, "}\n");
}
