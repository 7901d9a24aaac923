/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The role alone, on servers that run a system already. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "deploy/internal.h"
#include "ssh/ssh.h"

#define CONNECT_MS 20000
#define TIMEOUT_MS (30 * 60 * 1000)

/* One server. It may outlive the batch (base/jobs.h). */
struct preparing {
	char *address, *user, *role, *text;
	struct vmm_profile *p; /* may be NULL */
	struct vmm_prepare_options opt;
	uint64_t ms;
	struct vmm_err err;
};

static void free_preparing(void *arg)
{
	struct preparing *w = arg;

	if (!w)
		return;
	vmm_profile_free(w->p);
	free(w->address);
	free(w->user);
	free(w->role);
	free(w->text);
	free(w);
}

static int run_preparing(void *arg)
{
	struct preparing *w = arg;
	const struct vmm_ssh_to to = { .address = w->address,
				       .user = w->user,
				       .key = w->opt.key,
				       .known_hosts = w->opt.known_hosts,
				       .timeout_ms = CONNECT_MS,
				       .cancel = w->opt.cancel };
	const struct vmm__role r = { .p = w->p,
				     .name = w->role,
				     .host = w->address,
				     .user = w->user,
				     .text = w->text,
				     .limit_ms = w->opt.timeout_ms };
	const struct vmm_progress p = { .subject = w->address, .stage = "9 role", .downtime_ms = -1 };
	uint64_t started = vmm_clock_ms();
	VMM_BUF_AUTO out = VMM_BUF_INIT;
	struct vmm_ssh *s = NULL;
	int ret;

	vmm_progress_report(w->opt.progress, &p);
	ret = vmm_ssh_open(&to, &s, &w->err);
	if (ret == 0)
		ret = vmm__role_run(s, &r, &out, &w->err);
	vmm_ssh_close(s);
	w->ms = vmm_clock_ms() - started;
	return ret;
}

static struct preparing *new_preparing(const struct vmm_prepare_options *opt, const char *address,
				       struct vmm_err *err)
{
	struct preparing *w = calloc(1, sizeof(*w));
	const char *user = opt->user ? opt->user : "root", *role = opt->role;

	if (!w) {
		vmm_err_nomem(err);
		return NULL;
	}
	w->opt = *opt;
	if (opt->profile && vmm_profile_load(opt->conf, opt->profile, &w->p, err) < 0)
		goto fail;
	user = !opt->user && w->p ? w->p->user : user;
	role = !role && w->p ? w->p->role : role;
	w->address = strdup(address);
	w->user = strdup(user);
	w->role = strdup(role);
	if (!w->address || !w->user || !w->role) {
		vmm_err_nomem(err);
		goto fail;
	}
	if (!vmm_conf_is_name(w->role) || strcmp(w->role, "plain") == 0) {
		vmm_err_set(err, VMM_EINPUT, "'%s' is no role to be installed", w->role);
		goto fail;
	}
	if (vmm__role_read(opt->conf, w->role, &w->text, err) == 0)
		return w;
fail:
	free_preparing(w);
	return NULL;
}

struct context {
	const struct vmm_prepare_options *opt;
	const struct vmm_strv *addresses;
	const struct vmm_job *jobs;
	vmm_deploy_done *done;
	void *ctx;
};

static int prepared(struct vmm_job *job, void *arg)
{
	const struct context *c = arg;
	const struct preparing *w = job->state == VMM_JOB_TIMEOUT ? NULL : job->arg;
	bool ran = job->state == VMM_JOB_DONE;
	const struct vmm_deploy_result r = {
		.name = c->addresses->s[job - c->jobs],
		.uuid = "",
		.stage = vmm_boot_stage(VMM_STAGE_ROLE),
		.addresses = "",
		.result = ran ? vmm_err_word(job->code, "done")
			  : w ? "skipped"
			      : "unknown",
		.log = "",
		.error = !w                     ? "not at an end in time"
			 : ran && job->code < 0 ? w->err.text
			 : ran                  ? ""
						: "not started",
		.ms = w ? w->ms : 0,
		.code = job->code,
	};

	return c->done(&r, c->ctx) != 0 || (job->code < 0 && c->opt->fail_fast);
}

static int tell_possible(struct context *c)
{
	for (size_t i = 0; i < c->addresses->n; i++) {
		const struct vmm_deploy_result r = { .name = c->addresses->s[i],
						     .uuid = "",
						     .stage = vmm_boot_stage(VMM_STAGE_ROLE),
						     .addresses = "",
						     .result = "possible",
						     .log = "",
						     .error = "" };

		c->done(&r, c->ctx);
	}
	return 0;
}

int vmm_prepare(const struct vmm_strv *addresses, const struct vmm_prepare_options *how,
		vmm_deploy_done *done, void *ctx, struct vmm_err *err)
{
	struct vmm_job *jobs = calloc(addresses->n + 1, sizeof(*jobs));
	struct vmm_prepare_options opt = *how;
	const struct vmm_jobs_limits limits = { .jobs = how->jobs ? how->jobs : 16 };
	struct context c = { &opt, addresses, jobs, done, ctx };
	size_t n = 0;
	int ret = jobs ? 0 : vmm_err_nomem(err);

	opt.conf = opt.conf ? opt.conf : vmm_conf_folder();
	opt.timeout_ms = opt.timeout_ms ? opt.timeout_ms : TIMEOUT_MS;
	for (size_t i = 0; i < addresses->n && ret == 0; i++) {
		struct preparing *w = new_preparing(&opt, addresses->s[i], err);

		if (w)
			jobs[n++] = (struct vmm_job){ .run = run_preparing,
						      .arg = w,
						      .free_arg = free_preparing,
						      .limit_ms = 2 * opt.timeout_ms + CONNECT_MS };
		else
			ret = err->code;
	}
	if (ret == 0 && !opt.dry_run)
		ret = vmm_jobs_run(jobs, n, &limits, opt.cancel, prepared, &c, err);
	else
		while (n > 0)
			free_preparing(jobs[--n].arg);
	free(jobs);
	return ret == 0 && opt.dry_run ? tell_possible(&c) : ret;
}
