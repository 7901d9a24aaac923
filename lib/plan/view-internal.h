/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Internal to lib/plan: what the drawings of a plan have in common. */
#ifndef VMM_PLAN_VIEW_INTERNAL_H
#define VMM_PLAN_VIEW_INTERNAL_H

#include "plan/internal.h"
#include "plan/view.h"

struct vmm_view {
	const struct vmm_fleet *f;
	const struct vmm_plan *plan;
	struct vmm__place *before, *after;
};

/* A host's use as a share of what it has. */
double vmm__view_share(const struct vmm_view *v, const struct vmm__place *p, size_t host,
		       int resource);
/* Whether any host of the group has so much of a resource that it is worth drawing. */
bool vmm__view_draws(const struct vmm_view *v, size_t group, int resource);
/* "10 hosts, 100 VMs, score 0.892 > 0.073; 11 moves in 3 waves, 350G" */
void vmm__view_sum(const struct vmm_view *v, size_t group, const char *arrow, struct vmm_buf *out);
/* What else is to be said of a host: "switched off", "in maintenance", "" */
const char *vmm__view_note(const struct vmm_view *v, size_t host);
const char *vmm__view_group(const struct vmm_view *v, size_t group);
bool vmm__view_empty(const struct vmm_view *v, size_t group);

#endif
