/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks the folder over, under the lock, so that no writer's files are taken for left-overs.
 * What can be mended without losing anything is; a line that can't be read or two rows with
 * one key are a person's to judge.
 */
#include "store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct check {
	const struct vmm__dir *dir;
	bool repair;
	vmm_store_found *found;
	void *arg;
	struct vmm__record last;
	struct vmm_strv files; /* relative to the folder, in order */
};

static void tell(const struct check *c, const char *object, const char *what, bool mended)
{
	c->found(object, what, mended, c->arg);
}

/* ---- which files there are ---- */

static int list_folder(struct check *c, const char *sub, struct vmm_err *err);

static int list_entry(struct check *c, const char *sub, const char *name, struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	vmm_buf_addf(&path, "%s%s%s", sub, *sub ? "/" : "", name);
	if (path.failed)
		return vmm_err_nomem(err);
	if (fstatat(c->dir->fd, path.data, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : vmm__file_err(err, "look at", c->dir, path.data);
	/* No tables are in the history of load, and it may be large (history/history.h). */
	if (S_ISDIR(st.st_mode))
		return *sub || strcmp(name, "load") == 0 ? 0 : list_folder(c, name, err);
	if (S_ISREG(st.st_mode) && vmm_strv_add(&c->files, path.data) < 0)
		return vmm_err_nomem(err);
	return 0;
}

static int list_folder(struct check *c, const char *sub, struct vmm_err *err)
{
	int fd = openat(c->dir->fd, *sub ? sub : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int rc = 0;

	if (!dir) {
		rc = vmm__file_err(err, "open", c->dir, sub);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (rc == 0 && (errno = 0, e = readdir(dir)))
		rc = list_entry(c, sub, e->d_name, err);
	if (rc == 0 && errno)
		rc = vmm__file_err(err, "read", c->dir, sub);
	closedir(dir);
	return rc;
}

/* ---- what commits leave behind ---- */

static int check_last_commit(struct check *c, struct vmm_err *err)
{
	VMM_STRV_AUTO left = VMM_STRV_INIT;
	char what[80];
	int rc = vmm__left_aside(c->dir, &c->last, &left, err);

	if (rc == 0 && left.n && c->repair)
		rc = vmm__roll_forward(c->dir, &c->last, err);
	if (rc < 0 || !left.n)
		return rc;
	snprintf(what, sizeof(what), "tables of revision %" PRIu64 " are not in their place yet",
		 c->last.revision);
	tell(c, "commit", what, c->repair);
	return 0;
}

/* .NAME.REVISION-TAG */
static bool looks_aside(const char *base)
{
	const char *p = base + 1;

	p += strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	if (p == base + 1 || *p++ != '.')
		return false;
	p += strspn(p, "0123456789");
	if (*p++ != '-')
		return false;
	return strlen(p) == 16 && strspn(p, "0123456789abcdef") == 16;
}

/* Where nothing is mended, the last commit's tables may still be aside; they are no left-overs. */
static bool is_current(const struct check *c, const char *file)
{
	for (size_t i = 0; i < c->last.tables.n; i++) {
		VMM_STR_AUTO aside = vmm__aside_file(c->last.tables.s[i], &c->last);

		if (!aside || strcmp(aside, file) == 0)
			return true;
	}
	return false;
}

static int check_hidden(struct check *c, const char *file, const char *base, struct vmm_err *err)
{
	bool ours = looks_aside(base) && !is_current(c, file);

	if (file == base)
		ours = ours || strcmp(base, ".commit.new") == 0 ||
		       strcmp(base, ".commit.prev") == 0 || strcmp(base, ".journal.new") == 0;
	if (!ours)
		return 0;
	if (c->repair && unlinkat(c->dir->fd, file, 0) < 0)
		return vmm__file_err(err, "remove", c->dir, file);
	tell(c, file, "left over by a change that was cut short", c->repair);
	return 0;
}

/* ---- tables and the journal ---- */

static int rewrite(struct check *c, const char *name, const struct vmm_buf *text, struct vmm_err *err)
{
	const struct vmm__edit edit = { .name = name, .text = *text };
	struct vmm__record last = VMM__RECORD_INIT;
	int rc = vmm__record_read(c->dir, &last, err);

	if (rc == 0)
		rc = vmm__commit(c->dir, &last, &edit, 1, err);
	vmm__record_release(&last);
	return rc;
}

static int check_table(struct check *c, const char *file, const char *name, struct vmm_err *err)
{
	VMM_BUF_AUTO old = VMM_BUF_INIT;
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	VMM_TABLE_AUTO *t = NULL;
	struct vmm_err why = { .text = "" };
	int rc = vmm__table_read(c->dir, name, &old, &t, &why);

	if (rc == 0)
		rc = vmm__table_text(name, t, &text, &why);
	if (rc < 0) {
		tell(c, file, why.text, false);
		return 0;
	}
	if (text.len == old.len && memcmp(text.data, old.data, text.len) == 0)
		return 0;
	if (c->repair)
		rc = rewrite(c, name, &text, err);
	if (rc == 0)
		tell(c, file, "rows out of order, or not written as they should be", c->repair);
	return rc;
}

static int check_journal(struct check *c, struct vmm_err *err)
{
	struct vmm__journal j;
	struct vmm_err why = { .text = "" };
	int rc = vmm__journal_load(c->dir, true, &j, &why);

	if (rc < 0) {
		tell(c, "journal.tsv", why.text, false);
		return 0;
	}
	if (j.good < j.size) {
		if (c->repair)
			rc = vmm__journal_cut(&j, err);
		if (rc == 0)
			tell(c, "journal.tsv", "the last line is torn", c->repair);
	}
	vmm__journal_release(&j);
	return rc;
}

static int check_file(struct check *c, const char *file, struct vmm_err *err)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;
	size_t len = strlen(file);
	VMM_STR_AUTO name = NULL;

	if (*base == '.')
		return check_hidden(c, file, base, err);
	if (strcmp(file, "journal.tsv") == 0)
		return check_journal(c, err);
	if (len < 5 || strcmp(file + len - 4, ".tsv") != 0)
		return 0;
	name = strndup(file, len - 4);
	if (!name)
		return vmm_err_nomem(err);
	/* A name that no table can have: somebody else's file. */
	return vmm__name_is_valid(name) ? check_table(c, file, name, err) : 0;
}

static int check_all(struct check *c, struct vmm_err *err)
{
	struct vmm_err why = { .text = "" };
	int rc = vmm__record_read(c->dir, &c->last, &why);

	/* Without its record nobody can tell which files are the state. */
	if (rc < 0) {
		tell(c, "commit", why.text, false);
		return 0;
	}
	rc = check_last_commit(c, err);
	if (rc == 0)
		rc = list_folder(c, "", err);
	vmm_strv_sort(&c->files, 0);
	for (size_t i = 0; rc == 0 && i < c->files.n; i++)
		rc = check_file(c, c->files.s[i], err);
	return rc;
}

int vmm__folder_check(struct vmm_store *st, bool repair, vmm_store_found *found, void *arg,
		      struct vmm_err *err)
{
	struct check c = { .repair = repair, .found = found, .arg = arg };
	struct vmm__folder *f = (struct vmm__folder *)st;
	struct vmm__locked l;
	int rc = vmm__dir_open(f, false, &l.dir, err);

	/* Looking makes nothing: what isn't there is in order. */
	if (rc < 0 || l.dir.fd < 0)
		return rc;
	rc = vmm__logs_check(f, &l.dir, repair, found, arg, err);
	vmm__dir_close(&l.dir);
	if (rc == 0)
		rc = vmm__lock(f, &l, err);
	if (rc < 0)
		return rc;
	c.dir = &l.dir;
	rc = check_all(&c, err);
	vmm__unlock(&l);
	vmm__record_release(&c.last);
	vmm_strv_release(&c.files);
	return rc;
}
