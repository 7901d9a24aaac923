/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMs that aren't there yet: one by options, or rows. */
#ifndef CMD_NEWCOMERS_H
#define CMD_NEWCOMERS_H

#include "frame/frame.h"
#include "frame/planner.h"

struct cmd_newcomers_text {
	char *name, *cpus, *memory;
};
extern struct cmd_newcomers_text cmd_newcomers_text;

/* clang-format off */
#define CMD_NEWCOMERS_OPTIONS \
	{ "name", 0, POPT_ARG_STRING, &cmd_newcomers_text.name, 0, \
		"how it is called, for the rules (usual: new)", "NAME" }, \
	{ "cpus", 0, POPT_ARG_STRING, &cmd_newcomers_text.cpus, 0, "its virtual processors", "N" }, \
	{ "memory", 0, POPT_ARG_STRING, &cmd_newcomers_text.memory, 0, "its memory (4G)", "SIZE" }
/* clang-format on */

/*
 * Rows name vcpus mem: from the operand FILE ("-": stdin), or one by the options. After cmd_planner_read(), which
 * takes its own operand away. *file is what errors call them. The table is the caller's.
 */
int cmd_newcomers_read(struct cmd_run *c, struct vmm_table **out, const char **file);
/* What a planner of newcomers takes. */
struct vmm_fleet_input cmd_planner_input(const struct cmd_planner *p);

#endif
