/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The boot folder as root sees it: nothing is reached through a link. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "boot/internal.h"

int vmm_boot_open_file(const struct vmm_boot *b, const char *part)
{
	return vmm__boot_open(b, part, O_RDONLY | O_NONBLOCK, 0);
}

int vmm_boot_names(const struct vmm_boot *b, const char *folder, struct vmm_strv *names,
		   struct vmm_err *err)
{
	int fd = vmm__boot_folder(b, folder), ret = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!d) {
		ret = vmm__boot_err(b, "read", folder, err);
		if (fd >= 0)
			close(fd);
		return ret;
	}
	while (ret == 0 && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    vmm_strv_add(names, e->d_name) < 0)
			ret = vmm_err_nomem(err);
	closedir(d);
	return ret;
}

bool vmm_boot_is_older(const struct vmm_boot *b, const char *folder, const char *name,
		       uint64_t seconds)
{
	int fd = vmm__boot_folder(b, folder);
	struct stat st;
	bool there = fd >= 0 && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;

	if (fd >= 0)
		close(fd);
	return there && time(NULL) - st.st_mtime > (time_t)seconds;
}

void vmm_boot_remove(const struct vmm_boot *b, const char *folder, const char *name)
{
	int fd = strchr(name, '/') ? -1 : vmm__boot_folder(b, folder);

	if (fd < 0)
		return;
	if (unlinkat(fd, name, 0) < 0)
		vmm__boot_clear(fd, name);
	close(fd);
}
