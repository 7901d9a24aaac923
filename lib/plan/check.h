/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a plan still holds: step after step on tables of hosts and VMs, as the inventory has
 * them (inventory/inventory.h) or a planner's input.
 *
 *	struct vmm_plan_verdict *verdicts;
 *
 *	if (vmm_plan_check(plan, hosts, vms, &verdicts, err) < 0) …;
 *	for (size_t i = 0; i < plan->n; i++)
 *		puts(verdicts[i].ok ? "holds" : verdicts[i].reasons);
 *	vmm_plan_verdicts_free(plan, verdicts);
 *
 * Each step is looked at in the fleet that those before it leave behind; one that is not possible
 * leaves it as it was. In a wave, what arrives takes memory before what leaves has freed any, and a
 * name is taken by what leaves to the wave's end.
 */
#ifndef VMM_PLAN_CHECK_H
#define VMM_PLAN_CHECK_H

#include <stdbool.h>

#include "plan/steps.h"

struct vmm_plan_verdict {
	bool ok;
	char *reasons; /* against it, parted by "; "; or what is to be known ("it is on 'h2' already"); "" */
};

/* 0, or VMM_ENOMEM. The plan's `before` has to be set (vmm_plan_read() and vmm_plan_link() do). */
int vmm_plan_check(const struct vmm_plan *plan, const struct vmm_table *hosts,
		   const struct vmm_table *vms, struct vmm_plan_verdict **out, struct vmm_err *err);
void vmm_plan_verdicts_free(const struct vmm_plan *plan, struct vmm_plan_verdict *verdicts);

#endif
