/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where new VMs should go, and what else fits.
 *
 *	struct vmm_table *rows;
 *
 *	if (vmm_plan_place(&in, newcomers, "stdin", &rows, err) < 0) …;
 *
 * All are pure: the same rows, the same answer. Tables are the caller's; the groups of `in` and the newcomers stay
 * its own. Newcomers and sizes are rows with the columns name, vcpus, mem (bytes) and, where it is known, cpu
 * (processors busy); without it they use all their vcpus. VMM_EINPUT: "FILE:LINE: …".
 */
#ifndef VMM_PLAN_NEWCOMERS_H
#define VMM_PLAN_NEWCOMERS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/table.h"
#include "plan/fleet.h"

/*
 * Each newcomer gets its place before the next is looked at: by priority (of the first group that has a rule for it),
 * then memory, then name. Rows vm rank host group ok gain reason: all hosts, the best first, and behind them
 * those where it can't go.
 */
int vmm_plan_place(const struct vmm_fleet_input *in, const struct vmm_table *newcomers,
		   const char *file, struct vmm_table **out, struct vmm_err *err);

#define VMM_CAPACITY_MAX 10000 /* more of a size are not counted */
/*
 * How many VMs of each size still fit into each group: rows group size vcpus mem fits failures fits_safe. `failures`
 * is how many hosts may fail (<0: what the group says); fits_safe is how many fit so that then all VMs still have
 * a place.
 */
int vmm_plan_capacity(const struct vmm_fleet_input *in, const struct vmm_table *sizes,
		      const char *file, long failures, struct vmm_table **out, struct vmm_err *err);
/*
 * Which VMs have no place when hosts fail: rows group failed (a list) vm uuid host priority mem reason, by the hosts
 * that fail; of one failure those first that would have come first. Every set of `failures` hosts of a group
 * (<0: what the group says, at least 1) is tried, up to 10,000 sets.
 */
int vmm_plan_failures(const struct vmm_fleet *f, long failures, struct vmm_table **out,
		      struct vmm_err *err);

#endif
