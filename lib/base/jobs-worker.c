/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The threads, and what they share with the caller. */
#include "base/jobs-internal.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

/* libvirt and libxml2 need more than the smallest stack; 1,000 threads still fit anywhere. */
#define STACK_SIZE (1024 * 1024)

/* Threads left behind for good: no more than this is known of them. */
static bool any_abandoned;

bool vmm_jobs_abandoned(void)
{
	return __atomic_load_n(&any_abandoned, __ATOMIC_RELAXED);
}

struct vmm__pool *vmm__pool_new(void)
{
	struct vmm__pool *p = calloc(1, sizeof(*p));
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

/* Gives up a reference and the lock, which is held. */
static void leave_locked(struct vmm__pool *p)
{
	bool last = --p->refs == 0;

	pthread_mutex_unlock(&p->lock);
	if (!last)
		return;
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void vmm__pool_leave(struct vmm__pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	leave_locked(p);
}

struct vmm__item *vmm__pool_collect(struct vmm__pool *p, uint64_t until)
{
	const struct timespec ts = {
		.tv_sec = (time_t)(until / 1000),
		.tv_nsec = (long)(until % 1000) * 1000000,
	};
	struct vmm__item *ended;

	pthread_mutex_lock(&p->lock);
	if (!p->ended && until == UINT64_MAX)
		pthread_cond_wait(&p->wake, &p->lock);
	else if (!p->ended)
		pthread_cond_timedwait(&p->wake, &p->lock, &ts);
	ended = p->ended;
	p->ended = NULL;
	p->ended_tail = &p->ended;
	pthread_mutex_unlock(&p->lock);
	/*
	 * They are on their way out; but libraries clean up after a thread, and must not be
	 * at it still when the process ends and they clean up for good.
	 */
	for (struct vmm__item *it = ended; it; it = it->next)
		pthread_join(it->thread, NULL);
	return ended;
}

static void *work(void *arg)
{
	struct vmm__item *it = arg;
	struct vmm__pool *p = it->pool;
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
	leave_locked(p);
	if (abandoned)
		vmm__item_free(it);
	return NULL;
}

/* Signals are the main thread's business: a worker must not be where a handler runs. */
static int spawn(struct vmm__item *it)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	rc = pthread_create(&it->thread, &attr, work, it);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

struct vmm__item *vmm__item_start(struct vmm__pool *p, const struct vmm_job *job, size_t number)
{
	struct vmm__item *it = calloc(1, sizeof(*it));

	if (!it)
		return NULL;
	it->run = job->run;
	it->arg = job->arg;
	it->free_arg = job->free_arg;
	it->pool = p;
	it->job = number;
	it->deadline = job->limit_ms ? vmm_clock_ms() + job->limit_ms : 0;

	pthread_mutex_lock(&p->lock);
	p->refs++;
	pthread_mutex_unlock(&p->lock);
	if (spawn(it)) {
		vmm__pool_leave(p);
		free(it);
		return NULL;
	}
	return it;
}

bool vmm__item_abandon(struct vmm__item *it)
{
	struct vmm__pool *p = it->pool;
	bool abandoned;

	pthread_mutex_lock(&p->lock);
	abandoned = it->abandoned = !it->ended;
	if (abandoned) {
		pthread_detach(it->thread);
		__atomic_store_n(&any_abandoned, true, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&p->lock);
	return abandoned;
}

void vmm__item_free(struct vmm__item *it)
{
	if (it->free_arg && it->arg)
		it->free_arg(it->arg);
	free(it);
}
