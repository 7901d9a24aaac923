/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/percent.h"
#include "base/rows.h"

struct reader {
	const char *source;
	struct vmm_table *t;
	struct vmm_err *err;
	const char *at, *end;
	size_t line;
};

static void advance(struct reader *r, size_t n)
{
	for (const char *to = r->at + n; r->at < to; r->at++)
		r->line += *r->at == '\n';
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && memchr(" \t\r\n", *r->at, 4))
		advance(r, 1);
}

/*
 * Jansson keeps a double, not the digits that were read; the fewest that give the same
 * double are most likely those. (Its printing knows no locale, unlike printf's.)
 */
static char *real_text(const json_t *value)
{
	char *text = NULL;
	bool same = false;

	for (size_t digits = 15; digits <= 17 && !same; digits++) {
		json_t *back;

		free(text);
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
		back = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
		same = json_equal(back, value);
		json_decref(back);
	}
	return text;
}

static void add_owned(struct vmm_buf *cell, char *text)
{
	if (text)
		vmm_buf_adds(cell, text);
	else
		cell->failed = true;
	free(text);
}

static void add_value(struct vmm_buf *cell, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		vmm_buf_adds(cell, json_string_value(value));
		break;
	case JSON_TRUE:
		vmm_buf_adds(cell, "yes");
		break;
	case JSON_FALSE:
		vmm_buf_adds(cell, "no");
		break;
	case JSON_NULL:
		break;
	case JSON_REAL:
		add_owned(cell, real_text(value));
		break;
	default:
		add_owned(cell, json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY));
	}
}

static void add_list(struct vmm_buf *cell, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		VMM_BUF_AUTO item = VMM_BUF_INIT;

		add_value(&item, json_array_get(list, i));
		if (item.failed)
			cell->failed = true;
		vmm_list_add(cell, item.data);
	}
}

/* Whether this is "COLUMN%". */
static bool is_exact(const char *key)
{
	size_t len = strlen(key);

	return len && key[len - 1] == '%';
}

/* The text of a value; false where "COLUMN%" has no percent-encoded string. */
static bool add_cell(struct vmm_buf *cell, const json_t *value, bool exact)
{
	if (exact)
		return json_is_string(value) && vmm_percent_decode(cell, json_string_value(value));
	if (json_is_array(value))
		add_list(cell, value);
	else
		add_value(cell, value);
	return true;
}

static int read_pair(struct reader *r, size_t row, const char *key, const json_t *value)
{
	VMM_BUF_AUTO column = VMM_BUF_INIT;
	VMM_BUF_AUTO cell = VMM_BUF_INIT;
	bool exact = is_exact(key);

	vmm_buf_add(&column, key, strlen(key) - exact);
	if (column.failed)
		return vmm_err_nomem(r->err);
	if (!column.len || is_exact(column.data))
		return vmm_err_set(r->err, VMM_EINPUT, "%s:%zu: '%s' can't be a column name",
				   r->source, r->line, key);
	if (!add_cell(&cell, value, exact))
		return vmm_err_set(r->err, VMM_EINPUT, "%s:%zu: '%s' is not percent-encoded text",
				   r->source, r->line, key);
	if (cell.failed || vmm_table_put(r->t, row, column.data, cell.data) < 0)
		return vmm_err_nomem(r->err);
	return 0;
}

static int read_pairs(struct reader *r, size_t row, json_t *object, bool exact)
{
	int code = 0;

	for (void *it = json_object_iter(object); it && !code; it = json_object_iter_next(object, it))
		if (is_exact(json_object_iter_key(it)) == exact)
			code = read_pair(r, row, json_object_iter_key(it),
					 json_object_iter_value(it));
	return code;
}

static int read_object(struct reader *r, json_t *object)
{
	int code;
	long row;

	if (!json_is_object(object))
		return vmm_err_set(r->err, VMM_EINPUT, "%s:%zu: a list of something else than rows",
				   r->source, r->line);
	row = vmm_table_add(r->t);
	if (row < 0)
		return vmm_err_nomem(r->err);
	code = read_pairs(r, (size_t)row, object, false);
	return code ? code : read_pairs(r, (size_t)row, object, true); /* these win */
}

static int read_value(struct reader *r, json_t *value)
{
	int code = 0;

	if (!json_is_array(value))
		return read_object(r, value);
	for (size_t i = 0; !code && i < json_array_size(value); i++)
		code = read_object(r, json_array_get(value, i));
	return code;
}

static int load_failed(struct reader *r, const json_error_t *e)
{
	enum json_error_code code = json_error_code(e);
	const char *why = e->text;

	if (code == json_error_out_of_memory || !*why) /* it has no text for all such cases */
		return vmm_err_nomem(r->err);
	if (code == json_error_null_character || code == json_error_null_byte_in_key)
		why = "a NUL character";
	return vmm_err_set(r->err, VMM_EINPUT, "%s:%zu: %s", r->source,
			   r->line + (e->line > 0 ? (size_t)e->line - 1 : 0), why);
}

static int read_next(struct reader *r)
{
	json_error_t e;
	json_t *value = json_loadb(r->at, (size_t)(r->end - r->at),
				   JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &e);
	int code;

	if (!value)
		return load_failed(r, &e);
	code = read_value(r, value);
	json_decref(value);
	advance(r, (size_t)e.position);
	skip_blanks(r);
	return code;
}

int vmm_json_parse(const char *source, const char *text, size_t len, struct vmm_table **out,
		   struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	struct reader r = { source, t, err, text, text + len, 1 };
	int code = 0;

	if (!t)
		return vmm_err_nomem(err);
	skip_blanks(&r);
	while (!code && r.at < r.end)
		code = read_next(&r);
	if (code)
		return code;
	*out = t;
	t = NULL;
	return 0;
}
