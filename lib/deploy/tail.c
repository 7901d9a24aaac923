/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of what scripts have printed. */
#include <unistd.h>

#include "base/rows.h"
#include "deploy/internal.h"

#define LOG_MAX ((size_t)16 << 20) /* as boot/spool.h keeps it */

void vmm__job_tail(struct vmm__task *k, size_t max, struct vmm_buf *out)
{
	VMM_BUF_AUTO part = VMM_BUF_INIT;
	VMM_STR_AUTO text = NULL;
	size_t len = 0;
	int fd;

	if (!*k->job)
		return;
	vmm_buf_addf(&part, "jobs/%s/log", k->job);
	fd = vmm_boot_open_file(k->boot, part.data);
	if (fd < 0)
		return;
	/* A shorter one is read from its beginning, and one that grows meanwhile to its end. */
	lseek(fd, -(off_t)max, SEEK_END);
	if (vmm_read_fd(part.data, fd, LOG_MAX, &text, &len, NULL) == 0)
		vmm_buf_add(out, text + (len > max ? len - max : 0), len > max ? max : len);
	close(fd);
}

void vmm__tail_line(const char *bytes, size_t n, size_t max, struct vmm_buf *out)
{
	while (n && bytes[n - 1] == '\n')
		n--;
	for (size_t i = n > max ? n - max : 0; i < n; i++)
		if (bytes[i] == '\n')
			vmm_buf_adds(out, " | ");
		else
			vmm_buf_addc(out, bytes[i]);
}
