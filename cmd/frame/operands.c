/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operands that name VMs: from the command line, from rows on stdin, or NUL-separated. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame/frame.h"
#include "frame/options.h"

#define STDIN_MAX (256u << 20)

/* The selector that a row means: its uuid if it has one, else its name (column vm or name) on its host. */
static int row_selector(struct cmd_run *c, const struct vmm_table *t, size_t row, struct vmm_buf *out)
{
	const char *uuid = vmm_table_at(t, row, "uuid"), *host = vmm_table_at(t, row, "host");
	const char *name = vmm_table_at(t, row, "name"), *vm = vmm_table_at(t, row, "vm");

	if (*uuid)
		vmm_buf_adds(out, uuid);
	else if (*vm && *host && !strchr(vm, '/'))
		vmm_buf_addf(out, "%s/%s", host, vm);
	else if (*vm)
		vmm_buf_adds(out, vm);
	else if (*name && *host)
		vmm_buf_addf(out, "%s/%s", host, name);
	else if (*name)
		vmm_buf_adds(out, name);
	else
		return vmm_err_set(&c->err, VMM_EINPUT,
				   "stdin: row %zu has neither uuid nor vm nor name", row + 1);
	return out->failed ? vmm_err_nomem(&c->err) : 0;
}

static int read_rows(struct cmd_run *c, struct vmm_strv *out, struct vmm_table **rows)
{
	VMM_STR_AUTO text = NULL;
	VMM_TABLE_AUTO *t = NULL;
	size_t len;

	if (vmm_read_fd("stdin", STDIN_FILENO, STDIN_MAX, &text, &len, &c->err) < 0 ||
	    vmm_rows_parse("stdin", text, len, &t, &c->err) < 0)
		return c->err.code;
	/* A bare name is read as a header; to do nothing then, and say nothing, would be a trap. */
	if (vmm_table_cols(t) > 0 && vmm_table_col(t, "uuid") < 0 && vmm_table_col(t, "vm") < 0 &&
	    vmm_table_col(t, "name") < 0)
		return vmm_err_set(&c->err, VMM_EINPUT,
				   "stdin: the header '%s' has none of the columns uuid, vm, name; names "
				   "alone can be read with -0, or given by xargs",
				   vmm_table_colname(t, 0));
	for (size_t r = 0; r < vmm_table_rows(t); r++) {
		VMM_BUF_AUTO sel = VMM_BUF_INIT;

		if (row_selector(c, t, r, &sel) < 0)
			return c->err.code;
		if (vmm_strv_add(out, sel.data) < 0)
			return vmm_err_nomem(&c->err);
	}
	if (rows) {
		*rows = t;
		t = NULL;
	}
	return 0;
}

static int read_null(struct cmd_run *c, struct vmm_strv *out)
{
	VMM_STR_AUTO text = NULL;
	size_t len;

	if (vmm_read_fd("stdin", STDIN_FILENO, STDIN_MAX, &text, &len, &c->err) < 0)
		return c->err.code;
	for (const char *s = text; s < text + len; s += strlen(s) + 1)
		if (*s && vmm_strv_add(out, s) < 0)
			return vmm_err_nomem(&c->err);
	return 0;
}

int cmd_selectors(struct cmd_run *c, struct vmm_strv *out, struct vmm_table **rows)
{
	bool dash = c->args.n == 1 && strcmp(c->args.s[0], "-") == 0;

	if (rows)
		*rows = NULL;
	if (cmd_options.null && c->args.n > 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "-0 reads the operands from stdin: '%s'",
				   c->args.s[0]);
	if (cmd_options.null)
		return read_null(c, out);
	if (dash)
		return read_rows(c, out, rows);
	for (size_t i = 0; i < c->args.n; i++) {
		if (strcmp(c->args.s[i], "-") == 0)
			return vmm_err_set(&c->err, VMM_EINPUT,
					   "'-' stands for rows on stdin, and alone; "
					   "a VM of that name is HOST/-, or its UUID");
		if (vmm_strv_add(out, c->args.s[i]) < 0)
			return vmm_err_nomem(&c->err);
	}
	return 0;
}
