/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "power/batch.h"

#include <stdlib.h>
#include <string.h>

#include "power/task.h"
#include "scan/scan.h"

#define TIMEOUT_MS (60 * 1000)
#define REFRESH_MS (10 * 1000)
/* What ends with the limit still says so; one that is turned off then needs longer. */
#define GRACE_MS 2000
#define GRACE_FORCE_MS (30 * 1000)

static const char *word(const struct vmm__task *t, int code)
{
	switch (code) {
	case VMM_OK:
		return t->dry_run ? "possible" : t->did ? "done" : "already";
	case VMM_EREFUSED:
	case VMM_ENOTFOUND:
		return "refused";
	case VMM_ECANCEL:
		return "aborted";
	default:
		return "failed";
	}
}

struct context {
	const struct vmm_strv *vms;
	const struct vmm_job *jobs;
	vmm_power_done *done;
	void *ctx;
	bool fail_fast;
	uint64_t limit_ms;
	struct vmm_strv touched; /* hosts */
};

static int ended(struct vmm_job *job, void *arg)
{
	struct context *c = arg;
	struct vmm_power_result r = { .selector = c->vms->s[job - c->jobs],
				      .vm = c->vms->s[job - c->jobs],
				      .uuid = "",
				      .host = "",
				      .state = "",
				      .note = "",
				      .error = "",
				      .code = job->code };
	struct vmm__task *t = job->arg;
	struct vmm_err why;

	if (job->state == VMM_JOB_DONE && job->code == 0 && t->again)
		return 0;
	if (job->state != VMM_JOB_DONE) {
		r.result = vmm_job_lost(job, c->limit_ms, &why);
		r.error = why.text;
		r.ms = job->state == VMM_JOB_TIMEOUT ? job->limit_ms : 0;
	} else {
		r.vm = t->name ? t->name : r.vm;
		r.uuid = vmm_str_or_empty(t->uuid);
		r.host = vmm_str_or_empty(t->host);
		r.state = vmm_str_or_empty(t->state);
		r.note = vmm_str_or_empty(t->note);
		r.error = job->code < 0 ? t->err.text : "";
		r.result = word(t, job->code);
		r.ms = t->ms;
		if (t->did)
			vmm_strv_add(&c->touched, r.host); /* without it, the next scan will tell */
	}
	return c->done(&r, c->ctx) != 0 || (r.code < 0 && c->fail_fast);
}

static int add_job(struct vmm_job *job, struct vmm_store *st, struct vmm__shared *shared,
		   const char *selector, const char *at, enum vmm_power_op op,
		   const struct vmm_power_options *opt, bool dry_run, struct vmm_err *err)
{
	const struct vmm_inventory *inv = vmm__shared_inventory(shared);
	struct vmm__task *t;
	size_t row;
	int rc = vmm__task_new(st, shared, selector, op, opt, &t, err);

	if (rc < 0)
		return rc;
	t->dry_run = dry_run;
	t->at = at ? strdup(at) : NULL;
	if (at && !t->at) {
		vmm__task_free(t);
		return vmm_err_nomem(err);
	}
	*job = (struct vmm_job){ .run = vmm__task_run,
				 .arg = t,
				 .free_arg = vmm__task_free,
				 .limit_ms = opt->timeout_ms +
					     (opt->force ? GRACE_FORCE_MS : GRACE_MS) };
	if (vmm_inventory_find_vm(inv, selector, &row, NULL) == 0)
		job->keys[0] = vmm_table_at(inv->vms, row, "host");
	return 0;
}

int vmm_power_batch(struct vmm_store *st, const struct vmm_strv *vms, enum vmm_power_op op,
		    const struct vmm_power_batch_options *opt, vmm_power_done *done, void *ctx,
		    struct vmm_err *err)
{
	const struct vmm_jobs_limits limits = { .jobs = opt->jobs ? opt->jobs : 16,
						.per_key = opt->per_host };
	struct vmm_power_options power = opt->power;
	struct vmm_job *jobs = calloc(vms->n + 1, sizeof(*jobs));
	struct vmm__shared *shared = NULL;
	struct context c = {
		.vms = vms, .jobs = jobs, .done = done, .ctx = ctx, .fail_fast = opt->fail_fast
	};
	int ret = jobs ? vmm__shared_new(st, &shared, err) : vmm_err_nomem(err);
	size_t n = 0;

	c.limit_ms = power.timeout_ms = power.timeout_ms ? power.timeout_ms : TIMEOUT_MS;
	while (ret == 0 && n < vms->n) {
		ret = add_job(&jobs[n], st, shared, vms->s[n], opt->at ? opt->at->s[n] : NULL, op,
			      &power, opt->dry_run, err);
		n += ret == 0;
	}
	if (ret == 0)
		ret = vmm_jobs_run(jobs, n, &limits, power.cancel, ended, &c, err);
	else
		while (n > 0)
			vmm__task_free(jobs[--n].arg);
	if (ret == 0)
		vmm_scan_refresh(st, vmm__shared_inventory(shared), &c.touched, REFRESH_MS);
	vmm_strv_release(&c.touched);
	vmm__shared_leave(shared);
	free(jobs);
	return ret;
}
