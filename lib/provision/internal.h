/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	what.c		what there is of a VM, as the journal knows it, and how it is taken away
 *	place.c		which host a new one goes to
 *	task.c		what a request becomes before any host is asked
 *	create.c	one VM, step by step
 *	check.c		what the host must have
 *	record.c	into the inventory, under a name that nobody else has
 *	fetch.c		images to where they are needed
 *	lease.c		addresses
 *	batch.c		many
 *	remove.c	the way back
 *	find.c		one that there is
 *	capture.c	an image of one
 *	capture-steps.c	its steps
 *	disk.c		its disk as a file here
 *	generalize.c	what makes it that one machine taken out of the file
 *	wait.c		until it answers
 *	mend.c		after a crash
 */
#ifndef VMM_PROVISION_INTERNAL_H
#define VMM_PROVISION_INTERNAL_H

#include <libvirt/libvirt.h>

#include "base/spawn.h"
#include "inventory/inventory.h"
#include "library/library.h"
#include "provision/capture.h"
#include "provision/provision.h"
#include "scan/scan.h"

/* ---- what.c ---- */

#define VMM__SCRATCH "vmm-seed."
#define VMM__CAPTURE "vmm-capture."

/* One VM in the journal. All text is its own. */
struct vmm__what {
	char *name, *uuid;
	char *host, *host_uuid;
	char *image;             /* its sha256 */
	struct vmm_strv volumes; /* POOL/NAME of those that are made for it */
	struct vmm_strv paths;   /* of those that are removed with it */
	char *scratch;           /* a folder on this machine; "" */
	bool begun;              /* creation: it may be defined; removal: something may be gone */
};

void vmm__what_release(struct vmm__what *w);
/* An intent with that as its detail, and a note of what has become of it. */
int vmm__what_begin(struct vmm_store *st, const char *op, const char *subject,
		    const struct vmm__what *w, uint64_t *intent, struct vmm_err *err);
int vmm__what_note(struct vmm_store *st, uint64_t intent, const struct vmm__what *w,
		   struct vmm_err *err);
int vmm__what_read(const char *detail, struct vmm__what *w, struct vmm_err *err);

/*
 * Takes away all there is of it: domain, volumes, leases, scratch folder. What isn't there is no
 * error. `addresses` gets those given back; may be NULL.
 */
int vmm__what_undo(struct vmm_store *st, virConnectPtr conn, const struct vmm__what *w,
		   struct vmm_strv *addresses, struct vmm_err *err);
int vmm__volumes_remove(struct vmm_store *st, virConnectPtr conn, const struct vmm__what *w,
			struct vmm_err *err);
/* The folder, if it is one of ours. */
void vmm__scratch_remove(const char *path);
/* The definition with all libvirt keeps beside it. One that runs is ended with `stop`, else VMM_EREFUSED. */
int vmm__undefine(virDomainPtr dom, bool stop, struct vmm_err *err);

/* ---- place.c ---- */

struct vmm__place {
	const struct vmm_inventory *inv;
	uint64_t *room; /* by row of hosts: bytes of memory */
	size_t *vms;    /* by row of hosts: how many */
};

int vmm__place_init(struct vmm__place *p, const struct vmm_inventory *inv, struct vmm_err *err);
void vmm__place_release(struct vmm__place *p);
/*
 * The host with the most room of those that the template allows, which has it taken off: a row of
 * hosts. VMM_EREFUSED: none has room, or may be used; err says why.
 */
long vmm__place(struct vmm__place *p, const struct vmm_template *t, struct vmm_err *err);

#define VMM__CONNECT_MS (20 * 1000) /* for a host to answer at all */

/* ---- task.c, create.c ---- */

#define VMM__START_OP "start" /* as power/batch.h has it, which mends it too */

/* One VM to be made. It may outlive the batch (base/jobs.h). */
struct vmm__making {
	struct vmm_store *st;
	struct vmm_template *t;
	struct vmm_image image;
	struct vmm_provision_options opt;
	struct vmm__what what;
	char *uri, *auth_file, *arch; /* of the host */
	char *base;                   /* the volume of the image in its pool there */
	virConnectPtr conn;
	virDomainPtr dom;
	struct vmm_strv addresses;
	uint64_t intent, ms;
	uint64_t headway; /* as jobs.h has it: when the wait began */
	size_t fetch;     /* which of the fetches of the batch its image is, from 1 */
	bool made;
	bool exists;                              /* the inventory knows one of this name */
	bool asks_image, asks_memory, asks_vcpus; /* by overrides */
	bool already;                             /* and it is as asked for */
	struct vmm_err err;
};

void vmm__making_free(void *task);
/* What is asked for, and where: 0, or why not (k->err). */
int vmm__making_plan(struct vmm__making *k, const struct vmm_provision_request *req,
		     struct vmm__place *place, const char *conf);
/* No longer than the VM itself may take. */
uint64_t vmm__connect_ms(const struct vmm__making *k);
int vmm__making_connect(struct vmm__making *k);
int vmm__create(struct vmm__making *k);
/* What is known by now into the journal. */
int vmm__making_note(struct vmm__making *k);

/* ---- check.c ---- */

/* Whether the host has those that its NICs are to be on. */
int vmm__has_networks(struct vmm__making *k);

/* ---- record.c ---- */

/* The intent is ours: nobody has made one of this name since the inventory was read. */
int vmm__name_is_free(struct vmm__making *k);
/* Whoever comes for the name next must find it: before the intent ends. */
int vmm__record(struct vmm_store *st, virDomainPtr dom, const char *host, struct vmm_err *err);

/* ---- fetch.c ---- */

#define VMM__FETCH_MS \
	(10 * 60 * 1000) /* without headway: a large one on a slow link may take long */

/* Brings their images where they are needed: each has `base` then, or an err. */
int vmm__fetch_images(struct vmm__making **tasks, size_t n, const struct vmm_cancel *cancel,
		      struct vmm_err *err);

/* ---- lease.c ---- */

/* Of the nth NIC of a VM that has none from a pool; the caller's. */
char *vmm__mac_of(const char *uuid, size_t nic);

struct vmm__leases {
	struct vmm_instance_nic *nics; /* borrow from the rest */
	struct vmm_table *rows;
	struct vmm_strv *dns;
	char **macs;
	size_t n;
};

/* Before anything is taken: whether the pools have what the seed needs. */
int vmm__leases_check(struct vmm__making *k);
int vmm__leases_take(struct vmm__making *k, struct vmm__leases *l);
void vmm__leases_release(struct vmm__leases *l);
/* Both append the IP addresses that are (were) held. `addresses` may be NULL in the second. */
int vmm__leases_list(struct vmm_store *st, const char *uuid, struct vmm_strv *addresses,
		     struct vmm_err *err);
int vmm__leases_return(struct vmm_store *st, const char *uuid, struct vmm_strv *addresses,
		       struct vmm_err *err);

/* ---- find.c ---- */

/* Where it is by now, whole in *w, with a connection to its host: the caller's in any case. */
int vmm__find(struct vmm_store *st, const char *selector, const struct vmm_scan_options *how,
	      struct vmm__what *w, virConnectPtr *conn, virDomainPtr *dom, struct vmm_err *err);

/* ---- capture.c, capture-steps.c ---- */

#define VMM__CAPTURE_OP "capture"

/* One image to be made of a VM. It may outlive its caller (base/jobs.h). */
struct vmm__capture {
	struct vmm_store *st;
	char *selector, *spec, *disk;
	struct vmm_capture_options opt;
	struct vmm__what what;
	virConnectPtr conn;
	virDomainPtr dom;
	virStorageVolPtr vol; /* of the disk */
	bool layered;         /* a qcow2 and not raw */
	char *file;           /* the copy here: raw */
	char *os;
	struct vmm_image image;
	uint64_t intent, deadline, ms;
	struct vmm_err err;
};

int vmm__capture(struct vmm__capture *c);
/* Only says whether it could be. */
int vmm__capture_check(struct vmm__capture *c);
/* What is known by now into the journal. */
int vmm__capture_note(struct vmm__capture *c);
/* Removes the copies that there are on the host and here; never touches the VM. */
int vmm__capture_undo(struct vmm_store *st, virConnectPtr conn, const struct vmm__what *w,
		      struct vmm_err *err);
/* A program, within the time that there is left; libguestfs's keep their files in the scratch folder. */
int vmm__capture_run(struct vmm__capture *c, const char *const *argv, struct vmm_spawned *got);

/* ---- disk.c ---- */

/* Which disk it is, and that it can be had. */
int vmm__disk_find(struct vmm__capture *c);
/* Its content as c->file. */
int vmm__disk_copy(struct vmm__capture *c);

/* ---- generalize.c ---- */

/* That the programs are there. */
int vmm__generalize_ready(struct vmm__capture *c);
/* Sets c->os. VMM_EREFUSED: nothing that can be generalized. */
int vmm__generalize(struct vmm__capture *c);

/* ---- wait.c ---- */

int vmm__wait(virDomainPtr dom, enum vmm_wait what, const struct vmm_strv *addresses,
	      uint64_t timeout_ms, const struct vmm_cancel *cancel, struct vmm_err *err);

#endif
