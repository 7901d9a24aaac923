/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stopped VM becomes an image of the library that others can be made of.
 *
 *	struct vmm_capture_options opt = { .cancel = cancel };
 *	struct vmm_capture_result r = VMM_CAPTURE_RESULT_INIT;
 *
 *	if (vmm_capture(st, "web1", "web-base:3", &opt, &r, err) == 0)
 *		puts(r.image.sha256);
 *	vmm_capture_result_release(&r);
 *
 * One of its disks is copied to this machine, what makes the system on it that one machine is taken
 * out of the copy by libguestfs's programs (generalize.c has the list), and what is left is compacted
 * and added. The VM is only read. Windows has a program of its own, Sysprep, which must have been
 * the last that ran there.
 *
 * While it goes on the journal has an intent "capture" with the VM's UUID, so that nobody here starts or
 * moves it; who starts it past this toolkit is noticed at the end of the copy. What a crash leaves (a
 * volume on the host, a folder here), vmm_provision_mend() takes away.
 *
 * The folder is made in $TMPDIR, else /var/tmp, and may need twice what the disk holds.
 */
#ifndef VMM_PROVISION_CAPTURE_H
#define VMM_PROVISION_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/jobs.h"
#include "base/progress.h"
#include "library/library.h"
#include "store/store.h"

struct vmm_capture_options {
	const char *disk;                   /* its target; NULL: the first disk */
	bool keep_identity;                 /* nothing is looked for on it, nor taken out */
	bool compress;                      /* smaller, and slower to read */
	bool dry_run;                       /* only whether it could be */
	uint64_t timeout_ms;                /* for all of it; 0: 2 h */
	const struct vmm_cancel *cancel;    /* level 2 ends it; may be NULL */
	struct vmm_progress_sink *progress; /* may be NULL */
};

/* Text is the result's own; NULL where it isn't known. */
struct vmm_capture_result {
	char *vm, *uuid, *host;
	char *os;               /* as osinfo calls it: "debian12" */
	const char *result;     /* done possible refused failed aborted unknown */
	struct vmm_image image; /* when done */
	uint64_t ms;
};
#define VMM_CAPTURE_RESULT_INIT                   \
	{                                         \
		NULL, NULL, NULL, NULL, "failed", \
	}

void vmm_capture_result_release(struct vmm_capture_result *r);

/*
 * `vm` is a selector (inventory.h), `image` NAME or NAME:VERSION; one of that name must not be there yet.
 * *out is filled as far as it went in every case. VMM_EREFUSED: it is not stopped, is suspended to disk,
 * has no such disk; nothing on it can be generalized; the image is there. VMM_EAGAIN: its host does not
 * answer, or somebody else is at work on it. VMM_ECANCEL.
 */
int vmm_capture(struct vmm_store *st, const char *vm, const char *image,
		const struct vmm_capture_options *opt, struct vmm_capture_result *out,
		struct vmm_err *err);

#endif
