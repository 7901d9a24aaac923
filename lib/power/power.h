/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Power of guests: an operation and the wait for its result.
 *
 *	on         start (from its saved state if it has one); wake up if it has suspended itself
 *	off        pull the plug (destroy)
 *	shutdown   ask the guest, by its agent or ACPI, and wait until it is off
 *	reboot     ask the guest to restart, and wait until it has begun to
 *	reset      press the reset button
 *	suspend    pause its processors (stays in memory)
 *	resume     let them run again; wake up if it has suspended itself
 *	save       write its memory to disk and stop it (managed save)
 *
 * Each is idempotent: already there is VMM_OK with *did false. A shutdown that the guest
 * ignores ends in VMM_EFAIL after the limit, with the guest still running, unless `force`
 * asks for `off` then. What the guest's state or the driver doesn't allow is VMM_EREFUSED
 * with the way out (`on` for a paused guest: resume it); a guest in the last moments of a
 * migration or a shutdown is VMM_EAGAIN.
 */
#ifndef VMM_POWER_POWER_H
#define VMM_POWER_POWER_H

#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/jobs.h"

enum vmm_power_op {
	VMM_POWER_ON,
	VMM_POWER_OFF,
	VMM_POWER_SHUTDOWN,
	VMM_POWER_REBOOT,
	VMM_POWER_RESET,
	VMM_POWER_SUSPEND,
	VMM_POWER_RESUME,
	VMM_POWER_SAVE,
};

/* The operation of a name as above, or -1. */
int vmm_power_parse(const char *name);

struct vmm_power_options {
	uint64_t timeout_ms; /* for the result; 0: don't wait for it */
	uint64_t spent_ms;   /* of it, before the call: to find the guest */
	bool force; /* shutdown: off when the limit has passed, or when it can't be asked */
	const struct vmm_cancel *cancel; /* may be NULL; level 2 ends the wait */
};

/* Runs in the caller's thread. *did: whether anything had to be done. */
int vmm_power(virDomainPtr dom, enum vmm_power_op op, const struct vmm_power_options *opt,
	      bool *did, struct vmm_err *err);

#endif
