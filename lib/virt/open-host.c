/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connecting to a host that may never answer: keep-alive begins only once there is a connection. */
#include <stdlib.h>
#include <string.h>

#include "base/jobs.h"
#include "virt/virt.h"

struct opening {
	char *uri, *auth_file;
	virConnectPtr conn;
	struct vmm_err err;
};

static void free_opening(void *arg)
{
	struct opening *o = arg;

	free(o->uri);
	free(o->auth_file);
	if (o->conn)
		virConnectClose(o->conn);
	free(o);
}

static int run_opening(void *arg)
{
	struct opening *o = arg;

	return vmm_virt_open(o->uri, o->auth_file, &o->conn, &o->err);
}

struct opened {
	const char *host;
	virConnectPtr conn;
	struct vmm_err *err;
};

static int opened(struct vmm_job *job, void *ctx)
{
	struct opened *to = ctx;
	struct opening *o = job->arg;

	if (job->state != VMM_JOB_DONE) {
		vmm_err_set(to->err, VMM_EAGAIN, "host '%s' does not answer", to->host);
	} else if (job->code < 0) {
		*to->err = o->err;
		vmm_err_prefix(to->err, "host '%s'", to->host);
	} else {
		to->conn = o->conn;
		o->conn = NULL;
	}
	return 0;
}

int vmm_virt_open_host(const char *host, const char *uri, const char *auth_file, uint64_t limit_ms,
		       virConnectPtr *out, struct vmm_err *err)
{
	struct opening *o = calloc(1, sizeof(*o));
	struct vmm_job job = {
		.run = run_opening, .arg = o, .free_arg = free_opening, .limit_ms = limit_ms
	};
	struct opened to = { host, NULL, err };

	if (!o)
		return vmm_err_nomem(err);
	o->uri = strdup(uri);
	o->auth_file = strdup(auth_file ? auth_file : "");
	if (!o->uri || !o->auth_file) {
		free_opening(o);
		return vmm_err_nomem(err);
	}
	if (vmm_jobs_run(&job, 1, &(struct vmm_jobs_limits){ 0 }, NULL, opened, &to, err) < 0)
		return err->code;
	if (!to.conn)
		return err->code;
	*out = to.conn;
	return 0;
}
