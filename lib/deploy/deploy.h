/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Servers that have nothing but a BMC and a NIC become hosts.
 *
 *	struct vmm_deploy_request req[n];	(each: name, uuid, macs, bmc, …)
 *	struct vmm_deploy_options opt = { .profile = "compute", .retries = 2 };
 *
 *	vmm_deploy(st, req, n, &opt, done, ctx, err);
 *
 * First everything is looked over that needs no machine: the profile, names, identities; then the image is
 * prepared in the boot folder, once; then the machines, many at a time. A machine's way has nine stages
 * (deploy/profile.h): addresses are leased for its UUID, a job for it is put into the boot folder
 * (boot/spool.h), its BMC starts it from the network, and the boot server and the agent tell by events how
 * far it is. When its power is lost or a stage takes too long it is started again, `retries` times. At
 * the end it is asked by ssh, with the host key that the agent told of, gets its role and is declared.
 *
 * While it is worked on the journal has an intent "deploy" with its UUID. The table machines (key uuid:
 * name serial macs bmc bmc_auth firmware profile job stage state started written touched disk hostkeys error addresses
 * seen) says how far each came; with `resume` a machine goes on from there, and a disk that was written whole
 * is not written again. One that fails has its job taken away, and its addresses given back unless it has
 * got its system. What a crash leaves, vmm_deploy_mend() takes away.
 *
 * No BMC in a request: somebody has to switch the machine on, to boot from the network.
 */
#ifndef VMM_DEPLOY_DEPLOY_H
#define VMM_DEPLOY_DEPLOY_H

#include "base/jobs.h"
#include "base/progress.h"
#include "base/strv.h"
#include "base/table.h"
#include "deploy/profile.h"
#include "store/store.h"

/* Text may be NULL or "": for the name the profile's pattern, for the rest what is known of the machine. */
struct vmm_deploy_request {
	const char *name, *uuid, *serial;
	const char *macs; /* a list cell; the first is the one it boots from */
	const char *bmc, *bmc_auth;
	const char *firmware; /* bios or uefi: what it boots by, where the profile leaves that open */
};

struct vmm_deploy_options {
	const char *conf; /* the folder of definitions; NULL: vmm_conf_folder() */
	const char *profile;
	unsigned until;              /* the last stage; 0: all */
	const struct vmm_strv *wipe; /* names of machines whose disk may be written whatever is on it */
	bool resume, dry_run, fail_fast;
	bool served_elsewhere;   /* the boot server runs on another machine */
	unsigned jobs;           /* 0: 16 at a time */
	unsigned retries;        /* starts after the first */
	const char *key;         /* private key for ssh; NULL: the agent and the usual ones */
	const char *known_hosts; /* where the host key is written; NULL: ~/.ssh/known_hosts */
	const struct vmm_cancel *cancel; /* 1: no new ones; 2: those under way are given up */
	struct vmm_progress_sink *progress;
};

struct vmm_deploy_result {
	const char *name, *uuid;
	const char *stage;     /* the last one it came to */
	const char *addresses; /* a list cell */
	const char *result;    /* done already possible refused failed aborted skipped unknown */
	const char *log;       /* path of what was written about it; "" */
	const char *error;
	uint64_t ms;
	int code;
};

/* Non-zero keeps anything further from starting. */
typedef int vmm_deploy_done(const struct vmm_deploy_result *r, void *ctx);

/* 0 when every request has been told of, whatever became of it. */
int vmm_deploy(struct vmm_store *st, const struct vmm_deploy_request *req, size_t n,
	       const struct vmm_deploy_options *opt, vmm_deploy_done *done, void *ctx,
	       struct vmm_err *err);

/* What is left of dead owners: jobs, leases, intents. As vmm_provision_mend(). */
typedef void vmm_deploy_found(const char *object, const char *what, bool mended, void *arg);
int vmm_deploy_mend(struct vmm_store *st, bool repair, vmm_deploy_found *found, void *arg,
		    struct vmm_err *err);

/* ---- the role alone, on servers that run a system already ---- */

struct vmm_prepare_options {
	const char *conf;
	const char *profile; /* may be NULL when there is a role */
	const char *role;    /* NULL: the profile's */
	const char *user;    /* NULL: the profile's, else root */
	const char *key, *known_hosts;
	bool dry_run, fail_fast;
	uint64_t timeout_ms; /* for each; 0: 30 min */
	unsigned jobs;       /* 0: 16 at a time */
	const struct vmm_cancel *cancel;
	struct vmm_progress_sink *progress;
};

/* The server's key has to be in known_hosts. In the results `name` is the address. */
int vmm_prepare(const struct vmm_strv *addresses, const struct vmm_prepare_options *opt,
		vmm_deploy_done *done, void *ctx, struct vmm_err *err);

#endif
