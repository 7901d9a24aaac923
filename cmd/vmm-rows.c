/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows in, rows out: another format, other columns, another order. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame/columns.h"
#include "frame/frame.h"

#define INPUT_MAX (1u << 30)

static char *sort_by, *head;
/* The output refers to both until the end of the process. */
static struct vmm_table *input;
static struct cmd_column *columns;

/* clang-format off */
static const struct poptOption options[] = {
	{ "sort", 0, POPT_ARG_STRING, &sort_by, 0,
		"order by this column, numbers by value; -COL: largest first", "[-]COL" },
	{ "head", 0, POPT_ARG_STRING, &head, 0, "only the first N rows", "N" },
	POPT_TABLEEND
};
/* clang-format on */

/* Columns that other commands print beside those of hosts and VMs. */
static const struct cmd_column others[] = {
	{ "seconds", VMM_NUMBER, false, "" }, { "downtime_ms", VMM_NUMBER, false, "" },
	{ "bytes", VMM_BYTES, false, "" },    { "ok", VMM_BOOL, false, "" },
	{ "mended", VMM_BOOL, false, "" },    { "memory", VMM_BYTES, false, "" },
	{ "macs", VMM_LIST, false, "" },      { "nics", VMM_LIST, false, "" },
	{ NULL, VMM_TEXT, false, NULL },
};

/* What a column of this name is in this toolkit's own tables, so that numbers stay numbers. */
static enum vmm_type type_of(const char *name)
{
	const struct cmd_column *const known[] = { vm_columns, host_columns, others };

	for (size_t i = 0; i < 3; i++)
		for (const struct cmd_column *c = known[i]; c->name; c++)
			if (strcmp(c->name, name) == 0)
				return c->type;
	return VMM_TEXT;
}

static struct cmd_column *columns_of(const struct vmm_table *t)
{
	size_t n = vmm_table_cols(t);
	struct cmd_column *cols = calloc(n + 1, sizeof(*cols));

	for (size_t i = 0; cols && i < n; i++)
		cols[i] = (struct cmd_column){ vmm_table_colname(t, i),
					       type_of(vmm_table_colname(t, i)), false, "" };
	return cols;
}

struct order {
	int col;
	bool down;
};

/* The whole text as a number; the locale's ways of writing one are not set in this program. */
static bool number(const char *text, long double *out)
{
	char *end;

	*out = strtold(text, &end);
	return end != text && !*end;
}

static int compare(const struct vmm_table *t, size_t a, size_t b, void *arg)
{
	const struct order *o = arg;
	const char *x = vmm_table_get(t, a, o->col), *y = vmm_table_get(t, b, o->col);
	long double m, n;
	int cmp = strcmp(x, y);

	if (number(x, &m) && number(y, &n))
		cmp = (m > n) - (m < n);
	return o->down ? -cmp : cmp;
}

static int sort(struct cmd_run *c, struct vmm_table *t)
{
	struct order o = { .down = *sort_by == '-' };

	o.col = vmm_table_col(t, sort_by + o.down);
	if (o.col < 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "--sort '%s': the input has no such column",
				   sort_by);
	vmm_table_sort_by(t, compare, &o);
	return 0;
}

static int print(struct cmd_run *c, uint64_t most)
{
	uint64_t n = vmm_table_rows(input);

	columns = columns_of(input);
	if (!columns)
		return vmm_err_nomem(&c->err);
	if (cmd_columns(c, columns) < 0)
		return c->err.code;
	return cmd_rows_at(c, input, NULL, most < n ? most : n);
}

static int run(struct cmd_run *c)
{
	VMM_STR_AUTO text = NULL;
	uint64_t most = UINT64_MAX;
	size_t len;

	if (cmd_opt_u64(c, "--head", head, 0, UINT64_MAX, &most) < 0 ||
	    vmm_read_fd("stdin", STDIN_FILENO, INPUT_MAX, &text, &len, &c->err) < 0 ||
	    vmm_rows_parse("stdin", text, len, &input, &c->err) < 0)
		return c->err.code;
	if (vmm_table_cols(input) == 0) /* JSON without rows: nobody said what columns there are */
		return VMM_OK;
	if (sort_by && sort(c, input) < 0)
		return c->err.code;
	return print(c, most);
}

static const struct cmd vmm_rows = {
	.name = "vmm-rows",
	.operands = "",
	.summary = "Read rows (TSV or JSON) on stdin; print them in another format, order or choice.",
	.options = options,
	.uses = CMD_ROWS,
	.run = run,
};

int main(int argc, char **argv)
{
	int ret = cmd_main(&vmm_rows, argc, argv);

	free(columns); /* the output needs both to its end */
	vmm_table_free(input);
	return ret;
}
