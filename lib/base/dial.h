/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A TCP connection within a limit.
 *
 *	struct addrinfo *ai;
 *	int fd;
 *
 *	if (getaddrinfo(address, "22", &hints, &ai) != 0) …;
 *	errno = vmm_dial(ai, vmm_clock_ms() + 1000, cancel, &fd);
 */
#ifndef VMM_BASE_DIAL_H
#define VMM_BASE_DIAL_H

#include <netdb.h>
#include <stdint.h>

#include "base/jobs.h"

/*
 * To that one address, not those behind it in its list. `until` is as of vmm_clock_ms(); `cancel` may be
 * NULL, and counts from level 2 on. 0 and *fd, which is the caller's to close, non-blocking and
 * close-on-exec; else an errno: ETIMEDOUT, ECANCELED, or why there is no connection.
 */
int vmm_dial(const struct addrinfo *to, uint64_t until, const struct vmm_cancel *cancel, int *fd);

#endif
