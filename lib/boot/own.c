/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The boot folder for its server's user. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/internal.h"

static int give_all(int folder, uid_t uid, gid_t gid);

/* Only what is root's: while the folder is root's nobody else has put anything there. */
static int give(int folder, const char *name, uid_t uid, gid_t gid)
{
	struct stat st;
	int fd, ret = 0;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (S_ISDIR(st.st_mode)) {
		fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		ret = fd < 0 ? -1 : give_all(fd, uid, gid);
	}
	if (ret == 0 && st.st_uid == 0)
		ret = fchownat(folder, name, uid, gid, AT_SYMLINK_NOFOLLOW);
	return ret;
}

/* Closes it. */
static int give_all(int folder, uid_t uid, gid_t gid)
{
	DIR *dir = fdopendir(folder);
	struct dirent *e;
	int ret = 0, why;

	if (!dir) {
		close(folder);
		return -1;
	}
	while (ret == 0 && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			ret = give(folder, e->d_name, uid, gid);
	why = errno;
	closedir(dir);
	errno = why;
	return ret;
}

static int give_each(const struct vmm_boot *b, const char *const *names, uid_t uid, gid_t gid)
{
	int ret = 0;

	for (; ret == 0 && *names; names++)
		ret = give(b->root, *names, uid, gid);
	return ret;
}

/*
 * The jobs come last of what is in it, for they say whose it is; the folder itself after that: until then nobody
 * but root gets in. So a crash is made good the next time, here or by vmm_boot_open().
 */
int vmm_boot_own(struct vmm_boot *b, const char *user, struct vmm_err *err)
{
	const struct passwd *pw = getpwnam(user);

	if (!pw)
		return vmm_err_set(err, VMM_ENOTFOUND, "there is no user '%s'", user);
	if (b->uid != 0 || pw->pw_uid == 0)
		return 0;
	if (give_each(b, vmm__boot_served, 0, pw->pw_gid) < 0 ||
	    give_each(b, vmm__boot_own, pw->pw_uid, pw->pw_gid) < 0 ||
	    fchownat(b->root, "", 0, pw->pw_gid, AT_EMPTY_PATH) < 0)
		return vmm_err_errno(err, "cannot give '%s' to '%s'", b->path, user);
	b->uid = pw->pw_uid;
	b->gid = pw->pw_gid;
	return 0;
}
