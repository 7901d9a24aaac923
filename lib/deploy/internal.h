/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	profile.c	what a server is to become
 *	links.c		its NICs, bonds and bridges
 *	check.c		all profiles of a folder
 *	custom.c	the files by which the new system learns who it is
 *	networkd.c	those of its network
 *	ustar.c		as one archive
 *	image.c		images of the library in the boot folder
 *	task.c		one machine to be deployed
 *	plan.c		what a request becomes before any machine is touched
 *	record.c	how far it is: the table, the journal, the log
 *	lease.c		addresses
 *	job.c		what the boot server and the agent are told
 *	power.c		its BMC
 *	follow.c	what they tell
 *	tail.c		the end of what scripts have printed
 *	work.c		from its start to its first boot
 *	role.c		what is done over ssh
 *	finish.c	from its first boot to the inventory
 *	batch.c		many
 *	inspect.c	what servers have
 *	hardware.c	the agent's report of one
 *	mend.c		after a crash
 *	prepare.c	the role alone
 */
#ifndef VMM_DEPLOY_INTERNAL_H
#define VMM_DEPLOY_INTERNAL_H

#include "boot/spool.h"
#include "deploy/deploy.h"
#include "deploy/profile.h"
#include "inventory/inventory.h"
#include "library/library.h"

/* ---- check.c ---- */

/* Whether the pools that its links name are there and fit: as vmm_define_check_pool(). */
int vmm__profile_pools(const struct vmm_profile *p, const struct vmm_table *pools,
		       vmm_profile_found *found, void *arg);

/* ---- links.c ---- */

int vmm__links_read(struct vmm_profile *p, const struct vmm_conf *c, struct vmm_err *err);

/* ---- custom.c ---- */

/* A file of the new system: `path` from its root on, without a slash in front. */
struct vmm__file {
	char *path, *text;
	bool link; /* a symbolic link, to `text` */
	unsigned mode;
};
struct vmm__files {
	struct vmm__file *f;
	size_t n, cap;
	bool failed; /* out of memory */
};
/* A symbolic link where mode is 0. The texts are copied. */
void vmm__files_add(struct vmm__files *files, const char *path, unsigned mode, const char *text);
/* Takes what the buffer holds. */
void vmm__files_take(struct vmm__files *files, const char *path, unsigned mode, struct vmm_buf *text);
void vmm__files_release(struct vmm__files *files);
int vmm__custom_files(const struct vmm_profile *p, const struct vmm_machine *m,
		      struct vmm__files *files, struct vmm_err *err);

/* ---- networkd.c ---- */

int vmm__network_files(const struct vmm_profile *p, const struct vmm_machine *m,
		       struct vmm__files *files, struct vmm_err *err);

/* ---- ustar.c ---- */

/* In their order, with the folders above each; all is root's, and as old as the archive's format. */
int vmm__ustar(const struct vmm__files *files, struct vmm_buf *out, struct vmm_err *err);

/* ---- image.c ---- */

struct vmm__preparing {
	struct vmm_store *st;
	struct vmm_boot *boot;
	const struct vmm_image *image;
	const struct vmm_cancel *cancel;
	struct vmm_progress_sink *progress;
};
struct vmm__prepared {
	uint64_t size, used; /* of the disk; of its blocks in use */
	char map_sha256[VMM_SHA256_LEN + 1];
};
int vmm__image_prepare(const struct vmm__preparing *w, struct vmm__prepared *out,
		       struct vmm_err *err);

/* ---- task.c ---- */

#define VMM__DEPLOY_OP "deploy"
#define VMM__MACHINES "machines"

/* One machine. It may outlive the batch (base/jobs.h), so all of it is its own. */
struct vmm__task {
	struct vmm_store *st;
	struct vmm_boot *boot;
	struct vmm_profile *p;
	struct vmm_deploy_options opt;
	char *name, *uuid, *serial, *bmc, *bmc_auth, *firmware;
	struct vmm_strv macs;
	bool wipe;
	struct vmm_image image;
	struct vmm__prepared disk;
	struct vmm_strv script_sha, driver_sha; /* as many as the profile has */
	char *first_boot;                       /* text of the script; NULL */

	/* how far it is */
	char job[VMM_BOOT_ID_LEN + 1];
	bool known;    /* the table has it from before */
	bool recorded; /* and from this run */
	bool begun;    /* an earlier run has left it as it is: what runs there is ours */
	bool started;  /* it was switched on for this */
	bool leased;   /* addresses were taken that it had not before */
	bool touched;  /* some of the disk is ours */
	bool written;  /* all of it is, and customised */
	bool already;
	bool declined; /* by the agent */
	bool busy;     /* somebody else is at work on it: nothing was begun */
	char *disk_id; /* the disk that was begun, in the agent's words; NULL */
	unsigned stage;
	struct vmm_strv host_keys, addresses;
	struct vmm_machine_place *places;
	struct vmm_table *leases;
	struct vmm_strv *dns; /* of each row of leases */
	uint64_t intent, ms;
	char *log; /* path */
	struct vmm_err err;
};

struct vmm__task *vmm__deploy_task_new(struct vmm_store *st, const struct vmm_deploy_options *opt,
				       struct vmm_err *err);
void vmm__deploy_task_free(void *task);

/* ---- plan.c ---- */

struct vmm__planning {
	const struct vmm_deploy_options *opt;
	const struct vmm_inventory *inv;
	const struct vmm_table *machines;
	struct vmm_strv names, uuids, bmcs; /* taken by this batch */
};
/* 0, or why not (k->err). */
int vmm__plan(struct vmm__planning *pl, const struct vmm_deploy_request *req, struct vmm__task *k);
/* Once more, when the machine is nobody else's any more: what was known then may be long ago. */
int vmm__plan_again(struct vmm__task *k);

/* ---- record.c ---- */

int vmm__machines_read(struct vmm_store *st, struct vmm_table **out, struct vmm_err *err);
/* The row of the machine, or -1. */
long vmm__machine_row(const struct vmm_table *machines, const char *column, const char *value);
/* What is known by now into the table; `state`: deploying done failed refused aborted. */
int vmm__deploy_record(struct vmm__task *k, const char *state);
/* What was recorded, for --resume. */
int vmm__recall(struct vmm__task *k, const struct vmm_table *machines, size_t row);
int vmm__note(struct vmm__task *k);
char *vmm__detail(const struct vmm__task *k);
/* A line "TIME STAGE NAME: …" of the machine's log, and the progress. */
void vmm__log(struct vmm__task *k, unsigned stage, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void vmm__log_append(struct vmm__task *k, const char *bytes, size_t n);
void vmm__progress(struct vmm__task *k, uint64_t done, uint64_t total);

/* ---- lease.c ---- */

int vmm__deploy_leases_take(struct vmm__task *k);
int vmm__deploy_leases_return(struct vmm_store *st, const char *uuid, struct vmm_err *err);

/* ---- job.c ---- */

/* Puts a job for the machine into the boot folder, instead of the one it has. */
int vmm__job_make(struct vmm__task *k);
void vmm__job_remove(struct vmm__task *k);

/* ---- power.c ---- */

/* That it is the BMC of this machine, as far as it can tell, and that nothing runs there. */
int vmm__bmc_check(struct vmm__task *k);
/* From the network, once, now. */
int vmm__bmc_start(struct vmm__task *k);
/* One that was started for nothing. That it can't be is for the log only. */
void vmm__bmc_off(struct vmm__task *k);
/* Whether it is certain that it has no power. */
bool vmm__bmc_is_off(struct vmm__task *k);

/* ---- follow.c ---- */

/*
 * Until the job is at an end, or opt.until is behind: 0. VMM_EAGAIN: its power was lost or a deadline
 * has passed, so another start may help; VMM_EREFUSED, VMM_EFAIL: as the agent says; VMM_ECANCEL.
 */
int vmm__follow(struct vmm__task *k);

/* ---- tail.c ---- */

/* The last bytes, `max` at most, of what the job's scripts have printed, appended; nothing without a log. */
void vmm__job_tail(struct vmm__task *k, size_t max, struct vmm_buf *out);
/* The lines at the end of these bytes, `max` bytes of them at most, as one, "A | B", appended. */
void vmm__tail_line(const char *bytes, size_t n, size_t max, struct vmm_buf *out);

/* ---- work.c ---- */

int vmm__deploy(struct vmm__task *k);

/* ---- role.c ---- */

struct vmm_ssh;
/* The script's text; the caller's. */
int vmm__role_read(const char *conf, const char *role, char **text, struct vmm_err *err);
struct vmm__role {
	const struct vmm_profile *p; /* may be NULL */
	const char *name, *host, *user;
	const char *text;
	uint64_t limit_ms;
};
/* *out: what it printed, appended. VMM_EFAIL: err has its last lines. */
int vmm__role_run(struct vmm_ssh *s, const struct vmm__role *r, struct vmm_buf *out,
		  struct vmm_err *err);

/* ---- hardware.c ---- */

/* A row as in deploy/inspect.h of the agent's JSON. */
int vmm__hardware_row(const char *json, size_t n, struct vmm_table **out, struct vmm_err *err);

/* ---- finish.c ---- */

int vmm__finish(struct vmm__task *k);
/* Appends how libvirt reaches a host that was deployed; key may be NULL. */
void vmm__host_uri(const char *user, const char *address, const char *key, struct vmm_buf *out);

#endif
