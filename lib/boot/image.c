/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prepared images and files, named by what they hold. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/internal.h"

static const char *const parts[] = { "map", "data", "info" };

int vmm_boot_file_put(struct vmm_boot *b, int fd, char sha256[VMM_BOOT_SHA_LEN + 1],
		      struct vmm_err *err)
{
	char aside[sizeof(VMM__BOOT_NEW) + 16] = VMM__BOOT_NEW, sha[VMM_BOOT_SHA_LEN + 1];
	uint64_t size;
	int folder, to, ret = vmm__boot_random(aside + strlen(VMM__BOOT_NEW), 16, err);

	if (ret < 0)
		return ret;
	folder = vmm__boot_folder(b, "files");
	if (folder < 0)
		return vmm__boot_err(b, "open", "files", err);
	to = openat(folder, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (to < 0 || vmm__boot_copy(fd, to, sha, &size) < 0 || vmm__boot_keep(b, to) < 0 ||
	    fsync(to) < 0 || renameat(folder, aside, folder, sha) < 0 || fsync(folder) < 0) {
		ret = vmm__boot_err(b, "write in", "files", err);
		unlinkat(folder, aside, 0);
	} else {
		memcpy(sha256, sha, sizeof(sha));
	}
	if (to >= 0)
		close(to);
	close(folder);
	return ret;
}

static void image_path(char out[VMM__BOOT_PATH], const char *sha256)
{
	snprintf(out, VMM__BOOT_PATH, "images/%s", sha256);
}

bool vmm_boot_image_has(struct vmm_boot *b, const char *sha256)
{
	char path[VMM__BOOT_PATH];

	image_path(path, sha256);
	return vmm__boot_is_hex(sha256, VMM_BOOT_SHA_LEN) && vmm__boot_has(b, path);
}

int vmm_boot_image_begin(struct vmm_boot *b, char **folder, struct vmm_err *err)
{
	char name[VMM__BOOT_PATH], random[17];
	int images, ret = vmm__boot_random(random, 16, err);

	if (ret < 0)
		return ret;
	snprintf(name, sizeof(name), VMM__BOOT_NEW "%s", random);
	images = vmm__boot_folder(b, "images");
	if (images < 0 || mkdirat(images, name, 0700) < 0)
		ret = vmm__boot_err(b, "make a folder in", "images", err);
	if (images >= 0)
		close(images);
	if (ret < 0)
		return ret;
	snprintf(name, sizeof(name), "images/" VMM__BOOT_NEW "%s", random);
	*folder = vmm_boot_at(b, name);
	return *folder ? 0 : vmm_err_nomem(err);
}

/* -1 and errno. */
static int settle(const struct vmm_boot *b, int fd, mode_t mode)
{
	return fchmod(fd, mode) < 0 || vmm__boot_keep(b, fd) < 0 || fsync(fd) < 0 ? -1 : 0;
}

static int settle_part(const struct vmm_boot *b, int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = settle(b, fd, 0640);
	close(fd);
	return ret;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Another may have come first: then that one stays. */
static int put_in_place(int images, const char *name, const char *sha256)
{
	if (renameat(images, name, images, sha256) == 0)
		return fsync(images);
	if (errno != ENOTEMPTY && errno != EEXIST)
		return -1;
	vmm__boot_clear(images, name);
	return 0;
}

int vmm_boot_image_commit(struct vmm_boot *b, const char *folder, const char *sha256,
			  struct vmm_err *err)
{
	const char *name = last_part(folder);
	int images, fd, ret = 0;

	if (!vmm__boot_is_hex(sha256, VMM_BOOT_SHA_LEN))
		return vmm_err_set(err, VMM_EINPUT, "'%s' is no SHA-256", sha256);
	images = vmm__boot_folder(b, "images");
	if (images < 0)
		return vmm__boot_err(b, "open", "images", err);
	fd = openat(images, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	for (size_t i = 0; fd >= 0 && ret == 0 && i < sizeof(parts) / sizeof(*parts); i++)
		ret = settle_part(b, fd, parts[i]);
	if (fd < 0 || ret < 0 || settle(b, fd, 0750) < 0 || put_in_place(images, name, sha256) < 0)
		ret = vmm__boot_err(b, "put an image into", "images", err);
	if (fd >= 0)
		close(fd);
	close(images);
	return ret;
}

void vmm_boot_image_drop(struct vmm_boot *b, const char *folder)
{
	vmm_boot_remove(b, "images", last_part(folder));
}
