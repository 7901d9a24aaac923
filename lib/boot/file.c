/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of the boot folder. Root writes into a folder that is another user's, so each path is resolved
 * without symbolic links, and what is made is reached by its descriptor only.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rows.h"
#include "boot/internal.h"

static int open_beneath(int root, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do {
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return (int)fd;
}

int vmm__boot_open(const struct vmm_boot *b, const char *path, int flags, mode_t mode)
{
	return open_beneath(b->root, path, flags, mode);
}

int vmm__boot_folder(const struct vmm_boot *b, const char *path)
{
	return open_beneath(b->root, path, O_RDONLY | O_DIRECTORY, 0);
}

int vmm__boot_err(const struct vmm_boot *b, const char *verb, const char *path, struct vmm_err *err)
{
	bool missing = errno == ENOENT;

	vmm_err_errno(err, "cannot %s '%s/%s'", verb, b->path, path);
	if (missing && err)
		err->code = VMM_ENOTFOUND;
	return missing ? VMM_ENOTFOUND : VMM_EFAIL;
}

int vmm__boot_give(const struct vmm_boot *b, int fd)
{
	return geteuid() == 0 && b->uid != 0 ? fchown(fd, b->uid, b->gid) : 0;
}

int vmm__boot_keep(const struct vmm_boot *b, int fd)
{
	return geteuid() == 0 ? fchown(fd, 0, b->gid) : 0;
}

/* O_NONBLOCK: should it be a pipe, nobody waits for its writer. */
int vmm__boot_read(const struct vmm_boot *b, const char *path, size_t max, char **text, size_t *len,
		   struct vmm_err *err)
{
	int fd = vmm__boot_open(b, path, O_RDONLY | O_NONBLOCK, 0), ret;

	if (fd < 0)
		return vmm__boot_err(b, "read", path, err);
	ret = vmm_read_fd(path, fd, max, text, len, err);
	close(fd);
	return ret;
}

bool vmm__boot_has(const struct vmm_boot *b, const char *path)
{
	int fd = vmm__boot_open(b, path, O_PATH, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int put_at(const struct vmm_boot *b, int folder, const char *name, mode_t mode,
		  const char *bytes, size_t n, bool sync)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	int ret = 0, why;

	if (fd < 0)
		return -1;
	if (fchmod(fd, mode) < 0 || vmm_write_fd(fd, bytes, n) < 0 || vmm__boot_give(b, fd) < 0 ||
	    (sync && fsync(fd) < 0))
		ret = -1;
	why = errno;
	close(fd);
	errno = why;
	return ret;
}

int vmm__boot_put_at(const struct vmm_boot *b, int folder, const char *name, mode_t mode,
		     const char *bytes, size_t n)
{
	return put_at(b, folder, name, mode, bytes, n, true);
}

int vmm__boot_put(const struct vmm_boot *b, const char *folder, const char *name, mode_t mode,
		  const char *bytes, size_t n, bool sync, struct vmm_err *err)
{
	char aside[sizeof(VMM__BOOT_NEW) + 16] = VMM__BOOT_NEW;
	int fd, ret;

	ret = vmm__boot_random(aside + strlen(VMM__BOOT_NEW), 16, err);
	if (ret < 0)
		return ret;
	fd = vmm__boot_folder(b, folder);
	if (fd < 0)
		return vmm__boot_err(b, "open", folder, err);
	if (put_at(b, fd, aside, mode, bytes, n, sync) < 0 || renameat(fd, aside, fd, name) < 0 ||
	    (sync && fsync(fd) < 0)) {
		ret = vmm__boot_err(b, "write in", folder, err);
		unlinkat(fd, aside, 0);
	}
	close(fd);
	return ret;
}

int vmm__boot_rename(const struct vmm_boot *b, const char *folder, const char *from, const char *to,
		     struct vmm_err *err)
{
	int fd = vmm__boot_folder(b, folder), ret = 0;

	if (fd < 0)
		return vmm__boot_err(b, "open", folder, err);
	if (renameat(fd, from, fd, to) < 0 || fsync(fd) < 0)
		ret = vmm__boot_err(b, "rename in", folder, err);
	close(fd);
	return ret;
}

int vmm__boot_unlink(const struct vmm_boot *b, const char *folder, const char *const *names,
		     struct vmm_err *err)
{
	int fd = vmm__boot_folder(b, folder), ret = 0;

	if (fd < 0)
		return vmm__boot_err(b, "open", folder, err);
	for (; ret == 0 && *names; names++)
		if (unlinkat(fd, *names, 0) < 0 && errno != ENOENT)
			ret = vmm__boot_err(b, "remove from", folder, err);
	if (ret == 0 && fsync(fd) < 0)
		ret = vmm__boot_err(b, "sync", folder, err);
	close(fd);
	return ret;
}

static void clear_files(int fd)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;

	if (!d) {
		close(fd);
		return;
	}
	while ((e = readdir(d)))
		if (e->d_type != DT_DIR)
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
}

void vmm__boot_clear(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		clear_files(fd);
	unlinkat(folder, name, AT_REMOVEDIR);
}
