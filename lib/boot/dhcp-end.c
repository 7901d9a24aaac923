/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends what an earlier server left behind. A number may be anybody's by now, so its command line has to say it. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "boot/dhcp-internal.h"

#define LINE_MAX_BYTES 8192
#define WAIT_MS 3000

static bool has_argument(long pid, const char *argument)
{
	char path[64], line[LINE_MAX_BYTES + 1];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, line, LINE_MAX_BYTES);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	line[n] = '\0';
	for (const char *at = line; at < line + n; at += strlen(at) + 1)
		if (strcmp(at, argument) == 0)
			return true;
	return false;
}

static bool is_gone(int pidfd, int ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

/* The descriptor is the process's, so what is looked at after it was opened is the one that gets the signal. */
bool vmm__boot_dhcp_end(long pid, const char *argument)
{
	int fd = pid > 1 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	bool ours = fd >= 0 && has_argument(pid, argument);

	if (ours) {
		syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0);
		if (!is_gone(fd, WAIT_MS)) {
			syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
			is_gone(fd, WAIT_MS);
		}
	}
	if (fd >= 0)
		close(fd);
	return ours;
}
