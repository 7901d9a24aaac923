/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket to a server, within a limit. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "ssh/internal.h"

#define STEP_MS 100

/* 0, or an errno. */
static int dial(int fd, const struct addrinfo *ai, uint64_t until, const struct vmm_cancel *cancel)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int why = 0;
	socklen_t len = sizeof(why);

	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	while (poll(&p, 1, STEP_MS) == 0) {
		if (cancel && cancel->level >= 2)
			return ECANCELED;
		if (vmm_clock_ms() >= until)
			return ETIMEDOUT;
	}
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0 ? errno : why;
}

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
	for (const struct addrinfo *ai = all; ai && why != 0 && why != ECANCELED; ai = ai->ai_next) {
		fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		why = fd < 0 ? errno : dial(fd, ai, until, cancel);
		if (why != 0 && fd >= 0)
			close(fd);
	}
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
