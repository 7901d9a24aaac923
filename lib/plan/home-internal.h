/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Internal to lib/plan: new homes for VMs whose host is lost to them. It is to be emptied, has failed, or is
 * only where newcomers wait.
 *
 *	struct vmm__homes h;
 *
 *	if (vmm__homes_init(&h, f) < 0) …;
 *	h.gone[host] = true;
 *	n = vmm__homes_of(&h, movable, vms);
 *	if (vmm__homes_find(&h, vms, n, VMM__HOMES_EVEN, err) < 0) …;
 *	…those that still are on a host that is gone have no home…
 *	vmm__homes_release(&h);
 *
 * VMs only leave hosts that are gone and only arrive at others, so what holds at the end holds all the way.
 */
#ifndef VMM_PLAN_HOME_INTERNAL_H
#define VMM_PLAN_HOME_INTERNAL_H

#include "base/buf.h"
#include "plan/internal.h"
#include "plan/steps.h"

struct vmm__homes {
	struct vmm__place *p;
	bool *gone; /* of each host */
};
int vmm__homes_init(struct vmm__homes *h, const struct vmm_fleet *f);
void vmm__homes_release(struct vmm__homes *h);

/*
 * Whether a VM is not put on a host, and why, in the fleet's words: "not enough memory", or the rule that would be
 * broken, "never storage". Hosts of its group alone are asked. NULL `why`: only whether.
 */
bool vmm__home_refused(const struct vmm__homes *h, uint32_t vm, uint32_t to, const char **why);

/*
 * Running VMs on hosts that are gone, those for which `may` says yes (NULL: all), the most urgent first: by
 * priority, then memory, then the order of the fleet. vms has room for all; returns how many.
 */
size_t vmm__homes_of(const struct vmm__homes *h, bool (*may)(const struct vmm_fleet_vm *v),
		     uint32_t *vms);

enum vmm__homes_aim {
	VMM__HOMES_EVEN, /* the host that makes the group most even */
	VMM__HOMES_TIGHT /* the host that is left with the least memory */
};
/*
 * Moves them, in this order; those of a together rule as one. Where some are left, other orders are tried, in
 * the end all of them, up to a limit of steps; what is kept is the attempt that leaves the fewest. *left, where not
 * NULL, is how many that are. VMM_ENOMEM.
 */
int vmm__homes_find(struct vmm__homes *h, const uint32_t *vms, size_t n, enum vmm__homes_aim aim,
		    size_t *left, struct vmm_err *err);
/* The host for one VM by that aim, or VMM__NONE. */
uint32_t vmm__home_best(const struct vmm__homes *h, uint32_t vm, enum vmm__homes_aim aim);
/* Why none of its group takes it: "no host takes it: not enough memory (3), never storage (1)". */
int vmm__home_none(const struct vmm__homes *h, uint32_t vm, struct vmm_buf *out);

/* A step of a plan before it is text. */
struct vmm__move {
	uint32_t vm, from, to;
	unsigned wave;
	const char *reason;
};
/*
 * Gives moves their waves, `first` being the earliest, with at most per_host moves of a wave at each host, and
 * puts them in the order of waves. Right only for moves of which none leaves a host that another comes to.
 */
int vmm__moves_wave(struct vmm__move *moves, size_t n, size_t nhosts, unsigned per_host,
		    unsigned first);
int vmm__moves_print(const struct vmm_fleet *f, const struct vmm__move *moves, size_t n,
		     struct vmm_plan *plan, struct vmm_err *err);

#endif
