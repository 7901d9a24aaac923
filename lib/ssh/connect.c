/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket to a server, within a limit. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/dial.h"
#include "ssh/internal.h"

int vmm__ssh_connect(const char *address, unsigned port, uint64_t until,
		     const struct vmm_cancel *cancel, struct vmm_err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *all;
	char service[16];
	int why, fd = -1;

	snprintf(service, sizeof(service), "%u", port ? port : VMM__SSH_PORT);
	why = getaddrinfo(address, service, &hints, &all);
	if (why != 0)
		return vmm_err_set(err, VMM_EAGAIN, "cannot find '%s': %s", address,
				   gai_strerror(why));
	why = ENOENT;
	for (const struct addrinfo *ai = all; ai && why != 0 && why != ECANCELED; ai = ai->ai_next)
		why = vmm_dial(ai, until, cancel, &fd);
	freeaddrinfo(all);
	if (why == 0)
		return fd;
	if (why == ECANCELED)
		return vmm_err_set(err, VMM_ECANCEL, "aborted");
	errno = why;
	vmm_err_errno(err, "cannot connect to '%s'", address);
	if (err)
		err->code = VMM_EAGAIN;
	return VMM_EAGAIN;
}
