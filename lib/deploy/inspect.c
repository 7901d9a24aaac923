/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Servers are started to report what they have. */
#include "deploy/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rows.h"
#include "bmc/bmc.h"
#include "deploy/internal.h"

#define JOBS 16
#define TIMEOUT_MS ((uint64_t)15 * 60 * 1000)
#define GRACE_MS 60000 /* to take back what was begun */
#define ASK_MS 20000
#define CHANGE_MS 60000
#define POLL_MS 200
#define REPORT_MAX ((size_t)4 << 20)

/* A job's own: copies of all, for it may outlive the call. */
struct task {
	struct vmm_boot *boot;
	char *uuid, *bmc, *bmc_auth;
	const struct vmm_cancel *cancel;
	uint64_t began, timeout_ms, ms;
	char id[VMM_BOOT_ID_LEN + 1];
	struct vmm_table *hardware;
	struct vmm_err err;
};

static void free_task(void *arg)
{
	struct task *t = arg;

	if (!t)
		return;
	vmm_boot_close(t->boot);
	free(t->uuid);
	free(t->bmc);
	free(t->bmc_auth);
	vmm_table_free(t->hardware);
	free(t);
}

/* ---- the job ---- */

/* That of an earlier inspection, which nobody waits for. */
static int remove_old(struct task *t)
{
	VMM_STRV_AUTO ids = VMM_STRV_INIT;
	int ret = vmm_boot_job_list(t->boot, &ids, &t->err);

	for (size_t i = 0; ret == 0 && i < ids.n; i++) {
		VMM_BOOT_JOB_AUTO *job = NULL;

		if (vmm_boot_job_read(t->boot, ids.s[i], &job, NULL) < 0 ||
		    strcmp(job->uuid, t->uuid) != 0)
			continue;
		if (!job->inspect)
			return vmm_err_set(&t->err, VMM_EREFUSED, "it is being deployed");
		ret = vmm_boot_job_remove(t->boot, ids.s[i], &t->err);
	}
	return ret;
}

static int make_job(struct task *t)
{
	int ret = remove_old(t);

	if (ret == 0)
		ret = vmm_boot_job_inspect(t->boot, "inspection", t->uuid, NULL, t->id, &t->err);
	return ret ? ret : vmm_boot_job_arm(t->boot, t->id, t->timeout_ms / 1000 + 1, &t->err);
}

/* ---- the BMC ---- */

static int start(struct task *t, struct vmm_bmc *b)
{
	struct vmm_bmc_boot pxe = { .device = VMM_BMC_PXE };
	enum vmm_bmc_power power;
	struct vmm_bmc_boot now;
	struct vmm_bmc_outcome o;

	if (vmm_bmc_power_get(b, ASK_MS, &power, &t->err) < 0)
		return t->err.code;
	if (power != VMM_BMC_POWER_OFF)
		return vmm_err_set(&t->err, VMM_EREFUSED,
				   "it is on, and only servers that are off are inspected");
	pxe.uefi = vmm_bmc_boot_get(b, ASK_MS, &now, NULL) == 0 && now.uefi;
	if (make_job(t) < 0)
		return t->err.code;
	/* One that doesn't tell what it was set to may boot from the network all the same. */
	if ((vmm_bmc_boot_set(b, &pxe, CHANGE_MS, &o) < 0 && o.verdict == VMM_BMC_UNKNOWN) ||
	    vmm_bmc_power(b, VMM_BMC_ON, CHANGE_MS, &o) < 0)
		t->err = o.err;
	return t->err.code;
}

/* ---- its report ---- */

static int see(struct task *t, const struct vmm_table *events, bool *over)
{
	for (size_t r = 0; r < vmm_table_rows(events); r++) {
		const char *text = vmm_table_at(events, r, "text");

		if (strcmp(vmm_table_at(events, r, "state"), "end") != 0)
			continue;
		*over = true;
		if (strncmp(text, "done", 4) != 0)
			return vmm_err_set(&t->err, VMM_EFAIL, "the agent %s", text);
	}
	return 0;
}

static int wait_for_end(struct task *t)
{
	uint64_t offset = 0;
	bool over = false;

	while (!over) {
		VMM_TABLE_AUTO *events = NULL;
		int ret = vmm_boot_events(t->boot, t->id, &offset, &events, &t->err);

		if (ret == 0)
			ret = see(t, events, &over);
		if (ret < 0)
			return ret;
		if (t->cancel && t->cancel->level >= 2)
			return vmm_err_set(&t->err, VMM_ECANCEL, "aborted");
		if (!over && vmm_clock_ms() - t->began > t->timeout_ms)
			return vmm_err_set(&t->err, VMM_EAGAIN, "it has not reported within %llu s",
					   (unsigned long long)t->timeout_ms / 1000);
		if (!over)
			vmm_sleep_ms(POLL_MS);
	}
	return 0;
}

int vmm_inspect_read(const struct vmm_boot *b, const char *id, struct vmm_table **out,
		     struct vmm_err *err)
{
	VMM_BUF_AUTO part = VMM_BUF_INIT;
	VMM_STR_AUTO json = NULL;
	size_t len = 0;
	int fd, ret;

	vmm_buf_addf(&part, "jobs/%s/inspect.json", id);
	if (part.failed)
		return vmm_err_nomem(err);
	fd = vmm_boot_open_file(b, part.data);
	if (fd < 0)
		return vmm_err_set(err, errno == ENOENT ? VMM_ENOTFOUND : VMM_EFAIL,
				   "cannot open the agent's report '%s': %s", part.data,
				   strerror(errno));
	ret = vmm_read_fd(part.data, fd, REPORT_MAX, &json, &len, err);
	close(fd);
	return ret ? ret : vmm__hardware_row(json, len, out, err);
}

/* The agent switches it off by itself; where it has not come to that it is done here. */
static void take_back(struct task *t, struct vmm_bmc *b)
{
	struct vmm_bmc_outcome o;

	vmm_boot_job_disarm(t->boot, t->id, NULL);
	vmm_boot_job_remove(t->boot, t->id, NULL);
	vmm_bmc_power(b, VMM_BMC_OFF, GRACE_MS / 2, &o);
}

static int inspect(struct task *t)
{
	struct vmm_bmc *b = NULL;
	int ret = vmm_bmc_new(t->bmc, t->bmc_auth, &b, &t->err);

	if (ret < 0)
		return ret;
	vmm_bmc_watch(b, t->cancel);
	ret = start(t, b);
	if (ret == 0)
		ret = wait_for_end(t);
	if (ret == 0)
		ret = vmm_inspect_read(t->boot, t->id, &t->hardware, &t->err);
	if (*t->id)
		take_back(t, b);
	vmm_bmc_free(b);
	return ret;
}

static int run(void *arg)
{
	struct task *t = arg;
	int ret;

	t->began = vmm_clock_ms();
	ret = inspect(t);
	t->ms = vmm_clock_ms() - t->began;
	return ret;
}

/* ---- many ---- */

struct context {
	const struct vmm_job *jobs;
	vmm_inspect_done *done;
	void *ctx;
};

static int ended(struct vmm_job *job, void *arg)
{
	struct context *c = arg;
	struct vmm_inspect_result r = { .request = (size_t)(job - c->jobs), .code = job->code };
	const struct task *t = job->arg;

	if (job->state == VMM_JOB_DONE) {
		r.hardware = t->hardware;
		r.error = job->code < 0 ? t->err.text : "";
		r.ms = t->ms;
	} else {
		r.error = job->state == VMM_JOB_SKIPPED ? "not started" : "not at an end in time";
	}
	return c->done(&r, c->ctx);
}

static int add_job(struct vmm_job *job, const char *folder, const struct vmm_inspect_request *req,
		   const struct vmm_inspect_options *opt, struct vmm_err *err)
{
	struct task *t = calloc(1, sizeof(*t));
	int ret = t ? vmm_boot_open(folder, false, &t->boot, err) : vmm_err_nomem(err);

	if (ret == 0) {
		t->uuid = strdup(req->uuid);
		t->bmc = strdup(req->bmc);
		t->bmc_auth = strdup(req->bmc_auth);
		t->cancel = opt->cancel;
		t->timeout_ms = opt->timeout_ms ? opt->timeout_ms : TIMEOUT_MS;
		if (!t->uuid || !t->bmc || !t->bmc_auth)
			ret = vmm_err_nomem(err);
	}
	if (ret < 0) {
		free_task(t);
		return ret;
	}
	*job = (struct vmm_job){
		.run = run, .arg = t, .free_arg = free_task, .limit_ms = t->timeout_ms + GRACE_MS
	};
	return 0;
}

static int check_served(const char *folder, const struct vmm_inspect_options *opt, struct vmm_err *err)
{
	struct vmm_boot *boot;
	int ret;

	if (opt->served_elsewhere)
		return 0;
	ret = vmm_boot_open(folder, false, &boot, err);
	if (ret < 0)
		return ret;
	ret = vmm_boot_check_served(boot, err);
	vmm_boot_close(boot);
	return ret;
}

int vmm_inspect(struct vmm_store *st, const struct vmm_inspect_request *req, size_t n,
		const struct vmm_inspect_options *opt, vmm_inspect_done *done, void *ctx,
		struct vmm_err *err)
{
	const struct vmm_jobs_limits limits = { .jobs = opt->jobs ? opt->jobs : JOBS };
	VMM_STR_AUTO folder = vmm_boot_path(vmm_store_folder(st), err);
	struct vmm_job *jobs = calloc(n + 1, sizeof(*jobs));
	struct context c = { .jobs = jobs, .done = done, .ctx = ctx };
	int ret = !jobs ? vmm_err_nomem(err) : folder ? check_served(folder, opt, err) : err->code;
	size_t made = 0;

	while (ret == 0 && made < n) {
		ret = add_job(&jobs[made], folder, &req[made], opt, err);
		made += ret == 0;
	}
	if (ret == 0)
		ret = vmm_jobs_run(jobs, n, &limits, opt->cancel, ended, &c, err);
	else
		while (made > 0)
			free_task(jobs[--made].arg);
	free(jobs);
	return ret;
}
