/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Readers take no lock and still see one commit, whole, over all their tables:
 *
 *	1. read the record `commit`: revision R, the list L of the tables it changed
 *	2. open each wanted table: when it is in L its aside file .NAME.R if that exists,
 *	   else NAME.tsv; a table that isn't in L, NAME.tsv
 *	3. read the record again: if it is another one, close all and start over
 *	4. read the open files
 *
 * Why this is a snapshot. Writers come one after the other (the lock), and each one
 *
 *	(a) writes and syncs the aside file of every table of its list, under a name that
 *	    holds its revision and a random tag, so no such name ever stands for two texts;
 *	(b) puts its record in the place of `commit`, at one instant (rename);
 *	(c) renames its aside files to NAME.tsv; what a crash keeps it from renaming, the next
 *	    writer renames before its own (b).
 *
 * Nothing else writes, renames or removes NAME.tsv or an aside file that a record lists.
 *
 * Records never repeat (the tag), but for one that is put back when a commit could not be
 * made durable; that writer did (b) twice and (c) never. So when 1 and 3 read the same
 * record R, then between them either `commit` was R all the time, or it was R, then an
 * attempt that never came to (c), then R. In both cases all that was done to the tables
 * meanwhile is R's own (c). Now take a table T that the reader opened in between:
 *
 *	T in L: its aside file existed when R became the record (a). If the reader found it,
 *	it has R's text. If it was gone, it had been renamed to T.tsv by R's (c) before that,
 *	and T.tsv changes next in a (c) of a later record, that is after 3: it has R's text.
 *
 *	T not in L: the last record that changed T came before R, so its (c) was over before
 *	R's (b), and the next (c) for T is one after 3: T.tsv has its text throughout.
 *
 * And since files are never written in place, a descriptor opened at 2 still gives that
 * text at 4, however long reading takes. That keeps the window between 1 and 3 to a few
 * system calls, so a busy writer can't keep a reader out.
 */
#include "store/folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rows.h"

/* Each try fails only if a commit, which takes several disk syncs, came within microseconds. */
#define TRIES 1000

struct snapshot {
	struct vmm__dir dir;
	const char *const *names;
	size_t n;
	int *fds; /* -1: no such table */
};

static void close_fds(struct snapshot *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->fds[i] >= 0)
			close(s->fds[i]);
		s->fds[i] = -1;
	}
}

static int open_table(const struct snapshot *s, const struct vmm__record *r, size_t i,
		      struct vmm_err *err)
{
	VMM_STR_AUTO file = vmm__table_file(s->names[i]);
	VMM_STR_AUTO aside = vmm__aside_file(s->names[i], r);
	int rc = 0;

	if (!file || !aside)
		return vmm_err_nomem(err);
	if (vmm_strv_has(&r->tables, s->names[i]))
		rc = vmm__file_open(&s->dir, aside, O_RDONLY, &s->fds[i], err);
	if (rc == 0 && s->fds[i] < 0)
		rc = vmm__file_open(&s->dir, file, O_RDONLY, &s->fds[i], err);
	return rc;
}

/* Steps 1 to 3. *settled is false when a commit came between. */
static int try_open(struct snapshot *s, bool *settled, struct vmm_err *err)
{
	struct vmm__record before = VMM__RECORD_INIT, after = VMM__RECORD_INIT;
	int rc = vmm__record_read(&s->dir, &before, err);

	for (size_t i = 0; rc == 0 && i < s->n; i++)
		rc = open_table(s, &before, i, err);
	if (rc == 0)
		rc = vmm__record_read(&s->dir, &after, err);
	*settled = rc == 0 && vmm__record_same(&before, &after);
	if (!*settled)
		close_fds(s);
	vmm__record_release(&before);
	vmm__record_release(&after);
	return rc;
}

static int open_all(struct snapshot *s, struct vmm_err *err)
{
	for (unsigned i = 0; i < TRIES; i++) {
		bool settled;
		int rc = try_open(s, &settled, err);

		if (rc < 0 || settled)
			return rc;
		if (i > TRIES / 2)
			vmm_sleep_ms(1);
	}
	return vmm_err_set(err, VMM_EAGAIN, "state '%s' changes too fast to be read", s->dir.path);
}

static int parse_one(const struct snapshot *s, size_t i, struct vmm_table **out, struct vmm_err *err)
{
	VMM_BUF_AUTO source = VMM_BUF_INIT;
	VMM_STR_AUTO text = NULL;
	size_t len = 0;
	int rc;

	vmm_buf_addf(&source, "%s/%s.tsv", s->dir.path, s->names[i]);
	if (s->fds[i] >= 0) {
		rc = vmm_read_fd(source.data, s->fds[i], VMM__FILE_MAX, &text, &len, err);
		if (rc < 0)
			return rc;
	}
	return vmm_tsv_parse(source.data, text ? text : "", len, out, err);
}

int vmm__folder_read(struct vmm_store *st, const char *const *names, size_t n,
		     struct vmm_table **out, struct vmm_err *err)
{
	struct snapshot s = { .names = names, .n = n };
	size_t got = 0;
	int rc = vmm__dir_open((struct vmm__folder *)st, false, &s.dir, err);

	if (rc < 0)
		return rc;
	s.fds = malloc((n + 1) * sizeof(*s.fds));
	for (size_t i = 0; s.fds && i < n; i++)
		s.fds[i] = -1;
	if (!s.fds)
		rc = vmm_err_nomem(err);
	else if (s.dir.fd >= 0)
		rc = open_all(&s, err);
	for (; rc == 0 && got < n; got++) {
		rc = parse_one(&s, got, &out[got], err);
		if (rc < 0)
			break;
	}
	while (rc < 0 && got > 0)
		vmm_table_free(out[--got]);
	if (s.fds)
		close_fds(&s);
	free(s.fds);
	vmm__dir_close(&s.dir);
	return rc;
}
