/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving VMs between hosts: preconditions, live, cold and with disks, and what is left to
 * mend after a crash.
 *
 *	struct vmm_migrate_options opt = { .method = VMM_MIGRATE_AUTO, .jobs = 4, … };
 *	struct vmm_migrate_request req[] = { { "web", "h2" } };
 *
 *	vmm_migrate(st, req, 1, &opt, done, ctx, err);
 *
 * All requests are checked first, in parallel, and every reason against one is found before
 * anything is started (F6). Those that may go are then carried out as a sliding window.
 *
 * Who drives a migration: if the target has a peer URI (declared, or its own URI where that
 * is tcp or tls) the source's libvirtd does (peer-to-peer) and a killed client changes nothing.
 * Otherwise this process does, and a kill leaves work for vmm_migrate_mend().
 *
 * Before the first step an intent is written to the journal. When a step fails, or after a crash,
 * settle.h decides from what both hosts say which of them has the VM; the other one is cleaned only
 * if the VM is certain to be whole on the first. Where that can't be told (a host does not
 * answer), nothing is touched and the intent stays open.
 */
#ifndef VMM_MIGRATE_MIGRATE_H
#define VMM_MIGRATE_MIGRATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/jobs.h"
#include "base/progress.h"
#include "inventory/inventory.h"
#include "store/store.h"

enum vmm_migrate_method {
	VMM_MIGRATE_AUTO, /* live if it runs, cold if it is stopped */
	VMM_MIGRATE_LIVE,
	VMM_MIGRATE_COLD, /* a running one is shut down, moved, started; shared storage */
	VMM_MIGRATE_MOVE, /* disks are copied too; live if it runs */
};

/* What is done when memory changes faster than it is copied. */
enum vmm_migrate_stall {
	VMM_STALL_AUTO_CONVERGE, /* slow the guest down, step by step */
	VMM_STALL_POST_COPY,     /* switch over, and fetch the rest from there */
	VMM_STALL_SUSPEND,       /* pause it for the rest of the way */
	VMM_STALL_ABORT,         /* give up; it stays where it is */
};

struct vmm_migrate_options {
	enum vmm_migrate_method method;
	enum vmm_migrate_stall on_stall;
	uint64_t bandwidth;       /* bytes a second; 0: no limit */
	uint64_t max_downtime_ms; /* 0: the hypervisor's default */
	uint64_t timeout_ms; /* copying longer than this is a stall, twice this ends it; 0: 30 min */
	uint64_t check_ms;   /* for checking one; 0: 20 s */
	unsigned parallel;   /* connections for one migration; 0: the usual single one */
	bool tls, check_only, fail_fast;
	bool alternatives;       /* the requests are: each is checked as if it were the only one */
	unsigned jobs, per_host; /* 0: 4 and 2 */
	const struct vmm_cancel *cancel;    /* level 2 aborts what runs; may be NULL */
	struct vmm_progress_sink *progress; /* may be NULL */
};

struct vmm_migrate_request {
	const char *vm;   /* selector */
	const char *to;   /* host */
	const char *from; /* the host where it has to be, or it is refused; NULL: wherever it is */
};

/* What became of one request. Strings are valid during the call of `done` only. */
struct vmm_migrate_result {
	const struct vmm_migrate_request *request;
	const char *vm; /* HOST-independent name, or the selector where nothing was found */
	const char *uuid, *from, *to;
	bool seen;          /* it was found on `from`, which else is only recorded */
	const char *method; /* live cold move */
	const char *result; /* done possible refused failed aborted skipped unknown */
	const char *note;   /* how it was other than recorded, or "" */
	const char *error;  /* "" or why; all reasons, parted by "; " */
	uint64_t ms;
	int64_t downtime_ms; /* -1: not known, or not live */
	uint64_t bytes;
	int code; /* VMM_OK, VMM_EREFUSED, … */
};

/* Called in the caller's thread for each request as it ends; non-zero starts no more. */
typedef int vmm_migrate_done(const struct vmm_migrate_result *r, void *ctx);

/*
 * 0 when all were seen to, however they ended. The hosts involved are visited afterwards, so
 * that the inventory tells the new state.
 */
int vmm_migrate(struct vmm_store *st, const struct vmm_migrate_request *req, size_t n,
		const struct vmm_migrate_options *opt, vmm_migrate_done *done, void *ctx,
		struct vmm_err *err);

/*
 * Unfinished migrations in the journal whose owner is gone: where each VM is, and with `repair`
 * the rest is cleaned up and the intent ended. `found` gets the VM, the sentence, and whether
 * all is mended. One that a libvirtd is still carrying out is waited for, or ended with `abort`.
 * 0, VMM_EPART when something is left.
 */
typedef void vmm_migrate_found(const char *vm, const char *what, bool mended, void *ctx);
int vmm_migrate_mend(struct vmm_store *st, bool repair, bool abort, uint64_t timeout_ms,
		     vmm_migrate_found *found, void *ctx, struct vmm_err *err);

#endif
