/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans the moves that make load even; scores, trade-offs and reasons, too. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"
#include "frame/plan.h"
#include "frame/planner.h"
#include "frame/rowsfile.h"
#include "plan/rounds.h"

static char *aggressiveness, *max_moves, *max_bytes, *min_gain, *why, *why_not, *automatic, *now;
static int score, pareto;

/* clang-format off */
static const struct poptOption options[] = {
	CMD_PLANNER_OPTIONS,
	{ "aggressiveness", 0, POPT_ARG_STRING, &aggressiveness, 0,
		"1 (only what breaks a rule) to 5 (whatever helps); usual: each group's", "N" },
	{ "min-gain", 0, POPT_ARG_STRING, &min_gain, 0,
		"what a move must gain at least, times the number of hosts", "NUMBER" },
	{ "max-moves", 0, POPT_ARG_STRING, &max_moves, 0, "no more moves than that", "N" },
	{ "max-bytes", 0, POPT_ARG_STRING, &max_bytes, 0, "copy no more than that (8G, 1T)", "SIZE" },
	{ "auto", 0, POPT_ARG_STRING, &automatic, 0,
		"only groups in automatic mode, with what FILE remembers of the rounds before", "FILE" },
	{ "now", 0, POPT_ARG_STRING, &now, 0,
		"with --auto: what time it is (usual: the newest that the rows tell)", "TIME" },
	{ "score", 0, POPT_ARG_NONE, &score, 0, "only tell how each group is now", NULL },
	{ "pareto", 0, POPT_ARG_NONE, &pareto, 0, "only tell what may be had for how many moves", NULL },
	{ "why", 0, POPT_ARG_STRING, &why, 0, "only tell why this VM moves or stays", "VM" },
	{ "why-not", 0, POPT_ARG_STRING, &why_not, 0,
		"only tell why this VM does not go to the host that is the last operand", "VM" },
	POPT_TABLEEND
};

static const struct cmd_column score_columns[] = {
	{ "group", VMM_TEXT, false, "its name" },
	{ "hosts", VMM_NUMBER, false, "its hosts" },
	{ "open", VMM_NUMBER, false, "those that may get VMs" },
	{ "vms", VMM_NUMBER, false, "VMs that run" },
	{ "score", VMM_NUMBER, false, "how uneven it is: 0 is even" },
	{ "cpu", VMM_NUMBER, false, "standard deviation of the use of processors" },
	{ "memory", VMM_NUMBER, false, "of memory" },
	{ "disk", VMM_NUMBER, false, "of disks" },
	{ "net", VMM_NUMBER, false, "of the network" },
	{ "broken", VMM_NUMBER, false, "how often hard rules are broken" },
	{ "should", VMM_NUMBER, false, "how often soft ones are" },
	{ "over", VMM_NUMBER, false, "by how much hosts are too full, as a share" },
	CMD_COLUMNS_END
};
static const struct cmd_column pareto_columns[] = {
	{ "moves", VMM_NUMBER, false, "how many VMs move" },
	{ "cost_bytes", VMM_BYTES, false, "what is copied" },
	{ "score", VMM_NUMBER, false, "of all groups together, afterwards" },
	CMD_COLUMNS_END
};

static const struct cmd_column why_columns[] = {
	{ "vm", VMM_TEXT, false, "its name" },
	{ "uuid", VMM_TEXT, true, "its UUID" },
	{ "from", VMM_TEXT, false, "where it is" },
	{ "to", VMM_TEXT, false, "where it goes, or would go rather than elsewhere" },
	{ "verdict", VMM_TEXT, false, "moves, stays; not: it does not go to that host" },
	{ "gain", VMM_NUMBER, false, "by how much the score falls, or would, with all other moves made" },
	{ "reason", VMM_TEXT, false, "why" },
	CMD_COLUMNS_END
};

static const struct cmd_alt alts[] = {
	{ &score, "--score", score_columns, NULL },
	{ &pareto, "--pareto", pareto_columns, NULL },
	{ NULL, "--why", why_columns, &why },
	{ NULL, "--why-not", why_columns, &why_not },
	{ NULL, NULL, NULL, NULL },
};
/* clang-format on */

static const struct cmd_words words[] = { CMD_PLANNER_WORDS, { NULL, NULL } };

static struct vmm_table *rows; /* a terminal's table is drawn from it at the end */

static int read_options(struct cmd_run *c, struct vmm_balance_options *opt)
{
	uint64_t level = 0;

	if (cmd_opt_u64(c, "--aggressiveness", aggressiveness, 1, 5, &level) < 0 ||
	    cmd_opt_u64(c, "--max-moves", max_moves, 0, UINT64_MAX, &opt->max_moves) < 0)
		return c->err.code;
	if (max_bytes && vmm_num_size("--max-bytes", max_bytes, &opt->max_bytes, &c->err) < 0)
		return c->err.code;
	if (min_gain && vmm_num_decimal("--min-gain", min_gain, &opt->min_gain, &c->err) < 0)
		return c->err.code;
	opt->aggressiveness = (unsigned)level;
	if (c->per_host)
		opt->per_host = c->per_host;
	return 0;
}

static int find_now(struct cmd_run *c, const struct cmd_planner *p, time_t *when)
{
	if (now && vmm_time_parse(now, when) < 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "--now: '%s' is not a time", now);
	if (!now && vmm_rounds_now(p->hosts, p->vms, when) < 0)
		return vmm_err_set(&c->err, VMM_EINPUT,
				   "--auto: no row has a `time`; host-stat --record records some, "
				   "or give --now");
	return 0;
}

/*
 * Without a group in automatic mode there is nothing to do or remember. What is remembered is on the disk before
 * anybody sees the plan.
 */
static int balance_again(struct cmd_run *c, const struct cmd_planner *p,
			 const struct vmm_balance_options *opt, struct vmm_strv *left)
{
	VMM_TABLE_AUTO *memory = NULL;
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	const char *file;
	time_t when;
	int rc;

	if (p->ngroups == 0)
		return vmm_balance(p->fleet, opt, &rows, left, &c->err);
	if (find_now(c, p, &when) < 0 ||
	    (access(automatic, F_OK) == 0 && cmd_read_rows(c, automatic, &memory, &file) < 0))
		return c->err.code;
	rc = vmm_rounds_balance(p->fleet, opt, when, &memory, &rows, left, &c->err);
	if (rc < 0)
		return rc == VMM_EINPUT ? vmm_err_prefix(&c->err, "--auto %s", automatic) : rc;
	vmm_tsv_format(&text, memory);
	return text.failed ? vmm_err_nomem(&c->err)
			   : vmm_replace_file(automatic, 0600, text.data, text.len, &c->err);
}

/* What can't be done is no failure of the plan, but somebody should know. */
static int plan(struct cmd_run *c, const struct cmd_planner *p, const struct vmm_balance_options *opt)
{
	VMM_STRV_AUTO left = VMM_STRV_INIT;
	int ret = automatic ? balance_again(c, p, opt, &left)
			    : vmm_balance(p->fleet, opt, &rows, &left, &c->err);

	for (size_t i = 0; i < left.n; i++)
		cmd_say(c, "%s", left.s[i]);
	return ret;
}

static int make(struct cmd_run *c, const struct cmd_planner *p, const struct vmm_balance_options *opt)
{
	const char *host = c->args.n > 0 ? c->args.s[c->args.n - 1] : NULL;

	if (score)
		return vmm_fleet_score(p->fleet, &rows, &c->err);
	if (pareto)
		return vmm_balance_pareto(p->fleet, opt, &rows, &c->err);
	if (why_not)
		return vmm_balance_why(p->fleet, opt, why_not, host, &rows, &c->err);
	if (why)
		return vmm_balance_why(p->fleet, opt, why, NULL, &rows, &c->err);
	return plan(c, p, opt);
}

/* Of what is left when the file of --from is read: the host of --why-not, no more and no less. */
static int check_operands(struct cmd_run *c)
{
	if ((now && !automatic) || (automatic && (score || pareto || why || why_not)))
		return vmm_err_set(&c->err, VMM_EINPUT,
				   now && !automatic
					   ? "--now is for --auto"
					   : "--auto prints a plan: no --score, --pareto or --why");
	if (score + pareto + (why != NULL) + (why_not != NULL) > 1)
		return vmm_err_set(&c->err, VMM_EINPUT,
				   "--score, --pareto, --why and --why-not exclude each other");
	if (why_not && c->args.n == 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "--why-not: HOST is missing");
	if (c->args.n > (why_not ? 1 : 0))
		return vmm_err_set(&c->err, VMM_EINPUT, "one operand too many: '%s'",
				   c->args.s[c->args.n - 1]);
	return 0;
}

static int run(struct cmd_run *c)
{
	struct vmm_balance_options opt = VMM_BALANCE_OPTIONS;
	struct cmd_planner p = { .automatic = automatic != NULL };
	int ret = read_options(c, &opt);

	if (ret == 0)
		ret = cmd_planner_read(c, &p);
	if (ret == 0)
		ret = check_operands(c);
	if (ret == 0)
		ret = make(c, &p, &opt);
	if (ret == 0)
		ret = cmd_rows(c, rows);
	cmd_planner_release(&p);
	return ret;
}

static const struct cmd plan_balance = {
	.name = "plan-balance",
	.operands = "[FILE] [HOST]",
	.summary = "Plan the moves that make load even, after those that mend broken rules.",
	.options = options,
	.columns = cmd_plan_columns,
	.alts = alts,
	.words = words,
	.uses = CMD_ROWS | CMD_PER_HOST,
	.max_args = 2,
	.run = run,
};

int main(int argc, char **argv)
{
	int ret = cmd_main(&plan_balance, argc, argv);

	vmm_table_free(rows);
	return ret;
}
