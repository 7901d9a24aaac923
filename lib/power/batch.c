/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "power/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "inventory/inventory.h"
#include "scan/scan.h"
#include "virt/virt.h"

#define TIMEOUT_MS (60 * 1000)
#define REFRESH_MS (10 * 1000)
#define GRACE_MS (30 * 1000) /* beyond it: to connect, to record */

/* All that a job touches; it may outlive the batch (base/jobs.h). */
struct task {
	struct vmm_store *st;
	char *selector;
	enum vmm_power_op op;
	struct vmm_power_options opt;
	bool dry_run;

	struct vmm_inventory inv;
	virConnectPtr conn;
	virDomainPtr dom;
	char *name, *uuid, *host, *note;
	const char *state; /* static */
	bool did;
	uint64_t ms;
	struct vmm_err err;
};

static void free_task(void *arg)
{
	struct task *t = arg;

	if (t->dom)
		virDomainFree(t->dom);
	if (t->conn)
		virConnectClose(t->conn);
	vmm_inventory_release(&t->inv);
	vmm_store_close(t->st);
	free(t->selector);
	free(t->name);
	free(t->uuid);
	free(t->host);
	free(t->note);
	free(t);
}

static int remember(struct task *t, size_t row)
{
	free(t->name);
	free(t->uuid);
	free(t->host);
	t->name = strdup(vmm_table_at(t->inv.vms, row, "name"));
	t->uuid = strdup(vmm_table_at(t->inv.vms, row, "uuid"));
	t->host = strdup(vmm_table_at(t->inv.vms, row, "host"));
	return t->name && t->uuid && t->host ? 0 : vmm_err_nomem(&t->err);
}

/* Connects to where it is; looks for it everywhere if it is not where it was last seen. */
static int find(struct task *t)
{
	struct vmm_scan_options opt = { .cancel = t->opt.cancel };
	long host;
	size_t row;

	if (vmm_inventory_read(t->st, &t->inv, &t->err) < 0 ||
	    vmm_scan_locate(t->st, &t->inv, t->selector, &opt, &row, &t->note, &t->err) < 0 ||
	    remember(t, row) < 0)
		return t->err.code;
	host = vmm_inventory_host(&t->inv, t->host);
	if (host < 0)
		return vmm_err_set(&t->err, VMM_ENOTFOUND, "its host '%s' is not declared", t->host);
	if (vmm_virt_open(vmm_table_at(t->inv.hosts, (size_t)host, "uri"),
			  vmm_table_at(t->inv.hosts, (size_t)host, "auth_file"), &t->conn,
			  &t->err) < 0)
		return vmm_err_prefix(&t->err, "host '%s'", t->host);
	t->dom = virDomainLookupByUUIDString(t->conn, t->uuid);
	return t->dom ? 0 : vmm_err_virt(&t->err, "cannot find it on '%s'", t->host);
}

/* A guest that is off because it is being moved must not be started in between (two of it would run). */
static int check_moves(struct task *t)
{
	VMM_TABLE_AUTO *open = NULL;

	if (vmm_intent_list(t->st, &open, &t->err) < 0)
		return t->err.code;
	for (size_t r = 0; r < vmm_table_rows(open); r++) {
		if (strcmp(vmm_table_at(open, r, "op"), "migrate") != 0 ||
		    strcmp(vmm_table_at(open, r, "subject"), t->uuid) != 0)
			continue;
		if (strcmp(vmm_table_at(open, r, "alive"), "yes") == 0)
			return vmm_err_set(&t->err, VMM_EAGAIN, "it is being moved (pid %s)",
					   vmm_table_at(open, r, "pid"));
		return vmm_err_set(&t->err, VMM_EREFUSED,
				   "an earlier move of it was cut short; run vmm-fsck");
	}
	return 0;
}

static void read_state(struct task *t)
{
	int state, reason;

	if (virDomainGetState(t->dom, &state, &reason, 0) == 0)
		t->state = vmm_virt_state(state, reason);
}

static int run_task(void *arg)
{
	struct task *t = arg;
	uint64_t started = vmm_clock_ms();
	int ret = find(t);

	if (ret == 0 && t->op == VMM_POWER_ON)
		ret = check_moves(t);
	if (ret == 0 && !t->dry_run)
		ret = vmm_power(t->dom, t->op, &t->opt, &t->did, &t->err);
	if (t->dom)
		read_state(t);
	t->ms = vmm_clock_ms() - started;
	return ret;
}

static const char *word(const struct task *t, int code)
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
	struct vmm_strv touched; /* hosts */
};

static const char *or_none(const char *s)
{
	return s ? s : "";
}

static int ended(struct vmm_job *job, void *arg)
{
	struct context *c = arg;
	struct vmm_power_result r = { .vm = c->vms->s[job - c->jobs],
				      .uuid = "",
				      .host = "",
				      .state = "",
				      .note = "",
				      .error = "",
				      .code = job->code };
	struct task *t = job->arg;

	if (job->state == VMM_JOB_TIMEOUT) {
		r.result = "unknown";
		r.error = "its host does not answer";
	} else if (job->state == VMM_JOB_SKIPPED) {
		r.result = "skipped";
		r.error = "not started";
	} else {
		r.vm = t->name ? t->name : r.vm;
		r.uuid = or_none(t->uuid);
		r.host = or_none(t->host);
		r.state = or_none(t->state);
		r.note = or_none(t->note);
		r.error = job->code < 0 ? t->err.text : "";
		r.result = word(t, job->code);
		r.ms = t->ms;
		if (t->did)
			vmm_strv_add(&c->touched, r.host); /* without it, the next scan will tell */
	}
	return c->done(&r, c->ctx) != 0 || (r.code < 0 && c->fail_fast);
}

static struct task *new_task(struct vmm_store *st, const char *selector, enum vmm_power_op op,
			     const struct vmm_power_batch_options *opt, struct vmm_err *err)
{
	struct task *t = calloc(1, sizeof(*t));

	if (!t) {
		vmm_err_nomem(err);
		return NULL;
	}
	t->op = op;
	t->opt = opt->power;
	t->opt.timeout_ms = opt->power.timeout_ms ? opt->power.timeout_ms : TIMEOUT_MS;
	t->dry_run = opt->dry_run;
	t->selector = strdup(selector);
	if (!t->selector)
		vmm_err_nomem(err);
	else if (vmm_store_dup(st, &t->st, err) == 0)
		return t;
	free_task(t);
	return NULL;
}

int vmm_power_batch(struct vmm_store *st, const struct vmm_strv *vms, enum vmm_power_op op,
		    const struct vmm_power_batch_options *opt, vmm_power_done *done, void *ctx,
		    struct vmm_err *err)
{
	struct vmm_jobs_limits limits = { .jobs = opt->jobs ? opt->jobs : 16,
					  .per_key = opt->per_host };
	struct vmm_job *jobs = calloc(vms->n + 1, sizeof(*jobs));
	struct context c = { vms, jobs, done, ctx, opt->fail_fast, VMM_STRV_INIT };
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	int ret = jobs ? vmm_inventory_read(st, &inv, err) : vmm_err_nomem(err);
	size_t n = 0, row;

	for (; ret == 0 && n < vms->n; n++) {
		struct task *t = new_task(st, vms->s[n], op, opt, err);

		if (!t) {
			ret = err->code;
			break;
		}
		jobs[n] = (struct vmm_job){ .run = run_task,
					    .arg = t,
					    .free_arg = free_task,
					    .limit_ms = t->opt.timeout_ms + GRACE_MS };
		if (vmm_inventory_find_vm(&inv, vms->s[n], &row, NULL) == 0)
			jobs[n].keys[0] = vmm_table_at(inv.vms, row, "host");
	}
	if (ret == 0)
		ret = vmm_jobs_run(jobs, n, &limits, opt->power.cancel, ended, &c, err);
	else
		while (n > 0)
			free_task(jobs[--n].arg);
	if (ret == 0)
		vmm_scan_refresh(st, &inv, &c.touched, REFRESH_MS);
	vmm_strv_release(&c.touched);
	free(jobs);
	return ret;
}
