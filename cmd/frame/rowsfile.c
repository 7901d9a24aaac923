/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/rowsfile.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ROWS_MAX ((size_t)256 << 20)

int cmd_read_rows(struct cmd_run *c, const char *file, struct vmm_table **out, const char **name)
{
	bool in = strcmp(file, "-") == 0;
	int fd = in ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC), rc;
	VMM_STR_AUTO text = NULL;
	size_t len;

	*name = in ? "stdin" : file;
	if (fd < 0)
		return vmm_err_unreadable(&c->err, "cannot read '%s'", file);
	rc = vmm_read_fd(*name, fd, ROWS_MAX, &text, &len, &c->err);
	if (!in)
		close(fd);
	return rc < 0 ? rc : vmm_rows_parse(*name, text, len, out, &c->err);
}
