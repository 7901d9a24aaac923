/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

int vmm_write_fd(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int vmm_replace_file(const char *path, mode_t mode, const char *text, size_t len, struct vmm_err *err)
{
	VMM_BUF_AUTO aside = VMM_BUF_INIT;
	int fd, rc = 0;

	vmm_buf_addf(&aside, "%s.new", path);
	if (aside.failed)
		return vmm_err_nomem(err);
	fd = open(aside.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return vmm_err_errno(err, "cannot write '%s'", aside.data);
	if (fchmod(fd, mode) < 0 || vmm_write_fd(fd, text, len) < 0 || fsync(fd) < 0 ||
	    rename(aside.data, path) < 0) {
		rc = vmm_err_errno(err, "cannot write '%s'", path);
		unlink(aside.data);
	}
	close(fd);
	return rc;
}

/* Makes one folder and its name durable; that it exists already is fine. */
static int make_one(const char *path, mode_t mode, struct vmm_err *err)
{
	VMM_STR_AUTO parent = NULL;
	char *slash;
	int fd, rc = 0;

	if (mkdir(path, mode) < 0)
		return errno == EEXIST ? 0 : vmm_err_errno(err, "cannot make '%s'", path);
	parent = strdup(path);
	if (!parent)
		return vmm_err_nomem(err);
	slash = strrchr(parent, '/');
	slash[slash == parent] = '\0';
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		rc = vmm_err_errno(err, "cannot sync '%s'", parent);
	if (fd >= 0)
		close(fd);
	return rc;
}

int vmm_make_folders(const char *path, mode_t parents, mode_t last, struct vmm_err *err)
{
	VMM_STR_AUTO p = strdup(path);
	size_t len = p ? strlen(p) : 0;
	int rc = 0;

	if (!p)
		return vmm_err_nomem(err);
	while (len > 1 && p[len - 1] == '/')
		p[--len] = '\0';
	for (char *s = strchr(p + 1, '/'); s && rc == 0; s = strchr(s + 1, '/')) {
		*s = '\0';
		rc = make_one(p, parents, err);
		*s = '/';
	}
	return rc ? rc : make_one(p, last, err);
}
