/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same question, or the same change, for many BMCs at once.
 *
 *	struct vmm_bmc_batch_options opt = { .act = VMM_BMC_ACT_POWER, .op = VMM_BMC_OFF };
 *
 *	vmm_bmc_batch(targets, n, &opt, done, ctx, err);
 */
#ifndef VMM_BMC_BATCH_H
#define VMM_BMC_BATCH_H

#include "bmc/bmc.h"

struct vmm_bmc_target {
	const char *url, *auth_file; /* borrowed until vmm_bmc_batch() returns */
};

enum vmm_bmc_act {
	VMM_BMC_ACT_STATUS,   /* power; with `ask_boot` the boot device too */
	VMM_BMC_ACT_POWER,    /* op */
	VMM_BMC_ACT_BOOT,     /* boot */
	VMM_BMC_ACT_IDENTIFY, /* identity, power, boot device */
};

struct vmm_bmc_batch_options {
	enum vmm_bmc_act act;
	enum vmm_bmc_op op;
	struct vmm_bmc_boot boot;
	bool ask_boot;
	bool dry_run;        /* changes: looks only */
	uint64_t timeout_ms; /* for each; 0: 10 s to ask, 20 s for the boot device, 60 s for power */
	unsigned jobs;       /* 0: 128; what is done is waiting */
	bool fail_fast;
	const struct vmm_cancel *cancel;
};

/* What became of one. Valid during the call of `done` only. */
struct vmm_bmc_result {
	size_t target; /* which of them */
	/*
	 * As asked: done, already (nothing was sent), possible (dry_run). Not as asked: failed. unknown: there is no
	 * knowing. refused: nothing was begun; aborted, skipped: by Ctrl-C or fail_fast.
	 */
	const char *result;
	enum vmm_bmc_power power;
	const struct vmm_bmc_boot *boot;   /* NULL: it was not asked, or not told */
	const struct vmm_bmc_identity *id; /* NULL: not asked, or not told */
	const char *error;
	uint64_t ms;
	int code;
};
/* In the caller's thread. Non-zero: nothing further is begun. */
typedef int vmm_bmc_done(const struct vmm_bmc_result *r, void *ctx);

int vmm_bmc_batch(const struct vmm_bmc_target *targets, size_t n,
		  const struct vmm_bmc_batch_options *opt, vmm_bmc_done *done, void *ctx,
		  struct vmm_err *err);

#endif
