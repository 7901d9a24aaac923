/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Servers without a system become hosts; prints a row for each. */
#include <stdlib.h>
#include <string.h>

#include "deploy/deploy.h"
#include "frame/frame.h"

static int resume, elsewhere;
static char *uuid, *serial, *bmc, *bmc_auth, *until, *retries, *key, *known_hosts, **macs, **wipes;

/* clang-format off */
static const struct poptOption options[] = {
	{ "uuid", 0, POPT_ARG_STRING, &uuid, 0, "the machine's UUID", "UUID" },
	{ "mac", 0, POPT_ARG_ARGV, &macs, 0, "its MAC addresses, first the one it boots from", "MAC" },
	{ "serial", 0, POPT_ARG_STRING, &serial, 0, "its serial number", "TEXT" },
	{ "bmc", 0, POPT_ARG_STRING, &bmc, 0, "its BMC, such as ipmi://10.0.0.7", "URL" },
	{ "bmc-auth", 0, POPT_ARG_STRING, &bmc_auth, 0, "file with the credentials of BMCs", "FILE" },
	{ "wipe", 0, POPT_ARG_ARGV, &wipes, 0,
		"write its disk whatever is on it; may be repeated", "NAME" },
	{ "resume", 0, POPT_ARG_NONE, &resume, 0, "go on where an earlier run ended", NULL },
	{ "until", 0, POPT_ARG_STRING, &until, 0, "end after that", "STAGE" },
	{ "retries", 0, POPT_ARG_STRING, &retries, 0, "start a machine again that often; usual is 2", "N" },
	{ "served-elsewhere", 0, POPT_ARG_NONE, &elsewhere, 0,
		"the boot server runs on another machine", NULL },
	{ "key", 0, POPT_ARG_STRING, &key, 0, "private key for ssh", "FILE" },
	{ "known-hosts", 0, POPT_ARG_STRING, &known_hosts, 0,
		"where the new host keys are written; usual is ~/.ssh/known_hosts", "FILE" },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "name", VMM_TEXT, false, "the machine" },
	{ "uuid", VMM_TEXT, false, "the machine" },
	{ "addresses", VMM_LIST, false, "its IP addresses" },
	{ "stage", VMM_TEXT, false, "the last one it came to" },
	{ "result", VMM_TEXT, false,
		"done, already (nothing to do), possible, refused, failed, aborted, skipped, unknown" },
	{ "seconds", VMM_NUMBER, false, "how long it took" },
	{ "error", VMM_TEXT, false, "why not" },
	{ "log", VMM_TEXT, true, "file that tells what was done, stage by stage" },
	CMD_COLUMNS_END
};
/* clang-format on */

static const char *const stages[] = { "discover", "boot",    "authorise", "agent", "scripts",
				      "image",    "drivers", "customise", "role",  NULL };

static int print(const struct vmm_deploy_result *r, void *ctx)
{
	struct cmd_run *c = ctx;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	char seconds[CMD_SECONDS_LEN];

	cmd_tally(c, r->code);
	if (!t || vmm_table_add(t) < 0 || vmm_table_put(t, 0, "name", r->name) < 0 ||
	    vmm_table_put(t, 0, "uuid", r->uuid) < 0 ||
	    vmm_table_put(t, 0, "addresses", r->addresses) < 0 ||
	    vmm_table_put(t, 0, "stage", r->stage) < 0 ||
	    vmm_table_put(t, 0, "result", r->result) < 0 ||
	    vmm_table_put(t, 0, "seconds", cmd_seconds(r->ms, seconds)) < 0 ||
	    vmm_table_put(t, 0, "error", r->error) < 0 || vmm_table_put(t, 0, "log", r->log) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

/* One machine by options, or many by rows. */
static int requests(struct cmd_run *c, const struct vmm_strv *names, const struct vmm_table *rows,
		    const char *mac_cell, struct vmm_deploy_request *req)
{
	bool one = uuid || macs || serial || bmc;

	if (one && (rows || names->n != 1))
		return vmm_err_set(&c->err, VMM_EINPUT,
				   "--uuid, --mac, --serial and --bmc are for one NAME");
	for (size_t i = 0; i < names->n; i++) {
		req[i] = (struct vmm_deploy_request){ .name = names->s[i],
						      .uuid = uuid,
						      .serial = serial,
						      .macs = mac_cell,
						      .bmc = bmc,
						      .bmc_auth = bmc_auth };
		if (!rows)
			continue;
		req[i].name = vmm_table_at(rows, i, "name");
		req[i].uuid = vmm_table_at(rows, i, "uuid");
		req[i].serial = vmm_table_at(rows, i, "serial");
		req[i].macs = vmm_table_at(rows, i, vmm_table_col(rows, "macs") < 0 ? "mac" : "macs");
		req[i].bmc = vmm_table_at(rows, i, "bmc");
		req[i].firmware = vmm_table_at(rows, i, "firmware");
		if (*vmm_table_at(rows, i, "bmc_auth"))
			req[i].bmc_auth = vmm_table_at(rows, i, "bmc_auth");
	}
	return 0;
}

static int deploy(struct cmd_run *c, const struct vmm_deploy_options *opt)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	VMM_STRV_AUTO addresses = VMM_STRV_INIT;
	VMM_TABLE_AUTO *rows = NULL;
	VMM_BUF_AUTO cell = VMM_BUF_INIT;
	struct vmm_deploy_request *req;
	int ret;

	if (cmd_selectors(c, &names, &rows) < 0 || cmd_opt_list(c, macs, &addresses) < 0)
		return c->err.code;
	vmm_list_join(&cell, &addresses);
	req = calloc(names.n + 1, sizeof(*req));
	ret = req && !cell.failed ? requests(c, &names, rows, cell.data, req)
				  : vmm_err_nomem(&c->err);
	if (ret == 0)
		ret = vmm_deploy(c->store, req, names.n, opt, print, c, &c->err);
	free(req);
	return ret < 0 ? ret : cmd_status(c);
}

static int run(struct cmd_run *c)
{
	struct vmm_deploy_options opt = { .resume = resume,
					  .dry_run = c->dry_run,
					  .fail_fast = c->fail_fast,
					  .served_elsewhere = elsewhere,
					  .jobs = c->jobs,
					  .key = key,
					  .known_hosts = known_hosts,
					  .cancel = c->cancel,
					  .progress = c->progress };
	int word = until ? cmd_opt_word("--until", stages, until, &c->err) : -1;
	VMM_STR_AUTO profile = NULL;
	VMM_STRV_AUTO wipe = VMM_STRV_INIT;
	uint64_t again = 2;

	if ((until && word < 0) || cmd_opt_u64(c, "--retries", retries, 0, 100, &again) < 0 ||
	    cmd_opt_list(c, wipes, &wipe) < 0 || !cmd_store(c))
		return c->err.code;
	profile = strdup(c->args.s[0]);
	if (!profile)
		return vmm_err_nomem(&c->err);
	opt.profile = profile;
	opt.until = (unsigned)(word + 1);
	opt.wipe = &wipe;
	opt.retries = (unsigned)again;
	vmm_strv_del(&c->args, 0);
	return deploy(c, &opt);
}

static const struct cmd host_deploy = {
	.name = "host-deploy",
	.operands = "PROFILE NAME...",
	.summary = "Install servers from the network and declare them as hosts.",
	.options = options,
	.columns = columns,
	.words = (const struct cmd_words[]){ { "until", stages }, { NULL, NULL } },
	.uses = CMD_ROWS | CMD_BATCH | CMD_FAIL_FAST | CMD_PROGRESS | CMD_STDIN | CMD_DRY_RUN,
	.min_args = 2,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&host_deploy, argc, argv);
}
