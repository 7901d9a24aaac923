/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Progress on stderr: bars on a terminal, or JSON lines. Used by the frame. */
#ifndef CMD_BARS_H
#define CMD_BARS_H

#include "base/err.h"
#include "base/progress.h"

extern const char *const cmd_bars_ways[]; /* the words of --progress */

/* how: "bars", "json", "none" or NULL (bars on a terminal). *out is NULL where nothing is to be shown. */
int cmd_bars_new(const char *how, struct vmm_progress_sink **out, struct vmm_err *err);
/* Wipes the bars and frees the sink. An abandoned worker may still report: see bars.c. */
void cmd_bars_free(struct vmm_progress_sink *sink);
/* Wipes the bars so that a message can be printed; they come back with the next report. */
void cmd_bars_pause(struct vmm_progress_sink *sink);

#endif
