/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <unistd.h>

#include "agent/agent.h"

int agent_pwrite(int fd, const char *bytes, size_t n, uint64_t at, struct vmm_err *err)
{
	while (n) {
		ssize_t done = pwrite(fd, bytes, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return vmm_err_errno(err, "cannot write at byte %llu",
					     (unsigned long long)at);
		bytes += done;
		at += (uint64_t)done;
		n -= (size_t)done;
	}
	return 0;
}

int agent_pread(int fd, char *bytes, size_t n, uint64_t at, struct vmm_err *err)
{
	while (n) {
		ssize_t done = pread(fd, bytes, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return vmm_err_errno(err, "cannot read at byte %llu", (unsigned long long)at);
		if (done == 0)
			return vmm_err_set(err, VMM_EFAIL, "the disk ends at byte %llu",
					   (unsigned long long)at);
		bytes += done;
		at += (uint64_t)done;
		n -= (size_t)done;
	}
	return 0;
}

char *agent_pages(size_t n)
{
	void *p = NULL;

	return posix_memalign(&p, 4096, n) == 0 ? p : NULL;
}
