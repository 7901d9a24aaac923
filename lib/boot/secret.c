/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random text, hashes, and the comparison of secrets. */
#include <nettle/base16.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <sys/random.h>

#include "boot/internal.h"

static void to_hex(const uint8_t *bytes, size_t n, char *hex)
{
	base16_encode_update(hex, n, bytes);
	hex[2 * n] = '\0';
}

/* At most 256 bytes: those come whole. */
int vmm__boot_random(char *hex, size_t digits, struct vmm_err *err)
{
	uint8_t bytes[64];

	if (getrandom(bytes, digits / 2, 0) != (ssize_t)(digits / 2))
		return vmm_err_errno(err, "cannot get random bytes");
	to_hex(bytes, digits / 2, hex);
	return 0;
}

void vmm__boot_hash(const char *bytes, size_t n, char hex[VMM_BOOT_SHA_LEN + 1])
{
	struct sha256_ctx hash;
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_init(&hash);
	sha256_update(&hash, n, (const uint8_t *)bytes);
	sha256_digest(&hash, sizeof(digest), digest);
	to_hex(digest, sizeof(digest), hex);
}

bool vmm__boot_same(const char *a, const char *b, size_t n)
{
	return memeql_sec(a, b, n) != 0;
}

bool vmm__boot_is_hex(const char *text, size_t digits)
{
	return strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}

int vmm__boot_secret(const char *id, char out[VMM_BOOT_SECRET_LEN + 1], struct vmm_err *err)
{
	memcpy(out, id, VMM_BOOT_ID_LEN);
	return vmm__boot_random(out + VMM_BOOT_ID_LEN, VMM_BOOT_SECRET_LEN - VMM_BOOT_ID_LEN, err);
}
