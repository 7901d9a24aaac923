/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options that choose VMs, for the commands that list them. */
#ifndef CMD_FILTER_H
#define CMD_FILTER_H

#include "frame/frame.h"
#include "inventory/inventory.h"

/* clang-format off */
#define CMD_FILTER_OPTIONS \
	{ "host", 0, POPT_ARG_ARGV, &cmd_filter_text.hosts, 0, \
		"only on these hosts; ranges as in h[1-40]", "HOST,..." }, \
	{ "group", 'g', POPT_ARG_ARGV, &cmd_filter_text.groups, 0, \
		"only on hosts of these groups", "GROUP,..." }, \
	{ "state", 's', POPT_ARG_ARGV, &cmd_filter_text.states, 0, \
		"only in these states", "STATE,..." }, \
	{ "name", 0, POPT_ARG_ARGV, &cmd_filter_text.names, 0, \
		"only with a name that matches this shell pattern", "PATTERN" }
/* clang-format on */

struct cmd_filter_text {
	char **hosts, **groups, **states, **names;
};
extern struct cmd_filter_text cmd_filter_text;

struct cmd_filter {
	struct vmm_strv hosts, groups, states, names;
	struct vmm_vm_filter filter; /* points to those given */
};

int cmd_filter_read(struct cmd_run *c, struct cmd_filter *f);
void cmd_filter_release(struct cmd_filter *f);

/* The hosts that the filter admits (by name and group): for visits. See vmm_inventory_hosts(). */
int cmd_filter_hosts(struct cmd_run *c, const struct vmm_inventory *inv,
		     const struct cmd_filter *f, size_t *rows, size_t *n);

#endif
