/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Volumes in the storage pools of hosts that are made from images of the library.
 *
 *	struct vmm_volume_place at = { .st = st, .conn = conn, .host = "h1", .pool = "local" };
 *
 *	if (vmm_volume_image(&at, &img, &base, err) < 0 ||
 *	    vmm_volume_clone(&at, &img, base, "web.qcow2", 20 << 30, NULL, err) < 0)
 *		return …;
 *
 * An image is brought to a pool once, as the volume vmm-HEX.FORMAT (HEX: the first 16 digits of its
 * sha256). It is whole when there is vmm-HEX.FORMAT.ok beside it, a volume of one byte that is made
 * last; libvirt can't rename volumes. Its content is hashed while it is sent, holes are not sent, and its
 * size is looked at afterwards.
 *
 * Who comes while another is at it waits for that one's copy. Of the processes of one state the journal
 * tells: an intent "image-copy" for HOST/POOL/VOLUME. Hosts that share a pool have an intent each;
 * between them it is decided by who makes the volume, which works for one only. A volume without
 * .ok that nobody is at is what a crash left: the next one throws it away.
 *
 * All calls talk to the host for as long as it likes: make them in a job (base/jobs.h).
 */
#ifndef VMM_VOLUME_VOLUME_H
#define VMM_VOLUME_VOLUME_H

#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/jobs.h"
#include "base/progress.h"
#include "library/library.h"
#include "store/store.h"

/* Everything is borrowed. */
struct vmm_volume_place {
	struct vmm_store *st;
	virConnectPtr conn;
	const char *host, *pool;
	uint64_t wait_ms;                /* for another's copy to get on; 0: an hour */
	uint64_t *headway;               /* as jobs.h has it, of a copy on its way; may be NULL */
	const struct vmm_cancel *cancel; /* level 2 ends it; may be NULL */
	struct vmm_progress_sink *progress; /* may be NULL */
};

/*
 * Sees to it that the pool has the image; *name, the caller's, is the volume. VMM_ENOTFOUND: no such
 * pool. VMM_EFAIL: the image is damaged here, or could not be sent; then the volume is removed again.
 * VMM_EAGAIN: the host does not answer, or another's copy does not get on.
 */
int vmm_volume_image(const struct vmm_volume_place *at, const struct vmm_image *img, char **name,
		     struct vmm_err *err);

/*
 * A volume of `capacity` bytes (at least the image's). full NULL: a qcow2 on top of the image's volume,
 * which it names as its backing file with the format; else a copy of that format (qcow2, raw)
 * that stands by itself. VMM_EREFUSED: there is one of that name, or the capacity is too small.
 */
int vmm_volume_clone(const struct vmm_volume_place *at, const struct vmm_image *img, const char *base,
		     const char *name, uint64_t capacity, const char *full, struct vmm_err *err);
/* An empty one, and one with these bytes. VMM_EREFUSED: there is one of that name. */
int vmm_volume_make(const struct vmm_volume_place *at, const char *name, const char *format,
		    uint64_t capacity, struct vmm_err *err);
int vmm_volume_put(const struct vmm_volume_place *at, const char *name, const char *bytes, size_t n,
		   struct vmm_err *err);
/*
 * Appends the XML of one of `capacity` bytes that takes up none yet, but for its end tag: "</volume>", or what is
 * beneath it first. Name and format may be any text.
 */
void vmm_volume_head(struct vmm_buf *xml, const char *name, uint64_t capacity, const char *format);
/* Where it lies on the host; the caller's. */
int vmm_volume_path(const struct vmm_volume_place *at, const char *name, char **path,
		    struct vmm_err *err);

/* That there is none is fine. One that the host is still at is waited for, up to a minute. */
int vmm_volume_remove(const struct vmm_volume_place *at, const char *name, struct vmm_err *err);

/* ---- the way back ---- */

/*
 * A copy in the same pool, made by the host, that is raw and needs no other volume; the caller's to delete
 * and free. A host refuses it for a disk that a guest is writing to.
 */
int vmm_volume_flatten(virStorageVolPtr vol, const char *name, virStorageVolPtr *out,
		       struct vmm_err *err);
/* Its bytes into a file that is empty; what are holes there are holes here. Level 2 of cancel ends it. */
int vmm_volume_get(virStorageVolPtr vol, int fd, const char *subject, const struct vmm_cancel *cancel,
		   struct vmm_progress_sink *sink, struct vmm_err *err);

/* ---- by path ---- */

/*
 * A volume by its path; its pool is refreshed if it is not known. That it is absent only the pool of its
 * folder can say. *why (may be NULL) is set where nobody can tell.
 */
enum vmm_presence { VMM_VOL_THERE, VMM_VOL_ABSENT, VMM_VOL_NO_POOL, VMM_VOL_CANT_TELL };
enum vmm_presence vmm_volume_at(virConnectPtr conn, const char *path, virStorageVolPtr *vol,
				struct vmm_err *why);
/* The active pool whose folder holds path, or NULL. An error (err may be NULL): nobody can tell. */
int vmm_volume_pool_of(virConnectPtr conn, const char *path, virStoragePoolPtr *pool,
		       struct vmm_err *err);
/* Who else needs a volume: another VM of that host, or an overlay; the caller's. NULL: nobody. */
char *vmm_volume_user(virConnectPtr conn, const char *path, const char *but_uuid);
/* Removes it; that there is none is fine. */
int vmm_volume_remove_path(virConnectPtr conn, const char *path, struct vmm_err *err);

/* ---- mending ---- */

/* What copies are called in the journal. */
#define VMM_VOLUME_OP "image-copy"
/*
 * As vmm_store_check(), for vmm-fsck: copies whose maker is dead. With `repair` their hosts are asked, each
 * for limit_ms at most, and what is half is removed.
 */
int vmm_volume_mend(struct vmm_store *st, bool repair, uint64_t limit_ms, vmm_store_found *found,
		    void *arg, struct vmm_err *err);
/*
 * The same for whole copies of images that are not in the library any more: told of, and with `repair` removed.
 * One that anything stands on, or work under way names, is not told of; if a host is silent, all stay.
 */
int vmm_volume_unused(struct vmm_store *st, bool repair, uint64_t limit_ms, vmm_store_found *found,
		      void *arg, struct vmm_err *err);

#endif
