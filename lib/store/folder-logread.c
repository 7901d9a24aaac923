/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reading half of a log: lines that were appended since the last time, cut into cells where
 * they were read to, told to whoever keeps the records, and forgotten.
 */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rows.h"

#define CHUNK ((size_t)1 << 20)

static int bad_line(const struct vmm__folder_log *l, const char *why, struct vmm_err *err)
{
	return vmm_err_set(err, VMM_EINPUT, "%s/%s:%zu: %s", l->dir.path, l->file, l->lines + 1, why);
}

/* In place: what a cell stands for is never longer than its text. */
static bool unescape(char *cell)
{
	static const char codes[] = "tnr\\", bytes[] = "\t\n\r\\";
	char *to = cell;

	for (; *cell; cell++) {
		const char *code = codes;

		if (*cell == '\\') {
			code = strchr(codes, *++cell);
			if (!*cell || !code)
				return false;
			*to++ = bytes[code - codes];
		} else {
			*to++ = *cell;
		}
	}
	*to = '\0';
	return true;
}

/* The cells of a line that ends with NUL instead of its line feed. False: not as many as there should be. */
static bool split(struct vmm__folder_log *l, char *line)
{
	size_t n = 0;

	for (char *tab = line; tab && n < l->cells; n++) {
		l->cell[n] = line;
		tab = strchr(line, '\t');
		if (!tab)
			continue;
		*tab = '\0';
		line = tab + 1;
		if (n + 1 == l->cells)
			return false;
	}
	return n == l->cells;
}

static int header(struct vmm__folder_log *l, struct vmm_err *err)
{
	bool same = strcmp(l->cell[0], "event") == 0;

	for (size_t i = 0; same && i + 1 < l->cells; i++)
		same = strcmp(l->cell[i + 1], l->log.columns[i]) == 0;
	return same ? 0 : bad_line(l, "not the columns of this log", err);
}

static int tell(struct vmm__folder_log *l, char *line, size_t len, struct vmm_err *err)
{
	const struct vmm_log_ops *ops = l->log.ops;
	struct vmm_err why = { .text = "" };
	bool escaped = memchr(line, '\\', len);
	int rc;

	if (memchr(line, '\0', len) || !split(l, line))
		return bad_line(l, "not as many cells as the header has", err);
	for (size_t i = 0; escaped && i < l->cells; i++)
		if (!unescape((char *)l->cell[i]))
			return bad_line(l, "an unknown escape", err);
	if (l->lines == 0)
		return header(l, err);
	if (strcmp(l->cell[0], "set") == 0)
		rc = ops->set(l->log.arg, l->cell + 1, &why);
	else if (strcmp(l->cell[0], "del") == 0)
		rc = ops->del(l->log.arg, l->cell + 1, &why);
	else
		return bad_line(l, "not an event", err);
	if (rc == VMM_EINPUT)
		return bad_line(l, why.text, err);
	return rc < 0 ? vmm_err_set(err, why.code, "%s", why.text) : 0;
}

/* Of `len` bytes, the lines that are whole. */
static int tell_lines(struct vmm__folder_log *l, size_t len, struct vmm_err *err)
{
	char *at = l->read.data, *end = at + len, *feed = memrchr(at, '\n', len);

	if (feed)
		vmm__log_remember(l, at, (size_t)(feed + 1 - at));
	while ((feed = memchr(at, '\n', (size_t)(end - at)))) {
		int rc;

		*feed = '\0';
		rc = tell(l, at, (size_t)(feed - at), err);
		if (rc < 0)
			return rc;
		l->lines++;
		l->pos += (size_t)(feed + 1 - at);
		at = feed + 1;
	}
	return 0;
}

static ssize_t read_at(int fd, char *to, size_t len, size_t pos)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, to + got, len - got, (off_t)(pos + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* At most `len` bytes from pos on, read until two readings agree: see read_settled(). */
static ssize_t read_settled(const struct vmm__folder_log *l, size_t len)
{
	char *first = l->read.data, *second = first + len;
	ssize_t n = read_at(l->fd, first, len, l->pos);

	while (n > 0) {
		ssize_t m = read_at(l->fd, second, len, l->pos);

		if (m < 0 || (m >= n && memcmp(first, second, (size_t)n) == 0))
			return m < 0 ? m : n;
		memcpy(first, second, (size_t)m);
		n = m;
	}
	return n;
}

/* Room for len bytes, twice. */
static int make_room(struct vmm__folder_log *l, size_t len, struct vmm_err *err)
{
	vmm_buf_reset(&l->read);
	vmm_buf_reserve(&l->read, 2 * len);
	return l->read.failed || l->read.cap < 2 * len ? vmm_err_nomem(err) : 0;
}

void vmm__log_remember(struct vmm__folder_log *l, const char *text, size_t len)
{
	l->nlast = len < sizeof(l->last) ? len : sizeof(l->last);
	memcpy(l->last, text + len - l->nlast, l->nlast);
}

/*
 * Whether the file that we have is the one of the name, and what we were told still stands there.
 * After a compaction it is another file; one whose descriptor we have keeps its inode, so no other
 * can be mistaken for it. Who reads without the lock may also have come upon records that were
 * being written and then taken back, because the disk was full, say.
 */
static bool still_same(const struct vmm__folder_log *l, const struct stat *now)
{
	char last[sizeof(l->last)];

	if (l->ino != now->st_ino || l->dev != now->st_dev)
		return false;
	return l->pos == 0 || !l->unsettled ||
	       (read_at(l->fd, last, l->nlast, l->pos - l->nlast) == (ssize_t)l->nlast &&
		memcmp(last, l->last, l->nlast) == 0);
}

static int reopen(struct vmm__folder_log *l, bool locked, struct stat *now, struct vmm_err *err)
{
	int rc;

	if (l->fd >= 0)
		close(l->fd);
	l->fresh = true;
	l->writable = locked;
	rc = vmm__file_open(&l->dir, l->file, locked ? O_RDWR | O_APPEND : O_RDONLY, &l->fd, err);
	if (rc == 0 && l->fd >= 0 && fstat(l->fd, now) < 0)
		rc = vmm__file_err(err, "look at", &l->dir, l->file);
	return rc;
}

/* Who only reads may not be allowed to write. */
static int open_current(struct vmm__folder_log *l, bool locked, struct stat *now, struct vmm_err *err)
{
	bool same = l->fd >= 0 && fstatat(l->dir.fd, l->file, now, AT_SYMLINK_NOFOLLOW) == 0 &&
		    still_same(l, now);
	int rc = 0;

	if (!same || (locked && !l->writable))
		rc = reopen(l, locked, now, err);
	/* Between the two looks it may have become another one. */
	if (rc == 0 && l->lines > 0 &&
	    (!same || l->fd < 0 || now->st_ino != l->ino || now->st_dev != l->dev)) {
		l->pos = l->lines = 0;
		l->log.ops->reset(l->log.arg);
	}
	if (rc == 0 && l->fd >= 0) {
		l->ino = now->st_ino;
		l->dev = now->st_dev;
	}
	/* What is there under the lock stays: whoever takes records back has the lock. */
	l->unsettled = l->unsettled && !locked;
	return rc;
}

int vmm__log_catch_up(struct vmm__folder_log *l, bool locked, size_t *size, struct vmm_err *err)
{
	struct stat st = { .st_size = 0 };
	int rc = open_current(l, locked, &st, err);

	if (rc < 0)
		return rc;
	if (l->fd < 0)
		st.st_size = 0;
	if (size)
		*size = (size_t)st.st_size;
	for (size_t chunk = CHUNK; (size_t)st.st_size > l->pos;) {
		size_t before = l->pos, len = (size_t)st.st_size - l->pos;
		ssize_t n;

		if (len > chunk)
			len = chunk;
		if (make_room(l, len, err) < 0)
			return VMM_ENOMEM;
		n = locked ? read_at(l->fd, l->read.data, len, l->pos) : read_settled(l, len);
		if (n < 0)
			return vmm__file_err(err, "read", &l->dir, l->file);
		l->unsettled = l->unsettled || !locked;
		rc = tell_lines(l, (size_t)n, err);
		if (rc < 0)
			return rc;
		if (l->pos == before && (size_t)n < chunk)
			break; /* a torn line, or a writer cut one meanwhile */
		if (l->pos == before)
			chunk *= 2; /* a line longer than that */
	}
	return 0;
}
