/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --live of the listing commands: what the hosts tell now, merged into what was read. */
#ifndef CMD_LIVE_H
#define CMD_LIVE_H

#include "frame/filter.h"

/*
 * Visits the hosts that the filter admits and brings *inv (only in memory) up to date. Says on stderr which
 * hosts did not answer: then VMM_EPART, or VMM_EAGAIN when none did.
 *
 * libvmm, and with it libvirt and its 59 libraries, is loaded here and not when the command
 * starts: without --live these commands take a few milliseconds and run in shell loops.
 */
int cmd_live(struct cmd_run *c, struct vmm_inventory *inv, const struct cmd_filter *f);

#endif
