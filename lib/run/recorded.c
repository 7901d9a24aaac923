/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs that are written down, and the rest of them after a kill or Ctrl-C. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "run/internal.h"

/* All that there was to do is done, or will never be. */
static int close_record(struct vmm__run *r, char **left, struct vmm_err *err)
{
	bool failed = false;

	*left = NULL;
	for (size_t i = 0; i < r->plan->n; i++) {
		if (!r->ends[i].ended || r->ends[i].code == VMM_ECANCEL) {
			*left = strdup(r->record->name);
			return *left ? 0 : vmm_err_nomem(err);
		}
		failed |= r->ends[i].code < 0;
	}
	return vmm__record_end(r->record, failed ? "failed" : "done", err);
}

static int run_recorded(struct vmm__run *r, char **left, struct vmm_err *err)
{
	int rc = vmm__run_watched(r, err);

	if (rc == 0)
		rc = close_record(r, left, err);
	vmm__record_free(r->record);
	free(r->ends);
	return rc;
}

int vmm_run_recorded(struct vmm_store *st, const struct vmm_plan *plan,
		     const struct vmm_run_options *opt, vmm_run_done *done, void *ctx, char **left,
		     struct vmm_err *err)
{
	struct vmm__run r = { .st = st, .plan = plan, .opt = *opt, .done = done, .ctx = ctx };
	int rc = vmm__run_mend(st, opt->timeout_ms, err);

	*left = NULL;
	if (rc < 0 || plan->n == 0)
		return rc;
	rc = vmm__record_begin(st, plan, &r.record, err);
	if (rc < 0)
		return rc;
	r.ends = calloc(plan->n + 1, sizeof(*r.ends));
	if (!r.ends) {
		vmm__record_free(r.record);
		return vmm_err_nomem(err);
	}
	return run_recorded(&r, left, err);
}

/* ---- resumed ---- */

static const struct vmm_step *step_of(const struct vmm_plan *plan, uint64_t number)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->steps[i].step == number)
			return &plan->steps[i];
	return NULL;
}

static uint64_t cell(const struct vmm_table *t, size_t row, const char *column, uint64_t none)
{
	uint64_t n;

	return vmm_num_u64(column, vmm_table_at(t, row, column), 0, INT64_MAX, &n, NULL) < 0 ? none
											     : n;
}

/* The rows are ours; what is no row of ours is a step that has not ended. */
static void tell_results(struct vmm__run *r, const struct vmm_table *t)
{
	for (size_t row = 0; row < vmm_table_rows(t); row++) {
		struct vmm_run_result res = {
			.step = step_of(r->plan, cell(t, row, "step", 0)),
			.result = vmm_table_at(t, row, "result"),
			.note = vmm_table_at(t, row, "note"),
			.error = vmm_table_at(t, row, "error"),
			.ms = cell(t, row, "ms", 0),
			.downtime_ms = (int64_t)cell(t, row, "downtime_ms", (uint64_t)-1),
			.bytes = cell(t, row, "bytes", 0),
			.code = -(int)cell(t, row, "code", -VMM_EFAIL),
		};

		if (res.step)
			vmm__run_again(r, &res);
	}
}

int vmm_run_resume(struct vmm_store *st, const char *name, const struct vmm_run_options *opt,
		   vmm_run_done *done, void *ctx, char **left, struct vmm_err *err)
{
	VMM_PLAN_AUTO *plan = NULL;
	VMM_TABLE_AUTO *results = NULL;
	struct vmm__run r = { .st = st, .opt = *opt, .done = done, .ctx = ctx };
	int rc = vmm__record_take(st, name, &r.record, &plan, &results, err);

	if (rc < 0)
		return rc;
	r.plan = plan;
	r.ends = calloc(plan->n + 1, sizeof(*r.ends));
	rc = r.ends ? vmm__run_mend(st, opt->timeout_ms, err) : vmm_err_nomem(err);
	if (rc < 0) {
		vmm__record_free(r.record);
		free(r.ends);
		return rc;
	}
	tell_results(&r, results);
	return run_recorded(&r, left, err);
}
