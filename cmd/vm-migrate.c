/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moves VMs to other hosts, many at a time, or says why it can't be done. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "frame/frame.h"
#include "inventory/inventory.h"
#include "migrate/migrate.h"

static char *to, *bandwidth, *max_downtime, *on_stall, *parallel;
static int live, cold, move, check, candidates, tls;

/* clang-format off */
static const struct poptOption options[] = {
	{ "to", 't', POPT_ARG_STRING, &to, 0, "the target", "HOST" },
	{ "live", 0, POPT_ARG_NONE, &live, 0,
		"running, on shared storage (usual for a running VM)", NULL },
	{ "cold", 0, POPT_ARG_NONE, &cold, 0,
		"stopped, on shared storage; a running VM is shut down, moved and started", NULL },
	{ "move", 0, POPT_ARG_NONE, &move, 0, "copy its disks too; live if it runs", NULL },
	{ "check", 0, POPT_ARG_NONE, &check, 0, "only say whether it can go, or all that is in the way", NULL },
	{ "candidates", 0, POPT_ARG_NONE, &candidates, 0,
		"say for each host whether the VM can go there, or why not", NULL },
	{ "bandwidth", 0, POPT_ARG_STRING, &bandwidth, 0,
		"at most so many bytes a second for each (64M)", "SIZE" },
	{ "max-downtime", 0, POPT_ARG_STRING, &max_downtime, 0,
		"longest pause of the guest to aim for (300ms)", "TIME" },
	{ "on-stall", 0, POPT_ARG_STRING, &on_stall, 0,
		"if memory changes faster than it is copied: auto-converge (usual), post-copy, suspend, abort",
		"HOW" },
	{ "parallel", 0, POPT_ARG_STRING, &parallel, 0, "N connections for each migration", "N" },
	{ "tls", 0, POPT_ARG_NONE, &tls, 0, "encrypt what is sent from host to host", NULL },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "vm", VMM_TEXT, false, "its name" },
	{ "from", VMM_TEXT, false, "the source" },
	{ "to", VMM_TEXT, false, "the target" },
	{ "method", VMM_TEXT, false, "live, cold or move" },
	{ "result", VMM_TEXT, false, "done, possible, refused, failed, aborted, skipped, unknown" },
	{ "seconds", VMM_NUMBER, false, "how long it took" },
	{ "downtime_ms", VMM_NUMBER, false, "how long the guest stood still" },
	{ "bytes", VMM_BYTES, false, "sent" },
	{ "error", VMM_TEXT, false, "why not, all reasons" },
	{ "uuid", VMM_TEXT, true, "the VM" },
	{ "note", VMM_TEXT, true, "how reality differed from the inventory" },
	CMD_COLUMNS_END
};

static const struct cmd_column candidate_columns[] = {
	{ "vm", VMM_TEXT, false, "its name" },
	{ "to", VMM_TEXT, false, "the host" },
	{ "ok", VMM_BOOL, false, "whether it can go there" },
	{ "reason", VMM_TEXT, false, "why not, all reasons" },
	{ "uuid", VMM_TEXT, true, "the VM" },
	CMD_COLUMNS_END
};
/* clang-format on */

static const char *const stalls[] = { "auto-converge", "post-copy", "suspend", "abort", NULL };

static int read_stall(struct cmd_run *c, struct vmm_migrate_options *opt)
{
	int i = on_stall ? cmd_opt_word("--on-stall", stalls, on_stall, &c->err) : 0;

	if (i < 0)
		return i;
	opt->on_stall = (enum vmm_migrate_stall)i;
	return 0;
}

static int read_options(struct cmd_run *c, struct vmm_migrate_options *opt)
{
	uint64_t connections = 0;

	if (live + cold + move > 1)
		return vmm_err_set(&c->err, VMM_EINPUT,
				   "--live, --cold and --move exclude each other");
	if (read_stall(c, opt) < 0 ||
	    (bandwidth && vmm_num_size("--bandwidth", bandwidth, &opt->bandwidth, &c->err) < 0) ||
	    (max_downtime &&
	     vmm_num_duration("--max-downtime", max_downtime, &opt->max_downtime_ms, &c->err) < 0) ||
	    cmd_opt_u64(c, "--parallel", parallel, 1, 255, &connections) < 0)
		return c->err.code;
	opt->method = live   ? VMM_MIGRATE_LIVE
		      : cold ? VMM_MIGRATE_COLD
		      : move ? VMM_MIGRATE_MOVE
			     : VMM_MIGRATE_AUTO;
	opt->parallel = (unsigned)connections;
	opt->tls = tls;
	opt->check_only = check || candidates || c->dry_run;
	opt->alternatives = candidates;
	opt->fail_fast = c->fail_fast;
	opt->jobs = c->jobs;
	opt->per_host = c->per_host;
	opt->timeout_ms = c->timeout_ms;
	opt->cancel = c->cancel;
	opt->progress = c->progress;
	return 0;
}

static int put(struct vmm_table *t, const char *column, const char *value)
{
	return vmm_table_put(t, 0, column, value);
}

static int print(const struct vmm_migrate_result *r, void *ctx)
{
	struct cmd_run *c = ctx;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	char seconds[CMD_SECONDS_LEN], downtime[32] = "", bytes[32];

	snprintf(bytes, sizeof(bytes), "%" PRIu64, r->bytes);
	if (r->downtime_ms >= 0)
		snprintf(downtime, sizeof(downtime), "%" PRId64, r->downtime_ms);
	cmd_tally(c, candidates && r->code == VMM_EREFUSED ? VMM_OK : r->code);
	if (!t || vmm_table_add(t) < 0 || put(t, "vm", r->vm) < 0 || put(t, "uuid", r->uuid) < 0 ||
	    put(t, "from", r->from) < 0 || put(t, "to", r->to) < 0 ||
	    put(t, "method", r->method) < 0 || put(t, "result", r->result) < 0 ||
	    put(t, "seconds", cmd_seconds(r->ms, seconds)) < 0 ||
	    put(t, "downtime_ms", downtime) < 0 || put(t, "bytes", bytes) < 0 ||
	    put(t, "error", r->error) < 0 || put(t, "note", r->note) < 0 ||
	    put(t, "reason", r->error) < 0 || put(t, "ok", r->code == VMM_OK ? "yes" : "no") < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

/* The target of each: --to, or the column `to` of the rows on stdin. */
static int requests(struct cmd_run *c, const struct vmm_strv *vms, const struct vmm_table *rows,
		    struct vmm_migrate_request *req)
{
	for (size_t i = 0; i < vms->n; i++) {
		const char *there = rows ? vmm_table_at(rows, i, "to") : "";

		req[i].vm = vms->s[i];
		req[i].to = *there ? there : to;
		if (!req[i].to)
			return vmm_err_set(&c->err, VMM_EINPUT,
					   "no target for '%s': give --to HOST%s", vms->s[i],
					   rows ? " or a column `to`" : "");
	}
	return 0;
}

static int migrate(struct cmd_run *c, const struct vmm_migrate_options *opt)
{
	VMM_STRV_AUTO vms = VMM_STRV_INIT;
	VMM_TABLE_AUTO *rows = NULL;
	struct vmm_migrate_request *req;
	int ret;

	if (cmd_selectors(c, &vms, &rows) < 0)
		return c->err.code;
	req = calloc(vms.n + 1, sizeof(*req));
	if (!req)
		return vmm_err_nomem(&c->err);
	ret = requests(c, &vms, rows, req);
	if (ret == 0)
		ret = vmm_migrate(c->store, req, vms.n, opt, print, c, &c->err);
	free(req);
	return ret < 0 ? ret : cmd_status(c);
}

/* Every declared host as the target of one VM. */
static int list_candidates(struct cmd_run *c, const struct vmm_migrate_options *opt)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	VMM_STRV_AUTO vms = VMM_STRV_INIT;
	struct vmm_migrate_request *req;
	size_t n;
	int ret;

	if (cmd_selectors(c, &vms, NULL) < 0)
		return c->err.code;
	if (to || vms.n != 1)
		return vmm_err_set(&c->err, VMM_EINPUT, "--candidates takes one VM and no --to");
	if (vmm_inventory_read(c->store, &inv, &c->err) < 0)
		return c->err.code;
	n = vmm_table_rows(inv.hosts);
	req = calloc(n + 1, sizeof(*req));
	if (!req)
		return vmm_err_nomem(&c->err);
	for (size_t i = 0; i < n; i++)
		req[i] = (struct vmm_migrate_request){ .vm = vms.s[0],
						       .to = vmm_table_at(inv.hosts, i, "name") };
	ret = vmm_migrate(c->store, req, n, opt, print, c, &c->err);
	free(req);
	return ret < 0 ? ret : cmd_status(c);
}

static int run(struct cmd_run *c)
{
	struct vmm_migrate_options opt = { 0 };

	if (!cmd_store(c) || read_options(c, &opt) < 0)
		return c->err.code;
	return candidates ? list_candidates(c, &opt) : migrate(c, &opt);
}

static const struct cmd vm_migrate = {
	.name = "vm-migrate",
	.operands = "VM...",
	.summary = "Move VMs to another host: live, cold, or with their disks.",
	.options = options,
	.columns = columns,
	.alts = (const struct cmd_alt[]){ { &candidates, "--candidates", candidate_columns },
					  { NULL, NULL, NULL } },
	.words = (const struct cmd_words[]){ { "on-stall", stalls }, { NULL, NULL } },
	.uses = CMD_ROWS | CMD_BATCH | CMD_PER_HOST | CMD_FAIL_FAST | CMD_PROGRESS | CMD_STDIN |
		CMD_DRY_RUN | CMD_TIMEOUT,
	.min_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&vm_migrate, argc, argv);
}
