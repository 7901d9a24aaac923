/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The starts and stops of a wave. */
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "power/batch.h"
#include "run/internal.h"

struct power {
	struct vmm__run *run;
	size_t *steps; /* of the VMs in this order */
	struct vmm_strv vms, at;
};

static int ended(const struct vmm_power_result *p, void *ctx)
{
	struct power *b = ctx;
	size_t i = 0;

	while (b->vms.s[i] != p->selector) /* two steps may be for one VM */
		i++;
	struct vmm_run_result res = {
		.step = &b->run->plan->steps[b->steps[i]],
		.result = strcmp(p->result, "already") == 0 ? "done" : p->result,
		.note = strcmp(p->result, "already") == 0 ? "there was nothing to do" : p->note,
		.error = p->error,
		.ms = p->ms,
		.downtime_ms = -1,
		.code = p->code,
	};

	vmm__run_end(b->run, &res);
	return b->run->stop;
}

/* Each VM is looked for in its own job: one on a host that is silent holds up no other. */
static int run_batch(struct power *b, enum vmm_action action, struct vmm_err *err)
{
	const struct vmm_run_options *run = &b->run->opt;
	const struct vmm_power_batch_options opt = {
		.power = { .cancel = b->run->cancel },
		.jobs = run->jobs,
		.per_host = run->per_host,
		.fail_fast = run->fail_fast,
		.dry_run = run->check_only,
		.at = &b->at,
	};

	return vmm_power_batch(b->run->st, &b->vms,
			       action == VMM_ACTION_START ? VMM_POWER_ON : VMM_POWER_SHUTDOWN, &opt,
			       ended, b, err);
}

static int run_action(struct vmm__run *r, const size_t *steps, size_t n, enum vmm_action action,
		      struct vmm_err *err)
{
	struct power b = { .run = r, .vms = VMM_STRV_INIT, .at = VMM_STRV_INIT };
	int rc = 0;

	b.steps = calloc(n + 1, sizeof(*b.steps));
	if (!b.steps)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct vmm_step *s = &r->plan->steps[steps[i]];

		if (s->action != action)
			continue;
		b.steps[b.vms.n] = steps[i];
		if (vmm_strv_add(&b.vms, *s->uuid ? s->uuid : s->vm) < 0 ||
		    vmm_strv_add(&b.at, action == VMM_ACTION_START ? s->to : s->from) < 0)
			rc = vmm_err_nomem(err);
	}
	if (rc == 0 && b.vms.n > 0)
		rc = run_batch(&b, action, err);
	vmm_strv_release(&b.vms);
	vmm_strv_release(&b.at);
	free(b.steps);
	return rc;
}

int vmm__run_power(struct vmm__run *r, const size_t *steps, size_t n, struct vmm_err *err)
{
	int rc = run_action(r, steps, n, VMM_ACTION_STOP, err);

	return rc < 0 ? rc : run_action(r, steps, n, VMM_ACTION_START, err);
}
