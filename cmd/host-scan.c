/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Visits hosts and brings the inventory up to date; prints a row a visit, or what changed. */
#include "base/clock.h"
#include "frame/hosts.h"
#include "scan/scan.h"

static int diff, full;

/* clang-format off */
static const struct poptOption options[] = {
	{ "diff", 'd', POPT_ARG_NONE, &diff, 0, "print what changed instead of the visits", NULL },
	{ "full", 0, POPT_ARG_NONE, &full, 0,
		"read the details of every VM, not only of those that changed", NULL },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "host", VMM_TEXT, false, "the host visited" },
	{ "state", VMM_TEXT, false, "normal, or unknown: it did not answer" },
	{ "vms", VMM_NUMBER, false, "VMs found" },
	{ "running", VMM_NUMBER, false, "of them active" },
	{ "error", VMM_TEXT, false, "why it did not answer" },
	CMD_COLUMNS_END
};

static const struct cmd_column diff_columns[] = {
	{ "change", VMM_TEXT, false, "lost, back (a host); new, gone, moved, renamed, started, stopped, state (a VM)" },
	{ "host", VMM_TEXT, false, "the host, or where the VM is or was" },
	{ "name", VMM_TEXT, false, "what it is called" },
	{ "uuid", VMM_TEXT, false, "the VM" },
	{ "old", VMM_TEXT, false, "the host, name or state before" },
	{ "new", VMM_TEXT, false, "the host, name or state now" },
	{ "error", VMM_TEXT, true, "why a host was lost" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int print_visits(struct cmd_run *c, const struct vmm_scan *scan)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);

	for (size_t i = 0; t && i < scan->n; i++) {
		const struct vmm_sighting *s = &scan->seen[i];
		long row = s->answered ? vmm_table_copy_row(t, s->host, 0) : vmm_table_add(t);

		if (row < 0 || vmm_table_put(t, (size_t)row, "host", s->name) < 0 ||
		    (!s->answered && (vmm_table_put(t, (size_t)row, "state", "unknown") < 0 ||
				      vmm_table_put(t, (size_t)row, "error", s->error) < 0)))
			return vmm_err_nomem(&c->err);
	}
	return t ? cmd_rows(c, t) : vmm_err_nomem(&c->err);
}

/* Brings the state up to date; with --dry-run only what this process has read of it. */
static int record(struct cmd_run *c, const struct vmm_inventory *inv, const struct vmm_scan *scan,
		  struct vmm_table *changes)
{
	char now[VMM_TIME_LEN + 1];

	if (!c->dry_run)
		return vmm_inventory_update(c->store, scan->seen, scan->n, changes, &c->err);
	vmm_time_now(now);
	return vmm_inventory_apply(inv->hosts, inv->vms, scan->seen, scan->n, now, changes, &c->err);
}

static int scan(struct cmd_run *c, struct vmm_inventory *inv, const size_t *rows, size_t n)
{
	struct vmm_scan_options opt = {
		.jobs = c->jobs, .timeout_ms = c->timeout_ms, .full = full, .cancel = c->cancel
	};
	VMM_TABLE_AUTO *changes = vmm_table_new(NULL);
	struct vmm_scan *visits = NULL;
	int ret;

	if (!changes)
		return vmm_err_nomem(&c->err);
	ret = vmm_scan_visit(inv, rows, n, &opt, &visits, &c->err);
	if (ret == 0)
		ret = record(c, inv, visits, changes);
	if (ret == 0)
		ret = diff ? cmd_rows(c, changes) : print_visits(c, visits);
	for (size_t i = 0; ret == 0 && i < visits->n; i++)
		cmd_tally(c, visits->seen[i].code);
	if (ret == 0 && visits->n == n)
		ret = cmd_status(c);
	else if (ret == 0)
		ret = vmm_err_set(&c->err, VMM_ECANCEL,
				  "interrupted: %zu of %zu hosts were not visited", n - visits->n, n);
	vmm_scan_free(visits);
	return ret;
}

static int run(struct cmd_run *c)
{
	return cmd_hosts(c, scan);
}

static const struct cmd host_scan = {
	.name = "host-scan",
	.operands = "[HOST...]",
	.summary = "Visit hosts, all at once, and record what is there; HOST may be a range or @GROUP.",
	.options = options,
	.columns = columns,
	.alts = (const struct cmd_alt[]){ { &diff, "--diff", diff_columns }, { NULL, NULL, NULL } },
	.uses = CMD_ROWS | CMD_BATCH | CMD_TIMEOUT | CMD_DRY_RUN,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&host_scan, argc, argv);
}
