/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the machines that could take the place of a logical host. */
#include <stdlib.h>
#include <string.h>

#include "frame/frame.h"
#include "group/state.h"

static int all;

/* clang-format off */
static const struct poptOption options[] = {
	{ "all", 'a', POPT_ARG_NONE, &all, 0, "also those that could not, and why not", NULL },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "name", VMM_TEXT, false, "of the host" },
	{ "group", VMM_TEXT, false, "that it is in" },
	{ "cpus", VMM_NUMBER, false, "logical processors" },
	{ "mem_total", VMM_BYTES, false, "memory" },
	{ "arch", VMM_TEXT, false, "processor architecture" },
	{ "cpu_model", VMM_TEXT, false, "libvirt's name for the processor" },
	{ "labels", VMM_LIST, false, "key=value, ..." },
	{ "fit", VMM_BOOL, false, "whether it could" },
	{ "why", VMM_TEXT, false, "why not" },
	{ "state", VMM_TEXT, true, "normal, or unknown: it does not answer" },
	{ "maint", VMM_BOOL, true, "in maintenance" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int print(struct cmd_run *c, const struct vmm_table *t)
{
	size_t *rows = calloc(vmm_table_rows(t) + 1, sizeof(*rows)), n = 0;
	int code;

	if (!rows)
		return vmm_err_nomem(&c->err);
	for (size_t r = 0; r < vmm_table_rows(t); r++)
		if (all || strcmp(vmm_table_at(t, r, "fit"), "yes") == 0)
			rows[n++] = r;
	code = cmd_rows_at(c, t, rows, n);
	free(rows);
	return code;
}

static int run(struct cmd_run *c)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	VMM_TABLE_AUTO *logicals = NULL;
	VMM_TABLE_AUTO *t = NULL;
	VMM_GROUP_AUTO *g = NULL;
	struct vmm_place place;

	if (vmm_place_load(c->args.s[0], &g, &place, &c->err) < 0 || !cmd_store(c) ||
	    vmm_logicals_read(c->store, &inv, &logicals, &c->err) < 0 ||
	    vmm_logical_fit(&place, &inv, logicals, &t, &c->err) < 0)
		return c->err.code;
	return print(c, t);
}

static const struct cmd group_fit = {
	.name = "group-fit",
	.operands = "LOGICAL",
	.summary = "List the machines that are free and fit a logical host, GROUP/NAME, the smallest first.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&group_fit, argc, argv);
}
