/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints how busy hosts are, or were. */
#include <stdlib.h>

#include "frame/columns.h"
#include "frame/hosts.h"
#include "frame/stat.h"
#include "load/load.h"

static struct cmd_stat stat;

/* clang-format off */
static const struct poptOption options[] = {
	CMD_STAT_OPTIONS,
	POPT_TABLEEND
};
/* clang-format on */

struct work {
	struct cmd_run *c;
	struct vmm_strv names; /* of the hosts that are asked */
};

static int print(struct vmm_inventory *inv, const struct vmm_load_result *result, void *arg,
		 struct vmm_err *err)
{
	struct work *w = arg;
	int rc = cmd_stat_record(w->c, &stat, inv);

	(void)err; /* it is the command's own */
	for (size_t i = 0; i < w->names.n && rc == 0; i++) {
		long row = vmm_inventory_host(inv, w->names.s[i]);

		cmd_tally(w->c, result->codes[i]);
		if (row >= 0)
			rc = cmd_row(w->c, inv->hosts, (size_t)row);
	}
	return rc < 0 ? rc : cmd_rows_end(w->c);
}

static int measure(struct cmd_run *c, struct vmm_inventory *inv, const size_t *rows, size_t n)
{
	const struct vmm_load_options opt = { .jobs = c->jobs,
					      .timeout_ms = c->timeout_ms,
					      .interval_ms = stat.interval_ms,
					      .cancel = c->cancel };
	struct work w = { .c = c, .names = VMM_STRV_INIT };
	const struct vmm_load_watch watch = { stat.every_ms, print, &w };
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = vmm_strv_add(&w.names, vmm_table_at(inv->hosts, rows[i], "name"));
	rc = rc < 0 ? vmm_err_nomem(&c->err)
		    : vmm_load_watch(c->store, inv, rows, n, &opt, &watch, &c->err);
	vmm_strv_release(&w.names);
	return rc < 0 ? rc : cmd_status(c);
}

static int look_back(struct cmd_run *c, struct vmm_inventory *inv, const size_t *rows, size_t n)
{
	bool *wanted = c->args.n ? calloc(vmm_table_rows(inv->hosts) + 1, sizeof(*wanted)) : NULL;
	int rc;

	if (c->args.n && !wanted)
		return vmm_err_nomem(&c->err);
	for (size_t i = 0; wanted && i < n; i++)
		wanted[rows[i]] = true;
	rc = cmd_stat_history(c, &stat, VMM_HISTORY_HOSTS, inv, wanted);
	free(wanted);
	return rc;
}

static int run(struct cmd_run *c)
{
	if (cmd_stat_read(c, &stat) < 0)
		return c->err.code;
	return cmd_hosts(c, stat.history ? look_back : measure);
}

static const struct cmd host_stat = {
	.name = "host-stat",
	.operands = "[HOST...]",
	.summary = "Measure how busy hosts are, or tell how busy they were; HOST may be a range or @GROUP.",
	.options = options,
	.columns = host_load_columns,
	.uses = CMD_ROWS | CMD_BATCH | CMD_TIMEOUT,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&host_stat, argc, argv);
}
