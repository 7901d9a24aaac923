/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A commit, under the lock:
 *
 *	1. each changed table is written aside, as .NAME.REV-TAG, and synced; so is the new
 *	   record, as .commit.new; then the folders are synced. This makes durable as well
 *	   what the last commit renamed, before its record goes.
 *	2. the record in force gets a second name, .commit.prev.
 *	3. .commit.new is renamed to `commit`: from here on the change is what everybody reads.
 *	4. the folder is synced: from here on it survives a loss of power.
 *	5. the aside files are renamed to NAME.tsv. That can't fail the commit any more, and
 *	   needs no sync: readers find the aside files, and the next writer renames the rest.
 *
 * Until 3 a failure removes what was written aside, and nothing has happened. If 4 fails
 * nobody knows which record is on the disk. Then .commit.prev is renamed back, so that the
 * old state is what everybody reads; it needs no writing and no sync for that. The aside
 * files stay: should the machine go down now and come up with the new record, it finds
 * them all. vmm_store_check() removes them.
 */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int rename_aside(const struct vmm__dir *d, const struct vmm__record *r, const char *table,
			struct vmm_err *err)
{
	VMM_STR_AUTO aside = vmm__aside_file(table, r);
	VMM_STR_AUTO file = vmm__table_file(table);

	if (!aside || !file)
		return vmm_err_nomem(err);
	return vmm__file_rename(d, aside, file, err);
}

int vmm__left_aside(const struct vmm__dir *d, const struct vmm__record *last,
		    struct vmm_strv *tables, struct vmm_err *err)
{
	for (size_t i = 0; i < last->tables.n; i++) {
		VMM_STR_AUTO aside = vmm__aside_file(last->tables.s[i], last);

		if (!aside)
			return vmm_err_nomem(err);
		if (vmm__file_exists(d, aside) && vmm_strv_add(tables, last->tables.s[i]) < 0)
			return vmm_err_nomem(err);
	}
	return 0;
}

/*
 * The writer before us may have died between its steps 3 and 4. Renaming its tables while
 * the disk may still hold the record before would mix the two, so step 4 comes first.
 */
int vmm__roll_forward(const struct vmm__dir *d, const struct vmm__record *last, struct vmm_err *err)
{
	VMM_STRV_AUTO tables = VMM_STRV_INIT;
	int rc = vmm__left_aside(d, last, &tables, err);

	if (rc == 0 && tables.n)
		rc = vmm__dir_sync(d, "", err);
	for (size_t i = 0; rc == 0 && i < tables.n; i++)
		rc = rename_aside(d, last, tables.s[i], err);
	return rc;
}

/* ---- step 1 ---- */

static int write_aside(const struct vmm__dir *d, const struct vmm__record *r,
		       const struct vmm__edit *e, struct vmm_err *err)
{
	VMM_BUF_AUTO parent = VMM_BUF_INIT;
	VMM_STR_AUTO aside = vmm__aside_file(e->name, r);

	if (!aside || vmm__file_parent(e->name, &parent) < 0)
		return vmm_err_nomem(err);
	if (parent.len && mkdirat(d->fd, parent.data, 0700) < 0 && errno != EEXIST)
		return vmm__file_err(err, "make", d, parent.data);
	return vmm__file_write(d, aside, e->text.data, e->text.len, err);
}

static void remove_aside(const struct vmm__dir *d, const struct vmm__record *r)
{
	for (size_t i = 0; i < r->tables.n; i++) {
		VMM_STR_AUTO aside = vmm__aside_file(r->tables.s[i], r);

		if (aside)
			unlinkat(d->fd, aside, 0);
	}
	unlinkat(d->fd, ".commit.new", 0);
}

static int write_record(const struct vmm__dir *d, const struct vmm__record *r, struct vmm_err *err)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	if (vmm__record_format(r, &text) < 0)
		return vmm_err_nomem(err);
	return vmm__file_write(d, ".commit.new", text.data, text.len, err);
}

/* Every folder that has a table of one of the two records, and the state's own. */
static int sync_folders(const struct vmm__dir *d, const struct vmm__record *last,
			const struct vmm__record *next, struct vmm_err *err)
{
	VMM_STRV_AUTO folders = VMM_STRV_INIT;
	VMM_BUF_AUTO parent = VMM_BUF_INIT;
	int rc = 0;

	for (size_t i = 0; i < last->tables.n + next->tables.n; i++) {
		const char *table = i < last->tables.n ? last->tables.s[i]
						       : next->tables.s[i - last->tables.n];

		if (vmm__file_parent(table, &parent) < 0)
			return vmm_err_nomem(err);
		if (!parent.len || vmm_strv_has(&folders, parent.data))
			continue;
		if (vmm_strv_add(&folders, parent.data) < 0)
			return vmm_err_nomem(err);
	}
	for (size_t i = 0; rc == 0 && i < folders.n; i++)
		rc = vmm__dir_sync(d, folders.s[i], err);
	return rc ? rc : vmm__dir_sync(d, "", err);
}

/* ---- steps 2 to 4 ---- */

static int keep_previous(const struct vmm__dir *d, const struct vmm__record *last, struct vmm_err *err)
{
	if (unlinkat(d->fd, ".commit.prev", 0) < 0 && errno != ENOENT)
		return vmm__file_err(err, "remove", d, ".commit.prev");
	if (last->revision && linkat(d->fd, "commit", d->fd, ".commit.prev", 0) < 0)
		return vmm__file_err(err, "link", d, ".commit.prev");
	return 0;
}

static int take_back(const struct vmm__dir *d, const struct vmm__record *last, struct vmm_err *err)
{
	int rc = last->revision ? renameat(d->fd, ".commit.prev", d->fd, "commit")
				: unlinkat(d->fd, "commit", 0);

	if (rc < 0)
		return vmm_err_prefix(err, "the change was made but may not survive a crash");
	return vmm_err_prefix(err, "the change was taken back");
}

static int prepare(const struct vmm__dir *d, const struct vmm__record *last, struct vmm__record *next,
		   const struct vmm__edit *edits, size_t n, struct vmm_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		/* Into the list first: what is in it is removed when this fails. */
		if (vmm_strv_add(&next->tables, edits[i].name) < 0)
			return vmm_err_nomem(err);
		rc = write_aside(d, next, &edits[i], err);
	}
	if (rc == 0)
		rc = write_record(d, next, err);
	if (rc == 0)
		rc = sync_folders(d, last, next, err);
	if (rc == 0)
		rc = keep_previous(d, last, err);
	if (rc == 0)
		rc = vmm__file_rename(d, ".commit.new", "commit", err);
	return rc;
}

int vmm__commit(const struct vmm__dir *d, const struct vmm__record *last,
		const struct vmm__edit *edits, size_t n, struct vmm_err *err)
{
	struct vmm__record next = VMM__RECORD_INIT;
	int rc = vmm__record_next(last, &next, err);

	if (rc < 0)
		return rc;
	rc = prepare(d, last, &next, edits, n, err);
	if (rc < 0) {
		remove_aside(d, &next);
		goto out;
	}
	if (vmm__dir_sync(d, "", err) < 0) {
		rc = take_back(d, last, err);
		goto out;
	}
	/* Committed. A table that can't be renamed now is the next writer's to rename. */
	for (size_t i = 0; i < n; i++)
		rename_aside(d, &next, edits[i].name, NULL);
	unlinkat(d->fd, ".commit.prev", 0);
out:
	vmm__record_release(&next);
	return rc;
}
