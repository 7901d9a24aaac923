/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removes VMs with what was made for them. */

#include "frame/frame.h"
#include "provision/provision.h"

static int stop, keep_disks;

/* clang-format off */
static const struct poptOption options[] = {
	{ "stop", 0, POPT_ARG_NONE, &stop, 0, "switch off those that run", NULL },
	{ "keep-disks", 0, POPT_ARG_NONE, &keep_disks, 0,
		"remove the definition and the addresses only; needed for a VM that was not made of a template",
		NULL },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "vm", VMM_TEXT, false, "its name" },
	{ "host", VMM_TEXT, false, "where it was" },
	{ "addresses", VMM_LIST, false, "IP addresses given back" },
	{ "result", VMM_TEXT, false,
		"done, possible, refused, failed, aborted, skipped, unknown" },
	{ "seconds", VMM_NUMBER, false, "how long it took" },
	{ "error", VMM_TEXT, false, "why not" },
	{ "uuid", VMM_TEXT, true, "the VM" },
	{ "template", VMM_TEXT, true, "what it was made of" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int print(const struct vmm_provision_result *r, void *ctx)
{
	struct cmd_run *c = ctx;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	char seconds[CMD_SECONDS_LEN];

	cmd_tally(c, r->code);
	if (!t || vmm_table_add(t) < 0 || vmm_table_put(t, 0, "vm", r->name) < 0 ||
	    vmm_table_put(t, 0, "host", r->host) < 0 ||
	    vmm_table_put(t, 0, "addresses", r->addresses) < 0 ||
	    vmm_table_put(t, 0, "result", r->result) < 0 ||
	    vmm_table_put(t, 0, "seconds", cmd_seconds(r->ms, seconds)) < 0 ||
	    vmm_table_put(t, 0, "error", r->error) < 0 || vmm_table_put(t, 0, "uuid", r->uuid) < 0 ||
	    vmm_table_put(t, 0, "template", r->template) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int run(struct cmd_run *c)
{
	const struct vmm_remove_options opt = { .stop = stop,
						.keep_disks = keep_disks,
						.dry_run = c->dry_run,
						.timeout_ms = c->timeout_ms,
						.jobs = c->jobs,
						.per_host = c->per_host,
						.fail_fast = c->fail_fast,
						.cancel = c->cancel };
	VMM_STRV_AUTO vms = VMM_STRV_INIT;

	if (!cmd_store(c) || cmd_selectors(c, &vms, NULL) < 0 ||
	    vmm_remove(c->store, &vms, &opt, print, c, &c->err) < 0)
		return c->err.code;
	return cmd_status(c);
}

static const struct cmd vm_rm = {
	.name = "vm-rm",
	.operands = "VM...",
	.summary = "Remove VMs, with the disks and addresses that were made for them.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS | CMD_BATCH | CMD_PER_HOST | CMD_FAIL_FAST | CMD_STDIN | CMD_DRY_RUN |
		CMD_TIMEOUT,
	.min_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&vm_rm, argc, argv);
}
