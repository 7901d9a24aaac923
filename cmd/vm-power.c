/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Power of VMs: on, off, shutdown, reboot, reset, suspend, resume, save; waits for the result. */
#include <stdlib.h>

#include "frame/frame.h"
#include "power/batch.h"

static int force;

/* clang-format off */
static const struct poptOption options[] = {
	{ "force", 0, POPT_ARG_NONE, &force, 0,
		"with shutdown: off when the guest has not stopped within the time limit", NULL },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "vm", VMM_TEXT, false, "its name" },
	{ "host", VMM_TEXT, false, "where it is" },
	{ "result", VMM_TEXT, false,
		"done, already (nothing to do), possible, refused, failed, aborted, skipped, unknown" },
	{ "state", VMM_TEXT, false, "afterwards" },
	{ "seconds", VMM_NUMBER, false, "how long it took" },
	{ "note", VMM_TEXT, false, "how reality differed from the inventory" },
	{ "error", VMM_TEXT, false, "why not" },
	{ "uuid", VMM_TEXT, true, "the VM" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int print(const struct vmm_power_result *r, void *ctx)
{
	struct cmd_run *c = ctx;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	char seconds[CMD_SECONDS_LEN];

	cmd_tally(c, r->code);
	if (!t || vmm_table_add(t) < 0 || vmm_table_put(t, 0, "vm", r->vm) < 0 ||
	    vmm_table_put(t, 0, "uuid", r->uuid) < 0 || vmm_table_put(t, 0, "host", r->host) < 0 ||
	    vmm_table_put(t, 0, "result", r->result) < 0 ||
	    vmm_table_put(t, 0, "state", r->state) < 0 ||
	    vmm_table_put(t, 0, "seconds", cmd_seconds(r->ms, seconds)) < 0 ||
	    vmm_table_put(t, 0, "note", r->note) < 0 || vmm_table_put(t, 0, "error", r->error) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int run(struct cmd_run *c)
{
	struct vmm_power_batch_options opt = { .jobs = c->jobs,
					       .per_host = c->per_host,
					       .fail_fast = c->fail_fast,
					       .dry_run = c->dry_run };
	VMM_STRV_AUTO vms = VMM_STRV_INIT;
	int op = vmm_power_parse(c->args.s[0]);

	if (op < 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "unknown operation '%s'; see --help",
				   c->args.s[0]);
	if (force && op != VMM_POWER_SHUTDOWN)
		return vmm_err_set(&c->err, VMM_EINPUT, "--force goes with shutdown only");
	vmm_strv_del(&c->args, 0);
	if (!cmd_store(c) || cmd_selectors(c, &vms, NULL) < 0)
		return c->err.code;
	opt.power.timeout_ms = c->timeout_ms;
	opt.power.force = force;
	opt.power.cancel = c->cancel;
	if (vmm_power_batch(c->store, &vms, (enum vmm_power_op)op, &opt, print, c, &c->err) < 0)
		return c->err.code;
	return cmd_status(c);
}

static const struct cmd vm_power = {
	.name = "vm-power",
	.operands = "on|off|shutdown|reboot|reset|suspend|resume|save VM...",
	.summary = "Change the power state of VMs and wait for the result.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS | CMD_BATCH | CMD_PER_HOST | CMD_FAIL_FAST | CMD_STDIN | CMD_DRY_RUN |
		CMD_TIMEOUT,
	.min_args = 2,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&vm_power, argc, argv);
}
