/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A deadline for a whole run, as a second way to cancel it. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/jobs.h"
#include "run/internal.h"

#define LOOK_MS 50

struct vmm__watch {
	struct vmm__run *run;
	uint64_t until;
	bool end;
	pthread_t thread;
};

static void look(struct vmm__watch *w)
{
	struct vmm__run *r = w->run;
	int level = r->opt.cancel ? r->opt.cancel->level : 0;

	if (vmm_clock_ms() >= w->until) {
		__atomic_store_n(&r->late, level < 2, __ATOMIC_RELEASE);
		level = 2;
	}
	r->own->level = level;
}

static void *watch(void *arg)
{
	struct vmm__watch *w = arg;

	while (!__atomic_load_n(&w->end, __ATOMIC_ACQUIRE)) {
		look(w);
		vmm_sleep_ms(LOOK_MS);
	}
	return NULL;
}

/* A job that was abandoned may look at it whenever it likes. */
static void let_go(struct vmm__run *r)
{
	if (!vmm_jobs_abandoned())
		free(r->own);
	r->own = NULL;
}

static int start(struct vmm__run *r, struct vmm__watch **out, struct vmm_err *err)
{
	struct vmm__watch *w = calloc(1, sizeof(*w));

	if (!w)
		return vmm_err_nomem(err);
	w->run = r;
	w->until = vmm_clock_ms() + r->opt.deadline_ms;
	look(w);
	if (pthread_create(&w->thread, NULL, watch, w) != 0) {
		free(w);
		return vmm_err_set(err, VMM_EAGAIN, "cannot start a thread");
	}
	*out = w;
	return 0;
}

int vmm__watch_start(struct vmm__run *r, struct vmm__watch **out, struct vmm_err *err)
{
	int rc;

	*out = NULL;
	r->cancel = r->opt.cancel;
	if (r->opt.cancel && !r->opt.deadline_ms)
		return 0;
	r->cancel = r->own = calloc(1, sizeof(*r->own));
	if (!r->own)
		return vmm_err_nomem(err);
	rc = r->opt.deadline_ms ? start(r, out, err) : 0;
	if (rc < 0)
		let_go(r);
	return rc;
}

void vmm__watch_stop(struct vmm__run *r, struct vmm__watch *w)
{
	if (w) {
		__atomic_store_n(&w->end, true, __ATOMIC_RELEASE);
		pthread_join(w->thread, NULL);
		free(w);
	}
	let_go(r);
}
