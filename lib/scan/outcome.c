/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many visits at once, and what comes out of each. */
#include <stdlib.h>
#include <string.h>

#include "scan/scan-internal.h"

#define HOSTS_AT_ONCE 128

struct collection {
	const struct vmm_job *jobs;
	struct vmm__outcome *out;
};

static void take(struct vmm__outcome *o, struct vmm__visit *v)
{
	if (o->code)
		o->err = v->err;
	memcpy(o->at, v->at, sizeof(o->at));
	o->host = v->host;
	o->vms = v->vms;
	v->host = v->vms = NULL;
}

/* The arg of a job that timed out belongs to a thread that may still write to it. */
static int collect(struct vmm_job *job, void *ctx)
{
	struct collection *c = ctx;
	struct vmm__outcome *o = &c->out[job - c->jobs];
	double limit = (double)job->limit_ms / 1000;

	/* One that was given up says nothing about the host. */
	o->visited = job->state == VMM_JOB_DONE || job->code == VMM_EAGAIN;
	o->code = job->code;
	if (job->state == VMM_JOB_DONE)
		take(o, job->arg);
	else if (job->state == VMM_JOB_TIMEOUT)
		vmm_err_set(&o->err, VMM_EAGAIN, "no answer within %g s", limit);
	return 0;
}

int vmm__visit_all(struct vmm__visit **visits, size_t n, const struct vmm_scan_options *opt,
		   struct vmm__outcome *out, struct vmm_err *err)
{
	const struct vmm_jobs_limits limits = { .jobs = opt->jobs ? opt->jobs : HOSTS_AT_ONCE,
						.give_up = true };
	struct vmm_job *jobs = calloc(n + 1, sizeof(*jobs));
	struct collection c = { jobs, out };
	int rc;

	for (size_t i = 0; i < n; i++) {
		memset(&out[i], 0, sizeof(out[i]));
		out[i].name = strdup(vmm__scan_was(visits[i], "name"));
		if (!out[i].name) {
			free(jobs);
			jobs = NULL;
		}
		if (jobs)
			jobs[i] = (struct vmm_job){ .run = vmm__visit_run,
						    .arg = visits[i],
						    .free_arg = vmm__visit_free,
						    .limit_ms = visits[i]->timeout_ms };
	}
	if (jobs) {
		rc = vmm_jobs_run(jobs, n, &limits, opt->cancel, collect, &c, err);
		free(jobs);
		return rc;
	}
	for (size_t i = 0; i < n; i++)
		vmm__visit_free(visits[i]);
	return vmm_err_nomem(err);
}

void vmm__outcome_release(struct vmm__outcome *o)
{
	free(o->name);
	vmm_table_free(o->host);
	vmm_table_free(o->vms);
	memset(o, 0, sizeof(*o));
}

/* A connection that failed in whatever way may succeed another time. */
static enum vmm_code kind(int code)
{
	return code == 0 || code == VMM_EINPUT || code == VMM_EREFUSED ? (enum vmm_code)code
								       : VMM_EAGAIN;
}

struct vmm_sighting vmm__outcome_sighting(const struct vmm__outcome *o, bool partial)
{
	bool answered = o->code == 0;

	return (struct vmm_sighting){
		.name = o->name,
		.at = *o->at ? o->at : NULL,
		.answered = answered,
		.partial = partial,
		.code = kind(o->code),
		.error = answered ? NULL : o->err.text,
		.host = answered ? o->host : NULL,
		.vms = answered ? o->vms : NULL,
	};
}
