/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Intents: begun, noted, taken over, ended and listed, by records of the journal. */
#include "store/folder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rows.h"

/* The folder locked and its journal read: what each call that appends begins with. */
struct session {
	struct vmm__folder *f;
	struct vmm__locked lock;
	struct vmm__journal journal;
};

static int session_begin(struct session *s, struct vmm_store *st, struct vmm_err *err)
{
	int rc;

	s->f = (struct vmm__folder *)st;
	rc = vmm__lock(s->f, &s->lock, err);
	if (rc < 0)
		return rc;
	rc = vmm__journal_load(&s->lock.dir, true, &s->journal, err);
	if (rc < 0)
		vmm__unlock(&s->lock);
	return rc;
}

static void session_end(struct session *s)
{
	vmm__journal_release(&s->journal);
	vmm__unlock(&s->lock);
}

static int lives(const struct vmm__dir *d, uint64_t id, bool *out, struct vmm_err *err)
{
	int fd, rc = vmm__owner_open(d, &fd, err);

	if (rc < 0)
		return rc;
	rc = vmm__owner_lives(d, fd, id, out, err);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int refuse(const struct vmm__intent *in, bool alive, struct vmm_err *err)
{
	return vmm__intent_refuse(&(struct vmm__open){ in->op, in->subject, in->host, in->pid,
						       in->since, alive },
				  err);
}

/* Why nobody else may have this intent now; 0 if its owner is dead. */
static int refuse_if_alive(const struct vmm__dir *d, const struct vmm__intent *in, struct vmm_err *err)
{
	bool alive;
	int rc = lives(d, in->id, &alive, err);

	return rc < 0 || !alive ? rc : refuse(in, true, err);
}

/* A dead claim is ended in passing: that its owner is gone ended it. */
static int refuse_second(struct session *s, const char *subject, struct vmm_err *err)
{
	const struct vmm__intent *in = vmm__journal_find_open(&s->journal, subject);
	int rc = in ? refuse_if_alive(&s->lock.dir, in, err) : 0;

	if (!in || rc < 0)
		return rc;
	if (*in->detail)
		return refuse(in, false, err);
	return vmm__journal_append(&s->journal,
				   &(struct vmm__event){ in->id, "end", in->op, in->subject, "" },
				   err);
}

/*
 * The lock comes before the record: there is no moment when the record stands and its owner
 * seems dead.
 */
static int hold_and_append(struct session *s, const struct vmm__event *e, struct vmm_err *err)
{
	int rc = vmm__owner_hold(s->f, &s->lock.dir, e->id, err);

	if (rc < 0)
		return rc;
	rc = vmm__journal_append(&s->journal, e, err);
	if (rc < 0)
		vmm__owner_drop(s->f, e->id);
	return rc;
}

int vmm__folder_begin(struct vmm_store *st, const char *op, const char *subject, const char *detail,
		      uint64_t *id, struct vmm_err *err)
{
	struct vmm__event e = { 0, "begin", op, subject, detail };
	struct session s;
	int rc = session_begin(&s, st, err);

	if (rc < 0)
		return rc;
	e.id = s.journal.last_id + 1;
	rc = refuse_second(&s, subject, err);
	if (rc == 0)
		rc = hold_and_append(&s, &e, err);
	if (rc == 0)
		*id = e.id;
	session_end(&s);
	return rc;
}

static int find_open(const struct session *s, uint64_t id, const struct vmm__intent **in,
		     struct vmm_err *err)
{
	*in = vmm__journal_find(&s->journal, id);
	if (!*in)
		return vmm_err_set(err, VMM_ENOTFOUND, "no intent %" PRIu64 " is open", id);
	return 0;
}

static int append_to_open(struct vmm_store *st, uint64_t id, const char *event, const char *detail,
			  struct vmm_err *err)
{
	const struct vmm__intent *in;
	struct session s;
	int rc = session_begin(&s, st, err);

	if (rc < 0)
		return rc;
	rc = find_open(&s, id, &in, err);
	if (rc == 0) {
		const struct vmm__event e = { id, event, in->op, in->subject, detail };

		rc = vmm__journal_append(&s.journal, &e, err);
	}
	session_end(&s);
	return rc;
}

int vmm__folder_note(struct vmm_store *st, uint64_t id, const char *detail, struct vmm_err *err)
{
	return append_to_open(st, id, "note", detail, err);
}

int vmm__folder_end(struct vmm_store *st, uint64_t id, const char *result, struct vmm_err *err)
{
	int rc = append_to_open(st, id, "end", result, err);

	if (rc == 0)
		vmm__owner_drop((struct vmm__folder *)st, id);
	return rc;
}

int vmm__folder_take(struct vmm_store *st, uint64_t id, struct vmm_err *err)
{
	const struct vmm__intent *in;
	struct session s;
	int rc = session_begin(&s, st, err);

	if (rc < 0)
		return rc;
	rc = find_open(&s, id, &in, err);
	if (rc == 0)
		rc = refuse_if_alive(&s.lock.dir, in, err);
	if (rc == 0) {
		const struct vmm__event e = { id, "take", in->op, in->subject, in->detail };

		rc = hold_and_append(&s, &e, err);
	}
	session_end(&s);
	return rc;
}

/* ---- the list ---- */

static int add_row(struct vmm_table *t, const struct vmm__intent *in, bool alive)
{
	char id[24];
	long row = vmm_table_add(t);

	if (row < 0)
		return VMM_ENOMEM;
	snprintf(id, sizeof(id), "%" PRIu64, in->id);
	const char *const cells[] = {
		id,        in->op,   in->subject, in->detail,
		in->since, in->host, in->pid,     alive ? "yes" : "no",
	};
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		if (vmm_table_set(t, (size_t)row, (int)i, cells[i]) < 0)
			return VMM_ENOMEM;
	return 0;
}

static int find_living(const struct vmm__dir *d, const struct vmm__journal *j, bool *alive,
		       struct vmm_err *err)
{
	int fd, rc = vmm__owner_open(d, &fd, err);

	for (size_t i = 0; rc == 0 && i < j->n; i++)
		if (!j->intents[i].ended)
			rc = vmm__owner_lives(d, fd, j->intents[i].id, &alive[i], err);
	if (fd >= 0)
		close(fd);
	return rc;
}

/*
 * An owner that ends its intent appends the record and then lets go. So one that is found
 * to have let go may have done that since the journal was read: a second look tells.
 */
static int fill(const struct vmm__dir *d, const struct vmm__journal *j, struct vmm_table *t,
		struct vmm_err *err)
{
	struct vmm__journal later;
	bool *alive = calloc(j->n + 1, sizeof(*alive));
	int rc;

	if (!alive)
		return vmm_err_nomem(err);
	rc = find_living(d, j, alive, err);
	if (rc == 0)
		rc = vmm__journal_load(d, false, &later, err);
	if (rc < 0)
		goto out;
	for (size_t i = 0; rc == 0 && i < j->n; i++) {
		const struct vmm__intent *in = vmm__journal_find(&later, j->intents[i].id);

		/* As it is now: it may have noted something before it died. A dead claim is none. */
		if (in && (alive[i] || *in->detail))
			rc = add_row(t, in, alive[i]);
	}
	vmm__journal_release(&later);
	if (rc < 0)
		vmm_err_nomem(err);
out:
	free(alive);
	return rc;
}

int vmm__folder_list(struct vmm_store *st, struct vmm_table **out, struct vmm_err *err)
{
	static const char *const columns[] = { "id",   "op",  "subject", "detail", "since",
					       "host", "pid", "alive",   NULL };
	struct vmm__journal j;
	struct vmm__dir d;
	struct vmm_table *t = NULL;
	int rc = vmm__dir_open((struct vmm__folder *)st, false, &d, err);

	if (rc < 0)
		return rc;
	rc = vmm__journal_load(&d, false, &j, err);
	if (rc == 0) {
		t = vmm_table_new(columns);
		if (!t)
			rc = vmm_err_nomem(err);
		else if (j.n > j.ended)
			rc = fill(&d, &j, t, err);
		vmm__journal_release(&j);
	}
	vmm__dir_close(&d);
	if (rc == 0)
		*out = t;
	else
		vmm_table_free(t);
	return rc;
}
