/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the files within a time and a size. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rows.h"
#include "history/history-internal.h"

#define FILE_MAX ((size_t)1 << 40)

static int path_of(const char *folder, const char *name, struct vmm_buf *path, struct vmm_err *err)
{
	vmm_buf_reset(path);
	vmm_buf_addf(path, "%s/%s", folder, name);
	return path->failed ? vmm_err_nomem(err) : 0;
}

static int drop(const char *folder, struct vmm_strv *files, size_t i, struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	int rc = path_of(folder, files->s[i], &path, err);

	if (rc == 0 && unlink(path.data) < 0 && errno != ENOENT)
		rc = vmm_err_errno(err, "cannot remove '%s'", path.data);
	if (rc == 0)
		vmm_strv_del(files, i);
	return rc;
}

static int drop_old(const char *folder, struct vmm_strv *files, time_t newest, uint64_t keep_ms,
		    struct vmm_err *err)
{
	char first[VMM_TIME_LEN + 1];
	int rc = 0;

	vmm_time_format(newest - (time_t)(keep_ms / 1000), first);
	while (rc == 0 && files->n > 0 &&
	       strncmp(vmm__history_day(files->s[0], -1), first, VMM__DAY_LEN) < 0)
		rc = drop(folder, files, 0, err);
	return rc;
}

static int size_of(const char *folder, const char *name, uint64_t *size, struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	struct stat st;
	int rc = path_of(folder, name, &path, err);

	if (rc == 0 && lstat(path.data, &st) < 0)
		rc = vmm_err_errno(err, "cannot look at '%s'", path.data);
	if (rc == 0)
		*size = (uint64_t)st.st_size;
	return rc;
}

/* What they have together, and which is the largest. */
static int measure(const char *folder, const struct vmm_strv *files, uint64_t *total,
		   size_t *largest, struct vmm_err *err)
{
	uint64_t most = 0, size = 0;
	int rc = 0;

	*total = 0;
	*largest = 0;
	for (size_t i = 0; i < files->n && rc == 0; i++) {
		rc = size_of(folder, files->s[i], &size, err);
		if (rc < 0)
			break;
		*total += size;
		if (size > most) {
			most = size;
			*largest = i;
		}
	}
	return rc;
}

static int write_aside(const char *path, const char *text, size_t header, size_t from, size_t len,
		       struct vmm_err *err)
{
	VMM_BUF_AUTO aside = VMM_BUF_INIT;
	int fd, rc = 0;

	vmm_buf_addf(&aside, "%s.new", path);
	if (aside.failed)
		return vmm_err_nomem(err);
	fd = open(aside.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || vmm_write_fd(fd, text, header) < 0 ||
	    vmm_write_fd(fd, text + from, len - from) < 0 || rename(aside.data, path) < 0) {
		rc = vmm_err_errno(err, "cannot write '%s'", aside.data);
		unlink(aside.data);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Readers have the old file open, or find the new one. */
static int halve(const char *path, struct vmm_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	VMM_STR_AUTO text = NULL;
	const char *header, *from;
	size_t len;
	int rc;

	if (fd < 0)
		return vmm_err_unreadable(err, "cannot read '%s'", path);
	rc = vmm_read_fd(path, fd, FILE_MAX, &text, &len, err);
	close(fd);
	if (rc < 0)
		return rc;
	header = memchr(text, '\n', len);
	from = memchr(text + len / 2, '\n', len - len / 2);
	/* The last line is the newest record. */
	if (!header || !from || from <= header || from + 1 == text + len)
		return 0;
	return write_aside(path, text, (size_t)(header + 1 - text), (size_t)(from + 1 - text), len,
			   err);
}

static bool are_of_one_day(const struct vmm_strv *files)
{
	return strncmp(vmm__history_day(files->s[0], -1),
		       vmm__history_day(files->s[files->n - 1], -1), VMM__DAY_LEN) == 0;
}

/* Until it is little enough, or nothing is left but a record in each. */
static int halve_day(const char *folder, const struct vmm_strv *files, uint64_t max_bytes,
		     struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	uint64_t total, before = UINT64_MAX;
	size_t largest;
	int rc = measure(folder, files, &total, &largest, err);

	while (rc == 0 && total > max_bytes && total < before) {
		before = total;
		rc = path_of(folder, files->s[largest], &path, err);
		if (rc == 0)
			rc = halve(path.data, err);
		if (rc == 0)
			rc = measure(folder, files, &total, &largest, err);
	}
	return rc;
}

int vmm__history_prune(const char *folder, time_t newest, const struct vmm_history_limits *limits,
		       struct vmm_err *err)
{
	VMM_STRV_AUTO files = VMM_STRV_INIT;
	uint64_t total;
	size_t largest;
	int rc = vmm__history_files(folder, -1, &files, err);

	if (rc == 0)
		rc = drop_old(folder, &files, newest, limits->keep_ms, err);
	if (rc == 0)
		rc = measure(folder, &files, &total, &largest, err);
	while (rc == 0 && files.n > 0 && total > limits->max_bytes && !are_of_one_day(&files)) {
		rc = drop(folder, &files, 0, err);
		if (rc == 0)
			rc = measure(folder, &files, &total, &largest, err);
	}
	return rc == 0 && files.n > 0 ? halve_day(folder, &files, limits->max_bytes, err) : rc;
}
