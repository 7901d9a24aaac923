/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carries out a plan, wave after wave, or the rest of one that was cut short. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "frame/plan.h"
#include "run/run.h"

static int resume, discard, unrecorded;
static char *bandwidth;
static int move;

/* clang-format off */
static const struct poptOption options[] = {
	{ "resume", 0, POPT_ARG_NONE, &resume, 0,
		"do the rest of a run that was cut short: the newest, or the one named", NULL },
	{ "discard", 0, POPT_ARG_NONE, &discard, 0, "give such a run up", NULL },
	{ "unrecorded", 0, POPT_ARG_NONE, &unrecorded, 0,
		"write nothing down for --resume: the next plan does the rest", NULL },
	{ "move", 0, POPT_ARG_NONE, &move, 0,
		"copy disks too that the target does not reach", NULL },
	{ "bandwidth", 0, POPT_ARG_STRING, &bandwidth, 0,
		"at most so many bytes a second for each move (64M)", "SIZE" },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "step", VMM_NUMBER, false, "which one" },
	{ "wave", VMM_NUMBER, false, "of which wave" },
	{ "action", VMM_TEXT, false, "what was to be done" },
	{ "vm", VMM_TEXT, false, "its name" },
	{ "from", VMM_TEXT, false, "the source" },
	{ "to", VMM_TEXT, false, "the target" },
	{ "result", VMM_TEXT, false, "done, possible, refused, failed, aborted, skipped, unknown" },
	{ "seconds", VMM_NUMBER, false, "how long it took" },
	{ "downtime_ms", VMM_NUMBER, false, "how long the guest stood still" },
	{ "bytes", VMM_BYTES, false, "sent" },
	{ "error", VMM_TEXT, false, "why not, all reasons" },
	{ "uuid", VMM_TEXT, true, "the VM" },
	{ "note", VMM_TEXT, true, "what was other than expected" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int put(struct vmm_table *t, const char *column, const char *value)
{
	return vmm_table_put(t, 0, column, value);
}

static int put_number(struct vmm_table *t, const char *column, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	return put(t, column, text);
}

static int print(const struct vmm_run_result *r, void *ctx)
{
	const struct vmm_step *s = r->step;
	struct cmd_run *c = ctx;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	char seconds[CMD_SECONDS_LEN];

	cmd_tally(c, r->code);
	if (!t || vmm_table_add(t) < 0 || put_number(t, "step", s->step) < 0 ||
	    put_number(t, "wave", s->wave) < 0 ||
	    put(t, "action", vmm_action_names[s->action]) < 0 || put(t, "vm", s->vm) < 0 ||
	    put(t, "uuid", s->uuid) < 0 || put(t, "from", s->from) < 0 || put(t, "to", s->to) < 0 ||
	    put(t, "result", r->result) < 0 || put(t, "seconds", cmd_seconds(r->ms, seconds)) < 0 ||
	    (r->downtime_ms >= 0 && put_number(t, "downtime_ms", (uint64_t)r->downtime_ms) < 0) ||
	    put_number(t, "bytes", r->bytes) < 0 || put(t, "error", r->error) < 0 ||
	    put(t, "note", r->note) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int ended(struct cmd_run *c, int ret, const char *left)
{
	if (left)
		cmd_say(c, "run '%s' is not finished: plan-run --resume does the rest", left);
	return ret < 0 ? ret : cmd_status(c);
}

static int run_plan(struct cmd_run *c, const struct vmm_run_options *opt)
{
	VMM_PLAN_AUTO *plan = NULL;
	VMM_STR_AUTO left = NULL;
	int ret;

	if (cmd_plan(c, c->args.s[0], &plan) < 0 || !cmd_store(c))
		return c->err.code;
	if (opt->check_only || unrecorded)
		ret = vmm_run(c->store, plan, opt, print, c, &c->err);
	else
		ret = vmm_run_recorded(c->store, plan, opt, print, c, &left, &c->err);
	return ended(c, ret, left);
}

static int resume_run(struct cmd_run *c, const char *name, const struct vmm_run_options *opt)
{
	VMM_STR_AUTO left = NULL;
	int ret;

	if (!cmd_store(c))
		return c->err.code;
	ret = vmm_run_resume(c->store, name, opt, print, c, &left, &c->err);
	return ended(c, ret, left);
}

static int run(struct cmd_run *c)
{
	const char *operand = c->args.n ? c->args.s[0] : NULL;
	struct vmm_run_options opt = { .jobs = c->jobs,
				       .per_host = c->per_host,
				       .timeout_ms = c->timeout_ms,
				       .check_only = c->dry_run,
				       .with_disks = move,
				       .fail_fast = c->fail_fast,
				       .cancel = c->cancel,
				       .progress = c->progress };

	if (resume + discard > 1 || ((resume || discard) && c->dry_run))
		return vmm_err_set(&c->err, VMM_EINPUT,
				   "--resume, --discard and --dry-run exclude each other");
	if ((resume || discard) && unrecorded)
		return vmm_err_set(&c->err, VMM_EINPUT, "--unrecorded is for a PLAN");
	if (!operand && !resume && !discard)
		return vmm_err_set(&c->err, VMM_EINPUT, "which PLAN? '-' is stdin");
	if (bandwidth && vmm_num_size("--bandwidth", bandwidth, &opt.bandwidth, &c->err) < 0)
		return c->err.code;
	if (discard)
		return cmd_store(c) ? vmm_run_discard(c->store, operand, &c->err) : c->err.code;
	return resume ? resume_run(c, operand, &opt) : run_plan(c, &opt);
}

static const struct cmd plan_run = {
	.name = "plan-run",
	.operands = "[PLAN|RUN]",
	.summary = "Carry out a plan: waves in order, each step only if it still holds.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS | CMD_BATCH | CMD_PER_HOST | CMD_FAIL_FAST | CMD_PROGRESS | CMD_DRY_RUN |
		CMD_TIMEOUT,
	.max_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&plan_run, argc, argv);
}
