/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the image leaves out must read as zeros, whatever the disk held before.
 *
 * A disk that zeroes by itself is told to. Any other is read, and only what isn't zero there is
 * written: that takes as long as writing, but a disk that was clean stays so. Behind the image's end
 * only the disk's own zeroing and discarding is used, as filling terabytes by hand would take
 * hours; without either the ends are zeroed, where tables of partitions and members of arrays
 * have their copies.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "agent/agent.h"

#define STEP ((uint64_t)1024 * 1024 * 1024)
#define ENDS ((uint64_t)4 * 1024 * 1024)
#define CHUNK ((size_t)1024 * 1024)

/* A file stands for a disk in the tests. */
static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static int ask_disk(const struct agent *a, int fd, unsigned long what, uint64_t from, uint64_t to)
{
	for (; from < to; from += STEP) {
		uint64_t range[2] = { from, to - from < STEP ? to - from : STEP };

		if (agent_in_time(a, NULL) < 0 || ioctl(fd, what, range) < 0)
			return -1;
	}
	return 0;
}

static int zero_by_disk(const struct agent *a, int fd, uint64_t from, uint64_t to)
{
	if (is_file(fd))
		return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from,
				 (off_t)(to - from));
	return ask_disk(a, fd, BLKZEROOUT, from, to);
}

static int zero_by_hand(const struct agent *a, int fd, uint64_t from, uint64_t to, struct vmm_err *err)
{
	VMM_STR_AUTO chunk = agent_pages(2 * CHUNK);
	int ret = chunk ? 0 : vmm_err_nomem(err);

	if (ret == 0)
		memset(chunk + CHUNK, 0, CHUNK);
	while (ret == 0 && from < to) {
		size_t n = to - from < CHUNK ? (size_t)(to - from) : CHUNK;

		ret = agent_in_time(a, err);
		if (ret == 0)
			ret = agent_pread(fd, chunk, n, from, err);
		if (ret == 0 && !vmm_all_zero(chunk, n))
			ret = agent_pwrite(fd, chunk + CHUNK, n, from, err);
		from += n;
	}
	return ret;
}

int agent_zero(const struct agent *a, int fd, uint64_t from, uint64_t to, struct vmm_err *err)
{
	if (from >= to || (a->disk->can_zero && zero_by_disk(a, fd, from, to) == 0))
		return 0;
	return zero_by_hand(a, fd, from, to, err);
}

static int zero_gaps(struct agent *a, int fd, const struct vmm_blockmap *m, struct vmm_err *err)
{
	uint64_t at = 0;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < m->n; i++) {
		ret = agent_zero(a, fd, at, m->ranges[i].offset, err);
		at = m->ranges[i].offset + m->ranges[i].length;
	}
	return ret ? ret : agent_zero(a, fd, at, m->size, err);
}

static int zero_rest(struct agent *a, int fd, uint64_t from, struct vmm_err *err)
{
	uint64_t end = a->disk->size;
	bool all = strcmp(a->job.zero, "all") == 0;
	int ret;

	if (all || (a->disk->can_zero && a->disk->can_discard))
		return agent_zero(a, fd, from, end, err);
	if (end - from <= 2 * ENDS)
		return zero_by_hand(a, fd, from, end, err);
	if (!a->disk->can_discard || ask_disk(a, fd, BLKDISCARD, from, end) < 0)
		agent_log(a, "the disk can't discard: behind the image only its ends are zeroed");
	ret = zero_by_hand(a, fd, from, from + ENDS, err);
	return ret ? ret : zero_by_hand(a, fd, end - ENDS, end, err);
}

/* At the front, in the middle and at the end. */
static int samples_are_zero(int fd, uint64_t from, uint64_t to, bool *zero, struct vmm_err *err)
{
	VMM_STR_AUTO block = agent_pages(VMM_BLOCK);
	uint64_t middle = from + (to - from) / 2;
	uint64_t at[3] = { from, middle - middle % VMM_BLOCK, to - VMM_BLOCK };
	int ret = block ? 0 : vmm_err_nomem(err);

	if (to - from < VMM_BLOCK)
		return 0;
	for (size_t i = 0; ret == 0 && i < 3; i++) {
		ret = agent_pread(fd, block, VMM_BLOCK, at[i], err);
		*zero = *zero && ret == 0 && vmm_all_zero(block, VMM_BLOCK);
	}
	return ret;
}

/* Whether a disk that is said to be clean looks like it. */
static int looks_clean(struct agent *a, int fd, const struct vmm_blockmap *m, bool *clean,
		       struct vmm_err *err)
{
	uint64_t at = 0;
	int ret = 0;

	*clean = true;
	for (size_t i = 0; ret == 0 && *clean && i < m->n; i++) {
		if (m->ranges[i].offset > at)
			ret = samples_are_zero(fd, at, m->ranges[i].offset, clean, err);
		at = m->ranges[i].offset + m->ranges[i].length;
	}
	if (ret == 0 && *clean && at < a->disk->size)
		ret = samples_are_zero(fd, at, a->disk->size, clean, err);
	return ret;
}

int agent_clean(struct agent *a, int fd, const struct vmm_blockmap *m, struct vmm_err *err)
{
	bool clean = false;
	int ret = 0;

	if (strcmp(a->job.zero, "trust") == 0) {
		ret = looks_clean(a, fd, m, &clean, err);
		if (ret == 0 && !clean)
			agent_log(a, "the disk was said to be clean and isn't");
	}
	if (ret < 0 || clean)
		return ret;
	if (a->disk->can_zero && a->disk->can_discard)
		return agent_zero(a, fd, 0, a->disk->size, err);
	ret = zero_gaps(a, fd, m, err);
	return ret ? ret : zero_rest(a, fd, m->size, err);
}
