/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between maint.c and drain.c. */
#ifndef VMM_RUN_MAINT_INTERNAL_H
#define VMM_RUN_MAINT_INTERNAL_H

#include "inventory/inventory.h"
#include "plan/steps.h"

/*
 * A plan that moves n VMs (rows of inv->vms) to hosts that are not drained (drained[row of inv->hosts]), by the
 * rules of their groups. `none` is told of those that there is no place for, and why.
 */
typedef void vmm__no_place(size_t vm, const char *why, void *ctx);
int vmm__drain(const struct vmm_inventory *inv, const bool *drained, const size_t *vms, size_t n,
	       struct vmm_plan **out, vmm__no_place *none, void *ctx, struct vmm_err *err);

#endif
