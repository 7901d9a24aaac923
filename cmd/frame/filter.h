/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options that choose hosts, and those that choose VMs, for the commands that list them. */
#ifndef CMD_FILTER_H
#define CMD_FILTER_H

#include "frame/frame.h"
#include "inventory/inventory.h"

/* clang-format off */
#define CMD_FILTER_HOST_OPTIONS \
	{ "host", 0, POPT_ARG_ARGV, &cmd_filter_text.hosts, 0, \
		"only on these hosts: names, ranges h[1-40], @GROUP", "HOST,..." }, \
	{ "group", 'g', POPT_ARG_ARGV, &cmd_filter_text.groups, 0, \
		"only on hosts of these groups", "GROUP,..." }

#define CMD_FILTER_OPTIONS \
	CMD_FILTER_HOST_OPTIONS, \
	{ "state", 's', POPT_ARG_ARGV, &cmd_filter_text.states, 0, \
		"only in these states", "STATE,..." }, \
	{ "name", 0, POPT_ARG_ARGV, &cmd_filter_text.names, 0, \
		"only with a name that matches this shell pattern", "PATTERN" }
/* clang-format on */

struct cmd_filter_text {
	char **hosts, **groups, **states, **names;
};
extern const char *const cmd_filter_states[];
extern struct cmd_filter_text cmd_filter_text;

struct cmd_filter {
	struct vmm_strv hosts, groups, states, names;
	struct vmm_vm_filter filter; /* points to those given */
	size_t *host_rows, nhosts;   /* of the inventory: those that --host and --group admit */
};

/* A host or group that is not in the inventory, or a state that there is not, is an error. */
int cmd_filter_read(struct cmd_run *c, const struct vmm_inventory *inv, struct cmd_filter *f);
void cmd_filter_release(struct cmd_filter *f);

#endif
