/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks the library over, under its lock. What a killed command left has a name `.new-…` whose lock
 * nobody holds; if it is also the name of content that no row has, that was on its way in or out
 * and goes with it. Other content without a row is left alone: it may be the table that is wrong.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "library/internal.h"

struct check {
	const struct vmm__library *lib;
	const struct vmm_table *images;
	bool repair;
	vmm_store_found *found;
	void *arg;
	struct vmm_strv files; /* in order: what is left over comes first */
};

static int list_files(struct check *c, struct vmm_err *err)
{
	int fd = openat(c->lib->blobs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int ret = 0;

	if (!dir) {
		ret = vmm__library_err(c->lib, "open", "", err);
		if (fd >= 0)
			close(fd);
		return ret;
	}
	while (ret == 0 && (errno = 0, e = readdir(dir)))
		if (vmm_strv_add(&c->files, e->d_name) < 0)
			ret = vmm_err_nomem(err);
	if (ret == 0 && errno)
		ret = vmm__library_err(c->lib, "read", "", err);
	closedir(dir);
	vmm_strv_sort(&c->files, 0);
	return ret;
}

static int remove_file(const struct check *c, const char *name, struct vmm_err *err)
{
	if (c->repair && unlinkat(c->lib->blobs, name, 0) < 0)
		return vmm__library_err(c->lib, "remove", name, err);
	return 0;
}

/* The content that has this file's inode. */
static const char *find_content(const struct check *c, const struct stat *of)
{
	struct stat st;

	for (size_t i = 0; i < c->files.n; i++)
		if (vmm__is_sha256(c->files.s[i]) &&
		    fstatat(c->lib->blobs, c->files.s[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_ino == of->st_ino)
			return c->files.s[i];
	return NULL;
}

static int check_new(struct check *c, const char *name, struct vmm_err *err)
{
	const char *content;
	struct stat st;
	int ret = 0;

	if (vmm__temp_lives(c->lib, name) ||
	    fstatat(c->lib->blobs, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	content = st.st_nlink > 1 ? find_content(c, &st) : NULL;
	if (content && !vmm__images_has_content(c->images, content))
		ret = remove_file(c, content, err);
	if (ret == 0)
		ret = remove_file(c, name, err);
	if (ret == 0)
		c->found(name, "left over by an addition or removal that was cut short", c->repair,
			 c->arg);
	return ret;
}

/* Where nothing is mended, content may still have a left-over's name beside it: that was told. */
static void check_content(const struct check *c, const char *name)
{
	struct stat st;

	if (vmm__images_has_content(c->images, name) ||
	    fstatat(c->lib->blobs, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_nlink > 1)
		return;
	c->found(name, "no image has this content", false, c->arg);
}

static void check_row(const struct check *c, size_t row)
{
	const char *name = vmm_table_at(c->images, row, "image");
	struct vmm_image img = VMM_IMAGE_INIT;
	struct vmm_err why = { 0 };
	int fd;

	if (vmm_image_get(c->images, row, &img, &why) < 0 || vmm_image_open(&img, &fd, &why) < 0)
		c->found(name, why.text, false, c->arg);
	else
		close(fd);
	vmm_image_release(&img);
}

static int check_all(struct check *c, struct vmm_err *err)
{
	int ret = list_files(c, err);

	for (size_t i = 0; ret == 0 && i < c->files.n; i++) {
		const char *name = c->files.s[i];

		if (strncmp(name, VMM__NEW, strlen(VMM__NEW)) == 0)
			ret = check_new(c, name, err);
		else if (vmm__is_sha256(name))
			check_content(c, name);
	}
	for (size_t r = 0; ret == 0 && r < vmm_table_rows(c->images); r++)
		check_row(c, r);
	return ret;
}

int vmm_library_check(struct vmm_store *st, bool repair, vmm_store_found *found, void *arg,
		      struct vmm_err *err)
{
	struct check c = { .repair = repair, .found = found, .arg = arg };
	VMM__LIBRARY_AUTO lib = VMM__LIBRARY_INIT;
	VMM_TABLE_AUTO *images = NULL;
	int ret = vmm__library_open(st, false, &lib, err);

	c.lib = &lib;
	if (ret == 0 && lib.blobs >= 0)
		ret = vmm__library_lock(&lib, err);
	/* After the lock: no row comes or goes from here on. */
	if (ret == 0)
		ret = vmm_images_read(st, &images, err);
	c.images = images;
	if (ret == 0 && lib.blobs >= 0)
		ret = check_all(&c, err);
	for (size_t r = 0; ret == 0 && lib.blobs < 0 && r < vmm_table_rows(images); r++)
		check_row(&c, r);
	vmm_strv_release(&c.files);
	return ret;
}
