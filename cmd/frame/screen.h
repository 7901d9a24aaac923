/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The terminal for a live view: the other screen, no cursor, single keys. It is as it was before on every way
 * out: return, exit, signals that end the process, Ctrl-Z and back.
 *
 *	if (cmd_screen_open(err) < 0) …;
 *	while ((key = cmd_screen_key(200)) != CMD_SCREEN_END)
 *		…cmd_screen_size(&width, &height); cmd_screen_paint(&text);…
 *	cmd_screen_close();
 */
#ifndef CMD_SCREEN_H
#define CMD_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { CMD_SCREEN_END = -1, CMD_SCREEN_NOTHING = 0 };

/* Whether standard input and output are a terminal that can do this. */
bool cmd_screen_possible(void);
int cmd_screen_open(struct vmm_err *err);
void cmd_screen_close(void);
void cmd_screen_size(unsigned *width, unsigned *height);
/* A key; NOTHING after that time, or when the size has changed; END by a signal or when nobody is there. */
int cmd_screen_key(uint64_t wait_ms);
/* Lines that end with \n, in place of what is there. */
void cmd_screen_paint(const struct vmm_buf *text);

#endif
