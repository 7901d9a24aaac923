/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state: tables that survive, changed in transactions, and a journal of work
 * under way. This is the only module that reads or writes them; nothing above it
 * knows a file name.
 *
 * Reading:
 *
 *	struct vmm_store *st;
 *	const char *names[] = { "hosts", "vms", NULL };
 *	struct vmm_table *t[2];
 *
 *	vmm_store_open(vmm_store_url(), &st, err);
 *	vmm_store_read(st, names, t, err);	(one moment: all tables of one commit)
 *
 * Changing: the tables that are read, what is done with them, and the comparison that
 * nobody else changed them meanwhile, in one call:
 *
 *	static int change(struct vmm_table **t, void *arg, struct vmm_err *err);
 *
 *	vmm_store_change(st, names, change, arg, err);
 *
 * `change` gets the tables as they are now and edits them; what it leaves behind is
 * committed, all tables or none, durably, before the call returns 0. If it returns
 * non-zero nothing is written and that code comes back. It must have no effect but on
 * the tables: a backend may call it again when another commit came between (etcd
 * compares revisions; the folder holds its lock and calls it once). It never talks to a
 * host: a lock is not held across the network.
 *
 * Tables are sorted by their first column, the key, when they are written; an empty or
 * repeated key is refused. A table that does not exist is read as one without columns.
 * Columns that a program does not know survive its changes.
 *
 * The journal: work that takes time and touches the world is announced before and ended
 * after, so that whatever a crash left behind has a name.
 *
 *	vmm_intent_begin(st, "migrate", uuid, detail, &id, err);
 *	…
 *	vmm_intent_note(st, id, detail, err);	(what is known since: replaces the detail)
 *	vmm_intent_end(st, id, "done", err);
 *
 * At most one intent is open for a subject, whatever the operation: a VM that is being moved can't
 * be started meanwhile. A second begin is VMM_EAGAIN while its owner lives, VMM_EREFUSED when
 * its owner is dead (vmm-fsck first). An owner lives as long as its process and its open store.
 * One whose detail is a JSON row with this as its "uuid" is for that subject too: a VM that is being made has
 * its name for a subject.
 * An intent without a detail is a claim: it only keeps others away, leaves nothing to mend, and goes
 * with its owner.
 *
 * What changes too often for a table, and is too much for one, is in a log: store/log.h.
 *
 * A child that is forked and does not exec shares its parent's store: the parent's intents
 * live until that child is gone too. After exec nothing is shared.
 *
 * A writer waits for another one up to 30 seconds, or $VMM_LOCK_TIMEOUT ("5", "200ms"); then
 * it is VMM_EAGAIN. A folder that everybody may write to is refused when it is opened.
 *
 * URLs: a folder's path (absolute), or file:PATH. etcd:// is kept for the other backend.
 * A store may be used from several threads at once.
 */
#ifndef VMM_STORE_STORE_H
#define VMM_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/table.h"

struct vmm_store;

/* $VMM_STATE, else /var/lib/vmm for root, else $XDG_STATE_HOME/vmm or ~/.local/state/vmm. The caller's. */
char *vmm_store_url(struct vmm_err *err);
/* A folder that does not exist yet is made (0700) by the first change, not by opening. */
int vmm_store_open(const char *url, struct vmm_store **out, struct vmm_err *err);
void vmm_store_close(struct vmm_store *st);
/* Another handle on the same state, for work that may outlive this one. */
int vmm_store_dup(const struct vmm_store *st, struct vmm_store **out, struct vmm_err *err);

/*
 * The folder for files that belong to the state and are no tables (the library), NULL where the
 * backend has none. Borrowed from the store. It may not exist yet.
 */
const char *vmm_store_folder(const struct vmm_store *st);
/* How long a writer waits for another one: $VMM_LOCK_TIMEOUT, an hour at most; else 30 seconds. */
int vmm_store_lock_timeout(uint64_t *ms, struct vmm_err *err);

/* Names end with NULL; each out[i] is the caller's. On failure none is set. */
int vmm_store_read(struct vmm_store *st, const char *const *names, struct vmm_table **out,
		   struct vmm_err *err);
typedef int vmm_store_fn(struct vmm_table **tables, void *arg, struct vmm_err *err);
int vmm_store_change(struct vmm_store *st, const char *const *names, vmm_store_fn *fn, void *arg,
		     struct vmm_err *err);
/*
 * For those who keep what they have read: as long as this count is the same, so are all tables. It
 * grows with changes that anybody makes, and means something for this open store only.
 */
int vmm_store_changes(struct vmm_store *st, uint64_t *count, struct vmm_err *err);

int vmm_intent_begin(struct vmm_store *st, const char *op, const char *subject, const char *detail,
		     uint64_t *id, struct vmm_err *err);
int vmm_intent_note(struct vmm_store *st, uint64_t id, const char *detail, struct vmm_err *err);
int vmm_intent_end(struct vmm_store *st, uint64_t id, const char *result, struct vmm_err *err);
/* The open intents: id op subject detail since host pid alive(yes, no). */
int vmm_intent_list(struct vmm_store *st, struct vmm_table **out, struct vmm_err *err);
/* The id of the one in that row. */
int vmm_intent_id(const struct vmm_table *open, size_t row, uint64_t *id, struct vmm_err *err);
/* Whether one of those is for this subject: 0, or what vmm_intent_begin() would say. */
int vmm_intent_check(const struct vmm_table *open, const char *subject, struct vmm_err *err);
/* For vmm-fsck: takes over an intent whose owner is dead, so that nobody else mends it too. */
int vmm_intent_take(struct vmm_store *st, uint64_t id, struct vmm_err *err);

/*
 * Looks the backend over and reports each finding through `found` (object, what is wrong,
 * whether it was or can be mended); with `repair` it mends what can be. 0, or an error that
 * kept it from looking. Tables: malformed lines, unsorted or double keys; left-over files
 * of a crash; a torn journal.
 */
typedef void vmm_store_found(const char *object, const char *what, bool mended, void *arg);
int vmm_store_check(struct vmm_store *st, bool repair, vmm_store_found *found, void *arg,
		    struct vmm_err *err);

#endif
