/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans as text (vmm-plan(5)): rows that planners print and plan-run carries out.
 *
 *	step		1, 2, …: the order in which they were decided
 *	wave		1, 2, …: all steps of a wave may run at once; a wave begins when the one before has ended
 *	action		see below
 *	vm uuid		by its name for people, by its UUID for programs; "" for an action on a host
 *	from to		hosts
 *	cost_bytes	what is copied, as far as it is known
 *	gain		by how much the score falls, "" where that means nothing
 *	reason		for people
 *	group		of the hosts
 *
 *	struct vmm_plan *plan;
 *
 *	if (vmm_plan_read(table, "plan.tsv", &plan, err) < 0) …;
 *	vmm_plan_free(plan);
 *
 * Writing one, a step after the other; plan->rows is what is printed then:
 *
 *	plan = vmm_plan_new();
 *	vmm_plan_add(plan, &(struct vmm_step){ .wave = 1, .action = VMM_ACTION_MIGRATE, … }, err);
 *
 * A plan owns its steps and their text. They are in order: waves never fall, steps rise.
 */
#ifndef VMM_PLAN_STEPS_H
#define VMM_PLAN_STEPS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/table.h"

enum vmm_action {
	VMM_ACTION_MIGRATE,   /* vm, from, to */
	VMM_ACTION_PARK,      /* the same, for a while: a later step moves it on */
	VMM_ACTION_START,     /* vm, to */
	VMM_ACTION_STOP,      /* vm, from */
	VMM_ACTION_POWER_ON,  /* the host `to` */
	VMM_ACTION_POWER_OFF, /* the host `from`, which has no VM any more */
	VMM_ACTIONS
};
extern const char *const vmm_action_names[]; /* migrate park start stop power-on power-off, then NULL */

struct vmm_step {
	unsigned step, wave;
	enum vmm_action action;
	const char *vm, *uuid, *from, *to, *gain, *reason, *group; /* never NULL once read */
	uint64_t cost_bytes;
	long before; /* in steps[]: the one of the same VM before it, or -1 */
};

struct vmm_plan {
	struct vmm_table *rows; /* what the text belongs to; columns that aren't known are kept */
	struct vmm_step *steps;
	size_t n, cap;
};

/*
 * VMM_EINPUT with "FILE:LINE: …" for what is no plan: a missing column, a word that is no action, steps
 * out of order, a VM that leaves a host that it isn't on, or has two steps in one wave. Columns that it
 * need not have are uuid cost_bytes gain reason group; without a UUID a VM is its name, or HOST/NAME.
 * Takes over `rows`, also when it fails.
 */
int vmm_plan_read(struct vmm_table *rows, const char *file, struct vmm_plan **out,
		  struct vmm_err *err);
/* Has all columns and no step. NULL: out of memory. */
struct vmm_plan *vmm_plan_new(void);
/*
 * Copies the step to the end, with the next number; its `step` and `before` are not looked at, and text
 * that is NULL is "". Nothing else is checked: the planner knows what it does.
 */
int vmm_plan_add(struct vmm_plan *plan, const struct vmm_step *step, struct vmm_err *err);
/* Sets `before` of all steps; to be called after the last vmm_plan_add() of a plan that is to be run. */
int vmm_plan_link(struct vmm_plan *plan, struct vmm_err *err);
void vmm_plan_free(struct vmm_plan *plan);
void vmm_plan_cleanup(struct vmm_plan **plan);
#define VMM_PLAN_AUTO __attribute__((cleanup(vmm_plan_cleanup))) struct vmm_plan

#endif
