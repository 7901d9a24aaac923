/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * New VMs from templates, and their removal: addresses, a place, disks, a seed, a definition.
 *
 *	struct vmm_provision_request req[n];		(each: template, name, overrides, host)
 *	struct vmm_provision_options opt = { .start = true, .wait = VMM_WAIT_SSH };
 *
 *	vmm_provision(st, req, n, &opt, done, ctx, err);
 *
 * First everything is looked over that needs no host: templates, names, images, room. Then each image
 * goes to each storage pool that lacks it, once; then the VMs are made, many at a time. `done` is
 * called once for each request, in the caller's thread.
 *
 * A VM that fails on the way is taken away again, with its disks and addresses. While it is being
 * made the journal has an intent "create" with its name, while it is being removed one "remove"
 * with its UUID; what a crash or a silent host leaves of either, vmm_provision_mend() takes away.
 * From its definition on a new VM is whole: a wait that ends without an answer leaves it there, and so does mending.
 *
 * The same request again: if the VM was made of this template (and is on the host asked for) it is
 * only started and waited for, as far as that is asked, otherwise it is VMM_EREFUSED.
 *
 * What was made for a VM stands in its definition (virt/made.h). Only that is
 * removed with it; a VM of another origin, or with disks of another, is VMM_EREFUSED.
 */
#ifndef VMM_PROVISION_PROVISION_H
#define VMM_PROVISION_PROVISION_H

#include "base/jobs.h"
#include "base/progress.h"
#include "base/strv.h"
#include "define/define.h"
#include "store/store.h"

struct vmm_provision_request {
	const char *template, *name;
	const struct vmm_override *overrides; /* ends with a NULL key; may be NULL */
};

enum vmm_wait { VMM_WAIT_NONE, VMM_WAIT_ADDRESS, VMM_WAIT_AGENT, VMM_WAIT_SSH };

struct vmm_provision_options {
	const char *conf; /* the folder of definitions; NULL: vmm_conf_folder() */
	bool start, dry_run;
	enum vmm_wait wait;      /* after the start */
	uint64_t timeout_ms;     /* for each VM, and for the wait; 0: 5 min */
	unsigned jobs, per_host; /* 0: 8 at a time, 4 a host */
	bool fail_fast;
	const struct vmm_cancel *cancel; /* 1: no new ones; 2: those under way are taken back */
	struct vmm_progress_sink *progress;
};

struct vmm_provision_result {
	const char *name, *template, *host, *uuid;
	const char *addresses; /* a list cell */
	const char *result;    /* done already possible refused failed aborted skipped unknown */
	const char *error;
	uint64_t ms;
	int code;
};

/* Non-zero keeps anything further from starting. */
typedef int vmm_provision_done(const struct vmm_provision_result *r, void *ctx);

/* 0 when every request has been told of, whatever became of it. */
int vmm_provision(struct vmm_store *st, const struct vmm_provision_request *req, size_t n,
		  const struct vmm_provision_options *opt, vmm_provision_done *done, void *ctx,
		  struct vmm_err *err);

struct vmm_remove_options {
	bool stop;       /* one that runs is switched off; otherwise it is refused */
	bool keep_disks; /* only the definition and the addresses; also for VMs of another origin */
	bool dry_run;
	uint64_t timeout_ms; /* for each; 0: 1 min */
	unsigned jobs, per_host;
	bool fail_fast;
	const struct vmm_cancel *cancel;
};

/* `vms` are selectors (inventory.h). In the results `addresses` are those given back. */
int vmm_remove(struct vmm_store *st, const struct vmm_strv *vms, const struct vmm_remove_options *opt,
	       vmm_provision_done *done, void *ctx, struct vmm_err *err);

/*
 * Unfinished work of dead owners (create, remove, capture): told of, and with `repair` taken away (a
 * VM that had been defined is kept), or in the case of a removal brought to its end.
 * What was on a host that is not declared any more, or was replaced, is only told of. 0, VMM_EPART when something is left, or an error.
 */
typedef void vmm_provision_found(const char *object, const char *what, bool mended, void *arg);
int vmm_provision_mend(struct vmm_store *st, bool repair, uint64_t timeout_ms,
		       vmm_provision_found *found, void *ctx, struct vmm_err *err);

#endif
