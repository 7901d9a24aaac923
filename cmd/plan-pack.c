/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans which hosts can be switched off, and which have to come on. */
#include <stdlib.h>
#include <string.h>

#include "base/hostlist.h"
#include "frame/plan.h"
#include "frame/planner.h"
#include "plan/pack.h"

#define TOLERATE_MAX 1000

static char **off;
static char *target, *range, *tolerate;

/* clang-format off */
static const struct poptOption options[] = {
	{ "off", 0, POPT_ARG_ARGV, &off, 0,
		"these are off and may be switched on, as are those with power=off", "HOST,..." },
	{ "target", 0, POPT_ARG_STRING, &target, 0, "use of hosts, in percent (usual: 63)", "N" },
	{ "range", 0, POPT_ARG_STRING, &range, 0,
		"so much less or more is well, in percent (usual: 18)", "N" },
	{ "tolerate", 0, POPT_ARG_STRING, &tolerate, 0,
		"so many hosts may fail at once (usual: what each group says)", "N" },
	CMD_PLANNER_OPTIONS,
	POPT_TABLEEND
};
/* clang-format on */

static const struct cmd_words words[] = { CMD_PLANNER_WORDS, { NULL, NULL } };

static int read_options(struct cmd_run *c, struct vmm_pack_options *opt)
{
	uint64_t aim = 63, around = 18, hosts = 0;

	if (cmd_opt_u64(c, "--target", target, 1, 100, &aim) < 0 ||
	    cmd_opt_u64(c, "--range", range, 0, 100, &around) < 0 ||
	    cmd_opt_u64(c, "--tolerate", tolerate, 0, TOLERATE_MAX, &hosts) < 0)
		return c->err.code;
	opt->target = (double)aim / 100;
	opt->range = (double)around / 100;
	opt->failures = tolerate ? (long)hosts : -1;
	if (c->per_host)
		opt->per_host = c->per_host;
	return 0;
}

static int read_off(struct cmd_run *c, struct vmm_strv *names)
{
	for (char **o = off; o && *o; o++)
		if (vmm_hostlist_expand(*o, names, &c->err) < 0)
			return c->err.code;
	return 0;
}

/* Without a BMC nobody can switch it; where the rows tell of none, others know. */
static enum vmm_pack_may may_host(const struct vmm_table *hosts, size_t row, bool is_off)
{
	const char *power = vmm_table_at(hosts, row, "power"),
		   *maint = vmm_table_at(hosts, row, "maint");

	if ((*maint && strcmp(maint, "no") != 0) ||
	    (vmm_table_col(hosts, "bmc") >= 0 && !*vmm_table_at(hosts, row, "bmc")))
		return VMM_PACK_NOTHING;
	return is_off || strcmp(power, "off") == 0 ? VMM_PACK_ON : VMM_PACK_OFF;
}

static int what_may_be(struct cmd_run *c, const struct cmd_planner *p, enum vmm_pack_may *may)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int col = vmm_table_col(p->hosts, "name");

	if (read_off(c, &names) < 0)
		return c->err.code;
	for (size_t i = 0; i < names.n; i++)
		if (vmm_table_find(p->hosts, col, names.s[i]) < 0)
			return vmm_err_set(&c->err, VMM_EREFUSED, "no such host: '%s'", names.s[i]);
	for (size_t i = 0; i < p->fleet->nhosts; i++) {
		long row = vmm_table_find(p->hosts, col, p->fleet->hosts[i].name);

		if (!p->fleet->hosts[i].excluded)
			may[i] = may_host(p->hosts, (size_t)row,
					  vmm_strv_has(&names, p->fleet->hosts[i].name));
		/* One that takes no VMs because it is off can tell nothing else; one that is on has no reason to. */
		if (may[i] == VMM_PACK_OFF && p->fleet->hosts[i].closed)
			may[i] = VMM_PACK_NOTHING;
	}
	return 0;
}

/* An empty plan would look as if nothing could be saved. */
static void tell_idle(struct cmd_run *c, const struct cmd_planner *p, const enum vmm_pack_may *may)
{
	for (size_t i = 0; i < p->fleet->nhosts; i++)
		if (may[i] != VMM_PACK_NOTHING)
			return;
	cmd_say(c, "no host can be switched: each is without a BMC (host-set --bmc), in maintenance, "
		   "excluded or not well");
}

static int check_operands(struct cmd_run *c)
{
	/* That of --from has been taken out. */
	return c->args.n == 0
		       ? 0
		       : vmm_err_set(&c->err, VMM_EINPUT, "one operand too many: '%s'", c->args.s[0]);
}

static int run(struct cmd_run *c)
{
	struct vmm_pack_options opt = VMM_PACK_OPTIONS;
	struct cmd_planner p = { NULL };
	VMM_TABLE_AUTO *plan = NULL;
	enum vmm_pack_may *may = NULL;
	int ret = read_options(c, &opt);

	if (ret == 0)
		ret = cmd_planner_read(c, &p);
	if (ret == 0)
		ret = check_operands(c);
	if (ret == 0 && !(may = calloc(p.fleet->nhosts + 1, sizeof(*may))))
		ret = vmm_err_nomem(&c->err);
	if (ret == 0)
		ret = what_may_be(c, &p, may);
	opt.may = may;
	if (ret == 0)
		tell_idle(c, &p, may);
	if (ret == 0)
		ret = vmm_plan_pack(p.fleet, &opt, &plan, &c->err);
	if (ret == 0)
		ret = cmd_rows(c, plan);
	free(may);
	cmd_planner_release(&p);
	return ret;
}

static const struct cmd plan_pack = {
	.name = "plan-pack",
	.operands = "[FILE]",
	.summary = "Plan which hosts can be switched off and which have to come on.",
	.options = options,
	.columns = cmd_plan_columns,
	.words = words,
	.uses = CMD_ROWS | CMD_PER_HOST,
	.max_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&plan_pack, argc, argv);
}
