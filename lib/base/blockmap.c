/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/base16.h>
#include <nettle/sha2.h>

#include "base/blockmap.h"
#include "base/num.h"

#define HEADER "offset\tlength\tstored\tsha256"

void vmm_blockmap_release(struct vmm_blockmap *m)
{
	free(m->ranges);
	*m = (struct vmm_blockmap)VMM_BLOCKMAP_INIT;
}

int vmm_blockmap_add(struct vmm_blockmap *m, const struct vmm_range *r)
{
	if (m->n == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 64;
		struct vmm_range *more = reallocarray(m->ranges, cap, sizeof(*more));

		if (!more)
			return VMM_ENOMEM;
		m->ranges = more;
		m->cap = cap;
	}
	m->ranges[m->n++] = *r;
	m->used += r->length;
	m->stored += r->stored;
	return 0;
}

static void digest(const void *bytes, size_t n, unsigned char out[VMM_SHA256_BYTES])
{
	struct sha256_ctx hash;

	sha256_init(&hash);
	sha256_update(&hash, n, bytes);
	sha256_digest(&hash, VMM_SHA256_BYTES, out);
}

void vmm_range_hash(struct vmm_range *r, const void *bytes)
{
	digest(bytes, r->length, r->sha256);
}

bool vmm_range_holds(const struct vmm_range *r, const void *bytes)
{
	unsigned char is[VMM_SHA256_BYTES];

	digest(bytes, r->length, is);
	return memcmp(is, r->sha256, sizeof(is)) == 0;
}

void vmm_sha256_hex(const void *bytes, size_t n, char hex[VMM_SHA256_HEX + 1])
{
	unsigned char is[VMM_SHA256_BYTES];

	digest(bytes, n, is);
	base16_encode_update(hex, sizeof(is), is);
	hex[VMM_SHA256_HEX] = '\0';
}

bool vmm_all_zero(const void *bytes, size_t n)
{
	const char *p = bytes;

	return n == 0 || (*p == 0 && memcmp(p, p + 1, n - 1) == 0);
}

void vmm_blockmap_format(struct vmm_buf *out, const struct vmm_blockmap *m)
{
	char hex[VMM_SHA256_HEX + 1] = "";

	vmm_buf_adds(out, HEADER "\n");
	for (size_t i = 0; i < m->n; i++) {
		base16_encode_update(hex, VMM_SHA256_BYTES, m->ranges[i].sha256);
		vmm_buf_addf(out, "%" PRIu64 "\t%zu\t%zu\t%s\n", m->ranges[i].offset,
			     m->ranges[i].length, m->ranges[i].stored, hex);
	}
}

/* ---- reading ---- */

static bool read_hash(const char *hex, unsigned char out[VMM_SHA256_BYTES])
{
	struct base16_decode_ctx base16;
	size_t n = VMM_SHA256_BYTES;

	base16_decode_init(&base16);
	return strspn(hex, "0123456789abcdef") == VMM_SHA256_HEX && !hex[VMM_SHA256_HEX] &&
	       base16_decode_update(&base16, &n, out, VMM_SHA256_HEX, hex) &&
	       base16_decode_final(&base16) && n == VMM_SHA256_BYTES;
}

static int read_range(char *line, uint64_t size, struct vmm_range *r, struct vmm_err *err)
{
	char *length = strchr(line, '\t'), *stored = length ? strchr(length + 1, '\t') : NULL;
	char *hash = stored ? strchr(stored + 1, '\t') : NULL;
	uint64_t n = 0, packed = 0;
	int ret;

	if (!hash)
		return vmm_err_set(err, VMM_EINPUT, "not an offset, two lengths and a hash");
	*length++ = *stored++ = *hash++ = '\0';
	ret = vmm_num_u64("offset", line, 0, size, &r->offset, err);
	if (ret == 0)
		ret = vmm_num_u64("length", length, 1, VMM_RANGE_MAX, &n, err);
	if (ret == 0)
		ret = vmm_num_u64("stored", stored, 1, n, &packed, err);
	if (ret < 0)
		return ret;
	r->length = (size_t)n;
	r->stored = (size_t)packed;
	return read_hash(hash, r->sha256) ? 0 : vmm_err_set(err, VMM_EINPUT, "not a sha256");
}

static int check_range(const struct vmm_blockmap *m, const struct vmm_range *r, uint64_t size,
		       struct vmm_err *err)
{
	const struct vmm_range *last = m->n ? &m->ranges[m->n - 1] : NULL;

	if (r->length > size - r->offset)
		return vmm_err_set(err, VMM_EINPUT, "beyond the image's end at %" PRIu64, size);
	if (r->offset % VMM_BLOCK || (r->length % VMM_BLOCK && r->offset + r->length != size))
		return vmm_err_set(err, VMM_EINPUT, "not of whole blocks");
	if (last && r->offset < last->offset + last->length)
		return vmm_err_set(err, VMM_EINPUT, "not behind the range before it");
	return 0;
}

static int take_line(struct vmm_blockmap *m, char *line, size_t number, uint64_t size,
		     struct vmm_err *err)
{
	struct vmm_range r = { 0 };
	int ret;

	if (number == 1)
		return strcmp(line, HEADER) == 0
			       ? 0
			       : vmm_err_set(err, VMM_EINPUT, "not a block map's header");
	ret = read_range(line, size, &r, err);
	if (ret == 0)
		ret = check_range(m, &r, size, err);
	if (ret == 0 && vmm_blockmap_add(m, &r) < 0)
		ret = vmm_err_nomem(err);
	return ret;
}

/* The longest line: three numbers, a hash, three tabs. */
#define LINE_MAX_BYTES (3 * (20 + 1) + VMM_SHA256_HEX)

static int take_text(struct vmm_blockmap *m, const char *source, const char *text, size_t len,
		     uint64_t size, struct vmm_err *err)
{
	char line[LINE_MAX_BYTES + 1];
	size_t number = 0;
	int ret = 0;

	for (const char *end = text + len; ret == 0 && (text < end || !number);) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));
		size_t n = feed ? (size_t)(feed - text) : 0;

		number++;
		if (!feed)
			return vmm_err_set(err, VMM_EINPUT, "%s:%zu: no line feed at the end",
					   source, number);
		if (n > LINE_MAX_BYTES || memchr(text, '\0', n))
			return vmm_err_set(err, VMM_EINPUT, "%s:%zu: not a line of a block map",
					   source, number);
		memcpy(line, text, n);
		line[n] = '\0';
		text = feed + 1;
		ret = take_line(m, line, number, size, err);
	}
	if (ret < 0)
		vmm_err_prefix(err, "%s:%zu", source, number);
	return ret;
}

int vmm_blockmap_parse(struct vmm_blockmap *m, const char *source, const char *text, size_t len,
		       uint64_t size, struct vmm_err *err)
{
	int ret = take_text(m, source, text, len, size, err);

	if (ret < 0)
		vmm_blockmap_release(m);
	else
		m->size = size;
	return ret;
}
