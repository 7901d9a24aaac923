/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choice of columns and format; TSV, JSON and CSV rows. */
#include "frame/out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "frame/options.h"

const char *const cmd_formats[] = { "tsv", "json", "csv", "table", NULL };

static int choose_format(struct cmd_out *out, struct vmm_err *err)
{
	int i = isatty(STDOUT_FILENO) ? CMD_TABLE : CMD_TSV;
	const char *want = cmd_options.json ? "json" : cmd_options.format;

	if (cmd_options.json && cmd_options.format && strcmp(cmd_options.format, "json") != 0)
		return vmm_err_set(err, VMM_EINPUT, "--json and --format %s exclude each other",
				   cmd_options.format);
	if (want)
		i = cmd_opt_word("--format", cmd_formats, want, err);
	if (i < 0)
		return i;
	out->format = (enum cmd_format)i;
	return 0;
}

static int choose_column(struct cmd_run *c, const char *name)
{
	struct cmd_out *out = c->out;

	for (size_t i = 0; i < out->ncols; i++)
		if (strcmp(out->cols[i]->name, name) == 0)
			return 0;
	for (const struct cmd_column *col = out->known; col->name; col++) {
		if (strcmp(col->name, name) == 0) {
			out->cols[out->ncols++] = col;
			return 0;
		}
	}
	return vmm_err_set(&c->err, VMM_EINPUT, "unknown column '%s'%s", name,
			   c->cmd->columns ? "; --help lists them" : "");
}

static int choose_columns(struct cmd_run *c)
{
	const char *want = cmd_options.columns;
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int ret = 0;

	if (!want || *want == '+')
		for (const struct cmd_column *col = c->out->known; col->name; col++)
			if (!col->extra)
				c->out->cols[c->out->ncols++] = col;
	if (!want)
		return 0;
	if (vmm_strv_split(&names, want + (*want == '+'), ",") < 0)
		return vmm_err_nomem(&c->err);
	for (size_t i = 0; i < names.n && ret == 0; i++)
		ret = choose_column(c, names.s[i]);
	return ret;
}

static const struct cmd_column *known_columns(const struct cmd *cmd)
{
	for (const struct cmd_alt *a = cmd->alts; a && a->option; a++)
		if (a->when ? *a->when : *a->given != NULL)
			return a->columns;
	return cmd->columns;
}

int cmd_out_init(struct cmd_run *c)
{
	const struct cmd_column *columns = known_columns(c->cmd);

	c->out = calloc(1, sizeof(*c->out));
	if (!c->out)
		return vmm_err_nomem(&c->err);
	c->out->header = !cmd_options.no_header;
	c->out->human = cmd_options.human;
	if (choose_format(c->out, &c->err) < 0)
		return c->err.code;
	return columns ? cmd_columns(c, columns) : 0;
}

int cmd_columns(struct cmd_run *c, const struct cmd_column *columns)
{
	size_t n = 0;

	c->out->known = columns;
	while (c->out->known[n].name)
		n++;
	c->out->cols = calloc(n, sizeof(*c->out->cols));
	if (!c->out->cols)
		return vmm_err_nomem(&c->err);
	return choose_columns(c);
}

void cmd_out_free(struct cmd_out *out)
{
	if (!out)
		return;
	vmm_table_free(out->held);
	free(out->parent);
	free(out->cols);
	free(out);
}

bool cmd_wants(const struct cmd_run *c, const char *column)
{
	for (size_t i = 0; i < c->out->ncols; i++)
		if (strcmp(c->out->cols[i]->name, column) == 0)
			return true;
	return false;
}

const char *cmd_cell(const struct cmd_out *out, const struct cmd_column *col, const char *value,
		     char buf[32])
{
	uint64_t n;

	if (!out->human || col->type != VMM_BYTES || !*value ||
	    vmm_num_u64(col->name, value, 0, UINT64_MAX, &n, NULL) < 0)
		return value;
	return vmm_num_human(n, buf, 32);
}

/* RFC 4180, but lines end as everywhere on Unix: quoted when it holds a comma, a quote, or the end of a line. */
static void csv_cell(struct vmm_buf *b, const char *value)
{
	if (!strpbrk(value, ",\"\r\n")) {
		vmm_buf_adds(b, value);
		return;
	}
	vmm_buf_addc(b, '"');
	for (; *value; value++) {
		if (*value == '"')
			vmm_buf_addc(b, '"');
		vmm_buf_addc(b, *value);
	}
	vmm_buf_addc(b, '"');
}

static void text_cell(const struct cmd_out *out, struct vmm_buf *b, size_t i, const char *value)
{
	if (i > 0)
		vmm_buf_addc(b, out->format == CMD_CSV ? ',' : '\t');
	if (out->format == CMD_CSV)
		csv_cell(b, value);
	else
		vmm_tsv_cell(b, value);
}

static void start(struct cmd_out *out, struct vmm_buf *b)
{
	if (out->started)
		return;
	out->started = true;
	if (!out->header || out->format == CMD_JSON)
		return;
	for (size_t i = 0; i < out->ncols; i++)
		text_cell(out, b, i, out->cols[i]->name);
	vmm_buf_addc(b, '\n');
}

void cmd_no_rows(struct cmd_run *c)
{
	cmd_out_free(c->out);
	c->out = NULL;
}

/* The numbers of the chosen columns in t; -1 where t has none. */
static int *places(const struct cmd_out *out, const struct vmm_table *t)
{
	int *at = calloc(out->ncols ? out->ncols : 1, sizeof(*at));

	for (size_t i = 0; at && i < out->ncols; i++)
		at[i] = vmm_table_col(t, out->cols[i]->name);
	return at;
}

static void add_row(const struct cmd_out *out, struct vmm_buf *b, const struct vmm_table *t,
		    size_t row, const int *at)
{
	char buf[32];

	if (out->format == CMD_JSON)
		vmm_buf_addc(b, '{');
	for (size_t i = 0; i < out->ncols; i++) {
		const struct cmd_column *col = out->cols[i];
		const char *value = cmd_cell(out, col, vmm_table_get(t, row, at[i]), buf);

		if (out->format == CMD_JSON)
			vmm_json_member(b, i > 0, col->name, value, col->type);
		else
			text_cell(out, b, i, value);
	}
	if (out->format == CMD_JSON)
		vmm_buf_addc(b, '}');
	vmm_buf_addc(b, '\n');
}

static int flush(struct cmd_run *c, struct vmm_buf *b)
{
	if (b->failed)
		return vmm_err_nomem(&c->err);
	if (fwrite(b->data, 1, b->len, stdout) == b->len && fflush(stdout) == 0)
		return 0;
	c->write_errno = errno;
	return vmm_err_errno(&c->err, "cannot write the output");
}

static int hold(struct cmd_run *c, const struct vmm_table *t, size_t row)
{
	struct cmd_out *out = c->out;

	if (!out->held)
		out->held = vmm_table_new(NULL);
	if (!out->held || vmm_table_copy_row(out->held, t, row) < 0)
		return vmm_err_nomem(&c->err);
	return 0;
}

int cmd_rows_at(struct cmd_run *c, const struct vmm_table *t, const size_t *rows, size_t n)
{
	struct cmd_out *out = c->out;
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	int *at;

	if (out->format == CMD_TABLE) {
		for (size_t i = 0; i < n; i++)
			if (hold(c, t, rows ? rows[i] : i) < 0)
				return c->err.code;
		return 0;
	}
	at = places(out, t);
	if (!at)
		return vmm_err_nomem(&c->err);
	start(out, &b);
	for (size_t i = 0; i < n; i++)
		add_row(out, &b, t, rows ? rows[i] : i, at);
	free(at);
	return flush(c, &b);
}

int cmd_rows(struct cmd_run *c, const struct vmm_table *t)
{
	return cmd_rows_at(c, t, NULL, vmm_table_rows(t));
}

int cmd_row(struct cmd_run *c, const struct vmm_table *t, size_t row)
{
	return cmd_rows_at(c, t, &row, 1);
}

int cmd_tree(struct cmd_run *c, const struct vmm_table *t, const long *parent)
{
	size_t n = vmm_table_rows(t);

	if (c->out->format == CMD_TABLE && n > 0) {
		c->out->parent = calloc(n, sizeof(*parent));
		if (!c->out->parent)
			return vmm_err_nomem(&c->err);
		memcpy(c->out->parent, parent, n * sizeof(*parent));
	}
	return cmd_rows(c, t);
}

int cmd_rows_end(struct cmd_run *c)
{
	struct cmd_out *out = c->out;
	int ret;

	if (out->format != CMD_TABLE || !out->held)
		return 0;
	ret = cmd_draw(out, &c->err);
	vmm_table_free(out->held);
	out->held = NULL;
	out->drawn = true;
	return ret < 0 || fflush(stdout) == 0 ? ret
					      : vmm_err_errno(&c->err, "cannot write the output");
}

int cmd_out_end(struct cmd_run *c)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	if (!c->out->known) /* run() saw nothing that has columns */
		return 0;
	if (c->out->format == CMD_TABLE && c->out->held)
		return cmd_draw(c->out, &c->err);
	if (c->out->drawn)
		return 0;
	if (c->out->format == CMD_TABLE) /* libsmartcols draws no heading over nothing */
		c->out->format = CMD_TSV;
	start(c->out, &b);
	return flush(c, &b);
}
