/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans that empty hosts: each running VM goes to the host of the group where it fits, breaks no rule and leaves
 * the load most even. VMs that are off stay.
 *
 *	struct vmm_table *plan, *left;
 *
 *	if (vmm_plan_drain(fleet, &hosts, 2, &plan, &left, err) < 0) …;
 *
 * Pure: the same fleet and hosts, the same rows.
 */
#ifndef VMM_PLAN_DRAIN_H
#define VMM_PLAN_DRAIN_H

#include "base/err.h"
#include "base/strv.h"
#include "base/table.h"
#include "plan/fleet.h"

/*
 * `plan` has the columns that steps.h tells of, with at most `per_host` moves of a wave at each host; `left` those VMs
 * that have to stay: vm uuid host reason. Both are the caller's. Closes the hosts in `f`, for whatever is planned
 * with it afterwards. VMM_EREFUSED for a host that isn't there.
 */
int vmm_plan_drain(struct vmm_fleet *f, const struct vmm_strv *hosts, unsigned per_host,
		   struct vmm_table **plan, struct vmm_table **left, struct vmm_err *err);

#endif
