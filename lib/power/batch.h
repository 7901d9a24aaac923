/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One power operation on many VMs: found where they really are, done in parallel, recorded.
 *
 *	vmm_power_batch(st, selectors, VMM_POWER_ON, &opt, done, ctx, err);
 *
 * While one is started the journal has an intent; vmm_power_mend() ends those of dead processes.
 */
#ifndef VMM_POWER_BATCH_H
#define VMM_POWER_BATCH_H

#include "base/strv.h"
#include "power/power.h"
#include "store/store.h"

struct vmm_power_batch_options {
	struct vmm_power_options power; /* timeout_ms: from the search to the result; 0: 60 s */
	unsigned jobs, per_host;        /* 0: 16, and no limit */
	bool fail_fast, dry_run;
	/*
	 * Of each VM in its order the host where it has to be, to be started one that is not in maintenance;
	 * else it is refused. NULL: wherever they are.
	 */
	const struct vmm_strv *at;
};

/* What became of one. Strings are valid during the call of `done` only. */
struct vmm_power_result {
	const char *selector; /* as it was given */
	const char *vm, *uuid, *host;
	const char *result; /* done; already: nothing had to be done; possible refused failed aborted skipped unknown */
	const char *state; /* afterwards */
	const char *note;  /* what was different from the inventory, or "" */
	const char *error;
	uint64_t ms;
	int code;
};
/* Called for each VM; two selectors of one VM are one. */
typedef int vmm_power_done(const struct vmm_power_result *r, void *ctx);

int vmm_power_batch(struct vmm_store *st, const struct vmm_strv *vms, enum vmm_power_op op,
		    const struct vmm_power_batch_options *opt, vmm_power_done *done, void *ctx,
		    struct vmm_err *err);

/* The intent that is open while a VM, by its UUID, is being started. */
#define VMM_POWER_START "start"

/* For vmm-fsck: starts whose process is gone. They are told of, and with `repair` given up. Asks no host. */
typedef void vmm_power_found(const char *vm, const char *what, bool mended, void *ctx);
int vmm_power_mend(struct vmm_store *st, bool repair, vmm_power_found *found, void *ctx,
		   struct vmm_err *err);

#endif
