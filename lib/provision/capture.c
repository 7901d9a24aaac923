/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An image of a VM: the call. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "provision/internal.h"

#define TIMEOUT_MS ((uint64_t)2 * 60 * 60 * 1000)
#define GRACE_MS (60 * 1000) /* to end what was begun */

static void free_capture(void *arg)
{
	struct vmm__capture *c = arg;

	if (c->vol)
		virStorageVolFree(c->vol);
	if (c->dom)
		virDomainFree(c->dom);
	if (c->conn)
		virConnectClose(c->conn);
	vmm__what_release(&c->what);
	vmm_image_release(&c->image);
	vmm_store_close(c->st);
	free(c->selector);
	free(c->spec);
	free(c->disk);
	free(c->file);
	free(c->os);
	free(c);
}

static int check_image(struct vmm__capture *c)
{
	VMM_IMAGE_AUTO img = VMM_IMAGE_INIT;
	int ret = vmm_image_find(c->st, c->spec, &img, &c->err);

	if (ret == VMM_ENOTFOUND)
		return 0;
	if (ret < 0)
		return ret;
	return vmm_err_set(&c->err, VMM_EREFUSED, "image '%s:%s' is there already%s", img.name,
			   img.version, strchr(c->spec, ':') ? "" : "; say NAME:VERSION");
}

static int run_capture(void *arg)
{
	struct vmm__capture *c = arg;
	const struct vmm_scan_options how = { .cancel = c->opt.cancel };
	uint64_t started = vmm_clock_ms();
	int ret = check_image(c);

	c->deadline = started + c->opt.timeout_ms;
	if (ret == 0 && !c->opt.keep_identity)
		ret = vmm__generalize_ready(c);
	if (ret == 0)
		ret = vmm__find(c->st, c->selector, &how, &c->what, &c->conn, &c->dom, &c->err);
	if (ret == 0)
		ret = c->opt.dry_run ? vmm__capture_check(c) : vmm__capture(c);
	c->ms = vmm_clock_ms() - started;
	return ret;
}

static char *take(char **from)
{
	char *s = *from;

	*from = NULL;
	return s;
}

struct call {
	struct vmm_capture_result *out;
	struct vmm_err *err;
	int code;
};

static int done(struct vmm_job *job, void *arg)
{
	struct call *call = arg;
	struct vmm_capture_result *r = call->out;
	struct vmm__capture *c = job->arg;

	call->code = job->code;
	if (job->state == VMM_JOB_TIMEOUT) {
		r->result = "unknown";
		vmm_err_set(call->err, VMM_EAGAIN,
			    "not at an end within the time limit; vmm-fsck takes away what is left of it");
		return 0;
	}
	if (job->state == VMM_JOB_SKIPPED) {
		r->result = "aborted";
		vmm_err_set(call->err, VMM_ECANCEL, "not started");
		return 0;
	}
	r->result = vmm_err_word(job->code, c->opt.dry_run ? "possible" : "done");
	r->ms = c->ms;
	r->vm = take(&c->what.name);
	r->uuid = take(&c->what.uuid);
	r->host = take(&c->what.host);
	r->os = take(&c->os);
	if (job->code < 0) {
		vmm_err_set(call->err, c->err.code, "%s", c->err.text);
	} else {
		r->image = c->image;
		c->image = (struct vmm_image)VMM_IMAGE_INIT;
	}
	return 0;
}

static struct vmm__capture *new_capture(struct vmm_store *st, const char *vm, const char *image,
					const struct vmm_capture_options *opt, struct vmm_err *err)
{
	struct vmm__capture *c = calloc(1, sizeof(*c));

	if (!c) {
		vmm_err_nomem(err);
		return NULL;
	}
	c->opt = *opt;
	c->opt.timeout_ms = opt->timeout_ms ? opt->timeout_ms : TIMEOUT_MS;
	c->selector = strdup(vm);
	c->spec = strdup(image);
	c->disk = opt->disk ? strdup(opt->disk) : NULL;
	if (!c->selector || !c->spec || (opt->disk && !c->disk))
		vmm_err_nomem(err);
	else if (vmm_store_dup(st, &c->st, err) == 0)
		return c;
	free_capture(c);
	return NULL;
}

int vmm_capture(struct vmm_store *st, const char *vm, const char *image,
		const struct vmm_capture_options *opt, struct vmm_capture_result *out,
		struct vmm_err *err)
{
	struct vmm__capture *c = new_capture(st, vm, image, opt, err);
	struct call call = { .out = out, .err = err };
	struct vmm_job job;
	int ret;

	if (!c)
		return err->code;
	job = (struct vmm_job){ .run = run_capture,
				.arg = c,
				.free_arg = free_capture,
				.limit_ms = c->opt.timeout_ms + GRACE_MS };
	ret = vmm_jobs_run(&job, 1, &(struct vmm_jobs_limits){ .jobs = 1 }, opt->cancel, done,
			   &call, err);
	return ret < 0 ? ret : call.code;
}

void vmm_capture_result_release(struct vmm_capture_result *r)
{
	free(r->vm);
	free(r->uuid);
	free(r->host);
	free(r->os);
	vmm_image_release(&r->image);
}
