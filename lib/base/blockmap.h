/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The blocks of a disk image that are in use, with a hash of each range: what is sent to a machine
 * instead of the image.
 *
 * An image is stored as two files. `data` has its blocks in use, one after another; `map` tells where
 * they belong, as text:
 *
 *	offset	length	stored	sha256
 *	0	4096	4096	ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7
 *	1048576	4194304	1302117	…
 *
 * A range has at most VMM_RANGE_MAX bytes, and begins and ends on the bounds of blocks (the last one may
 * end with the image). Ranges ascend and don't overlap. What is in none of them is zero. In `data` a range
 * takes `stored` bytes: as it is where that is its length, else as a Zstandard frame (RFC 8878). Its
 * place there is the sum of what is stored before it. The hash is that of the bytes on the disk.
 *
 *	struct vmm_blockmap m = VMM_BLOCKMAP_INIT;
 *
 *	if (vmm_blockmap_parse(&m, "map", text, len, size, err) < 0) …;
 *	for (size_t i = 0; i < m.n; i++)
 *		if (!vmm_range_holds(&m.ranges[i], bytes)) …;
 *
 * All lengths and offsets are bytes. The map of an image of 1 TiB in full use takes 14 MiB here and
 * 26 MiB as text. deploy/blocks.h makes both files.
 */
#ifndef VMM_BASE_BLOCKMAP_H
#define VMM_BASE_BLOCKMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define VMM_BLOCK ((size_t)4096)
#define VMM_RANGE_MAX ((size_t)4 * 1024 * 1024)
#define VMM_SHA256_BYTES 32

struct vmm_range {
	uint64_t offset; /* on the disk */
	size_t length, stored;
	unsigned char sha256[VMM_SHA256_BYTES];
};

struct vmm_blockmap {
	struct vmm_range *ranges;
	size_t n, cap;
	uint64_t size;   /* of the image */
	uint64_t used;   /* the sum of the lengths */
	uint64_t stored; /* the size of `data` */
};

#define VMM_BLOCKMAP_INIT           \
	{                           \
		NULL, 0, 0, 0, 0, 0 \
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

/* Appends a range as it is; 0 or VMM_ENOMEM. */
int vmm_blockmap_add(struct vmm_blockmap *m, const struct vmm_range *r);

/* Puts the hash of these r->length bytes into the range. */
void vmm_range_hash(struct vmm_range *r, const void *bytes);
/* Whether these r->length bytes are what the map says. */
bool vmm_range_holds(const struct vmm_range *r, const void *bytes);
bool vmm_all_zero(const void *bytes, size_t n);

/* The SHA-256 of some bytes as 64 hexadecimal digits. */
#define VMM_SHA256_HEX (2 * VMM_SHA256_BYTES)
void vmm_sha256_hex(const void *bytes, size_t n, char hex[VMM_SHA256_HEX + 1]);

#endif
