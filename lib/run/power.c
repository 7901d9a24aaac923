/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The starts and stops of a wave. */
#include <stdlib.h>
#include <string.h>

#include "inventory/inventory.h"
#include "power/batch.h"
#include "run/internal.h"
#include "scan/scan.h"

struct power {
	struct vmm__run *run;
	const size_t *steps; /* of the VMs in this order */
	const struct vmm_strv *vms;
};

static int ended(const struct vmm_power_result *p, void *ctx)
{
	struct power *b = ctx;
	size_t i = 0;

	while (strcmp(b->vms->s[i], p->selector) != 0)
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

/* Whether it is on the host of the step; the selector is then its UUID. */
static int find(struct vmm__run *r, const struct vmm_inventory *inv, const struct vmm_step *s,
		struct vmm_strv *vms, struct vmm_err *err)
{
	const struct vmm_scan_options opt = { .cancel = r->cancel };
	const char *where = s->action == VMM_ACTION_START ? s->to : s->from, *host;
	struct vmm_place place = VMM_PLACE_INIT;
	int rc = vmm_scan_locate(r->st, inv, *s->uuid ? s->uuid : s->vm, &opt, &place, err);

	if (rc < 0)
		return rc;
	host = vmm_table_at(place.vm, 0, "host");
	if (strcmp(host, where) != 0)
		rc = vmm_err_set(err, VMM_EREFUSED, "it is on '%s', not on '%s'", host, where);
	else if (s->action == VMM_ACTION_START &&
		 strcmp(vmm_table_at(place.host, 0, "maint"), "yes") == 0)
		rc = vmm_err_set(err, VMM_EREFUSED, "'%s' is in maintenance", host);
	else if (vmm_strv_add(vms, vmm_table_at(place.vm, 0, "uuid")) < 0)
		rc = vmm_err_nomem(err);
	vmm_place_release(&place);
	return rc;
}

static int run_some(struct vmm__run *r, const size_t *steps, const struct vmm_strv *vms,
		    enum vmm_action action, struct vmm_err *err)
{
	const struct vmm_power_batch_options opt = {
		.power = { .cancel = r->cancel },
		.jobs = r->opt.jobs,
		.per_host = r->opt.per_host,
		.fail_fast = r->opt.fail_fast,
		.dry_run = r->opt.check_only,
	};
	struct power b = { .run = r, .steps = steps, .vms = vms };

	if (vms->n == 0)
		return 0;
	return vmm_power_batch(r->st, vms,
			       action == VMM_ACTION_START ? VMM_POWER_ON : VMM_POWER_SHUTDOWN, &opt,
			       ended, &b, err);
}

static int run_action(struct vmm__run *r, const size_t *steps, size_t n, size_t *found,
		      enum vmm_action action, struct vmm_err *err)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	VMM_STRV_AUTO vms = VMM_STRV_INIT;

	if (vmm_inventory_read(r->st, &inv, err) < 0)
		return err ? (int)err->code : VMM_EFAIL;
	for (size_t i = 0; i < n; i++) {
		const struct vmm_step *s = &r->plan->steps[steps[i]];
		struct vmm_err why;
		int rc;

		if (s->action != action)
			continue;
		rc = find(r, &inv, s, &vms, &why);
		if (rc < 0)
			vmm__run_tell(r, steps[i], rc, vmm_err_word(rc, ""), why.text);
		else
			found[vms.n - 1] = steps[i];
	}
	return run_some(r, found, &vms, action, err);
}

int vmm__run_power(struct vmm__run *r, const size_t *steps, size_t n, struct vmm_err *err)
{
	size_t *found = calloc(n + 1, sizeof(*found));
	int rc = found ? 0 : vmm_err_nomem(err);

	if (rc == 0)
		rc = run_action(r, steps, n, found, VMM_ACTION_STOP, err);
	if (rc == 0)
		rc = run_action(r, steps, n, found, VMM_ACTION_START, err);
	free(found);
	return rc;
}
