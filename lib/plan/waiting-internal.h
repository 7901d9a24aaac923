/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Internal to lib/plan: VMs that aren't there yet. They wait on a host that is none, one in each group, so that all
 * that is known of VMs (rules by name, what they use) is known of them.
 */
#ifndef VMM_PLAN_WAITING_INTERNAL_H
#define VMM_PLAN_WAITING_INTERNAL_H

#include "plan/home-internal.h"

struct vmm__waiting {
	struct vmm_table *hosts, *vms; /* the fleet's, and those that wait */
	struct vmm_fleet *f;
	struct vmm__homes h; /* where those who wait are is gone */
	uint32_t *room;      /* of each group */
};

/*
 * Rows name vcpus mem, and cpu where it is known: one VM each in each group; with `copies`, so many of row 0 in each
 * group. Names stand once, but for copies. VMM_EINPUT: "FILE:LINE: …".
 */
int vmm__waiting_init(struct vmm__waiting *w, const struct vmm_fleet_input *in,
		      const struct vmm_table *rows, const char *file, const size_t *copies,
		      struct vmm_err *err);
void vmm__waiting_release(struct vmm__waiting *w);
/* Whether a host has a VM of that name already, running or not. */
bool vmm__name_taken(const struct vmm_fleet *f, const uint32_t *at, uint32_t vm, uint32_t host);
/* Checks numbers of newcomers: columns name vcpus mem. */
int vmm__waiting_check(const struct vmm_table *rows, const char *file, struct vmm_err *err);

#endif
