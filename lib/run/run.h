/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans are carried out: wave after wave, each step only if the world still is as the plan has it.
 *
 *	struct vmm_run_options opt = { .jobs = 4, .per_host = 2, … };
 *
 *	vmm_run(st, plan, &opt, done, ctx, err);
 *
 * First what others that were killed have left halfway is mended, or the steps of those VMs would be refused.
 * Before a wave begins its VMs and targets are asked. A step whose VM is where the step would bring
 * it (or a later step of the plan) counts as done; one whose VM is gone or elsewhere, or whose target
 * is in maintenance or short of memory, is refused, and the later steps of that VM are skipped. The
 * rest goes on. The moves are those of migrate/migrate.h, with all that it says about crashes.
 *
 * vmm_run_recorded() does the same and writes down, durably, which plan it is and how each step
 * ended. If the process is killed or cancelled, vmm_run_resume() does the rest:
 *
 *	vmm_run_recorded(st, plan, &opt, done, ctx, &left, err);
 *	vmm_run_resume(st, NULL, &opt, done, ctx, &left, err);
 *
 * A run has an intent "plan" in the journal with its name as the subject, and two files in the folder
 * runs/ of the state: NAME.tsv, the plan, and NAME.results, a row for each step that has ended. The intent
 * is the first to come and the first to go: a file without one is a left-over.
 */
#ifndef VMM_RUN_RUN_H
#define VMM_RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/jobs.h"
#include "base/progress.h"
#include "plan/steps.h"
#include "store/store.h"

struct vmm_run_options {
	unsigned jobs, per_host;            /* at a time, and on any one host; 0: 4 and 2 */
	uint64_t timeout_ms;                /* copying one longer than this is a stall; 0: 30 min */
	uint64_t bandwidth;                 /* bytes a second for each move; 0: no limit */
	uint64_t deadline_ms;               /* for all: then what runs is aborted; 0: none */
	bool check_only;                    /* only say what would be done */
	bool with_disks;                    /* disks that the target doesn't reach are copied */
	bool fail_fast;                     /* nothing new after the first failure */
	const struct vmm_cancel *cancel;    /* level 1 starts nothing new, 2 aborts; may be NULL */
	struct vmm_progress_sink *progress; /* may be NULL */
};

/* What became of a step. Strings are valid during the call of `done` only. */
struct vmm_run_result {
	const struct vmm_step *step;
	const char *result; /* done possible refused failed aborted skipped unknown */
	const char *note;   /* what was other than expected, or "" */
	const char *error;  /* "" or why; all reasons, parted by "; " */
	uint64_t ms;
	int64_t downtime_ms; /* -1: not known, or none */
	uint64_t bytes;      /* sent */
	int code;            /* VMM_OK, VMM_EREFUSED, … */
};

/* Called in the caller's thread for each step as it ends; non-zero starts no more. */
typedef int vmm_run_done(const struct vmm_run_result *r, void *ctx);

/* 0 when all steps were seen to, however they ended. */
int vmm_run(struct vmm_store *st, const struct vmm_plan *plan, const struct vmm_run_options *opt,
	    vmm_run_done *done, void *ctx, struct vmm_err *err);

/*
 * *left gets the name of the run if some of it is still to be done (cancelled), else NULL; it is the
 * caller's. opt->check_only is not for these.
 */
int vmm_run_recorded(struct vmm_store *st, const struct vmm_plan *plan,
		     const struct vmm_run_options *opt, vmm_run_done *done, void *ctx, char **left,
		     struct vmm_err *err);
/*
 * `name` NULL: the newest that is unfinished. What was cut short on the way is mended first, then the rows
 * of the steps that had ended are told again, then the others are carried out. VMM_ENOTFOUND: there is no
 * such run; VMM_EAGAIN: it is still being carried out.
 */
int vmm_run_resume(struct vmm_store *st, const char *name, const struct vmm_run_options *opt,
		   vmm_run_done *done, void *ctx, char **left, struct vmm_err *err);
/* Gives it up, whatever is still to be done. */
int vmm_run_discard(struct vmm_store *st, const char *name, struct vmm_err *err);

/* For vmm-fsck: runs that were cut short, which only a person can decide on, and left-over files. */
typedef void vmm_run_found(const char *name, const char *what, bool mended, void *ctx);
int vmm_run_mend(struct vmm_store *st, bool repair, vmm_run_found *found, void *ctx,
		 struct vmm_err *err);

#endif
