/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A raw image read once: its blocks in use go to a file of their own, packed, their hashes into the map. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "base/file.h"
#include "deploy/blocks.h"

/* Higher ones take much longer for little; what unpacks it is as fast at any. */
#define LEVEL 3
#define REPORT_EVERY ((uint64_t)32 * 1024 * 1024)

struct making {
	struct vmm_blockmap *m;
	int image, data;
	const char *what;
	const struct vmm_cancel *cancel;
	struct vmm_progress_sink *progress;
	uint64_t reported;
	char *chunk; /* VMM_RANGE_MAX bytes */
	/* The range that grows, and its bytes; its length is 0 while there is none. */
	struct vmm_range range;
	char *bytes, *packed; /* VMM_RANGE_MAX bytes each */
	ZSTD_CCtx *packer;
};

static int go_on(struct making *k, uint64_t at, struct vmm_err *err)
{
	struct vmm_progress p = {
		.subject = k->what, .stage = "map", .done = at, .total = k->m->size, .downtime_ms = -1
	};

	if (k->cancel && k->cancel->level >= 2)
		return vmm_err_set(err, VMM_ECANCEL, "stopped");
	if (at - k->reported < REPORT_EVERY && at != k->m->size)
		return 0;
	k->reported = at;
	vmm_progress_report(k->progress, &p);
	return 0;
}

/* What doesn't become smaller stays as it is: there is no room for more. */
static int end_range(struct making *k, struct vmm_err *err)
{
	const char *what = k->packed;
	size_t n;

	if (!k->range.length)
		return 0;
	vmm_range_hash(&k->range, k->bytes);
	n = ZSTD_compressCCtx(k->packer, k->packed, k->range.length - 1, k->bytes, k->range.length,
			      LEVEL);
	if (ZSTD_isError(n)) {
		what = k->bytes;
		n = k->range.length;
	}
	k->range.stored = n;
	if (vmm_write_fd(k->data, what, n) < 0)
		return vmm_err_errno(err, "cannot write the blocks in use");
	if (vmm_blockmap_add(k->m, &k->range) < 0)
		return vmm_err_nomem(err);
	k->range.length = 0;
	return 0;
}

/* Bytes in use that lie at `at`; no more than what is left of the range there. */
static int add_used(struct making *k, const char *bytes, size_t n, uint64_t at, struct vmm_err *err)
{
	int ret = 0;

	if (k->range.length == VMM_RANGE_MAX || k->range.offset + k->range.length != at)
		ret = end_range(k, err);
	if (ret < 0)
		return ret;
	if (!k->range.length)
		k->range.offset = at;
	memcpy(k->bytes + k->range.length, bytes, n);
	k->range.length += n;
	return 0;
}

/* Blocks at the front of these bytes that are all in use, or all zero. */
static size_t run_length(const char *bytes, size_t n, bool *zero)
{
	size_t len = 0;

	while (len < n) {
		size_t block = n - len < VMM_BLOCK ? n - len : VMM_BLOCK;
		bool z = vmm_all_zero(bytes + len, block);

		if (len == 0)
			*zero = z;
		else if (z != *zero)
			break;
		len += block;
	}
	return len;
}

static size_t room(const struct making *k, uint64_t at)
{
	bool grows = k->range.length && k->range.offset + k->range.length == at;

	return grows && k->range.length < VMM_RANGE_MAX ? VMM_RANGE_MAX - k->range.length
							: VMM_RANGE_MAX;
}

static int add_chunk(struct making *k, size_t n, uint64_t at, struct vmm_err *err)
{
	int ret = 0;

	for (size_t done = 0; ret == 0 && done < n;) {
		bool zero = false;
		size_t max = room(k, at + done);
		size_t len = run_length(k->chunk + done, n - done < max ? n - done : max, &zero);

		if (!zero)
			ret = add_used(k, k->chunk + done, len, at + done, err);
		done += len;
	}
	return ret;
}

static int read_chunk(struct making *k, size_t n, uint64_t at, struct vmm_err *err)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(k->image, k->chunk + got, n - got, (off_t)(at + got));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return vmm_err_unreadable(err, "cannot read '%s'", k->what);
		if (r == 0)
			return vmm_err_set(err, VMM_EINPUT, "'%s' has become shorter", k->what);
		got += (size_t)r;
	}
	return 0;
}

/* Where the next blocks with data begin and end; what can't tell has nothing but data. */
static void next_data(const struct making *k, uint64_t at, uint64_t *begin, uint64_t *end)
{
	uint64_t size = k->m->size;
	off_t data = lseek(k->image, (off_t)at, SEEK_DATA), hole;

	*begin = data < 0 ? (errno == ENXIO ? size : at) : (uint64_t)data;
	*begin -= *begin % VMM_BLOCK;
	if (*begin < at)
		*begin = at;
	*end = size;
	hole = *begin < size ? lseek(k->image, (off_t)*begin, SEEK_HOLE) : -1;
	if (hole > (off_t)*begin && (uint64_t)hole < size)
		*end = (uint64_t)hole + (VMM_BLOCK - (uint64_t)hole % VMM_BLOCK) % VMM_BLOCK;
	if (*end > size)
		*end = size;
}

static int make_all(struct making *k, struct vmm_err *err)
{
	uint64_t at = 0, end = 0;
	int ret = 0;

	while (ret == 0 && at < k->m->size) {
		size_t n;

		if (at >= end)
			next_data(k, at, &at, &end);
		n = end - at < VMM_RANGE_MAX ? (size_t)(end - at) : VMM_RANGE_MAX;
		ret = go_on(k, at, err);
		if (ret == 0 && n)
			ret = read_chunk(k, n, at, err);
		if (ret == 0 && n)
			ret = add_chunk(k, n, at, err);
		at += n;
	}
	return ret ? ret : end_range(k, err);
}

static int find_size(struct making *k, struct vmm_err *err)
{
	off_t size = lseek(k->image, 0, SEEK_END);

	if (size < 0)
		return vmm_err_unreadable(err, "cannot find the size of '%s'", k->what);
	if (size == 0 || size % 512)
		return vmm_err_set(err, VMM_EINPUT, "'%s' is no disk image: it has %lld bytes",
				   k->what, (long long)size);
	k->m->size = (uint64_t)size;
	return 0;
}

int vmm_blockmap_make(struct vmm_blockmap *m, int image, const char *what, int data,
		      const struct vmm_cancel *cancel, struct vmm_progress_sink *progress,
		      struct vmm_err *err)
{
	VMM_STR_AUTO chunk = malloc(VMM_RANGE_MAX);
	VMM_STR_AUTO bytes = malloc(VMM_RANGE_MAX);
	VMM_STR_AUTO packed = malloc(VMM_RANGE_MAX);
	struct making k = { .m = m,
			    .image = image,
			    .data = data,
			    .what = what,
			    .cancel = cancel,
			    .progress = progress,
			    .chunk = chunk,
			    .bytes = bytes,
			    .packed = packed,
			    .packer = ZSTD_createCCtx() };
	int ret = chunk && bytes && packed && k.packer ? find_size(&k, err) : vmm_err_nomem(err);

	if (ret == 0)
		ret = make_all(&k, err);
	if (ret == 0 && lseek(image, 0, SEEK_END) != (off_t)m->size)
		ret = vmm_err_set(err, VMM_EINPUT, "'%s' changes its size", what);
	if (ret == 0)
		ret = go_on(&k, m->size, err);
	ZSTD_freeCCtx(k.packer);
	if (ret < 0)
		vmm_blockmap_release(m);
	return ret;
}
