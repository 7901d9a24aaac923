/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wave after wave. */
#include "run/run.h"

#include <stdlib.h>
#include <string.h>

#include "inventory/inventory.h"
#include "plan/check.h"
#include "run/internal.h"

/* Whoever resumes does what was left out or aborted. */
static bool is_final(const struct vmm_run_result *res)
{
	return res->code != VMM_ECANCEL;
}

void vmm__run_again(struct vmm__run *r, const struct vmm_run_result *res)
{
	struct vmm__end *e = &r->ends[res->step - r->plan->steps];

	e->ended = true;
	e->code = res->code;
	if (r->done(res, r->ctx) != 0)
		r->stop = true;
}

void vmm__run_end(struct vmm__run *r, struct vmm_run_result *res)
{
	VMM_BUF_AUTO late = VMM_BUF_INIT;

	if (__atomic_load_n(&r->late, __ATOMIC_ACQUIRE) && res->code == VMM_ECANCEL) {
		vmm_buf_addf(&late, "the deadline has passed: %s", res->error);
		res->error = late.data;
	}
	if (r->record && is_final(res) && vmm__record_add(r->record, res, &r->err) < 0)
		r->stop = true;
	if (res->code < 0 && r->opt.fail_fast)
		r->stop = true;
	vmm__run_again(r, res);
}

void vmm__run_tell(struct vmm__run *r, size_t step, int code, const char *result, const char *why)
{
	struct vmm_run_result res = { .step = &r->plan->steps[step],
				      .result = result,
				      .note = "",
				      .error = why,
				      .downtime_ms = -1,
				      .code = code };

	vmm__run_end(r, &res);
}

/* ---- a wave ---- */

/* What needs no look at the world. True: it has ended by that. */
static bool sort_out(struct vmm__run *r, size_t i)
{
	const struct vmm_step *s = &r->plan->steps[i];
	VMM_BUF_AUTO why = VMM_BUF_INIT;

	if (r->ends[i].ended)
		return true;
	if (r->stop || r->cancel->level > 0) {
		vmm__run_tell(r, i, VMM_ECANCEL, "skipped", "not started");
	} else if (s->before >= 0 && r->ends[s->before].code < 0) {
		vmm_buf_addf(&why, "step %u of it was not done", r->plan->steps[s->before].step);
		vmm__run_tell(r, i,
			      r->ends[s->before].code == VMM_ECANCEL ? VMM_ECANCEL : VMM_EREFUSED,
			      "skipped", why.data);
	} else if (s->action == VMM_ACTION_POWER_ON || s->action == VMM_ACTION_POWER_OFF) {
		vmm__run_tell(r, i, VMM_EREFUSED, "refused",
			      "the power of hosts is not switched by plans yet: host-power does it");
	} else {
		return false;
	}
	return true;
}

static bool is_move(const struct vmm_step *s)
{
	return s->action == VMM_ACTION_MIGRATE || s->action == VMM_ACTION_PARK;
}

typedef int vmm__work(struct vmm__run *r, const size_t *steps, size_t n, struct vmm_err *err);

static int some_of_wave(struct vmm__run *r, size_t from, size_t to, bool moves, vmm__work *work,
			struct vmm_err *err)
{
	size_t *steps = calloc(to - from + 1, sizeof(*steps)), n = 0;
	int rc = 0;

	if (!steps)
		return vmm_err_nomem(err);
	for (size_t i = from; i < to; i++)
		if (is_move(&r->plan->steps[i]) == moves && !sort_out(r, i))
			steps[n++] = i;
	if (n > 0)
		rc = work(r, steps, n, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!r->ends[steps[i]].ended)
			vmm__run_tell(r, steps[i], VMM_EREFUSED, "refused",
				      "another step of this wave is for the same VM");
	free(steps);
	return rc;
}

static size_t end_of_wave(const struct vmm_plan *plan, size_t from)
{
	size_t to = from;

	while (to < plan->n && plan->steps[to].wave == plan->steps[from].wave)
		to++;
	return to;
}

/* ---- a run ---- */

/* Later waves can't be tried on hosts that are not yet as they will be. */
static int check_rest(struct vmm__run *r, size_t from, struct vmm_err *err)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct vmm_plan_verdict *v;

	if (from >= r->plan->n)
		return 0;
	if (vmm_inventory_read(r->st, &inv, err) < 0 ||
	    vmm_plan_check(r->plan, inv.hosts, inv.vms, &v, err) < 0)
		return err ? (int)err->code : VMM_EFAIL;
	for (size_t i = from; i < r->plan->n; i++)
		if (!sort_out(r, i))
			vmm__run_tell(r, i, v[i].ok ? VMM_OK : VMM_EREFUSED,
				      v[i].ok ? "possible" : "refused", v[i].ok ? "" : v[i].reasons);
	vmm_plan_verdicts_free(r->plan, v);
	return 0;
}

static int run_steps(struct vmm__run *r, struct vmm_err *err)
{
	size_t from = 0;
	int rc = 0;

	while (rc == 0 && r->err.code == 0 && from < r->plan->n) {
		size_t to = end_of_wave(r->plan, from);

		rc = some_of_wave(r, from, to, true, vmm__run_moves, err);
		if (rc == 0)
			rc = some_of_wave(r, from, to, false, vmm__run_power, err);
		from = to;
		if (r->opt.check_only)
			break;
	}
	if (rc == 0 && r->opt.check_only)
		rc = check_rest(r, from, err);
	if (rc == 0 && r->err.code < 0) {
		if (err)
			*err = r->err;
		rc = r->err.code;
	}
	return rc;
}

int vmm__run_watched(struct vmm__run *r, struct vmm_err *err)
{
	struct vmm__watch *w;
	int rc = vmm__watch_start(r, &w, err);

	if (rc < 0)
		return rc;
	rc = run_steps(r, err);
	vmm__watch_stop(r, w);
	return rc;
}

int vmm__run_all(struct vmm_store *st, const struct vmm_plan *plan, const struct vmm_run_options *opt,
		 vmm_run_done *done, void *ctx, struct vmm_err *err)
{
	struct vmm__run r = { .st = st, .plan = plan, .opt = *opt, .done = done, .ctx = ctx };
	int rc;

	r.ends = calloc(plan->n + 1, sizeof(*r.ends));
	if (!r.ends)
		return vmm_err_nomem(err);
	rc = vmm__run_watched(&r, err);
	free(r.ends);
	return rc;
}

int vmm_run(struct vmm_store *st, const struct vmm_plan *plan, const struct vmm_run_options *opt,
	    vmm_run_done *done, void *ctx, struct vmm_err *err)
{
	int rc = opt->check_only ? 0 : vmm__run_mend(st, opt->timeout_ms, err);

	return rc < 0 ? rc : vmm__run_all(st, plan, opt, done, ctx, err);
}
