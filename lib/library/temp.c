/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files on their way in and out. Each is locked by its maker as long as that lives, and keeps its own
 * name `.new-…` until the table says what the library holds: so whoever dies at any moment leaves
 * that name, and behind it the content that has to go too when no row has it (check.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "library/internal.h"

/* Of the kind that needs no permission to write: content has none. */
static int try_lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB);
}

static void choose_name(struct vmm__temp *t)
{
	uint64_t n = 0;

	/* Should it be no random number, O_EXCL says so. */
	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		n = (uint64_t)getpid();
	snprintf(t->name, sizeof(t->name), VMM__NEW "%016" PRIx64, n);
}

/* Made and locked under the lock, so that nobody sees it without. */
int vmm__temp_new(struct vmm__library *lib, struct vmm__temp *t, struct vmm_err *err)
{
	int ret = vmm__library_lock(lib, err);

	if (ret < 0)
		return ret;
	choose_name(t);
	t->fd = openat(lib->blobs, t->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (t->fd < 0 || try_lock(t->fd) < 0) {
		ret = vmm__library_err(lib, "make", t->name, err);
		if (t->fd < 0)
			t->name[0] = '\0';
		vmm__temp_drop(lib, t);
	}
	vmm__library_unlock(lib);
	return ret;
}

void vmm__temp_drop(const struct vmm__library *lib, struct vmm__temp *t)
{
	if (t->name[0])
		unlinkat(lib->blobs, t->name, 0);
	if (t->fd >= 0)
		close(t->fd);
	*t = (struct vmm__temp)VMM__TEMP_INIT;
}

char *vmm__temp_path(const struct vmm__library *lib, const struct vmm__temp *t)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_addf(&b, "%s/sha256/%s", lib->root, t->name);
	return vmm_buf_steal(&b);
}

bool vmm__temp_lives(const struct vmm__library *lib, const char *name)
{
	int fd = openat(lib->blobs, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool lives = fd >= 0 && try_lock(fd) < 0;

	if (fd >= 0)
		close(fd);
	return lives;
}

static int sync_folder(const struct vmm__library *lib, struct vmm_err *err)
{
	return fsync(lib->blobs) < 0 ? vmm__library_err(lib, "sync", "", err) : 0;
}

/*
 * What is there already under that name may be damaged: the new file takes its place. It comes by
 * way of a second name, as rename() can't keep the first.
 */
int vmm__temp_publish(const struct vmm__library *lib, const struct vmm__temp *t, const char *sha256,
		      struct vmm_err *err)
{
	struct vmm__temp second = VMM__TEMP_INIT;

	choose_name(&second);
	if (linkat(lib->blobs, t->name, lib->blobs, second.name, 0) < 0)
		return vmm__library_err(lib, "link", second.name, err);
	if (renameat(lib->blobs, second.name, lib->blobs, sha256) < 0) {
		vmm__library_err(lib, "rename to", sha256, err);
		unlinkat(lib->blobs, second.name, 0);
		return VMM_EFAIL;
	}
	return sync_folder(lib, err);
}

int vmm__temp_mark(const struct vmm__library *lib, const char *sha256, struct vmm__temp *t,
		   struct vmm_err *err)
{
	choose_name(t);
	if (linkat(lib->blobs, sha256, lib->blobs, t->name, 0) < 0) {
		t->name[0] = '\0';
		return errno == ENOENT ? 0 : vmm__library_err(lib, "link", sha256, err);
	}
	return sync_folder(lib, err);
}
