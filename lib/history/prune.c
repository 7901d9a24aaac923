/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the files within a time and a size. */
#include <dirent.h>
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

/* A clock that has leapt comes to a day with none before it: then it is the others that are right. */
static bool has_leapt(time_t newest, const struct vmm_strv *files)
{
	char day[VMM_TIME_LEN + 1];

	vmm_time_format(newest - VMM__DAY_S, day);
	for (size_t i = 0; i < files->n; i++)
		if (strncmp(vmm__history_day(files->s[i], -1), day, VMM__DAY_LEN) == 0)
			return false;
	return true;
}

/* What a wrong clock wrote ahead of this one goes once it is as far off as what is too old. */
static int drop_far(const char *folder, struct vmm_strv *files, time_t newest, uint64_t keep_ms,
		    struct vmm_err *err)
{
	const time_t keep = (time_t)(keep_ms / 1000);
	char first[VMM_TIME_LEN + 1], last[VMM_TIME_LEN + 1];
	int rc = 0;

	vmm_time_format(newest - keep, first);
	vmm_time_format(newest + keep, last);
	for (size_t i = files->n; i-- > 0 && rc == 0;) {
		const char *day = vmm__history_day(files->s[i], -1);

		if (strncmp(day, first, VMM__DAY_LEN) < 0 || strncmp(day, last, VMM__DAY_LEN) > 0)
			rc = drop(folder, files, i, err);
	}
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

/* Readers have the old file open, or find the new one. */
static int halve(const char *path, struct vmm_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	VMM_STR_AUTO text = NULL;
	const char *line, *from;
	size_t len, header;
	int rc;

	if (fd < 0)
		return vmm_err_unreadable(err, "cannot read '%s'", path);
	rc = vmm_read_fd(path, fd, FILE_MAX, &text, &len, err);
	close(fd);
	if (rc < 0)
		return rc;
	line = memchr(text, '\n', len);
	from = memchr(text + len / 2, '\n', len - len / 2);
	/* The last line is the newest record. */
	if (!line || !from || from <= line || from + 1 == text + len)
		return 0;
	header = (size_t)(line + 1 - text);
	len -= (size_t)(from + 1 - text);
	memmove(text + header, from + 1, len);
	return vmm_replace_file(path, 0600, text, header + len, err);
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

/* Of a day that a kill caught being halved. */
static int drop_asides(const char *folder, struct vmm_err *err)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	int rc = 0;

	if (!dir)
		return vmm_err_errno(err, "cannot read '%s'", folder);
	while (rc == 0 && (e = readdir(dir)))
		if (vmm__history_is_aside(e->d_name) && unlinkat(dirfd(dir), e->d_name, 0) < 0)
			rc = vmm_err_errno(err, "cannot remove '%s/%s'", folder, e->d_name);
	closedir(dir);
	return rc;
}

int vmm__history_prune(const char *folder, time_t newest, const struct vmm_history_limits *limits,
		       struct vmm_err *err)
{
	VMM_STRV_AUTO files = VMM_STRV_INIT;
	uint64_t total;
	size_t largest;
	int rc = drop_asides(folder, err);

	if (rc == 0)
		rc = vmm__history_files(folder, -1, &files, err);
	if (rc == 0 && !has_leapt(newest, &files))
		rc = drop_far(folder, &files, newest, limits->keep_ms, err);
	if (rc == 0)
		rc = measure(folder, &files, &total, &largest, err);
	while (rc == 0 && files.n > 0 && total > limits->max_bytes && !are_of_one_day(&files)) {
		rc = drop(folder, &files, 0, err);
		if (rc == 0)
			rc = measure(folder, &files, &total, &largest, err);
	}
	return rc == 0 && files.n > 0 ? halve_day(folder, &files, limits->max_bytes, err) : rc;
}
