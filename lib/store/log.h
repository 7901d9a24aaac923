/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A log: records that change often, one at a time, among very many. To change a table is to
 * write all of it; to change a log costs what the change is long, however much is in it.
 *
 * Who opens a log keeps its records, in whatever index it needs, and is told of them:
 *
 *	static const struct vmm_log_ops ops = { set, del, reset, count, dump };
 *	static const char *const columns[] = { "pool", "address", …, NULL };
 *
 *	vmm_log_open(st, "leases", columns, &ops, index, &log, err);
 *	vmm_log_read(log, err);		(set() and del() for what is new since the last time)
 *
 * Changing: what is new is told, then `change` decides, then what it has recorded is made
 * durable, all while nobody else can change the log:
 *
 *	static int change(void *arg, struct vmm_err *err);	(calls vmm_log_set() and _del())
 *
 *	vmm_log_change(log, change, arg, err);
 *
 * vmm_log_set() and vmm_log_del() call ops->set() and del() at once, so a change sees its own
 * records. If `change` returns non-zero, or what it recorded can't be written, nothing is: if it
 * had recorded anything the index is reset, and the next call tells it all anew. It must have no other effect, and may be
 * called again after a reset when another change came between (etcd; the folder holds a lock).
 * It may read and change tables of the store; who changes a table must not change a log in it.
 *
 * After 0 all records of the change are durable. A crash before that leaves the first few of
 * them or none, each whole.
 *
 * A log handle is for one thread at a time. VMM_EAGAIN where another one holds the lock for as
 * long as store.h says. The store must outlive its logs.
 */
#ifndef VMM_STORE_LOG_H
#define VMM_STORE_LOG_H

#include "store/store.h"

struct vmm_log;

/* `cells` has one for each column; they are borrowed for the call. `arg` is vmm_log_open()'s. */
struct vmm_log_ops {
	/* A record, in the place of the one with this key if there is one. */
	int (*set)(void *arg, const char *const *cells, struct vmm_err *err);
	/* The record with this key is gone; the other cells say what whoever took it away wrote. */
	int (*del)(void *arg, const char *const *cells, struct vmm_err *err);
	/* Forget all of them. */
	void (*reset)(void *arg);
	/* How many there are, and vmm_log_keep() for each of them: for a log to be written anew. */
	size_t (*count)(void *arg);
	int (*dump)(void *arg, struct vmm_log *log);
};

/*
 * Columns end with NULL; the first two are the key. `columns` and `ops` are borrowed until
 * the log is closed.
 */
int vmm_log_open(struct vmm_store *st, const char *name, const char *const *columns,
		 const struct vmm_log_ops *ops, void *arg, struct vmm_log **out, struct vmm_err *err);
void vmm_log_close(struct vmm_log *log);

int vmm_log_read(struct vmm_log *log, struct vmm_err *err);
typedef int vmm_log_fn(void *arg, struct vmm_err *err);
int vmm_log_change(struct vmm_log *log, vmm_log_fn *fn, void *arg, struct vmm_err *err);

/* In a change only. */
int vmm_log_set(struct vmm_log *log, const char *const *cells, struct vmm_err *err);
int vmm_log_del(struct vmm_log *log, const char *const *cells, struct vmm_err *err);
/* In ops->dump() only. 0 or VMM_ENOMEM. */
int vmm_log_keep(struct vmm_log *log, const char *const *cells);

#endif
