/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of the state folder: opened, read, written aside, renamed, made durable. */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rows.h"

int vmm__file_err(struct vmm_err *err, const char *verb, const struct vmm__dir *d, const char *name)
{
	return vmm_err_errno(err, "cannot %s '%s/%s'", verb, d->path, name);
}

int vmm__file_open(const struct vmm__dir *d, const char *name, int flags, int *fd, struct vmm_err *err)
{
	*fd = openat(d->fd, name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*fd >= 0 || (errno == ENOENT && !(flags & O_CREAT)))
		return 0;
	if ((flags & O_ACCMODE) == O_RDONLY)
		return vmm_err_unreadable(err, "cannot open '%s/%s'", d->path, name);
	return vmm__file_err(err, "open", d, name);
}

int vmm__file_read(const struct vmm__dir *d, const char *name, int fd, char **text, size_t *len,
		   struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;

	vmm_buf_addf(&path, "%s/%s", d->path, name);
	return vmm_read_fd(path.data, fd, VMM__FILE_MAX, text, len, err);
}

int vmm__file_write(const struct vmm__dir *d, const char *name, const char *text, size_t len,
		    struct vmm_err *err)
{
	int fd, rc;

	/* Whatever a crash left under this name: nobody reads it. */
	if (unlinkat(d->fd, name, 0) < 0 && errno != ENOENT)
		return vmm__file_err(err, "remove", d, name);
	rc = vmm__file_open(d, name, O_WRONLY | O_CREAT | O_EXCL, &fd, err);
	if (rc < 0)
		return rc;
	if (vmm_write_fd(fd, text, len) < 0 || fsync(fd) < 0)
		rc = vmm__file_err(err, "write", d, name);
	if (close(fd) < 0 && rc == 0)
		rc = vmm__file_err(err, "write", d, name);
	if (rc < 0)
		unlinkat(d->fd, name, 0);
	return rc;
}

int vmm__file_rename(const struct vmm__dir *d, const char *from, const char *to, struct vmm_err *err)
{
	if (renameat(d->fd, from, d->fd, to) < 0)
		return vmm__file_err(err, "rename to", d, to);
	return 0;
}

bool vmm__file_exists(const struct vmm__dir *d, const char *name)
{
	struct stat st;

	/* Whatever but ENOENT keeps us from seeing it will keep us from renaming it, and says so. */
	return fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

int vmm__file_parent(const char *name, struct vmm_buf *out)
{
	const char *slash = strchr(name, '/');

	vmm_buf_reset(out);
	if (slash)
		vmm_buf_add(out, name, (size_t)(slash - name));
	return out->failed ? VMM_ENOMEM : 0;
}

int vmm__dir_sync(const struct vmm__dir *d, const char *sub, struct vmm_err *err)
{
	int fd = d->fd, rc = 0;

	if (*sub) {
		fd = openat(d->fd, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return vmm__file_err(err, "open", d, sub);
	}
	if (fsync(fd) < 0)
		rc = vmm__file_err(err, "sync", d, sub);
	if (*sub)
		close(fd);
	return rc;
}
