/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans that make the load of groups even: what breaks a rule is mended first, then the score falls by as few
 * and as cheap moves as can be. The score of a group is the sum, over its resources, of weight times the standard
 * deviation of its open hosts' use as a share of what they have.
 *
 *	struct vmm_balance_options opt = VMM_BALANCE_OPTIONS;
 *	struct vmm_table *plan;
 *
 *	if (vmm_balance(fleet, &opt, &plan, NULL, err) < 0) …;
 *	vmm_table_free(plan);
 *
 * All of these are pure: the same fleet and options, the same rows. Tables are the caller's. They fail
 * only where memory runs out or an operand names nothing (VMM_ENOTFOUND).
 */
#ifndef VMM_PLAN_BALANCE_H
#define VMM_PLAN_BALANCE_H

#include <stdint.h>

#include "base/err.h"
#include "base/table.h"
#include "plan/fleet.h"

struct vmm_balance_options {
	unsigned aggressiveness; /* 1 to 5; 0: what each group says */
	double min_gain; /* of a move, times the number of hosts; <0: by the aggressiveness */
	uint64_t max_moves, max_bytes;
	unsigned per_host; /* moves of a wave that one host takes part in */
	const bool *only_rules; /* of each group: mend what is broken, no more; NULL: none is like that */
};
#define VMM_BALANCE_OPTIONS                             \
	{                                               \
		0, -1, UINT64_MAX, UINT64_MAX, 2, NULL, \
	}

/*
 * Steps, with the columns that steps.h tells of. What stays broken, and moves that no order of moves has room for, are
 * appended to `left` (which may be NULL) as sentences.
 */
int vmm_balance(const struct vmm_fleet *f, const struct vmm_balance_options *opt,
		struct vmm_table **plan, struct vmm_strv *left, struct vmm_err *err);
/* What may be had for how many moves: moves cost_bytes score, a row for each number that is worth it. */
int vmm_balance_pareto(const struct vmm_fleet *f, const struct vmm_balance_options *opt,
		       struct vmm_table **rows, struct vmm_err *err);
/*
 * Why the VM of that name or UUID moves or stays; with a host, why it does not go there. One row:
 * vm uuid from to verdict gain reason.
 */
int vmm_balance_why(const struct vmm_fleet *f, const struct vmm_balance_options *opt,
		    const char *vm, const char *host, struct vmm_table **rows, struct vmm_err *err);
/*
 * How each group is now: group hosts open vms score cpu memory disk net (standard deviations) broken should
 * over (how often hard and soft rules are broken; by how much hosts are too full, as a share).
 */
int vmm_fleet_score(const struct vmm_fleet *f, struct vmm_table **rows, struct vmm_err *err);

#endif
