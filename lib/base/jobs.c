/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The caller's side: what waits, what runs, and what becomes of each. */
#include "base/jobs-internal.h"

#include <stdlib.h>

#include "base/clock.h"

/* A signal handler can't signal a condition: this often the caller looks at the cancel level. */
#define CANCEL_POLL_MS 100

struct runner {
	struct vmm_job *jobs;
	size_t n;
	size_t max; /* that run at a time */
	uint64_t apart_ms, next_start;
	const struct vmm_cancel *cancel;
	bool give_up;
	int (*done)(struct vmm_job *job, void *ctx);
	void *ctx;
	bool stopped; /* by done */
	struct vmm__pool *pool;
	struct vmm__keys keys;
	size_t waiting, *next; /* the first that waits, and the one behind each; n: none */
	struct vmm__item **running;
	size_t nrunning;
};

static bool stopping(const struct runner *r)
{
	return r->stopped || (r->cancel && __atomic_load_n(&r->cancel->level, __ATOMIC_RELAXED));
}

static bool giving_up(const struct runner *r)
{
	return r->give_up && r->cancel && __atomic_load_n(&r->cancel->level, __ATOMIC_RELAXED) >= 2;
}

static void report(struct runner *r, size_t job, enum vmm_job_state state, int code)
{
	r->jobs[job].state = state;
	r->jobs[job].code = code;
	if (r->done && r->done(&r->jobs[job], r->ctx))
		r->stopped = true;
}

/* No thread has ever seen its arg. */
static void skip(struct runner *r, size_t job, int code)
{
	report(r, job, VMM_JOB_SKIPPED, code);
	if (r->jobs[job].free_arg && r->jobs[job].arg)
		r->jobs[job].free_arg(r->jobs[job].arg);
}

static void skip_waiting(struct runner *r, int code)
{
	while (r->waiting < r->n) {
		size_t job = r->waiting;

		r->waiting = r->next[job];
		skip(r, job, code);
	}
}

static bool start(struct runner *r, size_t job)
{
	struct vmm__item *it = vmm__item_start(r->pool, &r->jobs[job], job);

	if (!it)
		return false;
	vmm__keys_occupy(&r->keys, job);
	r->running[r->nrunning++] = it;
	return true;
}

static bool too_soon(const struct runner *r)
{
	return r->apart_ms && r->nrunning > 0 && vmm_clock_ms() < r->next_start;
}

/*
 * Starts what fits, passing over what doesn't: a busy host holds up nobody but its own.
 * False only when nothing runs and nothing can be started.
 */
static bool start_waiting(struct runner *r)
{
	size_t *link = &r->waiting;

	while (*link < r->n && r->nrunning < r->max && !too_soon(r)) {
		size_t job = *link;

		if (!vmm__keys_fit(&r->keys, job)) {
			link = &r->next[job];
			continue;
		}
		if (!start(r, job))
			return r->nrunning > 0;
		r->next_start = vmm_clock_ms() + r->apart_ms;
		*link = r->next[job];
	}
	return true;
}

static void remove_running(struct runner *r, size_t at, size_t job)
{
	vmm__keys_vacate(&r->keys, job);
	r->running[at] = r->running[--r->nrunning];
}

static uint64_t deadline_of(const struct runner *r, const struct vmm__item *it)
{
	const struct vmm_job *job = &r->jobs[it->job];
	uint64_t at = job->headway ? __atomic_load_n(job->headway, __ATOMIC_RELAXED) : 0;

	return it->deadline && at + job->limit_ms > it->deadline ? at + job->limit_ms : it->deadline;
}

/* The nearest deadline, when the next may start, or when to look at the cancel level. */
static uint64_t wake_up_time(const struct runner *r)
{
	uint64_t until = r->cancel ? vmm_clock_ms() + CANCEL_POLL_MS : UINT64_MAX;

	if (r->waiting < r->n && r->nrunning < r->max && too_soon(r) && r->next_start < until)
		until = r->next_start;
	for (size_t i = 0; i < r->nrunning; i++) {
		uint64_t deadline = deadline_of(r, r->running[i]);

		if (deadline && deadline < until)
			until = deadline;
	}
	return until;
}

static void finish(struct runner *r, struct vmm__item *ended)
{
	while (ended) {
		struct vmm__item *it = ended;
		size_t at = 0;

		ended = it->next;
		while (r->running[at] != it)
			at++;
		remove_running(r, at, it->job);
		report(r, it->job, VMM_JOB_DONE, it->code);
		it->arg = r->jobs[it->job].arg;
		vmm__item_free(it);
	}
}

/* What ended at the last moment is left to finish(). */
static void abandon_late(struct runner *r)
{
	uint64_t now = vmm_clock_ms();
	bool all = giving_up(r);

	for (size_t at = 0; at < r->nrunning;) {
		struct vmm__item *it = r->running[at];
		size_t job = it->job;
		uint64_t deadline = deadline_of(r, it);
		bool late = deadline && deadline <= now;

		if ((late || all) && vmm__item_abandon(it)) {
			remove_running(r, at, job);
			report(r, job, VMM_JOB_TIMEOUT, late ? VMM_EAGAIN : VMM_ECANCEL);
		} else {
			at++;
		}
	}
}

static int run_all(struct runner *r, struct vmm_err *err)
{
	int rc = 0;

	while (r->waiting < r->n || r->nrunning) {
		if (stopping(r)) {
			skip_waiting(r, VMM_ECANCEL);
		} else if (!start_waiting(r)) {
			rc = vmm_err_set(err, VMM_EAGAIN, "cannot start a thread");
			skip_waiting(r, VMM_EAGAIN);
		}
		if (!r->nrunning)
			continue;
		finish(r, vmm__pool_collect(r->pool, wake_up_time(r)));
		abandon_late(r);
	}
	return rc;
}

int vmm_jobs_run(struct vmm_job *jobs, size_t n, const struct vmm_jobs_limits *limits,
		 const struct vmm_cancel *cancel, int (*done)(struct vmm_job *job, void *ctx),
		 void *ctx, struct vmm_err *err)
{
	struct runner r = {
		.jobs = jobs,
		.n = n,
		.max = limits->jobs ? limits->jobs : n,
		.cancel = cancel,
		.give_up = limits->give_up,
		.apart_ms = limits->apart_ms,
		.done = done,
		.ctx = ctx,
		.pool = vmm__pool_new(),
		.next = calloc(n + 1, sizeof(*r.next)),
		.running = calloc(n + 1, sizeof(struct vmm__item *)),
	};
	int rc = vmm__keys_init(&r.keys, jobs, n, limits->per_key);

	if (rc < 0 || !r.pool || !r.next || !r.running) {
		rc = vmm_err_nomem(err);
		for (size_t i = 0; i < n; i++)
			skip(&r, i, rc);
	} else {
		for (size_t i = 0; i < n; i++)
			r.next[i] = i + 1;
		rc = run_all(&r, err);
	}
	vmm__pool_leave(r.pool);
	vmm__keys_release(&r.keys);
	free(r.next);
	free(r.running);
	return rc;
}

const char *vmm_job_lost(const struct vmm_job *job, uint64_t within_ms, struct vmm_err *why)
{
	if (job->state == VMM_JOB_SKIPPED) {
		vmm_err_set(why, VMM_ECANCEL, "not started");
		return "skipped";
	}
	vmm_err_set(why, VMM_EAGAIN, "no result within %g s", (double)within_ms / 1000);
	return "unknown";
}
