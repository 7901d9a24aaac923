/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bmc/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define JOBS 128
#define ASK_MS (10 * 1000)
#define BOOT_MS (20 * 1000)
#define POWER_MS (60 * 1000)
#define SILENT_MS (20 * 1000) /* of that, for a BMC that has never answered */

/* A job's own: copies of all, for it may outlive the call. */
struct task {
	char *url, *auth_file;
	struct vmm_bmc_batch_options opt;
	const char *result;
	enum vmm_bmc_power power;
	struct vmm_bmc_boot boot;
	struct vmm_bmc_identity id;
	bool has_boot, has_id;
	bool hasty; /* nobody has said how long it may take */
	struct vmm_err err;
	uint64_t began, ms;
};

static void free_task(void *arg)
{
	struct task *t = arg;

	if (!t)
		return;
	free(t->url);
	free(t->auth_file);
	free(t);
}

static uint64_t left(const struct task *t)
{
	uint64_t used = vmm_clock_ms() - t->began;

	return used < t->opt.timeout_ms ? t->opt.timeout_ms - used : 1;
}

static int ask_boot(struct task *t, struct vmm_bmc *b)
{
	int rc = vmm_bmc_boot_get(b, left(t), &t->boot, &t->err);

	t->has_boot = rc == 0;
	return rc;
}

static int ask(struct task *t, struct vmm_bmc *b)
{
	int rc = vmm_bmc_power_get(b, left(t), &t->power, &t->err);

	if (rc == 0 && t->opt.act == VMM_BMC_ACT_IDENTIFY) {
		rc = vmm_bmc_identify(b, left(t), &t->id, &t->err);
		t->has_id = rc == 0;
		/* Not all have boot options; that is no reason to know nothing. */
		if (rc == 0)
			ask_boot(t, b);
	} else if (rc == 0 && t->opt.ask_boot) {
		rc = ask_boot(t, b);
	}
	t->result = rc == 0 ? "done" : "unknown";
	return rc;
}

static bool is_so(const struct task *t)
{
	if (t->opt.act == VMM_BMC_ACT_BOOT || t->opt.op == VMM_BMC_CYCLE)
		return false;
	return t->power == (t->opt.op == VMM_BMC_ON ? VMM_BMC_POWER_ON : VMM_BMC_POWER_OFF);
}

static int look(struct task *t, struct vmm_bmc *b)
{
	int rc;

	t->opt.ask_boot = t->opt.act == VMM_BMC_ACT_BOOT;
	rc = ask(t, b);
	if (rc == 0)
		t->result = is_so(t) ? "already" : "possible";
	return rc;
}

static int change(struct task *t, struct vmm_bmc *b)
{
	struct vmm_bmc_outcome o;
	int rc;

	t->result = "unknown";
	if (t->hasty && vmm_bmc_power_get(b, SILENT_MS, &t->power, &t->err) == VMM_EAGAIN)
		return VMM_EAGAIN;
	if (t->opt.act == VMM_BMC_ACT_POWER) {
		rc = vmm_bmc_power(b, t->opt.op, left(t), &o);
		t->power = o.power;
	} else {
		rc = vmm_bmc_boot_set(b, &t->opt.boot, left(t), &o);
		t->boot = o.boot;
		t->has_boot = o.verdict != VMM_BMC_UNKNOWN || o.boot.device != VMM_BMC_NO_DEVICE;
		/* The device counts from the next start on: is that still to come? */
		if (t->has_boot)
			vmm_bmc_power_get(b, left(t), &t->power, NULL);
	}
	t->result = o.verdict == VMM_BMC_NOT_AS_ASKED ? "failed"
		    : o.verdict == VMM_BMC_UNKNOWN    ? "unknown"
		    : o.already                       ? "already"
						      : "done";
	t->err = o.err;
	return rc;
}

static int run(void *arg)
{
	struct task *t = arg;
	struct vmm_bmc *b;
	bool asks = t->opt.act == VMM_BMC_ACT_STATUS || t->opt.act == VMM_BMC_ACT_IDENTIFY;
	int rc;

	t->began = vmm_clock_ms();
	rc = vmm_bmc_new(t->url, t->auth_file, &b, &t->err);
	if (rc < 0) {
		t->result = "refused";
		return rc;
	}
	vmm_bmc_watch(b, t->opt.cancel);
	rc = asks ? ask(t, b) : t->opt.dry_run ? look(t, b) : change(t, b);
	if (rc == VMM_ECANCEL)
		t->result = "aborted";
	vmm_bmc_free(b);
	t->ms = vmm_clock_ms() - t->began;
	return rc;
}

struct context {
	const struct vmm_job *jobs;
	vmm_bmc_done *done;
	void *ctx;
	bool fail_fast;
};

static void fill(struct vmm_bmc_result *r, const struct task *t, int code)
{
	r->result = t->result;
	r->power = t->power;
	r->boot = t->has_boot ? &t->boot : NULL;
	r->id = t->has_id ? &t->id : NULL;
	r->error = code < 0 ? t->err.text : "";
	r->ms = t->ms;
}

static int ended(struct vmm_job *job, void *arg)
{
	struct context *c = arg;
	struct vmm_bmc_result r = { .target = (size_t)(job - c->jobs),
				    .power = VMM_BMC_POWER_UNKNOWN,
				    .code = job->code };
	struct vmm_err why;

	if (job->state == VMM_JOB_DONE) {
		fill(&r, job->arg, job->code);
	} else {
		r.result = vmm_job_lost(job, job->limit_ms - VMM_BMC_GRACE_MS, &why);
		r.error = why.text;
		r.ms = job->state == VMM_JOB_TIMEOUT ? job->limit_ms : 0;
	}
	return c->done(&r, c->ctx) != 0 || (r.code < 0 && c->fail_fast);
}

static uint64_t usual_ms(const struct vmm_bmc_batch_options *opt)
{
	if (opt->dry_run)
		return ASK_MS;
	return opt->act == VMM_BMC_ACT_POWER  ? POWER_MS
	       : opt->act == VMM_BMC_ACT_BOOT ? BOOT_MS
					      : ASK_MS;
}

static int add_job(struct vmm_job *job, const struct vmm_bmc_target *target,
		   const struct vmm_bmc_batch_options *opt, struct vmm_err *err)
{
	struct task *t = calloc(1, sizeof(*t));

	if (t) {
		t->url = strdup(target->url);
		t->auth_file = strdup(target->auth_file);
		t->opt = *opt;
		t->opt.timeout_ms = opt->timeout_ms ? opt->timeout_ms : usual_ms(opt);
		t->hasty = !opt->timeout_ms;
	}
	if (!t || !t->url || !t->auth_file) {
		free_task(t);
		return vmm_err_nomem(err);
	}
	*job = (struct vmm_job){ .run = run,
				 .arg = t,
				 .free_arg = free_task,
				 .limit_ms = t->opt.timeout_ms + VMM_BMC_GRACE_MS };
	return 0;
}

int vmm_bmc_batch(const struct vmm_bmc_target *targets, size_t n,
		  const struct vmm_bmc_batch_options *opt, vmm_bmc_done *done, void *ctx,
		  struct vmm_err *err)
{
	const struct vmm_jobs_limits limits = { .jobs = opt->jobs ? opt->jobs : JOBS };
	struct vmm_job *jobs = calloc(n + 1, sizeof(*jobs));
	struct context c = { .jobs = jobs, .done = done, .ctx = ctx, .fail_fast = opt->fail_fast };
	int rc = jobs ? 0 : vmm_err_nomem(err);
	size_t made = 0;

	while (rc == 0 && made < n) {
		rc = add_job(&jobs[made], &targets[made], opt, err);
		made += rc == 0;
	}
	if (rc == 0)
		rc = vmm_jobs_run(jobs, n, &limits, opt->cancel, ended, &c, err);
	else
		while (made > 0)
			free_task(jobs[--made].arg);
	free(jobs);
	return rc;
}
