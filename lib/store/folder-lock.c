/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One writer at a time, over processes and threads.
 *
 * An open-file-description lock on the file `lock`, which is never renamed or removed (a
 * second writer would lock another file of that name). Each call opens it anew: so threads
 * keep each other out as well, and closing some other descriptor of the file does not drop
 * the lock, as it would a POSIX one. It ends with the process, however that dies. The
 * descriptor is closed by exec; a child that is forked and does not exec keeps a copy, so
 * the lock is released by unlocking and not by closing alone.
 *
 * Waiting has a limit, so it is done by trying again. Byte 0 is the lock; byte 1 is the head
 * of the queue, held while one waits for byte 0. Without it a writer with much to do would
 * take the lock again the moment it has let go, and those who sleep between two tries would
 * never come in time. With it, the one at the head tries often and all others seldom.
 */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"

#define WAIT_MAX_MS 20

enum byte { THE_LOCK = 0, THE_HEAD = 1 };

/* Who waits at a different rhythm each time doesn't meet the same rival at each try. */
static uint64_t jitter(uint64_t ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return 1 + ((uint64_t)ts.tv_nsec / 64 + (uint64_t)getpid()) % ms;
}

/* The lock itself doesn't tell its owner: OFD locks have no pid. */
static int held(const struct vmm__dir *d, int fd, struct vmm_err *err)
{
	char text[24];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	uint64_t pid;

	if (n > 0 && text[n - 1] == '\n') {
		text[n - 1] = '\0';
		if (vmm_num_u64("pid", text, 1, INT32_MAX, &pid, NULL) == 0)
			return vmm_err_set(err, VMM_EAGAIN,
					   "state '%s' is locked by another process (pid %s)",
					   d->path, text);
	}
	return vmm_err_set(err, VMM_EAGAIN, "state '%s' is locked by another process", d->path);
}

static int try_bytes(int fd, enum byte from, unsigned n, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = n };

	return fcntl(fd, F_OFD_SETLK, &lock);
}

static int try_byte(int fd, enum byte byte, short type)
{
	return try_bytes(fd, byte, 1, type);
}

/* Until `deadline`, sleeping up to max_ms between two tries. */
static int wait_for_byte(const struct vmm__dir *d, int fd, enum byte byte, uint64_t deadline,
			 uint64_t max_ms, struct vmm_err *err)
{
	for (uint64_t wait = 1;; wait = wait * 2 < max_ms ? wait * 2 : max_ms) {
		if (try_byte(fd, byte, F_WRLCK) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return vmm__file_err(err, "lock", d, "lock");
		if (vmm_clock_ms() >= deadline)
			return held(d, fd, err);
		vmm_sleep_ms(jitter(wait));
	}
}

static int wait_for_lock(const struct vmm__dir *d, int fd, uint64_t limit_ms, struct vmm_err *err)
{
	const uint64_t deadline = vmm_clock_ms() + limit_ms;
	int rc = 0;

	/* Nobody has it and nobody waits: that is the usual case. */
	if (try_bytes(fd, THE_LOCK, 2, F_WRLCK) < 0) {
		rc = wait_for_byte(d, fd, THE_HEAD, deadline, WAIT_MAX_MS, err);
		if (rc < 0)
			return rc;
		rc = wait_for_byte(d, fd, THE_LOCK, deadline, 1, err);
	}
	try_byte(fd, THE_HEAD, F_UNLCK);
	return rc;
}

/* For the message of those who wait. That it can't be written is no reason not to go on. */
static void leave_pid(int fd)
{
	char text[24], old[24];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	/* To write costs a place in the next sync, and often the last one was us too. */
	if (pread(fd, old, sizeof(old), 0) == len && memcmp(old, text, (size_t)len) == 0)
		return;
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len)
		return;
}

int vmm__lock_file(const struct vmm__dir *d, int fd, uint64_t limit_ms, struct vmm_err *err)
{
	int rc = wait_for_lock(d, fd, limit_ms, err);

	if (rc == 0)
		leave_pid(fd);
	return rc;
}

void vmm__unlock_file(int fd)
{
	try_byte(fd, THE_LOCK, F_UNLCK);
}

int vmm__lock(const struct vmm__folder *f, struct vmm__locked *l, struct vmm_err *err)
{
	int rc = vmm__dir_open(f, true, &l->dir, err);

	if (rc < 0)
		return rc;
	rc = vmm__file_open(&l->dir, "lock", O_RDWR | O_CREAT, &l->fd, err);
	if (rc == 0) {
		rc = vmm__lock_file(&l->dir, l->fd, f->lock_ms, err);
		if (rc < 0)
			close(l->fd);
	}
	if (rc < 0)
		vmm__dir_close(&l->dir);
	return rc;
}

void vmm__unlock(struct vmm__locked *l)
{
	vmm__unlock_file(l->fd);
	close(l->fd);
	vmm__dir_close(&l->dir);
}
