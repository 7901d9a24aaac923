/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A log of the folder: NAME.log, one record a line, only ever appended, by one write() and
 * fdatasync() for all records of a change. A last line without its line feed was cut short by
 * a crash: nobody ever acted on it, readers pass over it and the next writer cuts it off.
 *
 * When most of it is out of date it is written anew, aside, and renamed. The lock is a file
 * of its own, which is never renamed: as in folder-lock.c.
 */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rows.h"

#define LARGE ((size_t)1 << 20)

static void log_close(struct vmm_log *log)
{
	struct vmm__folder_log *l = (struct vmm__folder_log *)log;

	if (l->fd >= 0)
		close(l->fd);
	if (l->lock_fd >= 0)
		close(l->lock_fd);
	vmm__dir_close(&l->dir);
	vmm_buf_release(&l->read);
	vmm_buf_release(&l->add);
	free(l->cell);
	free(l->file);
	free(l->aside);
	free(l->old);
	free(l->lock_file);
	free(l);
}

static void log_rewind(struct vmm_log *log)
{
	struct vmm__folder_log *l = (struct vmm__folder_log *)log;

	l->pos = l->lines = 0;
}

/* ---- appending ---- */

static int log_add(struct vmm_log *log, const char *event, const char *const *cells)
{
	struct vmm__folder_log *l = (struct vmm__folder_log *)log;

	vmm_buf_adds(&l->add, event);
	for (size_t i = 0; i + 1 < l->cells; i++) {
		vmm_buf_addc(&l->add, '\t');
		vmm_tsv_cell(&l->add, cells[i]);
	}
	vmm_buf_addc(&l->add, '\n');
	l->added++;
	return l->add.failed ? VMM_ENOMEM : 0;
}

static void start(struct vmm__folder_log *l)
{
	vmm_buf_reset(&l->add);
	l->added = 0;
}

static void add_header(struct vmm__folder_log *l)
{
	log_add(&l->log, "event", l->log.columns);
}

/* All of it or nothing: what was written of a change that is not whole is cut off again. */
static int append_bytes(struct vmm__folder_log *l, struct vmm_err *err)
{
	int rc = 0;

	if (vmm_write_fd(l->fd, l->add.data, l->add.len) < 0 || fdatasync(l->fd) < 0)
		rc = vmm__file_err(err, "write", &l->dir, l->file);
	if (rc < 0 && ftruncate(l->fd, (off_t)l->pos) < 0)
		vmm_err_prefix(err, "records may have been left in the log");
	return rc;
}

/* Its name first, so that there is no moment when a durable record has none. */
static int make_file(struct vmm__folder_log *l, struct vmm_err *err)
{
	VMM_BUF_AUTO records = l->add;
	size_t n = l->added;
	int rc = 0;

	if (l->fd < 0)
		rc = vmm__file_open(&l->dir, l->file, O_RDWR | O_APPEND | O_CREAT, &l->fd, err);
	l->writable = true;
	l->add = (struct vmm_buf)VMM_BUF_INIT;
	start(l);
	if (rc < 0)
		return rc;
	add_header(l);
	vmm_buf_add(&l->add, records.data, records.len);
	l->added += n;
	if (l->add.failed)
		return vmm_err_nomem(err);
	return vmm__dir_sync(&l->dir, "", err);
}

/* What is in `add` is in the file now, and has been told. */
static void advance(struct vmm__folder_log *l)
{
	l->pos += l->add.len;
	l->lines += l->added;
	vmm__log_remember(l, l->add.data, l->add.len);
}

static int append(struct vmm__folder_log *l, size_t size, struct vmm_err *err)
{
	int rc = 0;

	if (size > l->pos && ftruncate(l->fd, (off_t)l->pos) < 0)
		return vmm__file_err(err, "cut the torn line of", &l->dir, l->file);
	if (l->pos == 0)
		rc = make_file(l, err);
	if (rc == 0)
		rc = append_bytes(l, err);
	if (rc < 0)
		return rc;
	advance(l);
	return 0;
}

/* ---- writing it anew ---- */

static int write_anew(struct vmm__folder_log *l)
{
	start(l);
	add_header(l);
	if (l->log.ops->dump(l->log.arg, &l->log) < 0 || l->add.failed ||
	    vmm__file_write(&l->dir, l->aside, l->add.data, l->add.len, NULL) < 0)
		return -1;
	if ((unlinkat(l->dir.fd, l->old, 0) < 0 && errno != ENOENT) ||
	    linkat(l->dir.fd, l->file, l->dir.fd, l->old, 0) < 0 ||
	    vmm__file_rename(&l->dir, l->aside, l->file, NULL) < 0) {
		unlinkat(l->dir.fd, l->aside, 0);
		return -1;
	}
	return 0;
}

/*
 * The old file has a second name until the new one's is durable. Who finds that name makes it so,
 * before anything is appended that a loss of power would take away with the name.
 */
static int settle_name(struct vmm__folder_log *l, struct vmm_err *err)
{
	int rc = 0;

	if (vmm__file_exists(&l->dir, l->old))
		rc = vmm__dir_sync(&l->dir, "", err);
	if (rc == 0)
		unlinkat(l->dir.fd, l->old, 0);
	return rc;
}

/*
 * After the change, which is durable: that there is no room to write the log anew is no reason to
 * say that it failed. The next call sees that the name has another file, and reads that.
 */
static void compact(struct vmm__folder_log *l)
{
	if (l->pos >= LARGE && l->lines / 2 > l->log.ops->count(l->log.arg) && write_anew(l) == 0)
		settle_name(l, NULL);
}

/* ---- reading and changing ---- */

static int log_read(struct vmm_log *log, struct vmm_err *err)
{
	struct vmm__folder_log *l = (struct vmm__folder_log *)log;
	int rc = 0;

	if (l->dir.fd < 0)
		rc = vmm__dir_open(l->folder, false, &l->dir, err);
	return rc < 0 || l->dir.fd < 0 ? rc : vmm__log_catch_up(l, false, NULL, err);
}

static int lock(struct vmm__folder_log *l, struct vmm_err *err)
{
	int rc = 0;

	if (l->dir.fd < 0)
		rc = vmm__dir_open(l->folder, true, &l->dir, err);
	if (rc == 0 && l->lock_fd < 0)
		rc = vmm__file_open(&l->dir, l->lock_file, O_RDWR | O_CREAT, &l->lock_fd, err);
	return rc ? rc : vmm__lock_file(&l->dir, l->lock_fd, l->folder->lock_ms, err);
}

static int log_change(struct vmm_log *log, vmm_log_fn *fn, void *arg, struct vmm_err *err)
{
	struct vmm__folder_log *l = (struct vmm__folder_log *)log;
	size_t size = 0;
	int rc = lock(l, err);

	if (rc < 0)
		return rc;
	rc = vmm__log_catch_up(l, true, &size, err);
	if (rc == 0 && l->fresh)
		rc = settle_name(l, err);
	l->fresh = l->fresh && rc < 0;
	start(l);
	if (rc == 0)
		rc = fn(arg, err);
	if (rc == 0 && l->added > 0) {
		rc = append(l, size, err);
		if (rc == 0)
			compact(l);
	}
	vmm__unlock_file(l->lock_fd);
	return rc;
}

static const struct vmm__log_backend log_backend = {
	.close = log_close,
	.read = log_read,
	.change = log_change,
	.add = log_add,
	.rewind = log_rewind,
};

static char *name_of(const char *before, const char *name, const char *behind)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_addf(&b, "%s%s%s", before, name, behind);
	return vmm_buf_steal(&b);
}

int vmm__folder_log_open(struct vmm_store *st, const struct vmm_log *init, struct vmm_log **out,
			 struct vmm_err *err)
{
	struct vmm__folder_log *l = calloc(1, sizeof(*l));

	if (!l)
		return vmm_err_nomem(err);
	l->log = *init;
	l->log.backend = &log_backend;
	l->folder = (const struct vmm__folder *)st;
	l->dir = (struct vmm__dir){ .path = l->folder->path, .fd = -1 };
	l->fd = l->lock_fd = -1;
	l->read = l->add = (struct vmm_buf)VMM_BUF_INIT;
	for (l->cells = 1; init->columns[l->cells - 1];)
		l->cells++;
	l->file = name_of("", init->name, ".log");
	l->aside = name_of(".", init->name, ".log.new");
	l->old = name_of(".", init->name, ".log.old");
	l->lock_file = name_of("", init->name, ".lock");
	l->cell = calloc(l->cells, sizeof(*l->cell));
	if (!l->file || !l->aside || !l->old || !l->lock_file || !l->cell) {
		log_close(&l->log);
		return vmm_err_nomem(err);
	}
	*out = &l->log;
	return 0;
}
