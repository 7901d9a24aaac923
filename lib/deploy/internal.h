/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	profile.c	what a server is to become
 *	links.c		its NICs, bonds and bridges
 *	check.c		all profiles of a folder
 *	custom.c	the files by which the new system learns who it is
 *	networkd.c	those of its network
 *	ustar.c		as one archive
 *	image.c		images of the library in the boot folder
 */
#ifndef VMM_DEPLOY_INTERNAL_H
#define VMM_DEPLOY_INTERNAL_H

#include "boot/spool.h"
#include "deploy/profile.h"
#include "library/library.h"

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

#endif
