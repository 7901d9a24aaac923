/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maintenance: a host is kept out of everything that places VMs, and emptied.
 *
 *	struct vmm_maint_options opt = { .run = { .deadline_ms = 1800000 } };
 *
 *	vmm_maint_enter(st, &hosts, &opt, done, ctx, err);
 *	vmm_maint_leave(st, "h1", &did, err);
 *
 * The mark (the columns maint and maint_since of hosts) is set first and stays, whatever becomes of
 * the VMs: what has left does not come back, and to enter again does the rest; after a kill it first mends what
 * was halfway. A host that is marked
 * is entering as long as a VM runs on it, and in maintenance when none does.
 *
 * A host with the label `master` (vmm-hosts(5)) is refused and not marked.
 */
#ifndef VMM_RUN_MAINT_H
#define VMM_RUN_MAINT_H

#include "base/strv.h"
#include "run/run.h"

struct vmm_maint_options {
	struct vmm_run_options run; /* jobs and per_host 0: 8 and 4; check_only marks nothing */
	bool with_stopped;          /* those that are stopped go too; usually they stay */
};

/* What became of a VM, or with vm "" of the host. Strings are valid during the call of `done` only. */
struct vmm_maint_result {
	const char *host, *vm, *uuid, *to;
	const char *result; /* done stays possible refused failed aborted skipped unknown */
	const char *error;
	uint64_t ms;
	int64_t downtime_ms; /* -1: not known, or none */
	uint64_t bytes;
	int code;
};
/* Called in the caller's thread for each VM as it ends, then for each host. */
typedef void vmm_maint_done(const struct vmm_maint_result *r, void *ctx);

/* `hosts` are names of declared hosts. 0 when all was seen to, however it ended. */
int vmm_maint_enter(struct vmm_store *st, const struct vmm_strv *hosts,
		    const struct vmm_maint_options *opt, vmm_maint_done *done, void *ctx,
		    struct vmm_err *err);
/* *did: whether it had been in maintenance. */
int vmm_maint_leave(struct vmm_store *st, const char *host, bool *did, struct vmm_err *err);

#endif
