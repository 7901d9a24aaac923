/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The boot folder: what a machine that boots from the network may have, and what came of it.
 *
 *	agent/{vmlinuz,initrd}		what such a machine runs
 *	tls/{key.pem,cert.pem}		made by the server
 *	images/SHA256/{map,data,info}	a prepared image
 *	files/SHA256			scripts and drivers
 *	jobs/ID/			job.json custom.tar armed given ticket used session ended
 *					events log inspect.json
 *	seen/ID.json			machines that asked and have no job
 *	run/				the server's lock, the DHCP server's files
 *
 * Whoever prepares a deployment (root) makes jobs and follows their events; the server gives tickets and sessions
 * out and writes the events. The folder, agent, images and files are root's, and the server's group reads
 * them; tls, jobs, seen and run are the server's, and so is what is made there, whoever made it. (Without root
 * all of it is one user's.) Nothing in the folder is followed where it is a symbolic link.
 *
 *	path = vmm_boot_path(vmm_store_folder(st), err);
 *	vmm_boot_open(path, true, &b, err);
 *	vmm_boot_job_make(b, json, custom_fd, id, err);
 *	vmm_boot_job_arm(b, id, 900, err);
 *	for (offset = 0;; sleep) vmm_boot_events(b, id, &offset, &table, err);
 *	vmm_boot_job_remove(b, id, err);
 *	vmm_boot_close(b);
 *
 * What is there is whole: a job appears with all its files, a ticket's steps (armed, given, used) are
 * renames, each durable before the function returns, so that of two servers, or of one that was killed
 * and its successor, one only gets it. Secrets are kept as SHA-256 and compared in constant time.
 *
 * A `struct vmm_boot` may be used from several threads at once. Times are seconds since 1970.
 */
#ifndef VMM_BOOT_SPOOL_H
#define VMM_BOOT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"
#include "base/table.h"

#define VMM_BOOT_ID_LEN 32     /* random hexadecimal digits */
#define VMM_BOOT_SHA_LEN 64    /* a SHA-256, hexadecimal */
#define VMM_BOOT_SECRET_LEN 96 /* the job's ID and 64 random hexadecimal digits */
#define VMM_BOOT_MAC_LEN 17    /* 52:54:00:00:00:01, lower case */

struct vmm_boot;

/*
 * $VMM_BOOT, else the state's folder (NULL: there is none) with -boot behind its name: beside it, because
 * nobody but the owner of the state gets into that. The caller's.
 */
char *vmm_boot_path(const char *state, struct vmm_err *err);
/*
 * With `make` what is missing of the folders is made (0750), and root takes those back that should be root's:
 * in an older version all was the server's.
 */
int vmm_boot_open(const char *path, bool make, struct vmm_boot **out, struct vmm_err *err);
/* The one given, else that of vmm_boot_path(). err is needed. */
int vmm_boot_find(const char *given, const char *state, bool make, struct vmm_boot **out,
		  struct vmm_err *err);
/* For a server, until vmm_boot_close(). VMM_EAGAIN: another server has it. */
int vmm_boot_lock(struct vmm_boot *b, struct vmm_err *err);
/*
 * Whether a server has it, on this machine. VMM_EREFUSED: none; one on another machine, which shares the folder, is not
 * seen.
 */
int vmm_boot_check_served(const struct vmm_boot *b, struct vmm_err *err);
/* Whether we, that user, reach the folder by its path, by which dnsmasq gets it. */
int vmm_boot_check_reach(const struct vmm_boot *b, const char *user, struct vmm_err *err);
/*
 * By root: what is the server's becomes that user's, and the rest that group's, unless it is somebody's already.
 * VMM_ENOTFOUND: there is no such user.
 */
int vmm_boot_own(struct vmm_boot *b, const char *user, struct vmm_err *err);
void vmm_boot_close(struct vmm_boot *b);
const char *vmm_boot_root(const struct vmm_boot *b); /* its path, borrowed */
/* ROOT/PART, the caller's; NULL: out of memory. */
char *vmm_boot_at(const struct vmm_boot *b, const char *part);

/* "52-54-00-AA-BB-CC" and such in the one writing used here; false: it is no address of an interface. */
bool vmm_boot_mac(const char *text, char out[VMM_BOOT_MAC_LEN + 1]);

/* ---- jobs ---- */

/* job.json, checked. All text is the job's and never NULL. */
struct vmm_boot_job {
	char id[VMM_BOOT_ID_LEN + 1];
	bool inspect; /* mode "inspect": the agent reports and writes nothing */
	char *name, *uuid, *serial;
	struct vmm_strv macs;
	char *image;           /* SHA-256, its name in images/; "" for none */
	struct vmm_strv files; /* SHA-256 of scripts and drivers */
	char *text;            /* the whole file */
	size_t len;
};

/*
 * Makes a job of the JSON text (an object). It must have uuid and macs (none in an inspection: whichever
 * it has), may have serial, mode ("deploy" unless it says "inspect"), name, image, scripts, drivers and whatever the agent is told besides;
 * "id" and "custom" are set here. What custom_fd has from its start on becomes custom.tar; -1: none.
 */
int vmm_boot_job_make(struct vmm_boot *b, const char *json, int custom_fd,
		      char id[VMM_BOOT_ID_LEN + 1], struct vmm_err *err);
/* One that only reports what the machine has. mac NULL: it is not known, and any will do. */
int vmm_boot_job_inspect(struct vmm_boot *b, const char *name, const char *uuid, const char *mac,
			 char id[VMM_BOOT_ID_LEN + 1], struct vmm_err *err);
/* VMM_ENOTFOUND: no such job. */
int vmm_boot_job_read(struct vmm_boot *b, const char *id, struct vmm_boot_job **out,
		      struct vmm_err *err);
void vmm_boot_job_free(struct vmm_boot_job *job);
void vmm_boot_job_cleanup(struct vmm_boot_job **job);
#define VMM_BOOT_JOB_AUTO __attribute__((cleanup(vmm_boot_job_cleanup))) struct vmm_boot_job
/* The IDs, sorted, appended. */
int vmm_boot_job_list(struct vmm_boot *b, struct vmm_strv *ids, struct vmm_err *err);
/* Its session is dead then. A job that isn't there is no error. */
int vmm_boot_job_remove(struct vmm_boot *b, const char *id, struct vmm_err *err);

enum vmm_boot_state {
	VMM_BOOT_IDLE,    /* the machine gets local boot */
	VMM_BOOT_ARMED,   /* one ticket may be given out */
	VMM_BOOT_GIVEN,   /* it was */
	VMM_BOOT_SESSION, /* it was exchanged for a session */
	VMM_BOOT_ENDED,   /* event `end` */
};
const char *vmm_boot_state_name(enum vmm_boot_state state); /* idle armed given session ended */
enum vmm_boot_state vmm_boot_job_state(struct vmm_boot *b, const char *id);

/* For that many seconds one ticket may be given out. What came of an earlier arming is void. */
int vmm_boot_job_arm(struct vmm_boot *b, const char *id, uint64_t seconds, struct vmm_err *err);
/* No ticket any more, and neither is a session valid. */
int vmm_boot_job_disarm(struct vmm_boot *b, const char *id, struct vmm_err *err);

/* Whether the claims are those of the job's machine: UUID, one of its MACs, and the serial if the job has one. */
bool vmm_boot_job_is(const struct vmm_boot_job *job, const char *uuid, const char *mac,
		     const char *serial);

/* ---- tickets and sessions: for the server ---- */

/* Whether one may be given out now; VMM_EREFUSED says why not. */
int vmm_boot_ticket_ready(struct vmm_boot *b, const char *id, struct vmm_err *err);
/* Takes the arming away and makes the ticket, valid for that long. VMM_EREFUSED: not armed, or no more. */
int vmm_boot_ticket_give(struct vmm_boot *b, const char *id, uint64_t seconds,
			 char token[VMM_BOOT_SECRET_LEN + 1], struct vmm_err *err);
/*
 * The ticket is used up when this comes back with 0. VMM_ENOTFOUND: no job ever gave that; VMM_EREFUSED: it
 * is used or too old, and id says whose it was.
 */
int vmm_boot_ticket_take(struct vmm_boot *b, const char *token, char id[VMM_BOOT_ID_LEN + 1],
			 struct vmm_err *err);
int vmm_boot_session_make(struct vmm_boot *b, const char *id, const char *address, uint64_t seconds,
			  char key[VMM_BOOT_SECRET_LEN + 1], struct vmm_err *err);
/* VMM_ENOTFOUND: no job has that; VMM_EREFUSED: from another address, or over; id says whose it was. */
int vmm_boot_session_find(struct vmm_boot *b, const char *key, const char *address,
			  char id[VMM_BOOT_ID_LEN + 1], struct vmm_err *err);

/* ---- what happened ---- */

#define VMM_BOOT_STAGES 9
/* 1 discover, 2 boot, 3 authorise, 4 agent, 5 scripts, 6 image, 7 drivers, 8 customise, 9 role; else "". */
const char *vmm_boot_stage(unsigned number);

struct vmm_boot_event {
	const char *source;   /* boot, agent, deploy */
	unsigned stage;       /* 1 to 9; 0: none, with state "end" and such */
	const char *state;    /* begin progress done failed refused hostkey disk end */
	const char *text;     /* any bytes but NUL; of more than 64 KiB the first */
	uint64_t done, total; /* bytes; total 0: not said */
};
/* State "end" ends the job's session too: text is "done", "failed" or "refused" and then why. */
int vmm_boot_event_add(struct vmm_boot *b, const char *id, const struct vmm_boot_event *e,
		       struct vmm_err *err);
/*
 * The events from *offset on (0: all), which then stands behind the last of them: time source stage state
 * done total text. An event that is still being written comes the next time. A job without events: no rows.
 */
int vmm_boot_events(struct vmm_boot *b, const char *id, uint64_t *offset, struct vmm_table **out,
		    struct vmm_err *err);
/* What scripts and the agent print; kept up to 16 MiB. */
int vmm_boot_log_add(struct vmm_boot *b, const char *id, const char *bytes, size_t n,
		     struct vmm_err *err);
/* What the agent found: inspect.json, JSON. vmm_boot_open_file() reads it. */
int vmm_boot_inspect_put(struct vmm_boot *b, const char *id, const char *json, size_t n,
			 struct vmm_err *err);

/* ---- machines that asked and have no job ---- */

#define VMM_BOOT_SEEN_MAX 256 /* then the one seen longest ago goes */

struct vmm_boot_machine {
	const char *uuid, *mac, *serial, *platform, *address; /* never NULL */
};
int vmm_boot_seen_add(struct vmm_boot *b, const struct vmm_boot_machine *m, struct vmm_err *err);
/* id mac uuid serial platform address first last count, by last. */
int vmm_boot_seen_list(struct vmm_boot *b, struct vmm_table **out, struct vmm_err *err);
int vmm_boot_seen_remove(struct vmm_boot *b, const char *id, struct vmm_err *err);

/* ---- images and files: for whoever prepares them ---- */

/* Copies from the descriptor's start; the name is its SHA-256. */
int vmm_boot_file_put(struct vmm_boot *b, int fd, char sha256[VMM_BOOT_SHA_LEN + 1],
		      struct vmm_err *err);
bool vmm_boot_image_has(struct vmm_boot *b, const char *sha256);
/* A folder aside, to be filled by its path (the caller's) with map, data and info; …_commit or …_drop. */
int vmm_boot_image_begin(struct vmm_boot *b, char **folder, struct vmm_err *err);
/* Makes it durable, lets the server read it and puts it in its place. */
int vmm_boot_image_commit(struct vmm_boot *b, const char *folder, const char *sha256,
			  struct vmm_err *err);
void vmm_boot_image_drop(struct vmm_boot *b, const char *folder);

/*
 * ---- for root, who looks after a folder that is another user's ----
 * By paths he could be led anywhere: that user may put links in the place of all of it.
 */

/* To read PART, as "run/leases". -1 and errno. */
int vmm_boot_open_file(const struct vmm_boot *b, const char *part);
/* What is in a folder, such as "images", appended; with a '.' in front what isn't whole yet, too. */
int vmm_boot_names(const struct vmm_boot *b, const char *folder, struct vmm_strv *names,
		   struct vmm_err *err);
/* Whether it is there and nothing was put into it for that long. */
bool vmm_boot_is_older(const struct vmm_boot *b, const char *folder, const char *name,
		       uint64_t seconds);
/* A file, or a folder with its files. */
void vmm_boot_remove(const struct vmm_boot *b, const char *folder, const char *name);

#endif
