/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Internal to lib/plan: whether a group survives that hosts fail. */
#ifndef VMM_PLAN_SURVIVE_INTERNAL_H
#define VMM_PLAN_SURVIVE_INTERNAL_H

#include "plan/home-internal.h"

/*
 * Told of each VM that has no home when hosts[pick[0]] to hosts[pick[k - 1]] fail, while they are gone and the
 * others have theirs. Not 0: out of memory.
 */
typedef int vmm__failure(const struct vmm__homes *h, const uint32_t *hosts, const size_t *pick,
			 unsigned k, uint32_t vm, void *arg);
/*
 * Whether all VMs, but for those that a rule binds to their host, have a home when any `failures` hosts of the group
 * fail at once; with more than there are, all of them. `tell` may be NULL; then the first failure ends it. All is
 * afterwards as it was.
 */
int vmm__survives(struct vmm__homes *h, size_t group, unsigned failures, vmm__failure *tell,
		  void *arg, bool *survives, struct vmm_err *err);

#endif
