/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of lib/volume share. */
#ifndef VMM_VOLUME_INTERNAL_H
#define VMM_VOLUME_INTERNAL_H

#include "base/buf.h"
#include "volume/volume.h"

/* For what others do in a pool. */
#define VMM__VOLUME_WAIT_MS ((uint64_t)3600 * 1000)
#define VMM__VOLUME_NAP_MS 200

struct vmm__copying {
	const struct vmm_volume_place *at;
	const struct vmm_image *img;
	virStoragePoolPtr pool;
	char *name, *ok; /* of the volume; of its mark */
	uint64_t intent;
};

/* ---- volume.c ---- */

int vmm__pool_find(const struct vmm_volume_place *at, virStoragePoolPtr *out, struct vmm_err *err);
/* An empty volume that was not there before; of the raw ones libvirt sees to that. */
int vmm__volume_make(const struct vmm_volume_place *at, virStoragePoolPtr pool, const char *name,
		     const char *format, uint64_t size, virStorageVolPtr *out, struct vmm_err *err);
/* *there is set on success. 1: it is not known of, but the pool is too busy to be looked at anew. */
int vmm__volume_exists(const struct vmm_volume_place *at, virStoragePoolPtr pool, const char *name,
		       bool *there, struct vmm_err *err);

/* ---- full.c ---- */

int vmm__volume_copy(const struct vmm_volume_place *at, virStoragePoolPtr pool,
		     virStorageVolPtr base, const char *base_format, const char *name,
		     const char *format, uint64_t capacity, struct vmm_err *err);

/* ---- upload.c ---- */

void vmm__headway(const struct vmm_volume_place *at);

int vmm__upload(struct vmm__copying *c, virStorageVolPtr vol, struct vmm_err *err);

/* ---- image.c ---- */

#define VMM__VOLUME_HEX 16 /* digits in its name */

int vmm__volume_mark(struct vmm__copying *c, struct vmm_err *err);

/* ---- used.c ---- */

/* 1: something in the pool, or a VM of the host, stands on it; 0: nothing does. */
int vmm__volume_used(virStoragePoolPtr pool, const char *name, struct vmm_err *err);
/* One without its mark that is nobody's. VMM_EREFUSED: it is used all the same. */
int vmm__volume_throw_away(const struct vmm__copying *c, struct vmm_err *err);

/* ---- remove-copy.c: of an image that has left the library ---- */

/* vmm-HEX.FORMAT, and not its mark. */
bool vmm__copy_is_named(const char *name);
/* Whether the library or work under way names its content: 1, 0, or an error; the other one also who stands on it. */
int vmm__copy_in_state(struct vmm_store *st, const char *name, struct vmm_err *err);
int vmm__copy_needed(const struct vmm__copying *c, struct vmm_err *err);
/* Under an intent. VMM_EAGAIN: somebody needs it by now. */
int vmm__copy_remove(struct vmm__copying *c, struct vmm_err *err);

/* ---- turn.c: whose turn it is ---- */

/* 1: the intent is ours; 0: another process is at this host's. */
int vmm__turn_take(struct vmm__copying *c, struct vmm_err *err);
int vmm__turn_note(struct vmm__copying *c, bool making, struct vmm_err *err);
/* 1: what lies there is nobody's, and it is ours to throw away; 0: wait. */
int vmm__turn_is_first(struct vmm__copying *c, struct vmm_err *err);
void vmm__turn_end(struct vmm__copying *c, const char *result);

#endif
