/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What planners have in common: where they read hosts, VMs and rules from.
 *
 *	struct cmd_planner p = { NULL };
 *
 *	if (cmd_planner_read(c, &p) < 0) …;
 *	…p.fleet…
 *	cmd_planner_release(&p);
 *
 * With --from the first operand is the file and is taken out of c->args.
 */
#ifndef CMD_PLANNER_H
#define CMD_PLANNER_H

#include "frame/frame.h"
#include "group/group.h"
#include "plan/fleet.h"

struct cmd_planner_text {
	char *hosts, *vms, *rules, *from;
	char **groups;
};
extern struct cmd_planner_text cmd_planner_text;
extern const char *const cmd_planner_formats[];
/* For struct cmd's `words`. */
#define CMD_PLANNER_WORDS                   \
	{                                   \
		"from", cmd_planner_formats \
	}

/* clang-format off */
#define CMD_PLANNER_OPTIONS \
	{ "hosts", 0, POPT_ARG_STRING, &cmd_planner_text.hosts, 0, \
		"rows of hosts, as host-stat and host-list print them; -: stdin", "FILE" }, \
	{ "vms", 0, POPT_ARG_STRING, &cmd_planner_text.vms, 0, \
		"rows of VMs, as vm-stat and vm-list print them; -: stdin", "FILE" }, \
	{ "rules", 0, POPT_ARG_STRING, &cmd_planner_text.rules, 0, \
		"settings and rules for all groups (usual: each group's own)", "FILE" }, \
	{ "group", 'g', POPT_ARG_ARGV, &cmd_planner_text.groups, 0, \
		"only hosts of these groups", "GROUP,..." }, \
	{ "from", 0, POPT_ARG_STRING, &cmd_planner_text.from, 0, \
		"the operand FILE holds hosts and VMs in another program's format: ganeti", "FORMAT" }
/* clang-format on */

struct cmd_planner {
	struct vmm_table *hosts, *vms;
	char *file; /* of --from */
	const char *hosts_file, *vms_file;
	struct vmm_group **groups;
	size_t ngroups;
	struct vmm_fleet *fleet;
	bool automatic; /* set by the caller: only groups in automatic mode */
};

int cmd_planner_read(struct cmd_run *c, struct cmd_planner *p);
void cmd_planner_release(struct cmd_planner *p);

#endif
