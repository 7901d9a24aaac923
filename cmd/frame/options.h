/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frame's own options, and what it makes of option tables: help, and rows for the completions. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdio.h>

#include "frame/frame.h"

/* The values of the common options, as popt leaves them. */
struct cmd_options {
	int help, version, list, list_commands;
	char *columns, *format;
	int json, no_header, human;
	char *jobs, *per_host, *timeout, *progress;
	int fail_fast, dry_run, null;
};
extern struct cmd_options cmd_options;

/* The table for popt: the common options that cmd uses, then its own. The caller frees the array. */
struct poptOption *cmd_options_table(const struct cmd *cmd);

/* What stands behind "usage: ": name, verb, operands. */
void cmd_usage(const struct cmd *cmd, struct vmm_buf *out);
void cmd_help(const struct cmd *cmd, const struct poptOption *table, FILE *to);
/*
 * A row for each option; in `values` the words there are for it, separated by blanks. What else its value can
 * be, `arg` tells: HOST, GROUP, FILE, ...
 */
void cmd_list_options(const struct cmd *cmd, const struct poptOption *table, FILE *to);
void cmd_list_commands(const struct cmd *cmd, FILE *to);

#endif
