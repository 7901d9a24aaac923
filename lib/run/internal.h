/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A run on its way, shared by the files of this folder. */
#ifndef VMM_RUN_INTERNAL_H
#define VMM_RUN_INTERNAL_H

#include <pthread.h>

#include "base/buf.h"
#include "run/run.h"

/* How a step ended. */
struct vmm__end {
	bool ended;
	int code;
};

struct vmm__record;

struct vmm__run {
	struct vmm_store *st;
	const struct vmm_plan *plan;
	struct vmm_run_options opt;
	vmm_run_done *done;
	void *ctx;
	struct vmm__end *ends;           /* of each step */
	struct vmm__record *record;      /* NULL: none is kept */
	const struct vmm_cancel *cancel; /* the caller's, or `own` */
	struct vmm_cancel *own;          /* where there is a deadline, or the caller has none */
	bool late;                       /* the deadline has passed */
	bool stop;                       /* start nothing more */
	struct vmm_err err;              /* of the record, which ends the run */
};

/*
 * Moves and starts whose process is gone are mended as vmm-fsck does it, be there none of them in the plan. What can't
 * be mended now is refused when its step comes.
 */
int vmm__run_mend(struct vmm_store *st, uint64_t timeout_ms, struct vmm_err *err);
/* As vmm_run(), for who has mended already. */
int vmm__run_all(struct vmm_store *st, const struct vmm_plan *plan, const struct vmm_run_options *opt,
		 vmm_run_done *done, void *ctx, struct vmm_err *err);
/* All steps that have not ended yet, under the watch below. r->ends is the caller's. */
int vmm__run_watched(struct vmm__run *r, struct vmm_err *err);
/* One has ended: it is recorded and told. */
void vmm__run_end(struct vmm__run *r, struct vmm_run_result *res);
/* One that has nothing to tell but this. */
void vmm__run_tell(struct vmm__run *r, size_t step, int code, const char *result, const char *why);
/* One that had ended when it was recorded is told again; it stops nothing, however it ended. */
void vmm__run_again(struct vmm__run *r, const struct vmm_run_result *res);
/* n steps of one wave, by their place in the plan: those that start or stop VMs, those that move them. */
int vmm__run_power(struct vmm__run *r, const size_t *steps, size_t n, struct vmm_err *err);
int vmm__run_moves(struct vmm__run *r, const size_t *steps, size_t n, struct vmm_err *err);

/*
 * Chooses r->cancel. Where there is a deadline: copies the caller's cancel level to r->own and raises it then, from
 * a thread.
 */
struct vmm__watch;
int vmm__watch_start(struct vmm__run *r, struct vmm__watch **out, struct vmm_err *err);
/* `w` NULL: there was no deadline. */
void vmm__watch_stop(struct vmm__run *r, struct vmm__watch *w);

/* record.c: the intent, the plan, the results. */
#define VMM__RUN_OP "plan"

struct vmm__record {
	struct vmm_store *st;
	uint64_t intent;
	char *name, *folder, *plan, *results;
	int fd; /* of the results, -1: not open */
};
int vmm__record_begin(struct vmm_store *st, const struct vmm_plan *plan, struct vmm__record **out,
		      struct vmm_err *err);
/* Takes over one that is unfinished; `name` NULL: the newest. */
int vmm__record_take(struct vmm_store *st, const char *name, struct vmm__record **out,
		     struct vmm_plan **plan, struct vmm_table **results, struct vmm_err *err);
int vmm__record_add(struct vmm__record *rec, const struct vmm_run_result *res, struct vmm_err *err);
/* All is done: the intent ends, the files go. */
int vmm__record_end(struct vmm__record *rec, const char *result, struct vmm_err *err);
void vmm__record_free(struct vmm__record *rec);
/* What the others are made of: one without an intent, the results opened for more, a file's text. */
struct vmm__record *vmm__record_new(struct vmm_store *st, const char *name, struct vmm_err *err);
int vmm__record_open(struct vmm__record *rec, struct vmm_err *err);
int vmm__record_load(const char *file, struct vmm_buf *out, struct vmm_err *err);

#endif
