/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Appends records. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rows.h"
#include "history/history-internal.h"

#define HEADER_MAX 4096

/* An open file of a day. */
struct day {
	const char *path;
	int fd;
	off_t size;              /* of the lines that are whole */
	struct vmm_strv columns; /* in the order of the file, which another version may have begun */
};

static int open_day(struct day *d, const char *path, struct vmm_err *err)
{
	struct stat st;

	d->path = path;
	d->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->fd < 0 || fstat(d->fd, &st) < 0)
		return vmm_err_errno(err, "cannot open '%s'", path);
	d->size = st.st_size;
	return 0;
}

/* Cuts off what a crash left of a line. */
static int cut_torn(struct day *d, struct vmm_err *err)
{
	off_t whole = d->size;
	char last = '\n';

	while (whole > 0) {
		if (pread(d->fd, &last, 1, whole - 1) != 1)
			return vmm_err_errno(err, "cannot read '%s'", d->path);
		if (last == '\n')
			break;
		whole--;
	}
	if (whole < d->size && ftruncate(d->fd, whole) < 0)
		return vmm_err_errno(err, "cannot write '%s'", d->path);
	d->size = whole;
	return 0;
}

static int read_header(struct day *d, struct vmm_err *err)
{
	char text[HEADER_MAX + 1];
	ssize_t n = pread(d->fd, text, HEADER_MAX, 0);
	char *end;

	if (n < 0)
		return vmm_err_errno(err, "cannot read '%s'", d->path);
	text[n] = '\0';
	end = strchr(text, '\n');
	if (!end)
		return vmm_err_set(err, VMM_EINPUT, "%s:1: no header", d->path);
	*end = '\0';
	return vmm_strv_split(&d->columns, text, "\t") < 0 ? vmm_err_nomem(err) : 0;
}

static int our_header(struct day *d, enum vmm_history kind, struct vmm_buf *text, struct vmm_err *err)
{
	for (const char *const *c = vmm_history_columns(kind); *c; c++) {
		if (d->columns.n > 0)
			vmm_buf_addc(text, '\t');
		vmm_buf_adds(text, *c);
		if (vmm_strv_add(&d->columns, *c) < 0)
			return vmm_err_nomem(err);
	}
	vmm_buf_addc(text, '\n');
	return 0;
}

static void add_line(const struct day *d, const struct vmm_table *rows, size_t row,
		     struct vmm_buf *text)
{
	for (size_t i = 0; i < d->columns.n; i++) {
		if (i > 0)
			vmm_buf_addc(text, '\t');
		vmm_tsv_cell(text, vmm_table_at(rows, row, d->columns.s[i]));
	}
	vmm_buf_addc(text, '\n');
}

/* All or nothing: what a full disk took of it is taken back. */
static int append(const struct day *d, const struct vmm_buf *text, struct vmm_err *err)
{
	int why;

	if (text->failed)
		return vmm_err_nomem(err);
	if (vmm_write_fd(d->fd, text->data, text->len) == 0)
		return 0;
	why = errno;
	if (ftruncate(d->fd, d->size) == 0)
		errno = why;
	return vmm_err_errno(err, "cannot write '%s'", d->path);
}

static bool same_day(const struct vmm_table *rows, size_t a, size_t b)
{
	return strncmp(vmm_table_at(rows, a, "time"), vmm_table_at(rows, b, "time"), VMM__DAY_LEN) ==
	       0;
}

/* The rows of the day of `first`, which is the first of them. */
static int add_day(const char *path, enum vmm_history kind, const struct vmm_table *rows,
		   size_t first, struct vmm_err *err)
{
	struct day d = { .fd = -1, .columns = VMM_STRV_INIT };
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	int rc = open_day(&d, path, err);

	if (rc == 0)
		rc = cut_torn(&d, err);
	if (rc == 0)
		rc = d.size ? read_header(&d, err) : our_header(&d, kind, &text, err);
	for (size_t r = first; rc == 0 && r < vmm_table_rows(rows); r++)
		if (same_day(rows, first, r))
			add_line(&d, rows, r, &text);
	if (rc == 0)
		rc = append(&d, &text, err);
	if (d.fd >= 0)
		close(d.fd);
	vmm_strv_release(&d.columns);
	return rc;
}

static bool is_first_of_day(const struct vmm_table *rows, size_t row)
{
	for (size_t r = 0; r < row; r++)
		if (same_day(rows, r, row))
			return false;
	return true;
}

static int newest_time(const struct vmm_table *rows, time_t *newest, struct vmm_err *err)
{
	*newest = 0;
	for (size_t r = 0; r < vmm_table_rows(rows); r++) {
		const char *text = vmm_table_at(rows, r, "time");
		time_t t;

		if (vmm_time_parse(text, &t) < 0)
			return vmm_err_set(err, VMM_EINPUT, "'%s' is not a time", text);
		if (t > *newest)
			*newest = t;
	}
	return 0;
}

static int add_all(const char *folder, enum vmm_history kind, const struct vmm_table *rows,
		   struct vmm_err *err)
{
	int rc = 0;

	for (size_t r = 0; r < vmm_table_rows(rows) && rc == 0; r++) {
		VMM_BUF_AUTO path = VMM_BUF_INIT;

		if (r > 0 && (same_day(rows, r - 1, r) || !is_first_of_day(rows, r)))
			continue;
		vmm_buf_addf(&path, "%s/", folder);
		if (vmm__history_file(kind, vmm_table_at(rows, r, "time"), &path) < 0)
			return vmm_err_nomem(err);
		rc = add_day(path.data, kind, rows, r, err);
	}
	return rc;
}

int vmm_history_add(struct vmm_store *st, enum vmm_history kind, const struct vmm_table *rows,
		    const struct vmm_history_limits *limits, struct vmm_err *err)
{
	VMM_STR_AUTO folder = vmm__history_folder(st, err);
	time_t newest;
	int lock, rc = folder ? newest_time(rows, &newest, err) : VMM_EREFUSED;

	if (rc < 0 || vmm_table_rows(rows) == 0)
		return rc;
	rc = vmm_make_folders(folder, 0777, 0700, err);
	if (rc == 0)
		rc = vmm__history_lock(folder, &lock, err);
	if (rc < 0)
		return rc;
	rc = add_all(folder, kind, rows, err);
	if (rc == 0)
		rc = vmm__history_prune(folder, newest, limits, err);
	close(lock);
	return rc;
}
