/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The boot folder itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/internal.h"

static const char *const folders[] = { "agent", "tls", "images", "files", "jobs", "seen", "run" };

char *vmm_boot_path(const char *state, struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	const char *given = getenv("VMM_BOOT");
	char *text;

	if (!given && !state) {
		vmm_err_set(err, VMM_EINPUT, "the state is no folder; VMM_BOOT has to name one");
		return NULL;
	}
	if (given)
		vmm_buf_adds(&path, given);
	else
		vmm_buf_addf(&path, "%s-boot", state);
	text = vmm_buf_steal(&path);
	if (!text)
		vmm_err_nomem(err);
	return text;
}

char *vmm_boot_at(const struct vmm_boot *b, const char *part)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;

	vmm_buf_addf(&path, "%s/%s", b->path, part);
	return vmm_buf_steal(&path);
}

const char *vmm_boot_root(const struct vmm_boot *b)
{
	return b->path;
}

static int make_folder(const struct vmm_boot *b, const char *name, struct vmm_err *err)
{
	int fd, ret = 0;

	if (mkdirat(b->root, name, 0750) < 0)
		return errno == EEXIST ? 0 : vmm__boot_err(b, "make", name, err);
	fd = vmm__boot_folder(b, name);
	if (fd < 0 || vmm__boot_give(b, fd) < 0)
		ret = vmm__boot_err(b, "make", name, err);
	if (fd >= 0)
		close(fd);
	return ret;
}

static int open_root(struct vmm_boot *b, const char *path, bool make, struct vmm_err *err)
{
	struct stat st;

	if (make && mkdir(path, 0750) < 0 && errno != EEXIST)
		return vmm_err_errno(err, "cannot make '%s'", path);
	b->path = realpath(path, NULL);
	b->root = b->path ? open(b->path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (b->root < 0 || fstat(b->root, &st) < 0) {
		vmm_err_errno(err, "cannot open the boot folder '%s'", path);
		return errno == ENOENT ? VMM_ENOTFOUND : VMM_EFAIL;
	}
	if (st.st_mode & S_IWOTH)
		return vmm_err_set(err, VMM_EREFUSED,
				   "cannot use the boot folder '%s': everybody may write to it",
				   path);
	b->uid = st.st_uid;
	b->gid = st.st_gid;
	return 0;
}

int vmm_boot_open(const char *path, bool make, struct vmm_boot **out, struct vmm_err *err)
{
	struct vmm_boot *b = calloc(1, sizeof(*b));
	int ret;

	if (!b)
		return vmm_err_nomem(err);
	b->root = b->lock = -1;
	ret = open_root(b, path, make, err);
	for (size_t i = 0; ret == 0 && make && i < sizeof(folders) / sizeof(*folders); i++)
		ret = make_folder(b, folders[i], err);
	if (ret < 0)
		vmm_boot_close(b);
	else
		*out = b;
	return ret;
}

int vmm_boot_find(const char *given, const char *state, bool make, struct vmm_boot **out,
		  struct vmm_err *err)
{
	VMM_STR_AUTO usual = given ? NULL : vmm_boot_path(state, err);

	if (!given && !usual)
		return err->code;
	return vmm_boot_open(given ? given : usual, make, out, err);
}

int vmm_boot_lock(struct vmm_boot *b, struct vmm_err *err)
{
	int fd = vmm__boot_folder(b, "run");

	if (fd < 0)
		return vmm__boot_err(b, "open", "run", err);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return vmm_err_set(err, VMM_EAGAIN, "another server has '%s'", b->path);
	}
	b->lock = fd;
	return 0;
}

int vmm_boot_check_reach(const struct vmm_boot *b, const char *user, struct vmm_err *err)
{
	VMM_STR_AUTO path = vmm_boot_at(b, "run");

	if (path && access(path, R_OK | W_OK | X_OK) == 0)
		return 0;
	return vmm_err_errno(err, "user '%s' cannot use the boot folder '%s'", user ? user : "",
			     b->path);
}

void vmm_boot_close(struct vmm_boot *b)
{
	if (!b)
		return;
	if (b->lock >= 0)
		close(b->lock);
	if (b->root >= 0)
		close(b->root);
	free(b->path);
	free(b);
}
