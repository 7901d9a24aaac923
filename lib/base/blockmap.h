/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The blocks of a disk image that are in use, with a hash of each range: what is sent to a machine
 * instead of the image.
 *
 * An image is stored as two files. `data` has its blocks in use, one after another; `map` tells where
 * they belong, as text:
 *
 *	offset	length	sha256
 *	0	4096	ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7
 *	1048576	4194304	…
 *
 * A range has at most VMM_RANGE_MAX bytes, and begins and ends on the bounds of blocks (the last one may
 * end with the image). Ranges ascend and don't overlap. What is in none of them is zero. A range's
 * place in `data` is the sum of the lengths before it.
 *
 *	struct vmm_blockmap m = VMM_BLOCKMAP_INIT;
 *
 *	if (vmm_blockmap_make(&m, image_fd, image, data_fd, NULL, NULL, err) < 0) …;
 *	vmm_blockmap_format(&text, &m);
 *	vmm_blockmap_release(&m);
 *
 *	if (vmm_blockmap_parse(&m, "map", text, len, size, err) < 0) …;
 *	for (size_t i = 0; i < m.n; i++)
 *		if (!vmm_range_holds(&m.ranges[i], bytes)) …;
 *
 * All lengths and offsets are bytes. The map of an image of 1 TiB in full use takes 12 MiB here and
 * 24 MiB as text.
 */
#ifndef VMM_BASE_BLOCKMAP_H
#define VMM_BASE_BLOCKMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/jobs.h"
#include "base/progress.h"

#define VMM_BLOCK ((size_t)4096)
#define VMM_RANGE_MAX ((size_t)4 * 1024 * 1024)
#define VMM_SHA256_BYTES 32

struct vmm_range {
	uint64_t offset; /* on the disk */
	size_t length;
	unsigned char sha256[VMM_SHA256_BYTES];
};

struct vmm_blockmap {
	struct vmm_range *ranges;
	size_t n, cap;
	uint64_t size; /* of the image */
	uint64_t used; /* the sum of the lengths: the size of `data` */
};

#define VMM_BLOCKMAP_INIT        \
	{                        \
		NULL, 0, 0, 0, 0 \
	}
#define VMM_BLOCKMAP_AUTO __attribute__((cleanup(vmm_blockmap_release))) struct vmm_blockmap

void vmm_blockmap_release(struct vmm_blockmap *m); /* and ready for use again */

/*
 * Fills an empty map from its text; what breaks a rule above, or lies beyond `size`, is an error that
 * names `source` and the line. VMM_EINPUT, VMM_ENOMEM; the map is empty then.
 */
int vmm_blockmap_parse(struct vmm_blockmap *m, const char *source, const char *text, size_t len,
		       uint64_t size, struct vmm_err *err);
void vmm_blockmap_format(struct vmm_buf *out, const struct vmm_blockmap *m);

/*
 * Fills an empty map from a raw image, a file or a block device, in one pass, and writes the blocks in
 * use to `data` from where it stands. Holes are not read, and blocks of zeros are not in use. `what`
 * names the image in errors and progress (stage "map"). The caller syncs `data`. VMM_EINPUT: the image can't be
 * read, is empty, isn't of whole sectors of 512 bytes or changes its size meanwhile; VMM_EFAIL: `data` can't be
 * written; VMM_ECANCEL at level 2.
 */
int vmm_blockmap_make(struct vmm_blockmap *m, int image, const char *what, int data,
		      const struct vmm_cancel *cancel, struct vmm_progress_sink *progress,
		      struct vmm_err *err);

/* Whether these r->length bytes are what the map says. */
bool vmm_range_holds(const struct vmm_range *r, const void *bytes);
bool vmm_all_zero(const void *bytes, size_t n);

/* The SHA-256 of some bytes as 64 hexadecimal digits. */
#define VMM_SHA256_HEX (2 * VMM_SHA256_BYTES)
void vmm_sha256_hex(const void *bytes, size_t n, char hex[VMM_SHA256_HEX + 1]);

#endif
