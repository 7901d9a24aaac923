/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The moves of a wave, as one batch of migrations. */
#include <stdlib.h>
#include <string.h>

#include "migrate/migrate.h"
#include "run/internal.h"

struct moves {
	struct vmm__run *run;
	const size_t *steps;
	struct vmm_migrate_request *requests;
};

/* Whether the VM of a step is where this step, or a later one of the plan, brings it. */
static bool is_past(const struct vmm_plan *plan, size_t at, const char *host)
{
	if (strcmp(plan->steps[at].to, host) == 0)
		return true;
	for (size_t i = at + 1; i < plan->n; i++) {
		if (plan->steps[i].before != (long)at)
			continue;
		if (strcmp(plan->steps[i].to, host) == 0)
			return true;
		at = i;
	}
	return false;
}

static int moved(const struct vmm_migrate_result *m, void *ctx)
{
	struct moves *b = ctx;
	size_t at = b->steps[m->request - b->requests];
	struct vmm_run_result res = {
		.step = &b->run->plan->steps[at],
		.result = m->result,
		.note = m->note,
		.error = m->error,
		.ms = m->ms,
		.downtime_ms = m->downtime_ms,
		.bytes = m->bytes,
		.code = m->code,
	};
	VMM_BUF_AUTO note = VMM_BUF_INIT;

	if (m->code == VMM_EREFUSED && m->seen && strcmp(m->from, res.step->from) != 0 &&
	    is_past(b->run->plan, at, m->from)) {
		vmm_buf_addf(&note, "it was on '%s' already", m->from);
		res.code = VMM_OK;
		res.result = "done";
		res.error = "";
		res.note = note.data;
	}
	vmm__run_end(b->run, &res);
	return b->run->stop;
}

int vmm__run_moves(struct vmm__run *r, const size_t *steps, size_t n, struct vmm_err *err)
{
	const struct vmm_migrate_options opt = {
		.method = r->opt.with_disks ? VMM_MIGRATE_MOVE : VMM_MIGRATE_AUTO,
		.bandwidth = r->opt.bandwidth,
		.timeout_ms = r->opt.timeout_ms,
		.check_only = r->opt.check_only,
		.fail_fast = r->opt.fail_fast,
		.jobs = r->opt.jobs,
		.per_host = r->opt.per_host,
		.cancel = r->cancel,
		.progress = r->opt.progress,
	};
	struct moves b = { .run = r, .steps = steps };
	int rc;

	b.requests = calloc(n + 1, sizeof(*b.requests));
	if (!b.requests)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		const struct vmm_step *s = &r->plan->steps[steps[i]];

		b.requests[i] = (struct vmm_migrate_request){
			.vm = *s->uuid ? s->uuid : s->vm,
			.to = s->to,
			.from = s->from,
		};
	}
	rc = vmm_migrate(r->st, b.requests, n, &opt, moved, &b, err);
	free(b.requests);
	return rc;
}
