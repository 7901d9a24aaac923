/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many moves: found, checked all at once, then carried out as a sliding window. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "migrate/batch.h"
#include "scan/scan.h"

#define CHECK_MS (20 * 1000)
#define LOST_MS (5 * 1000) /* beyond that: by then keep-alive has ended a call that hangs */
#define TIMEOUT_MS (30 * 60 * 1000)
#define GRACE_MS (3 * 60 * 1000) /* beyond the limits: to abort, to settle */
/*
 * Between two starts: guests that are alike and start together change over together, and each waits for
 * the others' share of processor and link. Eight of 96 MiB, four at a time, on 2 processors: mean downtime 77
 * ms together, 37 so; one after another 19.
 */
#define APART_MS 150
#define CHECKS_AT_ONCE 32
#define LOGINS_AT_ONCE 8 /* to one host: sshd turns away more than ten that are not done */

static const char *result_word(const struct vmm__batch *b, int code)
{
	return vmm_err_word(code, b->opt.check_only ? "possible" : "done");
}

/* Before anybody has looked, `auto` stands for nothing yet. */
static const char *method_word(const struct vmm__batch *b, const struct vmm__task *it)
{
	if (b->opt.method == VMM_MIGRATE_AUTO && (!it->m || !it->m->dom))
		return "";
	return vmm__method_name(it->m ? vmm__move_method(it->m) : b->opt.method);
}

/* As its host says, as is recorded, as it was asked for. */
static const char *name_of(const struct vmm__task *it)
{
	if (it->m && it->m->name)
		return it->m->name;
	return it->name ? it->name : it->req->vm;
}

static void finish(struct vmm__batch *b, struct vmm__task *it, int code, const char *word,
		   const char *error)
{
	VMM_STR_AUTO note = vmm__changes(it);
	struct vmm_migrate_result r = {
		.request = it->req,
		.vm = name_of(it),
		.uuid = it->uuid ? it->uuid : "",
		.from = it->from ? it->from : "",
		.to = it->req->to,
		.seen = it->m && it->m->dom,
		.method = method_word(b, it),
		.result = word ? word : result_word(b, code),
		.note = note ? note : "",
		.error = code == VMM_OK ? "" : error,
		.ms = it->ms,
		.downtime_ms = it->m ? it->m->downtime_ms : -1,
		.bytes = it->m ? it->m->bytes : 0,
		.code = code,
	};

	it->ended = true;
	if (b->done(&r, b->ctx) != 0 || (code < 0 && b->opt.fail_fast))
		b->stop = true;
}

static void finish_refused(struct vmm__batch *b, struct vmm__task *it)
{
	VMM_BUF_AUTO reasons = VMM_BUF_INIT;

	for (size_t i = 0; i < it->m->reasons.n; i++)
		vmm_buf_addf(&reasons, "%s%s", i ? "; " : "", it->m->reasons.s[i]);
	finish(b, it, VMM_EREFUSED, NULL, reasons.data);
}

static void skip(struct vmm__batch *b, struct vmm__task *it)
{
	it->ms = 0;
	finish(b, it, VMM_ECANCEL, "skipped", "not started");
}

/* ---- checking ---- */

struct job_ctx {
	struct vmm__batch *b;
	struct vmm__task **of; /* of job i */
	struct vmm_job *jobs;
};

static int run_check(void *arg)
{
	return vmm__check(arg);
}

static int checked(struct vmm_job *job, void *arg)
{
	struct job_ctx *c = arg;
	struct vmm__task *it = c->of[job - c->jobs];

	if (job->state == VMM_JOB_DONE) {
		it->code = job->code;
		it->err = it->m->err;
		it->stale = it->m->stale;
		it->ms += it->m->ms;
		job->arg = NULL; /* the item keeps it */
	} else if (job->state == VMM_JOB_TIMEOUT && job->code == VMM_EAGAIN) {
		it->m = NULL;
		it->ms += job->limit_ms;
		it->code = vmm_err_set(&it->err, VMM_EAGAIN, "'%s' or '%s' does not answer",
				       it->from, it->req->to);
	} else {
		it->m = NULL;
		it->code = vmm_err_set(&it->err, VMM_ECANCEL, "not started");
	}
	return 0;
}

static int run_jobs(struct vmm__batch *b, bool (*takes)(const struct vmm__task *),
		    struct vmm_job like, const struct vmm_jobs_limits *limits,
		    int (*done)(struct vmm_job *job, void *ctx), struct vmm_err *err)
{
	struct job_ctx c = { b, calloc(b->n + 1, sizeof(*c.of)), calloc(b->n + 1, sizeof(*c.jobs)) };
	size_t n = 0;
	int ret = VMM_OK;

	if (!c.of || !c.jobs)
		ret = vmm_err_nomem(err);
	for (size_t i = 0; ret == 0 && i < b->n; i++) {
		struct vmm__task *it = &b->items[i];

		if (!takes(it))
			continue;
		c.of[n] = it;
		c.jobs[n] = like;
		c.jobs[n].arg = it->m;
		c.jobs[n].keys[0] = it->from;
		c.jobs[n].keys[1] = it->req->to;
		n++;
	}
	if (ret == 0)
		ret = vmm_jobs_run(c.jobs, n, limits, b->opt.cancel, done, &c, err);
	free(c.of);
	free(c.jobs);
	return ret;
}

static bool wants_check(const struct vmm__task *it)
{
	return !it->ended && it->code == VMM_OK;
}

static bool wants_second_look(const struct vmm__task *it)
{
	return !it->ended && it->stale;
}

static int check_all(struct vmm__batch *b, struct vmm_err *err)
{
	const struct vmm_job like = { .run = run_check,
				      .free_arg = vmm__move_free,
				      .limit_ms = b->opt.check_ms + LOST_MS };
	const struct vmm_jobs_limits limits = { .jobs = CHECKS_AT_ONCE,
						.per_key = LOGINS_AT_ONCE,
						.give_up = true };
	bool stale = false;

	if (run_jobs(b, wants_check, like, &limits, checked, err) < 0)
		return err->code;
	for (size_t i = 0; i < b->n; i++)
		stale |= wants_second_look(&b->items[i]);
	if (!stale)
		return 0;
	/* Something was moved or removed behind our back (F4): look where it is, and check again. */
	if (vmm__find_again(b, err) < 0)
		return err->code;
	return run_jobs(b, wants_second_look, like, &limits, checked, err);
}

/* The same move again; by another name, perhaps. */
static bool is_repeated(const struct vmm__batch *b, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (b->items[i].code == VMM_OK && strcmp(b->items[i].uuid, b->items[at].uuid) == 0 &&
		    strcmp(b->items[i].req->to, b->items[at].req->to) == 0)
			return true;
	return false;
}

/* What each takes of its target, memory and name, is not there for those behind it; nor is a VM twice. */
static void check_together(struct vmm__batch *b, size_t at)
{
	struct vmm__task *it = &b->items[at];
	uint64_t taken = 0;
	size_t others = 0;

	for (size_t i = 0; i < at; i++) {
		const struct vmm__task *o = &b->items[i];

		if (o->code < 0 || o->ended || o->m->reasons.n > 0)
			continue;
		if (strcmp(o->uuid, it->uuid) == 0)
			vmm__against(it->m, "it is to go to '%s' already", o->req->to);
		if (strcmp(o->req->to, it->req->to) != 0)
			continue;
		if (strcmp(o->uuid, it->uuid) != 0 && strcmp(o->m->name, it->m->name) == 0)
			vmm__against(it->m, "another VM of that name (%s) goes to '%s' before it",
				     o->uuid, it->req->to);
		taken += o->m->mem_needed;
		others++;
	}
	if (others > 0 && it->m->mem_needed <= it->m->mem_free &&
	    it->m->mem_needed + taken > it->m->mem_free)
		vmm__against(it->m, "not enough memory on '%s' for it and the %zu before it",
			     it->req->to, others);
}

/* Ends those that can't go, and with check_only all. */
static void sort_out(struct vmm__batch *b)
{
	for (size_t i = 0; i < b->n && !b->opt.alternatives; i++) {
		if (b->items[i].code < 0)
			continue;
		b->items[i].ended = is_repeated(b, i);
		if (!b->items[i].ended)
			check_together(b, i);
	}
	for (size_t i = 0; i < b->n; i++) {
		struct vmm__task *it = &b->items[i];

		if (it->ended)
			continue;
		if (it->code == VMM_ECANCEL)
			skip(b, it);
		else if (it->code < 0)
			finish(b, it, it->code, NULL, it->err.text);
		else if (it->m->reasons.n > 0)
			finish_refused(b, it);
		else if (b->opt.check_only)
			finish(b, it, VMM_OK, NULL, "");
	}
}

/* ---- carrying out ---- */

/* After a failure a host may be silent: then free_batch() closes them. */
static int run_move(void *arg)
{
	int ret = vmm__carry_out(arg);

	if (ret == 0)
		vmm__move_close(arg);
	return ret;
}

static int moved(struct vmm_job *job, void *arg)
{
	struct job_ctx *c = arg;
	struct vmm__task *it = c->of[job - c->jobs];

	it->tried = job->state != VMM_JOB_SKIPPED;
	if (job->state == VMM_JOB_DONE) {
		it->ms = it->m->ms;
		finish(c->b, it, job->code, NULL, it->m->err.text);
	} else if (job->state == VMM_JOB_TIMEOUT) {
		it->m = NULL;
		it->ms = job->limit_ms;
		vmm_err_set(&it->err, VMM_EAGAIN,
			    "'%s' or '%s' does not answer; vmm-fsck tells where the VM is",
			    it->from, it->req->to);
		finish(c->b, it, VMM_EAGAIN, "unknown", it->err.text);
	} else {
		skip(c->b, it);
	}
	job->arg = NULL; /* the task keeps it */
	return c->b->stop;
}

static bool wants_move(const struct vmm__task *it)
{
	return !it->ended;
}

static int move_all(struct vmm__batch *b, struct vmm_err *err)
{
	const struct vmm_job like = { .run = run_move,
				      .free_arg = vmm__move_free,
				      .limit_ms = 2 * b->opt.timeout_ms + GRACE_MS };
	const struct vmm_jobs_limits limits = { .jobs = b->opt.jobs,
						.per_key = b->opt.per_host,
						.apart_ms = APART_MS };

	if (b->stop) {
		for (size_t i = 0; i < b->n; i++)
			if (!b->items[i].ended)
				skip(b, &b->items[i]);
		return 0;
	}
	return run_jobs(b, wants_move, like, &limits, moved, err);
}

static void visit_hosts(struct vmm__batch *b)
{
	VMM_STRV_AUTO hosts = VMM_STRV_INIT;

	for (size_t i = 0; i < b->n; i++)
		if (b->items[i].tried && (vmm_strv_add(&hosts, b->items[i].from) < 0 ||
					  vmm_strv_add(&hosts, b->items[i].req->to) < 0))
			return;
	vmm_scan_refresh(b->st, &b->inv, &hosts, b->opt.check_ms);
}

static void set_defaults(struct vmm_migrate_options *opt)
{
	opt->timeout_ms = opt->timeout_ms ? opt->timeout_ms : TIMEOUT_MS;
	opt->check_ms = opt->check_ms ? opt->check_ms : CHECK_MS;
	opt->jobs = opt->jobs ? opt->jobs : 4;
	opt->per_host = opt->per_host ? opt->per_host : 2;
}

static void free_batch(struct vmm__batch *b)
{
	struct vmm__move **moves = calloc(b->n + 1, sizeof(*moves));

	for (size_t i = 0; i < b->n; i++) {
		if (moves)
			moves[i] = b->items[i].m;
		free(b->items[i].name);
		free(b->items[i].uuid);
		free(b->items[i].from);
		free(b->items[i].was_from);
		free(b->items[i].was_name);
		free(b->items[i].was_state);
	}
	if (moves)
		vmm__moves_free(moves, b->n);
	free(moves);
	free(b->items);
	free(b->silent);
	vmm_table_free(b->open);
	vmm_inventory_release(&b->inv);
}

int vmm_migrate(struct vmm_store *st, const struct vmm_migrate_request *req, size_t n,
		const struct vmm_migrate_options *opt, vmm_migrate_done *done, void *ctx,
		struct vmm_err *err)
{
	struct vmm__batch b = { .st = st, .opt = *opt, .n = n, .done = done, .ctx = ctx };
	int ret;

	set_defaults(&b.opt);
	b.items = calloc(n + 1, sizeof(*b.items));
	if (!b.items)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < n; i++)
		b.items[i].req = &req[i];
	ret = vmm_inventory_read(st, &b.inv, err);
	if (ret == 0)
		ret = vmm__find_all(&b, err);
	if (ret == 0)
		ret = check_all(&b, err);
	if (ret == 0)
		sort_out(&b);
	if (ret == 0 && !opt->check_only) {
		ret = move_all(&b, err);
		visit_hosts(&b);
	}
	free_batch(&b);
	return ret;
}
