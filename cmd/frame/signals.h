/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ctrl-C in a batch: the first lets what runs finish and starts nothing new, the second
 * aborts what runs, the third ends the process at once. SIGTERM and SIGHUP count the same.
 */
#ifndef CMD_SIGNALS_H
#define CMD_SIGNALS_H

#include "base/jobs.h"

/* `name` is the command's, for what is said then. */
struct vmm_cancel *cmd_signals_catch(const char *name);
/* The first is how the work ends, and needs no word. */
void cmd_signals_are_the_end(void);

#endif
