/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands behind a store: the calls of store.h, by backend. Internal to lib/store.
 *
 * A backend embeds `struct vmm_store` as its first member. store.c has checked the
 * arguments: table names are valid and stand once, texts are not NULL.
 */
#ifndef VMM_STORE_BACKEND_H
#define VMM_STORE_BACKEND_H

#include "store/log.h"
#include "store/store.h"

/* What is behind a log; its first member is a `struct vmm_log`. */
struct vmm__log_backend {
	void (*close)(struct vmm_log *log);
	int (*read)(struct vmm_log *log, struct vmm_err *err);
	int (*change)(struct vmm_log *log, vmm_log_fn *fn, void *arg, struct vmm_err *err);
	/* One record more of this change, or of the log that is written anew. */
	int (*add)(struct vmm_log *log, const char *event, const char *const *cells);
	/* The next reading starts at the first record again. */
	void (*rewind)(struct vmm_log *log);
};

struct vmm_log {
	const struct vmm__log_backend *backend;
	const char *name;
	const char *const *columns;
	const struct vmm_log_ops *ops;
	void *arg;
	bool told; /* ops->set() or del() of what this change records */
};

struct vmm__backend {
	void (*close)(struct vmm_store *st);
	int (*read)(struct vmm_store *st, const char *const *names, size_t n,
		    struct vmm_table **out, struct vmm_err *err);
	int (*change)(struct vmm_store *st, const char *const *names, size_t n, vmm_store_fn *fn,
		      void *arg, struct vmm_err *err);
	int (*begin)(struct vmm_store *st, const char *op, const char *subject, const char *detail,
		     uint64_t *id, struct vmm_err *err);
	int (*note)(struct vmm_store *st, uint64_t id, const char *detail, struct vmm_err *err);
	int (*end)(struct vmm_store *st, uint64_t id, const char *result, struct vmm_err *err);
	int (*list)(struct vmm_store *st, struct vmm_table **out, struct vmm_err *err);
	int (*take)(struct vmm_store *st, uint64_t id, struct vmm_err *err);
	int (*changes)(struct vmm_store *st, uint64_t *count, struct vmm_err *err);
	/* `init` has all but the backend; what it points to outlives the log. */
	int (*log_open)(struct vmm_store *st, const struct vmm_log *init, struct vmm_log **out,
			struct vmm_err *err);
	int (*check)(struct vmm_store *st, bool repair, vmm_store_found *found, void *arg,
		     struct vmm_err *err);
};

struct vmm_store {
	const struct vmm__backend *backend;
	char *url; /* store.c's, for vmm_store_dup() */
};

/* An open intent, and how it is refused to anybody else: see store.h. */
struct vmm__open {
	const char *op, *subject, *host, *pid, *since;
	bool alive;
};
/* Whether an intent of this subject and detail is for `whom`. */
bool vmm__intent_is_for(const char *subject, const char *detail, const char *whom);
int vmm__intent_refuse(const struct vmm__open *in, struct vmm_err *err);

/* Whether a table may have this name. */
bool vmm__name_is_valid(const char *name);

/* `path` is absolute. */
int vmm__folder_open(const char *path, struct vmm_store **out, struct vmm_err *err);

#endif
