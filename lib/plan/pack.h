/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans that save power: VMs are packed together and hosts that nobody needs are switched off; hosts that are off
 * are switched on and get VMs where the others are too full.
 *
 *	struct vmm_pack_options opt = VMM_PACK_OPTIONS;
 *	struct vmm_table *plan;
 *
 *	opt.may = may;		(of each host of the fleet)
 *	if (vmm_plan_pack(fleet, &opt, &plan, err) < 0) …;
 *
 * Pure: the same fleet and options, the same rows. The plan has the columns that steps.h tells of and is the
 * caller's. Opens in `fleet` the hosts that are switched on.
 */
#ifndef VMM_PLAN_PACK_H
#define VMM_PLAN_PACK_H

#include "base/err.h"
#include "base/table.h"
#include "plan/fleet.h"

/* What may be done with a host. */
enum vmm_pack_may {
	VMM_PACK_NOTHING, /* it stays as it is */
	VMM_PACK_OFF,     /* it is on and may be switched off */
	VMM_PACK_ON       /* it is off and may be switched on */
};

struct vmm_pack_options {
	double target, range;         /* of use, as shares: hosts are kept within target ± range */
	long failures;                /* for which room is kept; <0: what each group says */
	unsigned per_host;            /* moves of a wave that one host takes part in */
	const enum vmm_pack_may *may; /* of each of the fleet's hosts */
};
#define VMM_PACK_OPTIONS                 \
	{                                \
		0.63, 0.18, -1, 2, NULL, \
	}

int vmm_plan_pack(struct vmm_fleet *f, const struct vmm_pack_options *opt, struct vmm_table **plan,
		  struct vmm_err *err);

#endif
