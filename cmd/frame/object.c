/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One object whole: a JSON object, or a line for each field. With -o, of the fields chosen. */
#include "frame/options.h"
#include "frame/out.h"

static const struct cmd_column field_columns[] = {
	{ "field", VMM_TEXT, false, NULL },
	{ "value", VMM_TEXT, false, NULL },
	CMD_COLUMNS_END,
};

/* From here on the output has the columns given, all of them. */
static void use_columns(struct cmd_out *out, const struct cmd_column *columns)
{
	out->known = columns;
	out->ncols = 0;
	for (; columns->name; columns++)
		out->cols[out->ncols++] = columns;
}

static int print_fields(struct cmd_run *c, const struct vmm_table *t, size_t row)
{
	const struct cmd_out *out = c->out;
	VMM_TABLE_AUTO *fields = vmm_table_new((const char *const[]){ "field", "value", NULL });
	char buf[32];

	for (size_t i = 0; fields && i < out->ncols; i++) {
		const struct cmd_column *col = out->cols[i];
		const char *value = vmm_table_at(t, row, col->name);
		long r = vmm_table_add(fields);

		if (r < 0 || vmm_table_set(fields, (size_t)r, 0, col->name) < 0 ||
		    vmm_table_set(fields, (size_t)r, 1, cmd_cell(out, col, value, buf)) < 0)
			return vmm_err_nomem(&c->err);
	}
	if (!fields)
		return vmm_err_nomem(&c->err);
	use_columns(c->out, field_columns);
	return cmd_rows(c, fields);
}

int cmd_object(struct cmd_run *c, const struct vmm_table *t, size_t row)
{
	if (!cmd_options.columns)
		use_columns(c->out, c->out->known);
	return c->out->format == CMD_JSON ? cmd_row(c, t, row) : print_fields(c, t, row);
}
