/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An image of the library in the boot folder: the blocks of its disk that are in use, made once. It stays
 * as long as the library has the image or a job needs it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"
#include "base/rows.h"
#include "deploy/blocks.h"
#include "deploy/internal.h"

#define INFO_MAX 4096
#define LOCK_POLL_MS 100

/* ---- what there is already ---- */

static int read_line(const char *line, struct vmm__prepared *out, struct vmm_err *err)
{
	if (strncmp(line, "size=", 5) == 0)
		return vmm_num_u64("size", line + 5, 1, INT64_MAX, &out->size, err);
	if (strncmp(line, "used=", 5) == 0)
		return vmm_num_u64("used", line + 5, 0, INT64_MAX, &out->used, err);
	if (strncmp(line, "map_sha256=", 11) == 0 && strlen(line) == 11 + VMM_SHA256_HEX)
		memcpy(out->map_sha256, line + 11, VMM_SHA256_HEX + 1);
	return 0;
}

static int read_info(struct vmm_boot *b, const char *sha256, struct vmm__prepared *out,
		     struct vmm_err *err)
{
	VMM_STRV_AUTO lines = VMM_STRV_INIT;
	VMM_BUF_AUTO part = VMM_BUF_INIT;
	VMM_STR_AUTO text = NULL;
	size_t len;
	int fd, code;

	vmm_buf_addf(&part, "images/%s/info", sha256);
	fd = vmm_boot_open_file(b, part.data);
	if (fd < 0)
		return vmm_err_errno(err, "cannot read '%s'", part.data);
	code = vmm_read_fd(part.data, fd, INFO_MAX, &text, &len, err);
	close(fd);
	if (!code && vmm_strv_split(&lines, text, "\n") < 0)
		code = vmm_err_nomem(err);
	*out = (struct vmm__prepared){ 0 };
	for (size_t i = 0; i < lines.n && !code; i++)
		code = read_line(lines.s[i], out, err);
	if (!code && (!out->size || !*out->map_sha256))
		code = vmm_err_set(err, VMM_EFAIL, "'%s' is damaged", part.data);
	return code;
}

/* ---- making it ---- */

static int write_text(const char *folder, const char *name, const struct vmm_buf *text,
		      struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	int fd, code = 0;

	vmm_buf_addf(&path, "%s/%s", folder, name);
	if (path.failed || text->failed)
		return vmm_err_nomem(err);
	fd = open(path.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return vmm_err_errno(err, "cannot write '%s'", path.data);
	if (vmm_write_fd(fd, text->data, text->len) < 0)
		code = vmm_err_errno(err, "cannot write '%s'", path.data);
	close(fd);
	return code;
}

static int write_map(const char *folder, const struct vmm_blockmap *m, struct vmm__prepared *out,
		     struct vmm_err *err)
{
	VMM_BUF_AUTO map = VMM_BUF_INIT;
	VMM_BUF_AUTO info = VMM_BUF_INIT;

	vmm_blockmap_format(&map, m);
	if (map.failed)
		return vmm_err_nomem(err);
	out->size = m->size;
	out->used = m->used;
	vmm_sha256_hex(map.data, map.len, out->map_sha256);
	vmm_buf_addf(&info, "size=%" PRIu64 "\nused=%" PRIu64 "\nmap_sha256=%s\n", out->size,
		     out->used, out->map_sha256);
	if (write_text(folder, "map", &map, err) < 0 || write_text(folder, "info", &info, err) < 0)
		return err->code;
	return 0;
}

/* The disk as it is, to read: *aside is a copy that was made for it, or NULL. */
static int open_disk(const struct vmm__preparing *w, const char *folder, char **aside, int *fd,
		     struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	struct vmm_image_export to = {
		.fd = -1, .format = "raw", .cancel = w->cancel, .progress = w->progress
	};

	if (strcmp(w->image->format, "raw") == 0) {
		int code = vmm_image_verify(w->image, w->cancel, w->progress, err);

		return code ? code : vmm_image_open(w->image, fd, err);
	}
	vmm_buf_addf(&path, "%s/raw", folder);
	if (path.failed)
		return vmm_err_nomem(err);
	to.file = path.data;
	if (vmm_image_export(w->st, w->image, &to, err) < 0)
		return err->code;
	*fd = open(path.data, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return vmm_err_errno(err, "cannot open '%s'", path.data);
	*aside = vmm_buf_steal(&path);
	return 0;
}

static int make_map(const struct vmm__preparing *w, const char *folder, int disk,
		    struct vmm_blockmap *m, struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	int data, code;

	vmm_buf_addf(&path, "%s/data", folder);
	if (path.failed)
		return vmm_err_nomem(err);
	data = open(path.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (data < 0)
		return vmm_err_errno(err, "cannot write '%s'", path.data);
	code = vmm_blockmap_make(m, disk, w->image->name, data, w->cancel, w->progress, err);
	close(data);
	return code;
}

static int fill(const struct vmm__preparing *w, const char *folder, struct vmm__prepared *out,
		struct vmm_err *err)
{
	VMM_BLOCKMAP_AUTO m = VMM_BLOCKMAP_INIT;
	VMM_STR_AUTO aside = NULL;
	int disk = -1, code = open_disk(w, folder, &aside, &disk, err);

	if (!code)
		code = make_map(w, folder, disk, &m, err);
	if (disk >= 0)
		close(disk);
	if (aside)
		unlink(aside);
	return code ? code : write_map(folder, &m, out, err);
}

/* ---- one at a time: another host-deploy may be at the same image ---- */

static int lock(const struct vmm__preparing *w, struct vmm_err *err)
{
	VMM_STR_AUTO path = vmm_boot_at(w->boot, "images/.lock");
	int fd;

	if (!path)
		return vmm_err_nomem(err);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return vmm_err_errno(err, "cannot open '%s'", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK || (w->cancel && w->cancel->level >= 1)) {
			int code = errno != EWOULDBLOCK
					   ? vmm_err_errno(err, "cannot lock '%s'", path)
					   : vmm_err_set(err, VMM_ECANCEL, "not prepared");

			close(fd);
			return code;
		}
		vmm_sleep_ms(LOCK_POLL_MS);
	}
	return fd;
}

static int check(const struct vmm_image *image, struct vmm_err *err)
{
	if (strcmp(image->kind, "image") != 0 || strcmp(image->format, "iso") == 0)
		return vmm_err_set(err, VMM_EREFUSED, "'%s:%s' is no image of a disk", image->name,
				   image->version);
	return 0;
}

int vmm__image_prepare(const struct vmm__preparing *w, struct vmm__prepared *out, struct vmm_err *err)
{
	VMM_STR_AUTO folder = NULL;
	int held, code = check(w->image, err);

	if (code)
		return code;
	if (vmm_boot_image_has(w->boot, w->image->sha256))
		return read_info(w->boot, w->image->sha256, out, err);
	held = lock(w, err);
	if (held < 0)
		return held;
	if (vmm_boot_image_has(w->boot, w->image->sha256)) {
		close(held);
		return read_info(w->boot, w->image->sha256, out, err);
	}
	code = vmm_boot_image_begin(w->boot, &folder, err);
	if (!code)
		code = fill(w, folder, out, err);
	if (!code)
		code = vmm_boot_image_commit(w->boot, folder, w->image->sha256, err);
	if (code && folder)
		vmm_boot_image_drop(w->boot, folder);
	close(held);
	return code;
}
