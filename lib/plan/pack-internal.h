/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Internal to lib/plan: packing and its parts. */
#ifndef VMM_PLAN_PACK_INTERNAL_H
#define VMM_PLAN_PACK_INTERNAL_H

#include "plan/pack.h"
#include "plan/survive-internal.h"

struct vmm__pack {
	struct vmm_fleet *f;
	const struct vmm_pack_options *opt;
	struct vmm__homes h; /* gone: emptied, to be switched off */
	bool *on;            /* to be switched on */
	uint32_t *vms, *was; /* scratch: of each VM */
	size_t group;
};

/* The use of a host, by what is used most: memory, and processors where that is measured. */
double vmm__pack_use(const struct vmm__place *p, uint32_t host);
void vmm__pack_bound(struct vmm__pack *k, double share);
int vmm__pack_survives(struct vmm__pack *k, bool *survives, struct vmm_err *err);
/* Switches hosts on as long as there is need and that helps; *relieved: there was need. */
int vmm__pack_relieve(struct vmm__pack *k, bool *relieved, struct vmm_err *err);
int vmm__pack_print(const struct vmm__pack *k, struct vmm_table **plan, struct vmm_err *err);

#endif
