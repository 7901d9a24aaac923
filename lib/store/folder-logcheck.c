/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks the logs over: a torn last line, lines that nobody can read, what a crash left beside. */
#include "store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct check {
	const struct vmm__dir *dir;
	const char *file;
	bool repair;
	vmm_store_found *found;
	void *arg;
};

static size_t count(const char *from, const char *to, char c)
{
	size_t n = 0;

	for (; (from = memchr(from, c, (size_t)(to - from))); from++)
		n++;
	return n;
}

static void check_lines(const struct check *c, const char *text, const char *end)
{
	size_t cells = 0, n = 1;
	char what[80];

	for (const char *feed; (feed = memchr(text, '\n', (size_t)(end - text))); text = feed + 1) {
		size_t tabs = count(text, feed, '\t');
		bool event = strncmp(text, "set\t", 4) == 0 || strncmp(text, "del\t", 4) == 0;

		if (n == 1)
			cells = tabs;
		if (n > 1 && (tabs != cells || !event)) {
			snprintf(what, sizeof(what), "line %zu can't be read", n);
			c->found(c->file, what, false, c->arg);
		}
		n++;
	}
}

static int check_text(const struct check *c, int fd, struct vmm_err *err)
{
	VMM_STR_AUTO text = NULL;
	const char *last;
	size_t len, good;
	int rc = vmm__file_read(c->dir, c->file, fd, &text, &len, err);

	if (rc < 0)
		return rc;
	last = len ? memrchr(text, '\n', len) : NULL;
	good = last ? (size_t)(last + 1 - text) : 0;
	check_lines(c, text, text + good);
	if (good == len)
		return 0;
	if (c->repair && ftruncate(fd, (off_t)good) < 0)
		return vmm__file_err(err, "cut the torn line of", c->dir, c->file);
	c->found(c->file, "the last line is torn", c->repair, c->arg);
	return 0;
}

/* .NAME.log.new was never used; .NAME.log.old is of no use once its successor's name is durable. */
static int check_beside(const struct check *c, const char *behind, struct vmm_err *err)
{
	VMM_BUF_AUTO name = VMM_BUF_INIT;
	int rc = 0;

	vmm_buf_addf(&name, ".%s.%s", c->file, behind);
	if (name.failed)
		return vmm_err_nomem(err);
	if (!vmm__file_exists(c->dir, name.data))
		return 0;
	if (c->repair)
		rc = vmm__dir_sync(c->dir, "", err);
	if (rc == 0 && c->repair && unlinkat(c->dir->fd, name.data, 0) < 0)
		rc = vmm__file_err(err, "remove", c->dir, name.data);
	if (rc == 0)
		c->found(name.data, "left over by a change that was cut short", c->repair, c->arg);
	return rc;
}

static int check_locked(const struct check *c, struct vmm_err *err)
{
	int fd, rc = vmm__file_open(c->dir, c->file, c->repair ? O_RDWR : O_RDONLY, &fd, err);

	if (rc < 0)
		return rc;
	if (fd >= 0) {
		rc = check_text(c, fd, err);
		close(fd);
	}
	if (rc == 0)
		rc = check_beside(c, "new", err);
	return rc ? rc : check_beside(c, "old", err);
}

static int check_log(const struct vmm__folder *f, const struct check *c, const char *name,
		     struct vmm_err *err)
{
	VMM_BUF_AUTO lock = VMM_BUF_INIT;
	int fd, rc;

	vmm_buf_addf(&lock, "%s.lock", name);
	if (lock.failed)
		return vmm_err_nomem(err);
	rc = vmm__file_open(c->dir, lock.data, O_RDWR | O_CREAT, &fd, err);
	if (rc < 0)
		return rc;
	rc = vmm__lock_file(c->dir, fd, f->lock_ms, err);
	if (rc == 0) {
		rc = check_locked(c, err);
		vmm__unlock_file(fd);
	}
	close(fd);
	return rc;
}

static int is_log(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return len > 4 && strcmp(e->d_name + len - 4, ".log") == 0;
}

int vmm__logs_check(const struct vmm__folder *f, const struct vmm__dir *d, bool repair,
		    vmm_store_found *found, void *arg, struct vmm_err *err)
{
	struct dirent **list;
	int n = scandirat(d->fd, ".", &list, is_log, alphasort), rc = 0;

	if (n < 0)
		return vmm__file_err(err, "read", d, "");
	for (int i = 0; i < n; i++) {
		struct check c = { d, list[i]->d_name, repair, found, arg };
		VMM_STR_AUTO name = strndup(c.file, strlen(c.file) - strlen(".log"));

		if (rc == 0 && !name)
			rc = vmm_err_nomem(err);
		else if (rc == 0 && vmm__name_is_valid(name))
			rc = check_log(f, &c, name, err);
		free(list[i]);
	}
	free(list);
	return rc;
}
