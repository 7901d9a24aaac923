/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/rowsfile.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1 << 30)

int cmd_read_text(struct cmd_run *c, const char *file, char **text, size_t *len, const char **name)
{
	bool in = strcmp(file, "-") == 0;
	int fd = in ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC), rc;

	*name = in ? "stdin" : file;
	if (fd < 0)
		return vmm_err_unreadable(&c->err, "cannot read '%s'", file);
	rc = vmm_read_fd(*name, fd, TEXT_MAX, text, len, &c->err);
	if (!in)
		close(fd);
	return rc;
}

int cmd_read_rows(struct cmd_run *c, const char *file, struct vmm_table **out, const char **name)
{
	VMM_STR_AUTO text = NULL;
	size_t len;
	int rc = cmd_read_text(c, file, &text, &len, name);

	return rc < 0 ? rc : vmm_rows_parse(*name, text, len, out, &c->err);
}
