/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The boot folder itself. Root writes by path where others prepare what is served, so these folders and the one
 * they are in are root's, and the server's user can put nothing in their place.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "boot/internal.h"

#define LOCK_TRIES 10
#define LOCK_PAUSE_MS 50

const char *const vmm__boot_served[] = { "agent", "images", "files", NULL };
const char *const vmm__boot_own[] = { "tls", "seen", "run", "jobs", NULL };

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

static int make_folders(const struct vmm_boot *b, const char *const *names,
			int (*give)(const struct vmm_boot *b, int fd), struct vmm_err *err)
{
	int ret = 0;

	for (; ret == 0 && *names; names++) {
		bool made = mkdirat(b->root, *names, 0750) == 0;
		int fd = made ? vmm__boot_folder(b, *names) : -1;

		if (made ? fd < 0 || give(b, fd) < 0 : errno != EEXIST)
			ret = vmm__boot_err(b, "make", *names, err);
		if (fd >= 0)
			close(fd);
	}
	return ret;
}

/* Root's, and of the server's group. Of an older version it may be all the server's still. */
static int take_back(const struct vmm_boot *b, const char *name, struct vmm_err *err)
{
	int fd = vmm__boot_folder(b, name), ret = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 ||
	    ((st.st_uid != 0 || st.st_gid != b->gid) && fchown(fd, 0, b->gid) < 0) ||
	    ((st.st_mode & (S_IWGRP | S_IWOTH)) && fchmod(fd, 0750) < 0))
		ret = vmm__boot_err(b, "take", name, err);
	if (fd >= 0)
		close(fd);
	return ret;
}

/* The folder before what is root's in it: from then on nobody puts anything else there. */
static int make_all(const struct vmm_boot *b, struct vmm_err *err)
{
	int ret = make_folders(b, vmm__boot_own, vmm__boot_give, err);

	if (ret == 0 && geteuid() == 0)
		ret = take_back(b, ".", err);
	if (ret == 0)
		ret = make_folders(b, vmm__boot_served, vmm__boot_keep, err);
	for (size_t i = 0; ret == 0 && geteuid() == 0 && vmm__boot_served[i]; i++)
		ret = take_back(b, vmm__boot_served[i], err);
	return ret;
}

/* That which the server has when it was root. */
static gid_t group_of(const struct stat *st)
{
	struct passwd pw, *found = NULL;
	char text[4096];

	if (getpwuid_r(st->st_uid, &pw, text, sizeof(text), &found) == 0 && found)
		return found->pw_gid;
	return st->st_gid;
}

/* Whose the jobs are, else, of an older version, the folder. */
static void find_server(struct vmm_boot *b, const struct stat *root)
{
	struct stat st = *root;

	if (root->st_uid == 0 && fstatat(b->root, "jobs", &st, AT_SYMLINK_NOFOLLOW) < 0)
		st = *root;
	b->uid = st.st_uid;
	b->gid = group_of(&st);
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
	find_server(b, &st);
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
	if (ret == 0 && make)
		ret = make_all(b, err);
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

/* Who only looks for a server has it for a moment, too. */
static bool lock_soon(int fd)
{
	for (unsigned i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK || i == LOCK_TRIES)
			return false;
		vmm_sleep_ms(LOCK_PAUSE_MS);
	}
	return true;
}

int vmm_boot_check_served(const struct vmm_boot *b, struct vmm_err *err)
{
	int fd = vmm__boot_folder(b, "run");
	bool served = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return served ? 0
		      : vmm_err_set(err, VMM_EREFUSED,
				    "no boot-serve runs here for the boot folder '%s'; "
				    "--served-elsewhere: on another machine",
				    b->path);
}

int vmm_boot_lock(struct vmm_boot *b, struct vmm_err *err)
{
	int fd = vmm__boot_folder(b, "run");

	if (fd < 0)
		return vmm__boot_err(b, "open", "run", err);
	if (!lock_soon(fd)) {
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
