/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A role for servers that run a system already; prints a row for each. */
#include <string.h>

#include "deploy/deploy.h"
#include "frame/frame.h"

static char *role, *profile, *user, *key, *known_hosts;

/* clang-format off */
static const struct poptOption options[] = {
	{ "profile", 0, POPT_ARG_STRING, &profile, 0, "the role, user and certificates of this", "PROFILE" },
	{ "role", 0, POPT_ARG_STRING, &role, 0, "the role, instead of the profile's", "ROLE" },
	{ "user", 0, POPT_ARG_STRING, &user, 0, "who to log in as", "USER" },
	{ "key", 0, POPT_ARG_STRING, &key, 0, "private key for ssh", "FILE" },
	{ "known-hosts", 0, POPT_ARG_STRING, &known_hosts, 0,
		"where their host keys stand; usual is ~/.ssh/known_hosts", "FILE" },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "address", VMM_TEXT, false, "the server" },
	{ "result", VMM_TEXT, false, "done, possible, refused, failed, aborted, skipped, unknown" },
	{ "seconds", VMM_NUMBER, false, "how long it took" },
	{ "error", VMM_TEXT, false, "why not; of a script that failed its last lines" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int print(const struct vmm_deploy_result *r, void *ctx)
{
	struct cmd_run *c = ctx;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	char seconds[CMD_SECONDS_LEN];

	cmd_tally(c, r->code);
	if (!t || vmm_table_add(t) < 0 || vmm_table_put(t, 0, "address", r->name) < 0 ||
	    vmm_table_put(t, 0, "result", r->result) < 0 ||
	    vmm_table_put(t, 0, "seconds", cmd_seconds(r->ms, seconds)) < 0 ||
	    vmm_table_put(t, 0, "error", r->error) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int run(struct cmd_run *c)
{
	const struct vmm_prepare_options opt = { .profile = profile,
						 .role = role,
						 .user = user,
						 .key = key,
						 .known_hosts = known_hosts,
						 .dry_run = c->dry_run,
						 .fail_fast = c->fail_fast,
						 .timeout_ms = c->timeout_ms,
						 .jobs = c->jobs,
						 .cancel = c->cancel,
						 .progress = c->progress };
	int ret;

	if (!profile && !role)
		return vmm_err_set(&c->err, VMM_EINPUT, "one of --profile and --role is needed");
	ret = vmm_prepare(&c->args, &opt, print, c, &c->err);
	return ret < 0 ? ret : cmd_status(c);
}

static const struct cmd host_prepare = {
	.name = "host-prepare",
	.operands = "ADDRESS...",
	.summary = "Give servers that run Linux already a role, by ssh.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS | CMD_BATCH | CMD_FAIL_FAST | CMD_PROGRESS | CMD_DRY_RUN | CMD_TIMEOUT,
	.min_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&host_prepare, argc, argv);
}
