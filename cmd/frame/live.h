/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --live of the listing commands: what the hosts tell now, merged into what was read. */
#ifndef CMD_LIVE_H
#define CMD_LIVE_H

#include "frame/filter.h"

/*
 * Reads the inventory and calls work() with it and the filter of the options. With `live` the hosts
 * that the filter admits are visited first and what they say is merged, only in memory; those that
 * do not answer are named on stderr, and the status is then VMM_EPART, or VMM_EAGAIN when none did.
 *
 * libvirt and its 59 libraries are loaded here, with libvmm, and not when the command starts:
 * without --live these commands take a few milliseconds and run in shell loops.
 */
int cmd_vms(struct cmd_run *c, bool live,
	    int (*work)(struct cmd_run *c, struct vmm_inventory *inv, const struct cmd_filter *f));

#endif
