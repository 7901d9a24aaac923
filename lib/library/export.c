/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Out again: as it is, or converted; to a file, which gets its name when it is whole, or a stream. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/spawn.h"
#include "library/internal.h"

#define MEMORY_MAX ((uint64_t)2048 * 1024 * 1024)

struct out {
	const struct vmm_image *img;
	const struct vmm_image_export *to;
	const char *format; /* another than the image has; NULL: as it is */
};

/* ---- the bytes ---- */

/* Through the hash: what is damaged here must not be used there. */
static int copy_content(const struct out *o, int to, bool stream, struct vmm_err *err)
{
	char sha256[VMM_SHA256_LEN + 1];
	struct vmm__copy c;
	int fd;
	int ret = vmm_image_open(o->img, &fd, err);

	if (ret < 0)
		return ret;
	vmm__copy_init(&c, to, o->img->name, "export");
	c.stream = stream;
	c.cancel = o->to->cancel;
	c.progress = o->to->progress;
	ret = vmm__copy_file(&c, fd, o->img->path, err);
	if (ret == 0)
		ret = vmm__copy_end(&c, sha256, err);
	close(fd);
	if (ret == 0 && strcmp(sha256, o->img->sha256) != 0)
		ret = vmm_err_set(err, VMM_EFAIL, "its content is damaged: its sha256 is %s", sha256);
	return ret;
}

static int convert(const struct out *o, const char *path, struct vmm_err *err)
{
	const char *from = strcmp(o->img->format, "iso") == 0 ? "raw" : o->img->format;
	const char *argv[] = { "qemu-img", "convert", "-f",         from, "-O",
			       o->format,  "--",      o->img->path, path, NULL };
	struct vmm_spawn what = VMM_SPAWN_INIT;
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	int ret = vmm_image_verify(o->img, o->to->cancel, o->to->progress, err);

	if (ret < 0)
		return ret;
	what.argv = argv;
	what.cancel = o->to->cancel;
	what.memory_max = MEMORY_MAX;
	return vmm_spawn(&what, &got, err);
}

/* ---- to a stream ---- */

static int stream_file(const char *path, int to, struct vmm_err *err)
{
	struct vmm__copy c;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return vmm_err_errno(err, "cannot open '%s'", path);
	vmm__copy_init(&c, to, path, "export");
	c.stream = true;
	ret = vmm__copy_file(&c, fd, path, err);
	close(fd);
	return ret;
}

/* qemu-img writes to files only: one of those that vmm-fsck knows. */
static int convert_to_stream(struct vmm_store *st, const struct out *o, struct vmm_err *err)
{
	VMM__LIBRARY_AUTO lib = VMM__LIBRARY_INIT;
	struct vmm__temp temp = VMM__TEMP_INIT;
	VMM_STR_AUTO path = NULL;
	int ret = vmm__library_open(st, true, &lib, err);

	if (ret == 0)
		ret = vmm__temp_new(&lib, &temp, err);
	if (ret < 0)
		return ret;
	path = vmm__temp_path(&lib, &temp);
	ret = path ? convert(o, path, err) : vmm_err_nomem(err);
	if (ret == 0)
		ret = stream_file(path, o->to->fd, err);
	vmm__temp_drop(&lib, &temp);
	return ret;
}

static int export_stream(struct vmm_store *st, const struct out *o, struct vmm_err *err)
{
	return o->format ? convert_to_stream(st, o, err) : copy_content(o, o->to->fd, true, err);
}

/* ---- to a file ---- */

/* Beside it, so that it can be renamed; never a name in which qemu-img could see a protocol. */
static char *aside(const char *file)
{
	const char *slash = strrchr(file, '/');
	int dir = slash ? (int)(slash + 1 - file) : 0;
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_addf(&b, "%s%.*s.%s.XXXXXX", *file == '/' ? "" : "./", dir, file, file + dir);
	return vmm_buf_steal(&b);
}

static int sync_folder(const char *file, struct vmm_err *err)
{
	const char *slash = strrchr(file, '/');
	VMM_STR_AUTO dir = slash ? strndup(file, (size_t)(slash + 1 - file)) : strdup(".");
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int ret = 0;

	if (!dir)
		return vmm_err_nomem(err);
	if (fd < 0 || fsync(fd) < 0)
		ret = vmm_err_errno(err, "cannot sync '%s'", dir);
	if (fd >= 0)
		close(fd);
	return ret;
}

static mode_t usual_mode(void)
{
	mode_t mask = umask(077);

	umask(mask);
	return 0666 & ~mask;
}

static int finish(const struct out *o, int fd, const char *temp, struct vmm_err *err)
{
	const char *file = o->to->file;

	if (fchmod(fd, usual_mode()) < 0 || fsync(fd) < 0)
		return vmm_err_errno(err, "cannot write '%s'", temp);
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, file, o->to->force ? 0 : RENAME_NOREPLACE) < 0)
		return errno == EEXIST
			       ? vmm_err_set(err, VMM_EREFUSED, "'%s' is there already", file)
			       : vmm_err_errno(err, "cannot rename to '%s'", file);
	return sync_folder(file, err);
}

static int export_file(const struct out *o, struct vmm_err *err)
{
	VMM_STR_AUTO temp = aside(o->to->file);
	int fd, ret;

	if (!temp)
		return vmm_err_nomem(err);
	if (!o->to->force && access(o->to->file, F_OK) == 0)
		return vmm_err_set(err, VMM_EREFUSED, "'%s' is there already", o->to->file);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return vmm_err_errno(err, "cannot write '%s'", o->to->file);
	ret = o->format ? convert(o, temp, err) : copy_content(o, fd, false, err);
	if (ret == 0)
		ret = finish(o, fd, temp, err);
	if (ret < 0)
		unlink(temp);
	close(fd);
	return ret;
}

/* ---- what was asked ---- */

static int choose_format(struct out *o, struct vmm_err *err)
{
	const char *format;

	if (!o->to->format)
		return 0;
	format = vmm__format_word(o->to->format);
	if (!format || strcmp(format, "iso") == 0 || strcmp(format, "file") == 0)
		return vmm_err_set(err, VMM_EINPUT,
				   "disk format '%s' is none of raw, qcow2, vmdk, vhd, vhdx",
				   o->to->format);
	if (strcmp(o->img->kind, "image") != 0)
		return vmm_err_set(err, VMM_EREFUSED, "a %s has no disk format", o->img->kind);
	if (strcmp(format, o->img->format) != 0 &&
	    !(strcmp(format, "raw") == 0 && strcmp(o->img->format, "iso") == 0))
		o->format = format;
	return 0;
}

int vmm_image_export(struct vmm_store *st, const struct vmm_image *img,
		     const struct vmm_image_export *to, struct vmm_err *err)
{
	struct out o = { .img = img, .to = to };
	int ret = choose_format(&o, err);

	if (ret == 0)
		ret = to->file ? export_file(&o, err) : export_stream(st, &o, err);
	if (ret < 0)
		vmm_err_prefix(err, "cannot export '%s:%s'", img->name, img->version);
	return ret;
}
