/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <unistd.h>

#include "base/file.h"
#include "boot/internal.h"

#define CHUNK 65536

int vmm__boot_copy(int from, int to, char sha256[VMM_BOOT_SHA_LEN + 1], uint64_t *size)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx hash;
	char chunk[CHUNK];
	off_t at = 0;
	ssize_t got;

	sha256_init(&hash);
	while ((got = pread(from, chunk, sizeof(chunk), at)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || vmm_write_fd(to, chunk, (size_t)got) < 0)
			return -1;
		sha256_update(&hash, (size_t)got, (const uint8_t *)chunk);
		at += got;
	}
	sha256_digest(&hash, sizeof(digest), digest);
	base16_encode_update(sha256, sizeof(digest), digest);
	sha256[VMM_BOOT_SHA_LEN] = '\0';
	*size = (uint64_t)at;
	return 0;
}
