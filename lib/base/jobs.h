/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many items of work at once, within limits, each with a deadline.
 *
 *	struct vmm_job jobs[n];		(each: run, arg, free_arg, deadline, keys)
 *	struct vmm_jobs_limits lim = { .jobs = 8, .per_key = 2 };
 *
 *	vmm_jobs_run(jobs, n, &lim, cancel, done, ctx);
 *
 * It is a sliding window: as soon as an item ends, the next that fits the limits
 * starts. `keys` name what an item uses up (hosts): at most per_key items with the same
 * key run at a time. `done` is called in the caller's thread, once for every item, in the
 * order in which they end.
 *
 * No call to a host can be trusted to come back. When an item's deadline passes, `done`
 * is called with VMM_JOB_TIMEOUT, and its thread is abandoned: it may still be inside
 * run(), or get there when the host answers at last. So run() must touch nothing but its
 * arg, and what the caller needs from arg may be read in `done` only when the state is
 * VMM_JOB_DONE. The arg is freed (free_arg) when the caller and the thread are both done
 * with it: after `done` for a finished or skipped item, by the thread itself for an
 * abandoned one (which no longer counts against the limits). A `done` that wants to keep the
 * arg of a finished or skipped item takes it and sets job->arg to NULL.
 *
 * Cancelling: at level 1 nothing new starts (those items end with VMM_JOB_SKIPPED);
 * run() sees the level through the same `struct vmm_cancel` and may stop early at 2, or is not
 * waited for any longer then (give_up).
 */
#ifndef VMM_BASE_JOBS_H
#define VMM_BASE_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Raised by a signal handler, read by anybody. */
struct vmm_cancel {
	volatile int level; /* 0 go on; 1 start nothing new; 2 stop what runs */
};

enum vmm_job_state {
	VMM_JOB_DONE,    /* run() came back; its result is in job->code and the arg */
	VMM_JOB_TIMEOUT, /* the deadline passed, or it was given up; the arg is out of bounds */
	VMM_JOB_SKIPPED, /* never started: cancelled, or stopped by `done` */
};

#define VMM_JOB_KEYS 2

struct vmm_job {
	int (*run)(void *arg);
	void *arg;
	void (*free_arg)(void *arg); /* may be NULL */
	uint64_t limit_ms;           /* from its start, or its headway; 0: none */
	/*
	 * NULL, or in its arg: when it last got on (vmm_clock_ms()), stored atomically by run(). The limit
	 * counts from then.
	 */
	const uint64_t *headway;
	const char *keys[VMM_JOB_KEYS]; /* NULL: none; borrowed until vmm_jobs_run() returns */
	enum vmm_job_state state;       /* out */
	int code; /* out: what run() returned; VMM_EAGAIN: timeout; VMM_ECANCEL: given up; why it was skipped */
};

struct vmm_jobs_limits {
	unsigned jobs;     /* 0: as many as there are items */
	unsigned per_key;  /* 0: no limit */
	unsigned apart_ms; /* from one start to the next, while anything runs */
	bool give_up; /* at cancel level 2 what runs is abandoned: for work that changes nothing */
};

/*
 * Returns when every item has ended, been abandoned or skipped. A `done` that returns
 * non-zero keeps anything further from starting (--fail-fast). 0, or VMM_EAGAIN when not
 * even one thread could be started, or VMM_ENOMEM; what could not run has been skipped.
 */
int vmm_jobs_run(struct vmm_job *jobs, size_t n, const struct vmm_jobs_limits *limits,
		 const struct vmm_cancel *cancel, int (*done)(struct vmm_job *job, void *ctx),
		 void *ctx, struct vmm_err *err);

/*
 * What the row of an item says that is not VMM_JOB_DONE: "skipped" or "unknown", and in *why the reason.
 * within_ms: the limit as the person knows it, where limit_ms has some grace.
 */
const char *vmm_job_lost(const struct vmm_job *job, uint64_t within_ms, struct vmm_err *why);

/*
 * Has a thread ever been abandoned in this process? It may be inside any library still, so
 * the process must end by _exit(2), without what libraries do at exit(3).
 */
bool vmm_jobs_abandoned(void);

#endif
