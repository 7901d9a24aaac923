/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maintenance of hosts: they are kept free of VMs and emptied, given back, listed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/rows.h"
#include "frame/hosts.h"
#include "run/maint.h"

/* ---- enter ---- */

static char *deadline, *bandwidth;
static int move;
static int with_stopped;

/* clang-format off */
static const struct poptOption enter_options[] = {
	{ "deadline", 0, POPT_ARG_STRING, &deadline, 0,
		"abort what still runs after this time (30m)", "TIME" },
	{ "with-stopped", 0, POPT_ARG_NONE, &with_stopped, 0, "move VMs that are stopped, too", NULL },
	{ "move", 0, POPT_ARG_NONE, &move, 0,
		"copy disks too that the target does not reach", NULL },
	{ "bandwidth", 0, POPT_ARG_STRING, &bandwidth, 0,
		"at most so many bytes a second for each move (64M)", "SIZE" },
	POPT_TABLEEND
};

static const struct cmd_column enter_columns[] = {
	{ "host", VMM_TEXT, false, "the host" },
	{ "vm", VMM_TEXT, false, "the VM's name; empty: the row is about the host" },
	{ "to", VMM_TEXT, false, "the target" },
	{ "result", VMM_TEXT, false,
		"done, stays, possible, refused, failed, aborted, skipped, unknown" },
	{ "seconds", VMM_NUMBER, false, "how long it took" },
	{ "downtime_ms", VMM_NUMBER, false, "how long the guest stood still" },
	{ "bytes", VMM_BYTES, false, "sent" },
	{ "error", VMM_TEXT, false, "why not, all reasons" },
	{ "uuid", VMM_TEXT, true, "the VM" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int put(struct vmm_table *t, const char *column, const char *value)
{
	return vmm_table_put(t, 0, column, value);
}

static void print(const struct vmm_maint_result *r, void *ctx)
{
	struct cmd_run *c = ctx;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	char seconds[CMD_SECONDS_LEN], downtime[32] = "", bytes[32];

	snprintf(bytes, sizeof(bytes), "%" PRIu64, r->bytes);
	if (r->downtime_ms >= 0)
		snprintf(downtime, sizeof(downtime), "%" PRId64, r->downtime_ms);
	if (strcmp(r->result, "stays") != 0) /* that is no success, nor a failure */
		cmd_tally(c, r->code);
	if (!t || vmm_table_add(t) < 0 || put(t, "host", r->host) < 0 || put(t, "vm", r->vm) < 0 ||
	    put(t, "uuid", r->uuid) < 0 || put(t, "to", r->to) < 0 ||
	    put(t, "result", r->result) < 0 || put(t, "seconds", cmd_seconds(r->ms, seconds)) < 0 ||
	    put(t, "downtime_ms", downtime) < 0 || put(t, "bytes", bytes) < 0 ||
	    put(t, "error", r->error) < 0 || cmd_row(c, t, 0) < 0)
		cmd_say(c, "host '%s', VM '%s': %s", r->host, r->vm, r->result);
}

static int names_of(struct cmd_run *c, const struct vmm_inventory *inv, const size_t *rows,
		    size_t n, struct vmm_strv *out)
{
	for (size_t i = 0; i < n; i++)
		if (vmm_strv_add(out, vmm_table_at(inv->hosts, rows[i], "name")) < 0)
			return vmm_err_nomem(&c->err);
	return 0;
}

static int enter_all(struct cmd_run *c, struct vmm_inventory *inv, const size_t *rows, size_t n)
{
	struct vmm_maint_options opt = { .run = { .jobs = c->jobs,
						  .per_host = c->per_host,
						  .timeout_ms = c->timeout_ms,
						  .check_only = c->dry_run,
						  .with_disks = move,
						  .fail_fast = c->fail_fast,
						  .cancel = c->cancel,
						  .progress = c->progress },
					 .with_stopped = with_stopped };
	VMM_STRV_AUTO names = VMM_STRV_INIT;

	if ((deadline && vmm_num_duration("--deadline", deadline, &opt.run.deadline_ms, &c->err) < 0) ||
	    (bandwidth && vmm_num_size("--bandwidth", bandwidth, &opt.run.bandwidth, &c->err) < 0) ||
	    names_of(c, inv, rows, n, &names) < 0 ||
	    vmm_maint_enter(c->store, &names, &opt, print, c, &c->err) < 0)
		return c->err.code;
	return cmd_status(c);
}

static int run_enter(struct cmd_run *c)
{
	return cmd_hosts(c, enter_all);
}

static const struct cmd enter = {
	.name = "host-maint",
	.verb = "enter",
	.operands = "HOST...",
	.summary = "Keep VMs away from hosts, and move those that run there to others.",
	.options = enter_options,
	.columns = enter_columns,
	.uses = CMD_ROWS | CMD_BATCH | CMD_PER_HOST | CMD_FAIL_FAST | CMD_PROGRESS | CMD_DRY_RUN |
		CMD_TIMEOUT,
	.min_args = 1,
	.run = run_enter,
};

/* ---- leave ---- */

/* clang-format off */
static const struct cmd_column leave_columns[] = {
	{ "host", VMM_TEXT, false, "the host" },
	{ "result", VMM_TEXT, false, "done, already (it was not in maintenance), failed" },
	{ "error", VMM_TEXT, false, "why not" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int leave_one(struct cmd_run *c, const char *host)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	struct vmm_err why = { 0 };
	bool did = false;
	int ret = vmm_maint_leave(c->store, host, &did, &why);

	cmd_tally(c, ret);
	if (!t || vmm_table_add(t) < 0 || put(t, "host", host) < 0 ||
	    put(t, "result", vmm_err_word(ret, did ? "done" : "already")) < 0 ||
	    put(t, "error", why.text) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int leave_all(struct cmd_run *c, struct vmm_inventory *inv, const size_t *rows, size_t n)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < n; i++)
		ret = leave_one(c, vmm_table_at(inv->hosts, rows[i], "name"));
	return ret < 0 ? ret : cmd_status(c);
}

static int run_leave(struct cmd_run *c)
{
	return cmd_hosts(c, leave_all);
}

static const struct cmd leave = {
	.name = "host-maint",
	.verb = "leave",
	.operands = "HOST...",
	.summary = "Let VMs come to hosts again.",
	.columns = leave_columns,
	.uses = CMD_ROWS,
	.min_args = 1,
	.run = run_leave,
};

/* ---- list ---- */

/* clang-format off */
static const struct cmd_column list_columns[] = {
	{ "host", VMM_TEXT, false, "the host" },
	{ "group", VMM_TEXT, false, "its group" },
	{ "state", VMM_TEXT, false, "in; entering: VMs run there; unknown: it does not answer" },
	{ "since", VMM_TEXT, false, "when it was told to enter" },
	{ "running", VMM_LIST, false, "what still runs there" },
	{ "stopped", VMM_LIST, true, "what is stopped there" },
	CMD_COLUMNS_END
};
/* clang-format on */

/* The names of the VMs of a host, in their order, as two list cells. */
static void vms_of(const struct vmm_inventory *inv, const char *host, struct vmm_buf *running,
		   struct vmm_buf *stopped)
{
	size_t *rows = calloc(vmm_table_rows(inv->vms) + 1, sizeof(*rows)), n = 0;
	VMM_STRV_AUTO hosts = VMM_STRV_INIT;
	const struct vmm_vm_filter filter = { .hosts = &hosts };

	running->failed = !rows || vmm_strv_add(&hosts, host) < 0;
	if (!running->failed)
		n = vmm_inventory_select(inv, &filter, rows);
	for (size_t i = 0; i < n; i++)
		vmm_list_add(strcmp(vmm_table_at(inv->vms, rows[i], "state"), "stop") == 0 ? stopped
											   : running,
			     vmm_table_at(inv->vms, rows[i], "name"));
	free(rows);
}

static int list_one(struct cmd_run *c, const struct vmm_inventory *inv, size_t row)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	VMM_BUF_AUTO running = VMM_BUF_INIT;
	VMM_BUF_AUTO stopped = VMM_BUF_INIT;
	const char *host = vmm_table_at(inv->hosts, row, "name"), *state = "in";

	vms_of(inv, host, &running, &stopped);
	if (strcmp(vmm_table_at(inv->hosts, row, "state"), "normal") != 0)
		state = "unknown";
	else if (running.len)
		state = "entering";
	if (!t || running.failed || stopped.failed || vmm_table_add(t) < 0 ||
	    put(t, "host", host) < 0 || put(t, "group", vmm_table_at(inv->hosts, row, "group")) < 0 ||
	    put(t, "state", state) < 0 ||
	    put(t, "since", vmm_table_at(inv->hosts, row, "maint_since")) < 0 ||
	    put(t, "running", running.data) < 0 || put(t, "stopped", stopped.data) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int list_all(struct cmd_run *c, struct vmm_inventory *inv, const size_t *rows, size_t n)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < n; i++)
		if (strcmp(vmm_table_at(inv->hosts, rows[i], "maint"), "yes") == 0)
			ret = list_one(c, inv, rows[i]);
	return ret;
}

static int run_list(struct cmd_run *c)
{
	return cmd_hosts(c, list_all);
}

static const struct cmd list = {
	.name = "host-maint",
	.verb = "list",
	.operands = "[HOST...]",
	.summary = "List the hosts in maintenance, since when, and what still runs there.",
	.columns = list_columns,
	.uses = CMD_ROWS,
	.run = run_list,
};

static const struct cmd *const commands[] = { &enter, &leave, &list, NULL };

static const struct cmd host_maint = {
	.name = "host-maint",
	.summary = "Take hosts out of service and back.",
	.commands = commands,
};

int main(int argc, char **argv)
{
	return cmd_main(&host_maint, argc, argv);
}
