/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal: one record a line, appended by one write() and made durable before the call
 * returns. The records of an intent, in this order: begin, then any number of note and
 * take, then end. A last line without its line feed was cut short by a crash: its writer
 * never came to act on it, so readers pass over it and the next writer cuts it off.
 */
#include "store/folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/rows.h"

const char *const vmm__journal_columns[] = {
	[VMM__ID] = "id",   [VMM__TIME] = "time",       [VMM__EVENT] = "event",
	[VMM__OP] = "op",   [VMM__SUBJECT] = "subject", [VMM__HOST] = "host",
	[VMM__PID] = "pid", [VMM__DETAIL] = "detail",   NULL,
};

/* ---- from rows to intents ---- */

static int bad_row(const struct vmm__journal *j, size_t row, const char *why, struct vmm_err *err)
{
	return vmm_err_set(err, VMM_EINPUT, "%s/" VMM__JOURNAL ":%zu: %s", j->dir->path, row + 2,
			   why);
}

/* A journal is read for each record: its columns are looked up once and not for each cell. */
static const char *cell(const struct vmm__journal *j, size_t row, enum vmm__column c)
{
	return vmm_table_get(j->rows, row, j->cols[c]);
}

static struct vmm__intent *find(const struct vmm__journal *j, uint64_t id)
{
	size_t from = 0, to = j->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (j->intents[mid].id == id)
			return &j->intents[mid];
		if (j->intents[mid].id < id)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

/* Ids only grow, so the list is in order as it is made. */
static int apply_begin(struct vmm__journal *j, size_t row, uint64_t id, struct vmm_err *err)
{
	if (id <= j->last_id)
		return bad_row(j, row, "an id that is not greater than those before", err);
	j->intents[j->n++] = (struct vmm__intent){
		.id = id,
		.op = cell(j, row, VMM__OP),
		.subject = cell(j, row, VMM__SUBJECT),
		.detail = cell(j, row, VMM__DETAIL),
		.since = cell(j, row, VMM__TIME),
		.host = cell(j, row, VMM__HOST),
		.pid = cell(j, row, VMM__PID),
	};
	j->last_id = id;
	return 0;
}

static int apply(struct vmm__journal *j, size_t row, struct vmm_err *err)
{
	const char *event = cell(j, row, VMM__EVENT);
	struct vmm__intent *in;
	uint64_t id;

	if (vmm_num_u64("id", cell(j, row, VMM__ID), 1, INT64_MAX - 1, &id, NULL) < 0)
		return bad_row(j, row, "not an id", err);
	if (strcmp(event, "begin") == 0)
		return apply_begin(j, row, id, err);
	in = find(j, id);
	if (!in || in->ended)
		return bad_row(j, row, "no intent with this id is open", err);
	if (strcmp(event, "note") == 0) {
		in->detail = cell(j, row, VMM__DETAIL);
	} else if (strcmp(event, "take") == 0) {
		in->host = cell(j, row, VMM__HOST);
		in->pid = cell(j, row, VMM__PID);
	} else if (strcmp(event, "end") == 0) {
		in->ended = true;
		j->ended++;
	} else {
		return bad_row(j, row, "not an event", err);
	}
	return 0;
}

static int build(struct vmm__journal *j, const char *text, struct vmm_err *err)
{
	VMM_BUF_AUTO source = VMM_BUF_INIT;
	int rc;

	if (!j->good) {
		j->rows = vmm_table_new(vmm__journal_columns);
		return j->rows ? 0 : vmm_err_nomem(err);
	}
	vmm_buf_addf(&source, "%s/" VMM__JOURNAL, j->dir->path);
	rc = vmm_tsv_parse(source.data, text, j->good, &j->rows, err);
	if (rc < 0)
		return rc;
	/* Records are appended under the header that stands there: it must have room for them. */
	for (size_t i = 0; vmm__journal_columns[i]; i++) {
		j->cols[i] = vmm_table_col(j->rows, vmm__journal_columns[i]);
		if (j->cols[i] < 0)
			return vmm_err_set(err, VMM_EINPUT, "%s:1: no column '%s'", source.data,
					   vmm__journal_columns[i]);
	}
	j->intents = calloc(vmm_table_rows(j->rows) + 1, sizeof(*j->intents));
	if (!j->intents)
		return vmm_err_nomem(err);
	for (size_t i = 0; rc == 0 && i < vmm_table_rows(j->rows); i++)
		rc = apply(j, i, err);
	return rc;
}

/* ---- reading ---- */

static int read_from_start(const struct vmm__journal *j, int fd, char **text, size_t *len,
			   struct vmm_err *err)
{
	if (lseek(fd, 0, SEEK_SET) < 0)
		return vmm__file_err(err, "read", j->dir, VMM__JOURNAL);
	return vmm__file_read(j->dir, VMM__JOURNAL, fd, text, len, err);
}

/*
 * Without the lock. While we read, a writer may cut a torn line and append in its place; then
 * what we have could be the head of the one and the tail of the other. It is read again
 * until the second reading begins with all of the first: a byte of the first that had been
 * cut would be another in the second.
 */
static int read_settled(const struct vmm__journal *j, int fd, char **text, size_t *len,
			struct vmm_err *err)
{
	int rc = read_from_start(j, fd, text, len, err);

	while (rc == 0) {
		char *again;
		size_t n;
		bool settled;

		rc = read_from_start(j, fd, &again, &n, err);
		if (rc < 0) {
			free(*text);
			break;
		}
		settled = n >= *len && memcmp(*text, again, *len) == 0;
		free(*text);
		*text = again;
		*len = n;
		if (settled)
			break;
	}
	return rc;
}

int vmm__journal_load(const struct vmm__dir *d, bool locked, struct vmm__journal *j,
		      struct vmm_err *err)
{
	VMM_STR_AUTO text = NULL;
	const char *last;
	int fd = -1, rc = 0;

	*j = (struct vmm__journal){ .dir = d, .fd = -1 };
	if (d->fd >= 0)
		rc = vmm__file_open(d, VMM__JOURNAL,
				    locked ? O_RDWR | O_APPEND | O_CREAT : O_RDONLY, &fd, err);
	if (rc == 0 && fd >= 0)
		rc = locked ? read_from_start(j, fd, &text, &j->size, err)
			    : read_settled(j, fd, &text, &j->size, err);
	if (locked)
		j->fd = fd;
	else if (fd >= 0)
		close(fd);
	if (rc == 0) {
		last = j->size ? memrchr(text, '\n', j->size) : NULL;
		j->good = last ? (size_t)(last + 1 - text) : 0;
		rc = build(j, text, err);
	}
	if (rc < 0)
		vmm__journal_release(j);
	return rc;
}

void vmm__journal_release(struct vmm__journal *j)
{
	vmm_table_free(j->rows);
	free(j->intents);
	if (j->fd >= 0)
		close(j->fd);
	*j = (struct vmm__journal){ .fd = -1 };
}

const struct vmm__intent *vmm__journal_find(const struct vmm__journal *j, uint64_t id)
{
	const struct vmm__intent *in = find(j, id);

	return in && !in->ended ? in : NULL;
}

const struct vmm__intent *vmm__journal_find_open(const struct vmm__journal *j, const char *subject)
{
	for (size_t i = 0; i < j->n; i++)
		if (!j->intents[i].ended &&
		    vmm__intent_is_for(j->intents[i].subject, j->intents[i].detail, subject))
			return &j->intents[i];
	return NULL;
}
