/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans as rows (steps.h). */
#include <inttypes.h>
#include <stdio.h>

#include "plan/internal.h"
#include "plan/steps.h"

void vmm__reason_say(const struct vmm_fleet *f, const struct vmm__step *s,
		     const struct vmm__reason *why, char *out, size_t size)
{
	const struct vmm_rule *rule;

	if (s->park) {
		snprintf(out, size, "makes room on %s for a while", f->hosts[s->from].name);
		return;
	}
	switch (why->motive) {
	case VMM__EVEN:
		snprintf(out, size, "evens out %s", vmm_resource_names[why->of]);
		break;
	case VMM__RULE:
		rule = f->more->rules[why->of].text;
		snprintf(out, size, "mends %s%s%s", vmm_rule_names[rule->kind],
			 rule->label ? " " : "", rule->label ? rule->label : "");
		break;
	case VMM__OVER:
		snprintf(out, size, "%s is too full", f->hosts[why->of].name);
		break;
	case VMM__AWAY:
		snprintf(out, size, "empties %s", f->hosts[why->of].name);
		break;
	}
}

static int add_row(struct vmm_table *t, const struct vmm_fleet *f, const struct vmm__step *s,
		   size_t n, const struct vmm__reason *why)
{
	const struct vmm_fleet_vm *v = &f->vms[s->vm];
	char step[24], wave[24], cost[24], gain[40], reason[512];
	long row = vmm_table_add(t);
	int rc = 0;

	snprintf(step, sizeof(step), "%zu", n);
	snprintf(wave, sizeof(wave), "%" PRIu32, s->wave);
	snprintf(cost, sizeof(cost), "%" PRIu64, v->cost);
	snprintf(gain, sizeof(gain), "%.6f", fabs(s->gain) < 5e-7 ? 0 : s->gain);
	vmm__reason_say(f, s, why, reason, sizeof(reason));
	const char *cells[] = { step,
				wave,
				s->park ? "park" : "migrate",
				v->name,
				v->uuid,
				f->hosts[s->from].name,
				f->hosts[s->to].name,
				cost,
				gain,
				reason,
				f->groups[f->hosts[s->to].group]->name };

	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
		rc |= vmm_table_set(t, (size_t)row, (int)i, cells[i]);
	return row < 0 || rc ? VMM_ENOMEM : 0;
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
