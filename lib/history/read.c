/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads records from a time on, without reading all that came before. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rows.h"
#include "history/history-internal.h"

#define CHUNK ((size_t)4 << 20)
#define LINE_MAX_LEN 65536

struct reader {
	const char *path;
	int fd;
	off_t size, header; /* the header's length */
	char since[VMM_TIME_LEN + 1], until[VMM_TIME_LEN + 1];
	struct vmm_buf text; /* the header, and lines behind it */
	vmm_history_fn *fn;
	void *arg;
};

/* Up to `len` bytes from there; short only at the end of the file. */
static int read_at(struct reader *r, char *to, size_t len, off_t at, size_t *got, struct vmm_err *err)
{
	for (*got = 0; *got < len;) {
		ssize_t n = pread(r->fd, to + *got, len - *got, at + (off_t)*got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vmm_err_unreadable(err, "cannot read '%s'", r->path);
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return 0;
}

static int read_header(struct reader *r, struct vmm_err *err)
{
	VMM_STR_AUTO line = malloc(LINE_MAX_LEN);
	const char *end;
	size_t n;
	int rc = line ? read_at(r, line, LINE_MAX_LEN, 0, &n, err) : vmm_err_nomem(err);

	if (rc < 0)
		return rc;
	end = memchr(line, '\n', n);
	if (!end) {
		r->header = r->size; /* it is being begun */
		return 0;
	}
	r->header = end + 1 - line;
	vmm_buf_add(&r->text, line, (size_t)r->header);
	return r->text.failed ? vmm_err_nomem(err) : 0;
}

/* Where the first whole line at or behind `at` begins, and whether its time is before `since`. */
static int look(struct reader *r, off_t at, off_t *line, bool *before, struct vmm_err *err)
{
	VMM_STR_AUTO text = malloc(LINE_MAX_LEN);
	const char *end;
	size_t n;
	int rc = text ? read_at(r, text, LINE_MAX_LEN, at - 1, &n, err) : vmm_err_nomem(err);

	if (rc < 0)
		return rc;
	end = memchr(text, '\n', n);
	*line = end ? at - 1 + (end + 1 - text) : r->size;
	*before = end && (size_t)(end + 1 - text) + VMM_TIME_LEN <= n &&
		  strncmp(end + 1, r->since, VMM_TIME_LEN) < 0;
	return 0;
}

/* The first column is the time, and lines are nearly in its order: a clock that was set back costs some. */
static int find_start(struct reader *r, off_t *start, struct vmm_err *err)
{
	off_t low = r->header, high = r->size, line = low;
	bool before;
	int rc = 0;

	if (strncmp(r->text.data, "time\t", 5) != 0)
		high = low;
	while (low < high && rc == 0) {
		off_t mid = low + (high - low) / 2;

		rc = look(r, mid, &line, &before, err);
		if (before)
			low = line > mid ? line : mid + 1;
		else
			high = mid;
	}
	*start = low;
	if (rc == 0 && low > r->header)
		rc = look(r, low, start, &before, err);
	return rc;
}

/* Those of the parsed rows that are late enough, and not too late. */
static int hand_over(struct reader *r, struct vmm_table *t, struct vmm_err *err)
{
	size_t n = 0, *rows = calloc(vmm_table_rows(t) + 1, sizeof(*rows));
	int time = vmm_table_col(t, "time"), rc = 0;

	if (!rows)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < vmm_table_rows(t); i++)
		if (strcmp(vmm_table_get(t, i, time), r->since) >= 0 &&
		    strcmp(vmm_table_get(t, i, time), r->until) <= 0)
			rows[n++] = i;
	if (n > 0)
		rc = r->fn(t, rows, n, r->arg, err);
	free(rows);
	return rc;
}

/* *at goes behind what was read; a rest without its end is left. */
static int read_chunk(struct reader *r, off_t *at, struct vmm_err *err)
{
	VMM_BUF_AUTO source = VMM_BUF_INIT;
	VMM_TABLE_AUTO *t = NULL;
	const char *end = NULL;
	size_t n, header = (size_t)r->header;
	int rc;

	vmm_buf_reserve(&r->text, CHUNK);
	vmm_buf_addf(&source, "%s (from byte %lld on)", r->path, (long long)*at);
	if (r->text.failed || source.failed)
		return vmm_err_nomem(err);
	rc = read_at(r, r->text.data + header, CHUNK, *at, &n, err);
	if (rc == 0)
		end = memrchr(r->text.data + header, '\n', n);
	if (rc < 0 || !end) {
		*at = r->size;
		return rc;
	}
	*at += end + 1 - (r->text.data + header);
	rc = vmm_tsv_parse(source.data, r->text.data, (size_t)(end + 1 - r->text.data), &t, err);
	return rc < 0 ? rc : hand_over(r, t, err);
}

static int read_open(struct reader *r, struct vmm_err *err)
{
	struct stat st;
	off_t at;
	int rc;

	if (fstat(r->fd, &st) < 0)
		return vmm_err_unreadable(err, "cannot read '%s'", r->path);
	r->size = st.st_size;
	rc = read_header(r, err);
	if (rc == 0)
		rc = find_start(r, &at, err);
	while (rc == 0 && at < r->size)
		rc = read_chunk(r, &at, err);
	return rc;
}

static int read_file(struct reader *r, const char *folder, const char *name, struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	int rc;

	vmm_buf_addf(&path, "%s/%s", folder, name);
	if (path.failed)
		return vmm_err_nomem(err);
	r->path = path.data;
	r->fd = open(path.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (r->fd < 0) /* it was the oldest */
		return errno == ENOENT ? 0 : vmm_err_unreadable(err, "cannot read '%s'", path.data);
	vmm_buf_reset(&r->text);
	rc = read_open(r, err);
	close(r->fd);
	return rc;
}

/* The time of the last whole line of an open file; 0: it has none. */
static int last_time(struct reader *r, time_t *time, struct vmm_err *err)
{
	off_t from = r->size > LINE_MAX_LEN ? r->size - LINE_MAX_LEN : 0;
	VMM_STR_AUTO text = malloc(LINE_MAX_LEN);
	char first[VMM_TIME_LEN + 1] = "";
	const char *end, *begin;
	size_t n;
	int rc = text ? read_at(r, text, LINE_MAX_LEN, from, &n, err) : vmm_err_nomem(err);

	*time = 0;
	if (rc < 0)
		return rc;
	end = memrchr(text, '\n', n);
	begin = end ? memrchr(text, '\n', (size_t)(end - text)) : NULL;
	if (begin && end - begin > VMM_TIME_LEN)
		memcpy(first, begin + 1, VMM_TIME_LEN);
	if (vmm_time_parse(first, time) < 0)
		*time = 0;
	return 0;
}

int vmm__history_last(const char *folder, const char *name, time_t *time, struct vmm_err *err)
{
	struct reader r = { .text = VMM_BUF_INIT };
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	struct stat st;
	int rc;

	vmm_buf_addf(&path, "%s/%s", folder, name);
	if (path.failed)
		return vmm_err_nomem(err);
	r.path = path.data;
	r.fd = open(path.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (r.fd < 0 || fstat(r.fd, &st) < 0) {
		rc = vmm_err_unreadable(err, "cannot read '%s'", path.data);
	} else {
		r.size = st.st_size;
		rc = last_time(&r, time, err);
	}
	if (r.fd >= 0)
		close(r.fd);
	return rc;
}

static bool is_within(const struct reader *r, const char *day)
{
	return strncmp(day, r->since, VMM__DAY_LEN) >= 0 && strncmp(day, r->until, VMM__DAY_LEN) <= 0;
}

int vmm_history_read(struct vmm_store *st, enum vmm_history kind, time_t since, time_t now,
		     vmm_history_fn *fn, void *arg, struct vmm_err *err)
{
	struct reader r = { .fn = fn, .arg = arg, .text = VMM_BUF_INIT };
	VMM_STR_AUTO folder = vmm__history_folder(st, err);
	VMM_STRV_AUTO files = VMM_STRV_INIT;
	int rc = folder ? vmm__history_files(folder, kind, &files, err) : VMM_EREFUSED;

	vmm_time_format(since, r.since);
	vmm_time_format(now + VMM__AHEAD_S, r.until);
	for (size_t i = 0; i < files.n && rc == 0; i++)
		if (is_within(&r, vmm__history_day(files.s[i], kind)))
			rc = read_file(&r, folder, files.s[i], err);
	vmm_buf_release(&r.text);
	return rc;
}
