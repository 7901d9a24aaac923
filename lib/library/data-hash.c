/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hash of the data alone (vmm-images(5)): of each block that is not all zeros its number and its
 * bytes, then the size. It says as much as the hash of the whole, and what a hole costs does not
 * depend on its length. In what pieces the bytes come makes no difference.
 */
#include <endian.h>

#include "library/internal.h"

#define BLOCK VMM__BLOCK

static const char zeros[BLOCK];

void vmm__data_hash_init(struct vmm__data_hash *d)
{
	d->at = 0;
	sha256_init(&d->hash);
}

static void add_number(struct vmm__data_hash *d, uint64_t n)
{
	n = htole64(n);
	sha256_update(&d->hash, sizeof(n), (const uint8_t *)&n);
}

static void add_block(struct vmm__data_hash *d, uint64_t nr, const char *bytes, size_t n)
{
	if (memcmp(bytes, zeros, n) == 0)
		return;
	add_number(d, nr);
	sha256_update(&d->hash, n, (const uint8_t *)bytes);
}

void vmm__data_hash_bytes(struct vmm__data_hash *d, const char *bytes, size_t n)
{
	while (n) {
		size_t have = (size_t)(d->at % BLOCK), len = BLOCK - have < n ? BLOCK - have : n;

		if (len == BLOCK) {
			add_block(d, d->at / BLOCK, bytes, BLOCK);
		} else {
			memcpy(d->block + have, bytes, len);
			if (have + len == BLOCK)
				add_block(d, d->at / BLOCK, d->block, BLOCK);
		}
		d->at += len;
		bytes += len;
		n -= len;
	}
}

void vmm__data_hash_hole(struct vmm__data_hash *d, uint64_t n)
{
	uint64_t edge = (BLOCK - d->at % BLOCK) % BLOCK;

	if (edge > n)
		edge = n;
	vmm__data_hash_bytes(d, zeros, (size_t)edge);
	n -= edge;
	d->at += n - n % BLOCK;
	vmm__data_hash_bytes(d, zeros, (size_t)(n % BLOCK));
}

void vmm__data_hash_end(struct vmm__data_hash *d, char sha256[VMM_SHA256_LEN + 1])
{
	add_block(d, d->at / BLOCK, d->block, (size_t)(d->at % BLOCK));
	add_number(d, d->at);
	vmm__hash_say(&d->hash, sha256);
}
