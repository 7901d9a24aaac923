/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What servers have: their BMCs start the agent on them, which reports and switches them off again.
 *
 *	struct vmm_inspect_request req[n];	(each: uuid, bmc, bmc_auth)
 *
 *	vmm_inspect(st, req, n, &opt, done, ctx, err);
 *
 * A boot server has to run on their network. Only a server that is off is started; one that is on may be
 * somebody's, and is refused. Nothing is written to disks, and nothing recorded.
 */
#ifndef VMM_DEPLOY_INSPECT_H
#define VMM_DEPLOY_INSPECT_H

#include "base/jobs.h"
#include "base/table.h"
#include "boot/spool.h"
#include "store/store.h"

/* Borrowed until vmm_inspect() returns. */
struct vmm_inspect_request {
	const char *uuid; /* as its firmware has it */
	const char *bmc, *bmc_auth;
};

struct vmm_inspect_options {
	uint64_t timeout_ms;   /* for each; 0: 15 min */
	unsigned jobs;         /* 0: 16 at a time */
	bool served_elsewhere; /* the boot server runs on another machine */
	const struct vmm_cancel *cancel;
};

struct vmm_inspect_result {
	size_t request; /* which of them */
	/*
	 * One row; NULL: it has not reported. uuid serial vendor product firmware (bios, uefi) cpus cpu memory
	 * (bytes); lists: macs, first the one it booted from; disks NAME:KIND:BYTES:SERIAL; nics NAME:MAC:up|down.
	 */
	const struct vmm_table *hardware;
	const char *error;
	uint64_t ms;
	int code;
};
/* In the caller's thread. Non-zero: nothing further is begun. */
typedef int vmm_inspect_done(const struct vmm_inspect_result *r, void *ctx);

/* VMM_EREFUSED: no boot server runs. */
int vmm_inspect(struct vmm_store *st, const struct vmm_inspect_request *req, size_t n,
		const struct vmm_inspect_options *opt, vmm_inspect_done *done, void *ctx,
		struct vmm_err *err);

/* What a job of the boot folder has reported, a row as `hardware` is. VMM_ENOTFOUND: nothing yet. */
int vmm_inspect_read(const struct vmm_boot *b, const char *id, struct vmm_table **out,
		     struct vmm_err *err);

#endif
