/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may touch what, since a thread can be abandoned at any moment. Internal to lib/base.
 *
 *	the caller's array, jobs.c, keys	the caller's thread, nobody else
 *	struct vmm__pool			both, under its lock; freed by whoever leaves last
 *	struct vmm__item			the thread until it has put it on pool->ended, the
 *						caller from then on. If the caller abandons it first
 *						(under the same lock), it stays the thread's for good.
 */
#ifndef VMM_BASE_JOBS_INTERNAL_H
#define VMM_BASE_JOBS_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>

#include "base/jobs.h"

/* ---- jobs-worker.c ---- */

struct vmm__pool {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct vmm__item *ended, **ended_tail; /* in the order in which they ended */
	size_t refs;                           /* the caller and each thread */
};

struct vmm__item {
	int (*run)(void *arg);
	void *arg;
	void (*free_arg)(void *arg);
	pthread_t thread; /* the caller's to join, or to detach */
	struct vmm__pool *pool;
	struct vmm__item *next; /* on pool->ended */
	size_t job;             /* its place in the caller's array */
	uint64_t deadline;      /* 0: none */
	int code;
	bool ended, abandoned; /* under the lock; never both */
};

struct vmm__pool *vmm__pool_new(void);
/* The caller goes; threads that are still at work may stay. */
void vmm__pool_leave(struct vmm__pool *p);
/* Takes the ended items, whose threads are gone, waiting for one until `until` at most (vmm_clock_ms; UINT64_MAX: for ever). */
struct vmm__item *vmm__pool_collect(struct vmm__pool *p, uint64_t until);

/* Starts a thread for the job; NULL: there is none to be had now. */
struct vmm__item *vmm__item_start(struct vmm__pool *p, const struct vmm_job *job, size_t number);
/* False: it has ended meanwhile. True: it is the thread's, and may be freed at any time. */
bool vmm__item_abandon(struct vmm__item *it);
/* And its arg, unless that is NULL. */
void vmm__item_free(struct vmm__item *it);

/* ---- jobs-keys.c ---- */

struct vmm__keys {
	size_t (*of)[VMM_JOB_KEYS]; /* by job: numbers in place of names */
	unsigned *in_use;           /* running items by number */
	unsigned limit;
};

int vmm__keys_init(struct vmm__keys *k, const struct vmm_job *jobs, size_t n, unsigned limit);
void vmm__keys_release(struct vmm__keys *k);
bool vmm__keys_fit(const struct vmm__keys *k, size_t job);
void vmm__keys_occupy(struct vmm__keys *k, size_t job);
void vmm__keys_vacate(struct vmm__keys *k, size_t job);

#endif
