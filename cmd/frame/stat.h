/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What host-stat and vm-stat share: the options, and what is recorded and read again (history/history.h). */
#ifndef CMD_STAT_H
#define CMD_STAT_H

#include "frame/frame.h"
#include "history/history.h"
#include "inventory/inventory.h"

struct cmd_stat_text {
	char *interval, *watch, *since, *keep, *max_size;
	int record, mean, p95, max;
};
extern struct cmd_stat_text cmd_stat_text;

/* clang-format off */
#define CMD_STAT_OPTIONS \
	{ "interval", 'i', POPT_ARG_STRING, &cmd_stat_text.interval, 0, \
		"measure for so long (usual: 5s)", "TIME" }, \
	{ "watch", 'w', POPT_ARG_STRING, &cmd_stat_text.watch, 0, \
		"again and again, each TIME, until Ctrl-C", "TIME" }, \
	{ "record", 'r', POPT_ARG_NONE, &cmd_stat_text.record, 0, \
		"append to the history what the hosts and their VMs do", NULL }, \
	{ "keep", 0, POPT_ARG_STRING, &cmd_stat_text.keep, 0, \
		"with --record: for how long (usual: 30d)", "TIME" }, \
	{ "max-size", 0, POPT_ARG_STRING, &cmd_stat_text.max_size, 0, \
		"with --record: how much of it at most (usual: 256M)", "SIZE" }, \
	{ "since", 0, POPT_ARG_STRING, &cmd_stat_text.since, 0, \
		"the recorded history, from this time, or so long ago, on; no host is asked", "TIME" }, \
	{ "avg", 0, POPT_ARG_NONE, &cmd_stat_text.mean, 0, "with --since: one row each, the means", NULL }, \
	{ "p95", 0, POPT_ARG_NONE, &cmd_stat_text.p95, 0, \
		"with --since: one row each, what 95 of 100 records do not exceed", NULL }, \
	{ "max", 0, POPT_ARG_NONE, &cmd_stat_text.max, 0, "with --since: one row each, the maxima", NULL }
/* clang-format on */

struct cmd_stat {
	uint64_t interval_ms, every_ms; /* every_ms 0: once */
	bool record, history, single;   /* history: --since; single: its records as they are */
	struct vmm_history_limits limits;
	time_t since;
	enum vmm_history_way way;
};

int cmd_stat_read(struct cmd_run *c, struct cmd_stat *s);
/* Records what a round has added to the tables. With --watch one that can't be is told of, and counts as failed. */
int cmd_stat_record(struct cmd_run *c, const struct cmd_stat *s, const struct vmm_inventory *inv);
/*
 * Prints the history of those whose row in inv is `wanted`; NULL: of all, also of those that are not in it. What
 * records do not have is filled in from the inventory.
 */
int cmd_stat_history(struct cmd_run *c, const struct cmd_stat *s, enum vmm_history kind,
		     struct vmm_inventory *inv, const bool *wanted);

#endif
