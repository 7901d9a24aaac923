/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands behind a store: the calls of store.h, by backend. Internal to lib/store.
 *
 * A backend embeds `struct vmm_store` as its first member. store.c has checked the
 * arguments: table names are valid and stand once, texts are not NULL.
 */
#ifndef VMM_STORE_BACKEND_H
#define VMM_STORE_BACKEND_H

#include "store/store.h"

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
int vmm__intent_refuse(const struct vmm__open *in, struct vmm_err *err);

/* Whether a table may have this name. */
bool vmm__name_is_valid(const char *name);

/* `path` is absolute. */
int vmm__folder_open(const char *path, struct vmm_store **out, struct vmm_err *err);

#endif
