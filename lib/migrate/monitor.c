/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A live migration, watched from beside the call that carries it out: what it has done is
 * reported, and it is steered when it does not come to an end.
 *
 * It stalls when three passes over memory in a row have each left no less than 90 % of what the
 * pass before left, or when the time limit has passed. Then on_stall is done, once. When twice the limit has
 * passed it is aborted; only post-copy, once begun, can't be.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/progress.h"
#include "migrate/internal.h"

#define POLL_MS 100
#define STALLED_PASSES 3

struct vmm__monitor {
	struct vmm__move *m;
	/* Its own: two threads on one connection of libvirt 9 lose each other's wake-ups for seconds. */
	virConnectPtr conn;
	virDomainPtr dom;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;

	uint64_t started;
	bool limits_set, steered, post_copy;
	unsigned long long pass, left_at_pass;
	unsigned slow_passes;
	struct vmm_err why; /* code 0, or why it was ended from here */
};

struct job {
	unsigned long long total, done, left, rate, downtime, pass;
	bool has_downtime;
};

static bool read_job(virDomainPtr dom, struct job *j)
{
	virTypedParameterPtr p = NULL;
	int type, n = 0;

	memset(j, 0, sizeof(*j));
	if (virDomainGetJobStats(dom, &type, &p, &n, 0) < 0)
		return false;
	virTypedParamsGetULLong(p, n, VIR_DOMAIN_JOB_DATA_TOTAL, &j->total);
	virTypedParamsGetULLong(p, n, VIR_DOMAIN_JOB_DATA_PROCESSED, &j->done);
	virTypedParamsGetULLong(p, n, VIR_DOMAIN_JOB_DATA_REMAINING, &j->left);
	virTypedParamsGetULLong(p, n, VIR_DOMAIN_JOB_MEMORY_BPS, &j->rate);
	virTypedParamsGetULLong(p, n, VIR_DOMAIN_JOB_MEMORY_ITERATION, &j->pass);
	j->has_downtime = virTypedParamsGetULLong(p, n, VIR_DOMAIN_JOB_DOWNTIME, &j->downtime) == 1;
	virTypedParamsFree(p, n);
	return type != VIR_DOMAIN_JOB_NONE;
}

static void report(struct vmm__monitor *mon, const struct job *j)
{
	struct vmm_progress p = {
		.subject = mon->m->name,
		.stage = mon->post_copy        ? "postcopy"
			 : mon->m->ncopies > 0 ? "copy"
					       : "memory",
		.total = j->total,
		.done = j->total > j->left ? j->total - j->left : 0,
		.rate = j->rate,
		.downtime_ms = j->has_downtime ? (int64_t)j->downtime : -1,
	};

	vmm__move_report(mon->m, &p);
}

static bool stalled(struct vmm__monitor *mon, const struct job *j)
{
	if (j->pass > mon->pass) {
		bool slow = mon->pass > 0 && j->left >= mon->left_at_pass / 10 * 9;

		mon->slow_passes = slow ? mon->slow_passes + 1 : 0;
		mon->pass = j->pass;
		mon->left_at_pass = j->left;
	}
	return mon->slow_passes >= STALLED_PASSES ||
	       vmm_clock_ms() - mon->started > mon->m->opt.timeout_ms;
}

static void end(struct vmm__monitor *mon, enum vmm_code code, const char *why)
{
	if (!mon->post_copy && virDomainAbortJob(mon->dom) == 0 && mon->why.code == VMM_OK)
		vmm_err_set(&mon->why, code, "%s", why);
}

static void steer(struct vmm__monitor *mon)
{
	virDomainPtr dom = mon->dom;
	struct vmm_err err;

	mon->steered = true;
	switch (mon->m->opt.on_stall) {
	case VMM_STALL_AUTO_CONVERGE: /* the hypervisor is at it already */
		break;
	case VMM_STALL_POST_COPY:
		mon->post_copy = virDomainMigrateStartPostCopy(dom, 0) == 0;
		mon->steered = mon->post_copy; /* too early: try again */
		break;
	case VMM_STALL_SUSPEND:     /* the journal first: it has to run again whatever happens */
		if (mon->m->paused) /* by somebody else, for whom it stays so */
			break;
		mon->m->story.paused_by_us = true;
		mon->m->story.paused_by_us = vmm__intent_note(mon->m, &err) == 0;
		mon->steered = mon->m->story.paused_by_us && virDomainSuspend(dom) == 0;
		break;
	case VMM_STALL_ABORT:
		end(mon, VMM_ECANCEL, "aborted: its memory changes faster than it is copied");
		break;
	}
}

static void look(struct vmm__monitor *mon)
{
	struct vmm__move *m = mon->m;
	struct job j;

	if (!read_job(mon->dom, &j))
		return;
	if (!mon->limits_set && m->opt.max_downtime_ms)
		virDomainMigrateSetMaxDowntime(mon->dom, m->opt.max_downtime_ms, 0);
	mon->limits_set = true;
	m->bytes = j.done > m->bytes ? j.done : m->bytes;
	report(mon, &j);
	if (m->opt.cancel && m->opt.cancel->level >= 2)
		end(mon, VMM_ECANCEL, "aborted on request");
	else if (vmm_clock_ms() - mon->started > 2 * m->opt.timeout_ms)
		end(mon, VMM_ECANCEL, "aborted: twice the time limit has passed");
	else if (!*m->dst.peer_uri && virConnectIsAlive(m->dst.conn) == 0)
		end(mon, VMM_EAGAIN, "the connection to the target is lost"); /* nobody else sees that */
	else if (!mon->steered && stalled(mon, &j)) {
		steer(mon);
		report(mon, &j); /* its stage may be another one */
	}
}

static void *watch(void *arg)
{
	struct vmm__monitor *mon = arg;
	struct timespec until;

	pthread_mutex_lock(&mon->lock);
	while (!mon->stop) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += POLL_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		pthread_cond_timedwait(&mon->wake, &mon->lock, &until);
		if (mon->stop)
			break;
		pthread_mutex_unlock(&mon->lock);
		look(mon);
		pthread_mutex_lock(&mon->lock);
	}
	pthread_mutex_unlock(&mon->lock);
	return NULL;
}

static void free_monitor(struct vmm__monitor *mon)
{
	if (mon->dom)
		virDomainFree(mon->dom);
	if (mon->conn)
		virConnectClose(mon->conn);
	pthread_cond_destroy(&mon->wake);
	pthread_mutex_destroy(&mon->lock);
	free(mon);
}

static int connect_monitor(struct vmm__monitor *mon)
{
	struct vmm__move *m = mon->m;

	if (vmm_virt_open(m->src.uri, m->src.auth_file, &mon->conn, &m->err) < 0)
		return m->err.code;
	mon->dom = virDomainLookupByUUIDString(mon->conn, m->uuid);
	return mon->dom ? 0 : vmm_err_virt(&m->err, "not on '%s'", m->src.host);
}

struct vmm__monitor *vmm__monitor_start(struct vmm__move *m)
{
	struct vmm__monitor *mon = calloc(1, sizeof(*mon));
	pthread_condattr_t attr;

	if (!mon) {
		vmm_err_nomem(&m->err);
		return NULL;
	}
	mon->m = m;
	mon->started = vmm_clock_ms();
	pthread_mutex_init(&mon->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&mon->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (connect_monitor(mon) == 0) {
		if (pthread_create(&mon->thread, NULL, watch, mon) == 0)
			return mon;
		vmm_err_set(&m->err, VMM_EAGAIN, "cannot start a thread");
	}
	free_monitor(mon);
	return NULL;
}

int vmm__monitor_stop(struct vmm__monitor *mon, struct vmm_err *why)
{
	int ret;

	pthread_mutex_lock(&mon->lock);
	mon->stop = true;
	pthread_cond_signal(&mon->wake);
	pthread_mutex_unlock(&mon->lock);
	pthread_join(mon->thread, NULL);
	ret = mon->why.code;
	if (ret < 0)
		*why = mon->why;
	free_monitor(mon);
	return ret;
}
