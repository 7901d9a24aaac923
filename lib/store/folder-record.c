/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file `commit`: which revision the state has, and which tables it changed. A TSV of
 * the columns revision, tag and table with one line a table, so that a person can read it.
 */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "base/rows.h"

void vmm__record_release(struct vmm__record *r)
{
	vmm_strv_release(&r->tables);
}

static int bad_record(const struct vmm__dir *d, size_t row, struct vmm_err *err)
{
	return vmm_err_set(err, VMM_EINPUT, "%s/commit:%zu: not a record of a commit", d->path,
			   row + 2);
}

static int take_row(const struct vmm__dir *d, const struct vmm_table *t, size_t row,
		    struct vmm__record *r, struct vmm_err *err)
{
	const char *tag = vmm_table_at(t, row, "tag");
	const char *table = vmm_table_at(t, row, "table");
	size_t len = strlen(tag);
	uint64_t revision;

	if (vmm_num_u64("revision", vmm_table_at(t, row, "revision"), 1, INT64_MAX, &revision,
			NULL) < 0 ||
	    len != sizeof(r->tag) - 1 || strspn(tag, "0123456789abcdef") != len ||
	    !vmm__name_is_valid(table))
		return bad_record(d, row, err);
	if (row > 0 && (revision != r->revision || strcmp(tag, r->tag) != 0))
		return bad_record(d, row, err);
	r->revision = revision;
	memcpy(r->tag, tag, len + 1);
	return vmm_strv_add(&r->tables, table) < 0 ? vmm_err_nomem(err) : 0;
}

/* A record is fsynced before it gets its name: what can't be read was not cut short by us. */
static int parse(const struct vmm__dir *d, const char *text, size_t len, struct vmm__record *r,
		 struct vmm_err *err)
{
	VMM_BUF_AUTO source = VMM_BUF_INIT;
	VMM_TABLE_AUTO *t = NULL;
	int rc;

	vmm_buf_addf(&source, "%s/commit", d->path);
	rc = vmm_tsv_parse(source.data, text, len, &t, err);
	if (rc == 0 && vmm_table_rows(t) == 0)
		rc = bad_record(d, 0, err);
	for (size_t i = 0; rc == 0 && i < vmm_table_rows(t); i++)
		rc = take_row(d, t, i, r, err);
	return rc;
}

int vmm__record_read(const struct vmm__dir *d, struct vmm__record *r, struct vmm_err *err)
{
	struct vmm__record got = VMM__RECORD_INIT;
	VMM_STR_AUTO text = NULL;
	size_t len;
	int fd, rc = vmm__file_open(d, "commit", O_RDONLY, &fd, err);

	if (rc < 0)
		return rc;
	if (fd >= 0) {
		rc = vmm__file_read(d, "commit", fd, &text, &len, err);
		close(fd);
		if (rc == 0)
			rc = parse(d, text, len, &got, err);
	}
	if (rc == 0)
		*r = got;
	else
		vmm__record_release(&got);
	return rc;
}

bool vmm__record_same(const struct vmm__record *a, const struct vmm__record *b)
{
	return a->revision == b->revision && strcmp(a->tag, b->tag) == 0;
}

int vmm__record_next(const struct vmm__record *last, struct vmm__record *r, struct vmm_err *err)
{
	uint64_t tag;

	if (getrandom(&tag, sizeof(tag), 0) != sizeof(tag))
		return vmm_err_errno(err, "cannot get a random number");
	r->revision = last->revision + 1;
	snprintf(r->tag, sizeof(r->tag), "%016" PRIx64, tag);
	return 0;
}

int vmm__record_format(const struct vmm__record *r, struct vmm_buf *out)
{
	vmm_buf_adds(out, "revision\ttag\ttable\n");
	for (size_t i = 0; i < r->tables.n; i++)
		vmm_buf_addf(out, "%" PRIu64 "\t%s\t%s\n", r->revision, r->tag, r->tables.s[i]);
	return out->failed ? VMM_ENOMEM : 0;
}

char *vmm__table_file(const char *table)
{
	struct vmm_buf b = VMM_BUF_INIT;

	vmm_buf_addf(&b, "%s.tsv", table);
	return vmm_buf_steal(&b);
}

char *vmm__aside_file(const char *table, const struct vmm__record *r)
{
	struct vmm_buf b = VMM_BUF_INIT;
	const char *slash = strchr(table, '/');

	if (slash)
		vmm_buf_add(&b, table, (size_t)(slash + 1 - table));
	vmm_buf_addf(&b, ".%s.%" PRIu64 "-%s", slash ? slash + 1 : table, r->revision, r->tag);
	return vmm_buf_steal(&b);
}

/*
 * Each commit has a file of its own, and while we have one open no other can get its inode: so where
 * the name still has the inode of the one that we have, nothing was committed since.
 */
static int follow(struct vmm__folder *f, struct vmm_err *err)
{
	struct stat now = { .st_ino = 0 };
	struct vmm__dir d;
	int fd = -1, rc;

	if (stat(f->commit, &now) < 0 && errno != ENOENT && errno != ENOTDIR)
		return vmm_err_errno(err, "cannot look at '%s'", f->commit);
	if (now.st_ino == f->commit_ino && now.st_dev == f->commit_dev)
		return 0;
	rc = vmm__dir_open(f, false, &d, err);
	if (rc == 0 && d.fd >= 0)
		rc = vmm__file_open(&d, "commit", O_RDONLY, &fd, err);
	vmm__dir_close(&d);
	if (rc < 0)
		return rc;
	if (f->commit_fd >= 0)
		close(f->commit_fd);
	f->commit_fd = fd;
	now = (struct stat){ .st_ino = 0 };
	if (fd >= 0 && fstat(fd, &now) < 0)
		return vmm_err_errno(err, "cannot look at '%s'", f->commit);
	f->commit_ino = now.st_ino;
	f->commit_dev = now.st_dev;
	f->changes++;
	return 0;
}

int vmm__folder_changes(struct vmm_store *st, uint64_t *count, struct vmm_err *err)
{
	struct vmm__folder *f = (struct vmm__folder *)st;
	int rc;

	pthread_mutex_lock(&f->owners_lock);
	rc = follow(f, err);
	if (rc == 0)
		*count = f->changes;
	pthread_mutex_unlock(&f->owners_lock);
	return rc;
}
