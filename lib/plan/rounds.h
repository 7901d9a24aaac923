/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Automatic mode: plan-balance again and again, with what one round has to know of those before it, so that load
 * that comes and goes moves nothing, and nothing moves to and fro.
 *
 *	struct vmm_table *memory = (rows of the last round, or NULL), *plan;
 *
 *	if (vmm_rounds_now(hosts, vms, &now) < 0) …;
 *	if (vmm_rounds_balance(f, &opt, now, &memory, &plan, NULL, err) < 0) …;
 *
 * A group's load is made even only when `rounds` rounds one after the other, an interval apart, have found something
 * to even out, this one among them; what breaks a rule is mended at once. A VM that was in a plan less than
 * `hold-down` ago moves only where a broken rule demands it. Groups in manual mode are for the caller to leave out.
 *
 * The memory is a table: what (group or vm), name (of the group; the VM's UUID, or its name where it has none),
 * rounds (how many of a group found something), time (of the group's last round; of the VM's last move). What is out
 * of date is dropped. Pure, like all planners: it is the input that tells what time it is.
 */
#ifndef VMM_PLAN_ROUNDS_H
#define VMM_PLAN_ROUNDS_H

#include <time.h>

#include "plan/balance.h"

/* The newest `time` that a row tells. 0, or -1: none does. */
int vmm_rounds_now(const struct vmm_table *hosts, const struct vmm_table *vms, time_t *now);
/*
 * `memory` is replaced by that for the next round; NULL is one without rows. VMs in `f` are held. VMM_EINPUT for
 * a memory that is none. *plan is the caller's; opt->only_rules is not looked at.
 */
int vmm_rounds_balance(struct vmm_fleet *f, const struct vmm_balance_options *opt, time_t now,
		       struct vmm_table **memory, struct vmm_table **plan, struct vmm_strv *left,
		       struct vmm_err *err);

#endif
