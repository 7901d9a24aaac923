/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many requests: planned all, then their images to the hosts, then the VMs. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/rows.h"
#include "provision/internal.h"
#include "scan/scan.h"

#define TIMEOUT_MS (5 * 60 * 1000)
#define REFRESH_MS (10 * 1000)
#define GRACE_MS (30 * 1000) /* beyond it: to connect, to take back */

struct batch;

struct item {
	struct batch *b;
	const struct vmm_provision_request *req;
	struct vmm__making *k; /* NULL once told of, or lost to a silent host */
	bool told;
};

struct batch {
	struct vmm_store *st;
	struct vmm_provision_options opt;
	struct vmm_inventory inv;
	struct item *items;
	size_t n;
	vmm_provision_done *done;
	void *ctx;
	struct vmm_strv touched; /* hosts */
	bool stop;
};

static const char *word(const struct vmm__making *k, int code)
{
	return vmm_err_word(code, k->already ? "already" : k->opt.dry_run ? "possible" : "done");
}

/* `result` and `error`: NULL: those of the task. */
static void tell(struct item *it, int code, const char *result, const char *error)
{
	struct batch *b = it->b;
	struct vmm_provision_result r = { .name = it->req->name,
					  .template = it->req->template,
					  .host = "",
					  .uuid = "",
					  .addresses = "",
					  .error = vmm_str_or_empty(error),
					  .code = code };
	VMM_BUF_AUTO addresses = VMM_BUF_INIT;

	if (it->k) {
		if (code == VMM_OK)
			vmm_list_join(&addresses, &it->k->addresses);
		r.addresses = addresses.data;
		r.host = vmm_str_or_empty(it->k->what.host);
		r.uuid = code == VMM_OK || it->k->made || it->k->already
				 ? vmm_str_or_empty(it->k->what.uuid)
				 : "";
		r.ms = it->k->ms;
		r.error = error ? error : code < 0 ? it->k->err.text : "";
	}
	r.result = result ? result : it->k ? word(it->k, code) : "failed";
	it->told = true;
	if (b->done(&r, b->ctx) != 0 || (code < 0 && b->opt.fail_fast))
		b->stop = true;
}

/* ---- what needs no host ---- */

static struct vmm__making *new_task(struct batch *b, struct vmm_err *err)
{
	struct vmm__making *k = calloc(1, sizeof(*k));

	if (!k || vmm_store_dup(b->st, &k->st, err) < 0) {
		if (!k)
			vmm_err_nomem(err);
		free(k);
		return NULL;
	}
	k->opt = b->opt;
	return k;
}

static bool named_before(const struct batch *b, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(b->items[j].req->name, b->items[i].req->name) == 0)
			return true;
	return false;
}

static int plan_all(struct batch *b, struct vmm_err *err)
{
	struct vmm__place place = { 0 };
	int ret = vmm__place_init(&place, &b->inv, err);

	for (size_t i = 0; ret == 0 && i < b->n; i++) {
		struct item *it = &b->items[i];
		int code;

		it->k = new_task(b, err);
		if (!it->k) {
			ret = err->code;
			break;
		}
		code = named_before(b, i)
			       ? vmm_err_set(&it->k->err, VMM_EREFUSED, "it is named twice")
			       : vmm__making_plan(it->k, it->req, &place, b->opt.conf);
		if (code < 0)
			tell(it, code, NULL, NULL);
		else if (b->opt.dry_run && !it->k->exists)
			tell(it, VMM_OK, NULL, NULL);
	}
	vmm__place_release(&place);
	return ret;
}

/* ---- the images ---- */

static int fetch_all(struct batch *b, struct vmm_err *err)
{
	struct vmm__making **tasks = calloc(b->n + 1, sizeof(struct vmm__making *));
	size_t n = 0;
	int ret;

	if (!tasks)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < b->n; i++)
		if (!b->items[i].told && !b->items[i].k->exists)
			tasks[n++] = b->items[i].k;
	ret = vmm__fetch_images(tasks, n, b->opt.cancel, err);
	free(tasks);
	for (size_t i = 0; ret == 0 && i < b->n; i++) {
		struct item *it = &b->items[i];

		if (!it->told && !it->k->exists && !it->k->base)
			tell(it, it->k->err.code, it->k->err.code == VMM_ECANCEL ? "skipped" : NULL,
			     NULL);
	}
	return ret;
}

/* ---- the VMs ---- */

static int run_task(void *arg)
{
	struct vmm__making *k = arg;
	uint64_t started = vmm_clock_ms();
	int ret = vmm__making_connect(k);

	if (ret == 0)
		ret = vmm__create(k);
	k->made = ret == 0 && !k->already && !k->opt.dry_run;
	__atomic_store_n(&k->headway, vmm_clock_ms(), __ATOMIC_RELAXED);
	if (ret == 0 && k->opt.start && k->opt.wait && !k->opt.dry_run)
		ret = vmm__wait(k->dom, k->opt.wait, &k->addresses, k->opt.timeout_ms,
				k->opt.cancel, &k->err);
	k->ms = vmm_clock_ms() - started;
	return ret;
}

struct jobs {
	struct batch *b;
	struct vmm_job *jobs;
	struct item **of;
};

/* It is recorded before its making ends; whether it is there now is not for us to know. */
static const char *why_unknown(struct batch *b, const char *name)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	VMM_TABLE_AUTO *open = NULL;

	if (vmm_intent_list(b->st, &open, NULL) == 0 &&
	    vmm_table_find(open, vmm_table_col(open, "subject"), name) < 0 &&
	    vmm_inventory_read(b->st, &inv, NULL) == 0 &&
	    vmm_table_find(inv.vms, vmm_table_col(inv.vms, "name"), name) >= 0)
		return "it is made, but its host does not answer any more";
	return "its host does not answer; vmm-fsck tells what there is of it";
}

static int made(struct vmm_job *job, void *arg)
{
	struct jobs *js = arg;
	struct item *it = js->of[job - js->jobs];

	if (job->state == VMM_JOB_DONE) {
		if (it->k->made && vmm_strv_add(&js->b->touched, it->k->what.host) < 0)
			js->b->stop = true;
		tell(it, job->code, NULL, NULL);
	} else if (job->state == VMM_JOB_SKIPPED) {
		tell(it, job->code, "skipped", "not started");
	} else {
		it->k = NULL;
		tell(it, VMM_EAGAIN, "unknown", why_unknown(js->b, it->req->name));
	}
	it->k = NULL; /* freed with the job */
	return js->b->stop;
}

static uint64_t limit_ms(const struct vmm_provision_options *opt)
{
	return (opt->wait ? 2 : 1) * opt->timeout_ms + GRACE_MS;
}

static int make_all(struct batch *b, struct vmm_err *err)
{
	const struct vmm_jobs_limits limits = { .jobs = b->opt.jobs, .per_key = b->opt.per_host };
	struct jobs js = { b, calloc(b->n + 1, sizeof(*js.jobs)), calloc(b->n + 1, sizeof(*js.of)) };
	size_t n = 0;
	int ret = js.jobs && js.of ? 0 : vmm_err_nomem(err);

	for (size_t i = 0; ret == 0 && i < b->n; i++) {
		struct item *it = &b->items[i];

		if (it->told)
			continue;
		if (b->stop) {
			tell(it, VMM_ECANCEL, "skipped", "not started");
			continue;
		}
		js.of[n] = it;
		js.jobs[n++] = (struct vmm_job){ .run = run_task,
						 .arg = it->k,
						 .free_arg = vmm__making_free,
						 .limit_ms = limit_ms(&b->opt),
						 .headway = &it->k->headway,
						 .keys = { it->k->what.host } };
	}
	if (ret == 0 && n > 0)
		ret = vmm_jobs_run(js.jobs, n, &limits, b->opt.cancel, made, &js, err);
	free(js.jobs);
	free(js.of);
	return ret;
}

static void set_defaults(struct vmm_provision_options *opt)
{
	if (!opt->conf)
		opt->conf = vmm_conf_folder();
	opt->timeout_ms = opt->timeout_ms ? opt->timeout_ms : TIMEOUT_MS;
	opt->jobs = opt->jobs ? opt->jobs : 8;
	opt->per_host = opt->per_host ? opt->per_host : 4;
}

int vmm_provision(struct vmm_store *st, const struct vmm_provision_request *req, size_t n,
		  const struct vmm_provision_options *opt, vmm_provision_done *done, void *ctx,
		  struct vmm_err *err)
{
	struct batch b = { .st = st, .opt = *opt, .n = n, .done = done, .ctx = ctx };
	int ret;

	set_defaults(&b.opt);
	b.items = calloc(n + 1, sizeof(*b.items));
	ret = b.items ? vmm_inventory_read(st, &b.inv, err) : vmm_err_nomem(err);
	for (size_t i = 0; ret == 0 && i < n; i++) {
		b.items[i].b = &b;
		b.items[i].req = &req[i];
	}
	if (ret == 0)
		ret = plan_all(&b, err);
	if (ret == 0 && !b.stop)
		ret = fetch_all(&b, err);
	if (ret == 0)
		ret = make_all(&b, err);
	vmm_scan_refresh(st, &b.inv, &b.touched, REFRESH_MS);
	for (size_t i = 0; b.items && i < n; i++)
		vmm__making_free(b.items[i].k);
	free(b.items);
	vmm_strv_release(&b.touched);
	vmm_inventory_release(&b.inv);
	return ret;
}
