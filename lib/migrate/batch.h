/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many moves, shared by batch.c, which checks and carries them out, and find.c, which finds the VMs.
 *
 * A task holds its request and its move. A job gets the move as its argument; if the job has to be
 * abandoned the move stays with it, and the task is left without one.
 */
#ifndef VMM_MIGRATE_BATCH_H
#define VMM_MIGRATE_BATCH_H

#include "migrate/internal.h"

struct vmm__task {
	const struct vmm_migrate_request *req;
	struct vmm__move *m; /* NULL once it was left to an abandoned thread */
	char *name, *uuid, *from;
	bool is_new;                           /* the inventory did not know it */
	char *was_from, *was_name, *was_state; /* else: what it knew */
	bool stale, ended, tried;
	uint64_t ms; /* that it took: to carry it out, else to check it */
	int code;
	struct vmm_err err;
};

struct vmm__batch {
	struct vmm_store *st;
	struct vmm_inventory inv;
	struct vmm_migrate_options opt;
	struct vmm__task *items;
	size_t n;
	vmm_migrate_done *done;
	void *ctx;
	bool stop;
	char *silent;           /* of a host that did not answer when all were asked */
	bool cancelled;         /* not all were */
	struct vmm_table *open; /* the intents that others have */
};

/* Who is meant: gives each task its move, or the code and sentence why not. */
int vmm__find_all(struct vmm__batch *b, struct vmm_err *err);
/* The same for those that were not where they were recorded (stale), after a look at every host. */
int vmm__find_again(struct vmm__batch *b, struct vmm_err *err);
/* How it is other than it was recorded (F4); the caller's. NULL: it is not, or nobody has looked. */
char *vmm__changes(const struct vmm__task *it);

#endif
