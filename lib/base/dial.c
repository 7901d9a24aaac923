/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/dial.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

/* A signal handler can only raise the cancel level: this often it is looked at. */
#define STEP_MS 100

static int wait_for(int fd, uint64_t until, const struct vmm_cancel *cancel)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int why = 0;
	socklen_t len = sizeof(why);

	for (int n; (n = poll(&p, 1, STEP_MS)) != 1;) {
		if (n < 0 && errno != EINTR)
			return errno;
		if (cancel && cancel->level >= 2)
			return ECANCELED;
		if (vmm_clock_ms() >= until)
			return ETIMEDOUT;
	}
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0 ? errno : why;
}

int vmm_dial(const struct addrinfo *to, uint64_t until, const struct vmm_cancel *cancel, int *fd)
{
	int s = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int why = 0;

	if (s < 0)
		return errno;
	if (connect(s, to->ai_addr, to->ai_addrlen) < 0)
		why = errno == EINPROGRESS ? wait_for(s, until, cancel) : errno;
	if (why != 0)
		close(s);
	else
		*fd = s;
	return why;
}
