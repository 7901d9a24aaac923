/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copies and hashes in one pass. What is zero is hashed and not written, so a file written here has
 * holes wherever it could; holes of the file it is read from are not read either.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "library/internal.h"

#define BLOCK VMM__BLOCK
#define CHUNK ((size_t)1024 * 1024)
#define REPORT_EVERY ((uint64_t)8 * 1024 * 1024)

static const char zeros[64 * 1024];

void vmm__copy_init(struct vmm__copy *c, int to, const char *subject, const char *stage)
{
	*c = (struct vmm__copy){ .to = to, .subject = subject, .stage = stage };
	sha256_init(&c->hash);
}

static bool is_zero(const char *p, size_t n)
{
	return *p == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static int write_all(struct vmm__copy *c, const char *bytes, size_t n, uint64_t at,
		     struct vmm_err *err)
{
	while (n) {
		ssize_t done = c->stream ? write(c->to, bytes, n)
					 : pwrite(c->to, bytes, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return vmm_err_errno(err, "cannot write the copy");
		bytes += done;
		at += (uint64_t)done;
		n -= (size_t)done;
	}
	return 0;
}

/* How many of the bytes, up to the ends of blocks of the file, are all zero or are all to be written. */
static size_t run_length(const char *bytes, size_t n, uint64_t at, bool *zero)
{
	size_t len = 0;

	while (len < n) {
		size_t block = BLOCK - (size_t)((at + len) % BLOCK);
		bool z;

		if (block > n - len)
			block = n - len;
		z = is_zero(bytes + len, block);
		if (len == 0)
			*zero = z;
		else if (z != *zero)
			break;
		len += block;
	}
	return len;
}

static int write_sparse(struct vmm__copy *c, const char *bytes, size_t n, struct vmm_err *err)
{
	uint64_t at = c->size;
	int ret = 0;

	while (ret == 0 && n) {
		bool zero;
		size_t len = run_length(bytes, n, at, &zero);

		c->data = c->data || !zero;
		if (c->sink)
			ret = zero ? c->sink->hole(c->sink->arg, len, err)
				   : c->sink->data(c->sink->arg, bytes, len, err);
		else if (c->to >= 0 && (!zero || c->stream))
			ret = write_all(c, bytes, len, at, err);
		bytes += len;
		at += len;
		n -= len;
	}
	return ret;
}

static void report(struct vmm__copy *c, const char *stage)
{
	struct vmm_progress p = { .subject = c->subject,
				  .stage = stage,
				  .done = c->size,
				  .total = c->total,
				  .downtime_ms = -1 };

	vmm_progress_report(c->progress, &p);
	c->reported = c->size;
}

static int go_on(struct vmm__copy *c, size_t n, struct vmm_err *err)
{
	if (c->cancel && c->cancel->level >= 2)
		return vmm_err_set(err, VMM_ECANCEL, "stopped");
	if (c->max && n > c->max - c->size)
		return vmm_err_set(err, VMM_EREFUSED, "it is larger than %" PRIu64 " bytes", c->max);
	if (c->size - c->reported >= REPORT_EVERY)
		report(c, c->stage);
	return 0;
}

int vmm__copy_bytes(void *copy, const char *bytes, size_t n, struct vmm_err *err)
{
	struct vmm__copy *c = copy;
	int ret = go_on(c, n, err);

	if (ret == 0)
		ret = write_sparse(c, bytes, n, err);
	if (ret < 0)
		return ret;
	if (!c->skip_whole)
		sha256_update(&c->hash, n, (const uint8_t *)bytes);
	if (c->data_hash)
		vmm__data_hash_bytes(c->data_hash, bytes, n);
	c->size += n;
	return 0;
}

static int copy_hole(struct vmm__copy *c, uint64_t n, struct vmm_err *err)
{
	int ret = 0;

	while (ret == 0 && n) {
		size_t len = n < sizeof(zeros) ? (size_t)n : sizeof(zeros);

		ret = go_on(c, len, err);
		if (ret == 0 && c->sink)
			ret = c->sink->hole(c->sink->arg, len, err);
		else if (ret == 0 && c->to >= 0 && c->stream)
			ret = write_all(c, zeros, len, c->size, err);
		if (!c->skip_whole)
			sha256_update(&c->hash, len, (const uint8_t *)zeros);
		if (c->data_hash)
			vmm__data_hash_hole(c->data_hash, len);
		c->size += len;
		n -= len;
	}
	return ret;
}

/* Up to n bytes from where it stands; *got 0: the end. */
static int copy_some(struct vmm__copy *c, int from, char *chunk, size_t n, const char *what,
		     size_t *got, struct vmm_err *err)
{
	ssize_t r;

	do {
		r = read(from, chunk, n);
	} while (r < 0 && errno == EINTR && !(c->cancel && c->cancel->level >= 2));
	if (r < 0)
		return errno == EINTR ? vmm_err_set(err, VMM_ECANCEL, "stopped")
				      : vmm_err_errno(err, "cannot read '%s'", what);
	*got = (size_t)r;
	return r ? vmm__copy_bytes(c, chunk, (size_t)r, err) : 0;
}

int vmm__copy_stream(struct vmm__copy *c, int from, const char *what, struct vmm_err *err)
{
	VMM_STR_AUTO chunk = malloc(CHUNK);
	size_t got = 1;
	int ret = chunk ? 0 : vmm_err_nomem(err);

	while (ret == 0 && got)
		ret = copy_some(c, from, chunk, CHUNK, what, &got, err);
	return ret;
}

static int copy_data(struct vmm__copy *c, int from, char *chunk, uint64_t n, const char *what,
		     struct vmm_err *err)
{
	size_t got = 1;
	int ret = 0;

	while (ret == 0 && n && got) {
		ret = copy_some(c, from, chunk, n < CHUNK ? (size_t)n : CHUNK, what, &got, err);
		n -= got;
	}
	return ret;
}

/* Where the next data begins and ends; a file system that can't tell has nothing but data. */
static void next_data(int from, uint64_t at, uint64_t size, uint64_t *begin, uint64_t *end)
{
	off_t data = lseek(from, (off_t)at, SEEK_DATA), hole;

	*end = size;
	*begin = data < 0 ? (errno == ENXIO ? size : at) : (uint64_t)data;
	hole = *begin < size ? lseek(from, (off_t)*begin, SEEK_HOLE) : -1;
	if (hole >= 0 && (uint64_t)hole < size)
		*end = (uint64_t)hole;
	if (*begin > size)
		*begin = size;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* From where it stands: a hole, if there is one, and the data behind it. */
static int copy_range(struct vmm__copy *c, int from, uint64_t size, char *chunk, const char *what,
		      struct vmm_err *err)
{
	uint64_t begin, end;
	int ret;

	next_data(from, c->size, size, &begin, &end);
	ret = copy_hole(c, begin - c->size, err);
	if (ret == 0 && lseek(from, (off_t)begin, SEEK_SET) < 0)
		ret = vmm_err_errno(err, "cannot read '%s'", what);
	if (ret == 0)
		ret = copy_data(c, from, chunk, end - begin, what, err);
	if (ret == 0 && c->size != end)
		ret = vmm_err_set(err, VMM_EFAIL, "'%s' became shorter while it was read", what);
	return ret;
}

int vmm__copy_file(struct vmm__copy *c, int from, const char *what, struct vmm_err *err)
{
	VMM_STR_AUTO chunk = NULL;
	struct stat before, after;
	int ret = 0;

	if (fstat(from, &before) < 0)
		return vmm_err_errno(err, "cannot look at '%s'", what);
	chunk = malloc(CHUNK);
	if (!chunk)
		return vmm_err_nomem(err);
	c->total = (uint64_t)before.st_size;
	while (ret == 0 && c->size < c->total)
		ret = copy_range(c, from, c->total, chunk, what, err);
	if (ret == 0 && (fstat(from, &after) < 0 || !same_file(&before, &after)))
		ret = vmm_err_set(err, VMM_EFAIL, "'%s' changed while it was read", what);
	return ret;
}

void vmm__hash_say(struct sha256_ctx *hash, char sha256[VMM_SHA256_LEN + 1])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(hash, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(sha256 + 2 * i, 3, "%02x", digest[i]);
}

int vmm__copy_end(struct vmm__copy *c, char sha256[VMM_SHA256_LEN + 1], struct vmm_err *err)
{
	if (c->to >= 0 && !c->stream && ftruncate(c->to, (off_t)c->size) < 0)
		return vmm_err_errno(err, "cannot write the copy");
	report(c, "done");
	if (!c->skip_whole)
		vmm__hash_say(&c->hash, sha256);
	return 0;
}
