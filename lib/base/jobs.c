/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may touch what, since a thread can be abandoned at any moment:
 *
 *	the caller's array and `struct runner`	the caller's thread, nobody else
 *	`struct pool`				both, under its lock; freed by whoever leaves last
 *	`struct item`				the thread until it has put it on pool->ended, the
 *						caller from then on. If the caller abandons it first
 *						(under the same lock), it stays the thread's for good.
 */
#include "base/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* libvirt and libxml2 need more than the smallest stack; 1,000 threads still fit anywhere. */
#define STACK_SIZE (1024 * 1024)
/* A signal handler can't signal a condition: this often the caller looks at the cancel level. */
#define CANCEL_POLL_MS 100
#define NO_KEY SIZE_MAX

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct item *ended, **ended_tail; /* in the order in which they ended */
	size_t refs;                      /* the caller and each thread */
};

struct item {
	int (*run)(void *arg);
	void *arg;
	void (*free_arg)(void *arg);
	struct pool *pool;
	struct item *next; /* on pool->ended */
	size_t job;
	uint64_t deadline; /* 0: none */
	int code;
	bool ended, abandoned; /* under the lock; never both */
};

/* What the caller knows of one job. */
struct slot {
	size_t key[VMM_JOB_KEYS]; /* numbers in place of names; NO_KEY: none */
	size_t next;              /* the waiting job behind this one */
};

struct runner {
	struct vmm_job *jobs;
	size_t n;
	struct vmm_jobs_limits limits;
	const struct vmm_cancel *cancel;
	int (*done)(struct vmm_job *job, void *ctx);
	void *ctx;
	struct pool *pool;
	pthread_attr_t attr;
	struct slot *slots;
	size_t waiting; /* the first waiting job; n: none */
	unsigned *in_use; /* running items by key */
	struct item **running;
	size_t nrunning;
	bool stopped; /* by done */
};

/* ---- the pool ---- */

static struct pool *pool_new(void)
{
	struct pool *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (!p)
		return NULL;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, &attr);
	pthread_condattr_destroy(&attr);
	p->ended_tail = &p->ended;
	p->refs = 1;
	return p;
}

/* Gives up one reference and the lock, which the caller of this holds. */
static void pool_leave(struct pool *p)
{
	bool last = --p->refs == 0;

	pthread_mutex_unlock(&p->lock);
	if (!last)
		return;
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static void item_free(struct item *it)
{
	if (it->free_arg && it->arg)
		it->free_arg(it->arg);
	free(it);
}

/* ---- a worker ---- */

static void *work(void *arg)
{
	struct item *it = arg;
	struct pool *p = it->pool;
	bool abandoned;

	it->code = it->run(it->arg);

	pthread_mutex_lock(&p->lock);
	abandoned = it->abandoned;
	if (!abandoned) {
		it->ended = true;
		*p->ended_tail = it;
		p->ended_tail = &it->next;
		pthread_cond_signal(&p->wake);
	}
	pool_leave(p);
	if (abandoned)
		item_free(it);
	return NULL;
}

/* Signals are the main thread's business: a worker must not be where a handler runs. */
static int spawn(struct runner *r, struct item *it)
{
	sigset_t all, old;
	pthread_t thread;
	int rc;

	pthread_mutex_lock(&it->pool->lock);
	it->pool->refs++;
	pthread_mutex_unlock(&it->pool->lock);

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	rc = pthread_create(&thread, &r->attr, work, it);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc) {
		pthread_mutex_lock(&it->pool->lock);
		pool_leave(it->pool);
	}
	return rc;
}

/* ---- keys and limits ---- */

struct named_key {
	const char *name;
	size_t *number;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named_key *)a)->name, ((const struct named_key *)b)->name);
}

/* Numbers the names, so that a limit is looked up and not searched for. */
static int number_keys(struct runner *r)
{
	struct named_key *all = calloc(r->n * VMM_JOB_KEYS, sizeof(*all));
	size_t n = 0, number = 0;

	if (!all)
		return VMM_ENOMEM;
	for (size_t i = 0; i < r->n; i++) {
		for (size_t k = 0; k < VMM_JOB_KEYS; k++) {
			r->slots[i].key[k] = NO_KEY;
			if (!r->jobs[i].keys[k])
				continue;
			all[n].name = r->jobs[i].keys[k];
			all[n++].number = &r->slots[i].key[k];
		}
	}
	qsort(all, n, sizeof(*all), by_name);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(all[i].name, all[i - 1].name) != 0)
			number++;
		*all[i].number = number;
	}
	free(all);
	return 0;
}

/* A job that names one key twice (a host with itself) uses it once. */
static bool counts(const struct slot *s, size_t k)
{
	if (s->key[k] == NO_KEY)
		return false;
	for (size_t i = 0; i < k; i++)
		if (s->key[i] == s->key[k])
			return false;
	return true;
}

static bool fits(const struct runner *r, const struct slot *s)
{
	if (!r->limits.per_key)
		return true;
	for (size_t k = 0; k < VMM_JOB_KEYS; k++)
		if (s->key[k] != NO_KEY && r->in_use[s->key[k]] >= r->limits.per_key)
			return false;
	return true;
}

static void occupy(struct runner *r, const struct slot *s, int by)
{
	for (size_t k = 0; k < VMM_JOB_KEYS; k++)
		if (counts(s, k))
			r->in_use[s->key[k]] += (unsigned)by;
}

/* ---- the caller's side ---- */

static bool stopping(const struct runner *r)
{
	return r->stopped || (r->cancel && __atomic_load_n(&r->cancel->level, __ATOMIC_RELAXED));
}

static void report(struct runner *r, size_t job, enum vmm_job_state state, int code)
{
	r->jobs[job].state = state;
	r->jobs[job].code = code;
	if (r->done && r->done(&r->jobs[job], r->ctx))
		r->stopped = true;
}

/* Ends all that wait. Their args never left the caller's hands. */
static void skip_waiting(struct runner *r)
{
	while (r->waiting < r->n) {
		struct vmm_job *job = &r->jobs[r->waiting];

		r->waiting = r->slots[r->waiting].next;
		report(r, (size_t)(job - r->jobs), VMM_JOB_SKIPPED, VMM_ECANCEL);
		if (job->free_arg && job->arg)
			job->free_arg(job->arg);
	}
}

static struct item *item_new(struct runner *r, size_t i)
{
	struct item *it = calloc(1, sizeof(*it));
	const struct vmm_job *job = &r->jobs[i];

	if (!it)
		return NULL;
	it->run = job->run;
	it->arg = job->arg;
	it->free_arg = job->free_arg;
	it->pool = r->pool;
	it->job = i;
	it->deadline = job->limit_ms ? vmm_clock_ms() + job->limit_ms : 0;
	return it;
}

/* False: no thread to be had now. */
static bool start(struct runner *r, size_t i)
{
	struct item *it = item_new(r, i);

	if (!it)
		return false;
	if (spawn(r, it)) {
		free(it);
		return false;
	}
	occupy(r, &r->slots[i], 1);
	r->running[r->nrunning++] = it;
	return true;
}

/*
 * Starts what fits, passing over what doesn't: a busy host holds up nobody but its own.
 * False only when nothing runs and nothing can be started.
 */
static bool start_waiting(struct runner *r)
{
	size_t max = r->limits.jobs ? r->limits.jobs : r->n;
	size_t *link = &r->waiting;

	while (*link < r->n && r->nrunning < max) {
		size_t i = *link;

		if (!fits(r, &r->slots[i])) {
			link = &r->slots[i].next;
			continue;
		}
		if (!start(r, i))
			return r->nrunning > 0;
		*link = r->slots[i].next;
	}
	return true;
}

static void forget(struct runner *r, size_t at)
{
	occupy(r, &r->slots[r->running[at]->job], -1);
	r->running[at] = r->running[--r->nrunning];
}

/* Until something has ended, a deadline passes or it is time to look at the cancel level. Locked. */
static void wait_for_news(struct runner *r)
{
	uint64_t until = UINT64_MAX;
	struct timespec ts;

	for (size_t i = 0; i < r->nrunning; i++)
		if (r->running[i]->deadline && r->running[i]->deadline < until)
			until = r->running[i]->deadline;
	if (r->cancel && vmm_clock_ms() + CANCEL_POLL_MS < until)
		until = vmm_clock_ms() + CANCEL_POLL_MS;
	if (until == UINT64_MAX) {
		pthread_cond_wait(&r->pool->wake, &r->pool->lock);
		return;
	}
	ts.tv_sec = (time_t)(until / 1000);
	ts.tv_nsec = (long)(until % 1000) * 1000000;
	pthread_cond_timedwait(&r->pool->wake, &r->pool->lock, &ts);
}

/* Takes the ended items off the pool, waiting for one first unless a deadline comes before. */
static struct item *collect(struct runner *r)
{
	struct pool *p = r->pool;
	struct item *ended;

	pthread_mutex_lock(&p->lock);
	if (!p->ended)
		wait_for_news(r);
	ended = p->ended;
	p->ended = NULL;
	p->ended_tail = &p->ended;
	pthread_mutex_unlock(&p->lock);
	return ended;
}

static void finish(struct runner *r, struct item *ended)
{
	while (ended) {
		struct item *it = ended;
		size_t at = 0;

		ended = it->next;
		while (r->running[at] != it)
			at++;
		forget(r, at);
		report(r, it->job, VMM_JOB_DONE, it->code);
		it->arg = r->jobs[it->job].arg; /* unless `done` kept it */
		item_free(it);
	}
}

/* Abandons what is past its deadline; an item that ended at the last moment is left to finish(). */
static void expire(struct runner *r)
{
	uint64_t now = vmm_clock_ms();

	for (size_t at = 0; at < r->nrunning;) {
		struct item *it = r->running[at];
		size_t job = it->job;
		bool late;

		pthread_mutex_lock(&r->pool->lock);
		late = it->deadline && it->deadline <= now && !it->ended;
		it->abandoned = late;
		pthread_mutex_unlock(&r->pool->lock);
		if (!late) {
			at++;
			continue;
		}
		/* From here on the item may be freed at any time. */
		r->running[at] = r->running[--r->nrunning];
		occupy(r, &r->slots[job], -1);
		report(r, job, VMM_JOB_TIMEOUT, VMM_EAGAIN);
	}
}

static int run_all(struct runner *r, struct vmm_err *err)
{
	int rc = 0;

	while (r->waiting < r->n || r->nrunning) {
		if (stopping(r)) {
			skip_waiting(r);
		} else if (!start_waiting(r)) {
			rc = vmm_err_set(err, VMM_EAGAIN, "cannot start a thread");
			skip_waiting(r);
		}
		if (!r->nrunning)
			continue;
		finish(r, collect(r));
		expire(r);
	}
	return rc;
}

static int runner_init(struct runner *r)
{
	for (size_t i = 0; r->slots && i < r->n; i++)
		r->slots[i].next = i + 1;
	if (!r->pool || !r->slots || !r->in_use || !r->running)
		return VMM_ENOMEM;
	return number_keys(r);
}

int vmm_jobs_run(struct vmm_job *jobs, size_t n, const struct vmm_jobs_limits *limits,
		 const struct vmm_cancel *cancel, int (*done)(struct vmm_job *job, void *ctx),
		 void *ctx, struct vmm_err *err)
{
	struct runner r = {
		.jobs = jobs,
		.n = n,
		.limits = *limits,
		.cancel = cancel,
		.done = done,
		.ctx = ctx,
		.pool = pool_new(),
		.slots = calloc(n + 1, sizeof(*r.slots)),
		.in_use = calloc(n * VMM_JOB_KEYS + 1, sizeof(*r.in_use)),
		.running = calloc(n + 1, sizeof(struct item *)),
	};
	int rc;

	pthread_attr_init(&r.attr);
	pthread_attr_setstacksize(&r.attr, STACK_SIZE);
	pthread_attr_setdetachstate(&r.attr, PTHREAD_CREATE_DETACHED);

	rc = runner_init(&r);
	if (rc == 0) {
		rc = run_all(&r, err);
	} else {
		vmm_err_nomem(err);
		/* No list of the waiting without memory, but each item still gets its end. */
		for (size_t i = 0; i < n; i++) {
			report(&r, i, VMM_JOB_SKIPPED, VMM_ENOMEM);
			if (jobs[i].free_arg)
				jobs[i].free_arg(jobs[i].arg);
		}
	}

	if (r.pool) {
		pthread_mutex_lock(&r.pool->lock);
		pool_leave(r.pool);
	}
	pthread_attr_destroy(&r.attr);
	free(r.slots);
	free(r.in_use);
	free(r.running);
	return rc;
}
