/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A deadline for a whole run, as a second way to cancel it. */
#include <stdlib.h>

#include "base/clock.h"
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
	r->own.level = level;
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

int vmm__watch_start(struct vmm__run *r, struct vmm__watch **out, struct vmm_err *err)
{
	struct vmm__watch *w;

	*out = NULL;
	r->cancel = r->opt.cancel && !r->opt.deadline_ms ? r->opt.cancel : &r->own;
	if (!r->opt.deadline_ms)
		return 0;
	w = calloc(1, sizeof(*w));
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

void vmm__watch_stop(struct vmm__watch *w)
{
	if (!w)
		return;
	__atomic_store_n(&w->end, true, __ATOMIC_RELEASE);
	pthread_join(w->thread, NULL);
	free(w);
}
