/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Volumes in the storage pools of hosts that are made from images of the library.
 *
 *	struct vmm_volume_place at = { .st = st, .conn = conn, .host = "h1", .pool = "local" };
 *
 *	if (vmm_volume_image(&at, &img, &base, err) < 0 ||
 *	    vmm_volume_clone(&at, &img, base, "web.qcow2", 20 << 30, false, err) < 0)
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
	uint64_t wait_ms;                   /* for another's copy; 0: an hour */
	const struct vmm_cancel *cancel;    /* level 2 ends it; may be NULL */
	struct vmm_progress_sink *progress; /* may be NULL */
};

/*
 * Sees to it that the pool has the image; *name, the caller's, is the volume. VMM_ENOTFOUND: no such
 * pool. VMM_EFAIL: the image is damaged here, or could not be sent; then the volume is removed again.
 * VMM_EAGAIN: the host does not answer, or another's copy took too long.
 */
int vmm_volume_image(const struct vmm_volume_place *at, const struct vmm_image *img, char **name,
		     struct vmm_err *err);

/*
 * A qcow2 volume of `capacity` bytes (at least the image's) on top of the image's volume, which it names as its
 * backing file with the format, or with `full` a copy that stands by itself. VMM_EREFUSED: there is one
 * of that name, or the capacity is too small.
 */
int vmm_volume_clone(const struct vmm_volume_place *at, const struct vmm_image *img, const char *base,
		     const char *name, uint64_t capacity, bool full, struct vmm_err *err);

/* That there is none is fine. */
int vmm_volume_remove(const struct vmm_volume_place *at, const char *name, struct vmm_err *err);

/* What copies are called in the journal. */
#define VMM_VOLUME_OP "image-copy"
/*
 * As vmm_store_check(), for vmm-fsck: copies whose maker is dead. With `repair` their hosts are asked, each
 * for limit_ms at most, and what is half is removed.
 */
int vmm_volume_mend(struct vmm_store *st, bool repair, uint64_t limit_ms, vmm_store_found *found,
		    void *arg, struct vmm_err *err);

#endif
