/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints how busy VMs are, or were. */
#include <stdlib.h>
#include <string.h>

#include "frame/columns.h"
#include "frame/filter.h"
#include "frame/live.h"
#include "frame/options.h"
#include "frame/stat.h"
#include "load/load.h"

static struct cmd_stat stat;

/* clang-format off */
static const struct poptOption options[] = {
	CMD_FILTER_OPTIONS,
	CMD_STAT_OPTIONS,
	POPT_TABLEEND
};
/* clang-format on */

struct work {
	struct cmd_run *c;
	const struct cmd_filter *f;
	bool named;            /* by operands */
	struct vmm_strv uuids; /* these */
};

/* ---- which VMs ---- */

static int read_names(struct work *w, const struct vmm_inventory *inv)
{
	struct cmd_run *c = w->c;
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	size_t row;

	w->named = c->args.n > 0 || cmd_options.null;
	if (cmd_selectors(c, &names, NULL) < 0)
		return c->err.code;
	for (size_t i = 0; i < names.n; i++) {
		if (vmm_inventory_find_vm(inv, names.s[i], &row, &c->err) < 0)
			return c->err.code;
		if (vmm_strv_add(&w->uuids, vmm_table_at(inv->vms, row, "uuid")) < 0)
			return vmm_err_nomem(&c->err);
	}
	return 0;
}

/* The rows of inv->vms that fit all conditions; the caller's. NULL: out of memory. */
static size_t *choose(const struct work *w, const struct vmm_inventory *inv, size_t *n)
{
	size_t *rows = calloc(vmm_table_rows(inv->vms) + 1, sizeof(*rows)), all;
	int uuid = vmm_table_col(inv->vms, "uuid");

	*n = 0;
	if (!rows)
		return NULL;
	all = vmm_inventory_select(inv, &w->f->filter, rows);
	for (size_t i = 0; i < all; i++)
		if (!w->named || vmm_strv_has(&w->uuids, vmm_table_get(inv->vms, rows[i], uuid)))
			rows[(*n)++] = rows[i];
	return rows;
}

/* Their hosts; without any names all that the filter admits, for what is there is yet to be seen. */
static int choose_hosts(const struct work *w, const struct vmm_inventory *inv, size_t *hosts,
			size_t *n)
{
	int uuid = vmm_table_col(inv->vms, "uuid"), host = vmm_table_col(inv->vms, "host");
	bool *has = calloc(vmm_table_rows(inv->hosts) + 1, sizeof(*has));

	*n = 0;
	if (!has)
		return vmm_err_nomem(&w->c->err);
	for (size_t i = 0; w->named && i < vmm_table_rows(inv->vms); i++) {
		long row = vmm_inventory_host(inv, vmm_table_get(inv->vms, i, host));

		if (row >= 0 && vmm_strv_has(&w->uuids, vmm_table_get(inv->vms, i, uuid)))
			has[row] = true;
	}
	for (size_t i = 0; i < w->f->nhosts; i++)
		if (!w->named || has[w->f->host_rows[i]])
			hosts[(*n)++] = w->f->host_rows[i];
	free(has);
	return 0;
}

/* ---- now ---- */

static int print_rows(const struct work *w, struct vmm_inventory *inv, const size_t *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (vmm_table_put(inv->vms, rows[i], "group", vmm_inventory_group(inv, rows[i])) < 0)
			return vmm_err_nomem(&w->c->err);
	return cmd_rows_at(w->c, inv->vms, rows, n);
}

static int print(struct vmm_inventory *inv, const struct vmm_load_result *result, void *arg,
		 struct vmm_err *err)
{
	struct work *w = arg;
	size_t n, *rows = choose(w, inv, &n);
	int rc = rows ? cmd_stat_record(w->c, &stat, inv) : vmm_err_nomem(err);

	for (size_t i = 0; i < result->n; i++)
		cmd_tally(w->c, result->codes[i]);
	if (rc == 0)
		rc = print_rows(w, inv, rows, n);
	free(rows);
	return rc < 0 ? rc : cmd_rows_end(w->c);
}

static int measure(struct work *w, struct vmm_inventory *inv)
{
	struct cmd_run *c = w->c;
	const struct vmm_load_options opt = { .jobs = c->jobs,
					      .timeout_ms = c->timeout_ms,
					      .interval_ms = stat.interval_ms,
					      .cancel = c->cancel };
	const struct vmm_load_watch watch = { stat.every_ms, print, w };
	size_t *hosts = calloc(vmm_table_rows(inv->hosts) + 1, sizeof(*hosts)), n;
	int rc = hosts ? choose_hosts(w, inv, hosts, &n) : vmm_err_nomem(&c->err);

	if (rc == 0)
		rc = vmm_load_watch(c->store, inv, hosts, n, &opt, &watch, &c->err);
	free(hosts);
	return rc < 0 ? rc : cmd_status(c);
}

/* ---- then ---- */

/* Without any condition also VMs that are gone by now. */
static bool any_condition(const struct work *w)
{
	const struct cmd_filter *f = w->f;

	return w->named || f->hosts.n || f->groups.n || f->states.n || f->names.n;
}

static int look_back(struct work *w, struct vmm_inventory *inv)
{
	size_t n, *rows = choose(w, inv, &n);
	bool *wanted = calloc(vmm_table_rows(inv->vms) + 1, sizeof(*wanted));
	int rc;

	for (size_t i = 0; rows && wanted && i < n; i++)
		wanted[rows[i]] = true;
	if (rows && wanted)
		rc = cmd_stat_history(w->c, &stat, VMM_HISTORY_VMS, inv,
				      any_condition(w) ? wanted : NULL);
	else
		rc = vmm_err_nomem(&w->c->err);
	free(rows);
	free(wanted);
	return rc;
}

static int work(struct cmd_run *c, struct vmm_inventory *inv, const struct cmd_filter *f)
{
	struct work w = { .c = c, .f = f, .uuids = VMM_STRV_INIT };
	int rc = read_names(&w, inv);

	if (rc == 0)
		rc = stat.history ? look_back(&w, inv) : measure(&w, inv);
	vmm_strv_release(&w.uuids);
	return rc;
}

static int run(struct cmd_run *c)
{
	if (cmd_stat_read(c, &stat) < 0)
		return c->err.code;
	return cmd_vms(c, false, work);
}

static const struct cmd vm_stat = {
	.name = "vm-stat",
	.operands = "[VM...]",
	.summary = "Measure how busy VMs are, or tell how busy they were.",
	.options = options,
	.columns = vm_load_columns,
	.uses = CMD_ROWS | CMD_BATCH | CMD_TIMEOUT | CMD_STDIN,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&vm_stat, argc, argv);
}
