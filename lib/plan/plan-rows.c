/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans as rows (steps.h). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/internal.h"
#include "plan/steps.h"

void vmm__reason_say(const struct vmm_fleet *f, const struct vmm__step *s,
		     const struct vmm__reason *why, struct vmm_buf *out)
{
	const struct vmm__rule *rule;

	if (s->park) {
		vmm_buf_addf(out, "makes room on %s for a while", f->hosts[s->from].name);
		return;
	}
	switch (why->motive) {
	case VMM__EVEN:
		vmm_buf_addf(out, "evens out %s", vmm_resource_names[why->of]);
		break;
	case VMM__RULE:
		rule = &f->more->rules[why->of];
		vmm_buf_addf(out, "%s %s", rule->names ? "parts" : "mends", rule->said);
		break;
	case VMM__OVER:
		vmm_buf_addf(out, "%s is too full", f->hosts[why->of].name);
		break;
	case VMM__AWAY:
		vmm_buf_addf(out, "empties %s", f->hosts[why->of].name);
		break;
	}
}

static int compare(const void *key, const void *vm)
{
	return strcmp(key, ((const struct vmm_fleet_vm *)vm)->name);
}

/* The VMs of a name stand side by side. */
static bool shares_name(const struct vmm_fleet *f, uint32_t vm)
{
	const char *name = f->vms[vm].name;

	return (vm > 0 && strcmp(f->vms[vm - 1].name, name) == 0) ||
	       (vm + 1 < f->nvms && strcmp(f->vms[vm + 1].name, name) == 0);
}

/* Whether the name is what another one is called as HOST/NAME. */
static bool names_another(const struct vmm_fleet *f, uint32_t vm)
{
	const char *name = f->vms[vm].name, *slash = strchr(name, '/');
	const struct vmm_fleet_vm *v, *end = f->vms + f->nvms;

	if (!slash)
		return false;
	v = bsearch(slash + 1, f->vms, f->nvms, sizeof(*f->vms), compare);
	while (v && v > f->vms && strcmp(v[-1].name, slash + 1) == 0)
		v--;
	for (; v && v < end && strcmp(v->name, slash + 1) == 0; v++) {
		const char *host = f->hosts[v->host].name;

		if (strlen(host) == (size_t)(slash - name) &&
		    memcmp(host, name, (size_t)(slash - name)) == 0)
			return true;
	}
	return false;
}

void vmm__vm_say(const struct vmm_fleet *f, uint32_t vm, struct vmm_buf *out)
{
	const struct vmm_fleet_vm *v = &f->vms[vm];

	if (shares_name(f, vm) || names_another(f, vm))
		vmm_buf_addf(out, "%s/", f->hosts[v->host].name);
	vmm_buf_adds(out, v->name);
}

void vmm__vm_row(const struct vmm_fleet *f, uint32_t vm, struct vmm_buf *out)
{
	if (*f->vms[vm].uuid)
		vmm_buf_adds(out, f->vms[vm].name);
	else
		vmm__vm_say(f, vm, out);
}

static int add_row(struct vmm_table *t, const struct vmm_fleet *f, const struct vmm__step *s,
		   size_t n, const struct vmm__reason *why)
{
	const struct vmm_fleet_vm *v = &f->vms[s->vm];
	VMM_BUF_AUTO name = VMM_BUF_INIT;
	VMM_BUF_AUTO reason = VMM_BUF_INIT;
	char step[24], wave[24], cost[24], gain[40];
	long row = vmm_table_add(t);
	int rc = 0;

	snprintf(step, sizeof(step), "%zu", n);
	snprintf(wave, sizeof(wave), "%" PRIu32, s->wave);
	snprintf(cost, sizeof(cost), "%" PRIu64, v->cost);
	snprintf(gain, sizeof(gain), "%.6f", fabs(s->gain) < 5e-7 ? 0 : s->gain);
	vmm__vm_row(f, s->vm, &name);
	vmm__reason_say(f, s, why, &reason);
	const char *cells[] = { step,
				wave,
				s->park ? "park" : "migrate",
				name.data,
				v->uuid,
				f->hosts[s->from].name,
				f->hosts[s->to].name,
				cost,
				gain,
				reason.data,
				f->groups[f->hosts[s->to].group]->name };

	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
		rc |= vmm_table_set(t, (size_t)row, (int)i, cells[i]);
	return row < 0 || rc || name.failed || reason.failed ? VMM_ENOMEM : 0;
}

int vmm__plan_rows(const struct vmm_fleet *f, const struct vmm__schedule *s,
		   const struct vmm__reason *reasons, struct vmm_table **out, struct vmm_err *err)
{
	static const char *const columns[] = { "step", "wave",   "action", "vm",
					       "uuid", "from",   "to",     "cost_bytes",
					       "gain", "reason", "group",  NULL };
	VMM_TABLE_AUTO *t = vmm_table_new(columns);

	for (size_t i = 0; t && i < s->n; i++)
		if (add_row(t, f, &s->steps[i], i + 1, &reasons[s->steps[i].vm]) < 0)
			return vmm_err_nomem(err);
	if (!t)
		return vmm_err_nomem(err);
	*out = t;
	t = NULL;
	return 0;
}
