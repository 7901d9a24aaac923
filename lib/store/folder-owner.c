/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is the owner of an intent alive? Pids are reused and mean nothing on another host; a lock
 * ends exactly when its holder does. The owner of intent N holds an open-file-description
 * lock on byte N of the file `owners`, through one descriptor for each open store.
 *
 * Who asks does so through a descriptor of its own: a lock is never in the way of the
 * descriptor that holds it. So two stores in one process see each other's intents too.
 *
 * The descriptor is closed by exec. A child that is forked without exec shares it, and the
 * intents then live until that child is gone as well.
 */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct flock byte_lock(short type, uint64_t id)
{
	return (struct flock){
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = (off_t)id,
		.l_len = 1,
	};
}

int vmm__owner_hold(struct vmm__folder *f, const struct vmm__dir *d, uint64_t id, struct vmm_err *err)
{
	struct flock lock = byte_lock(F_WRLCK, id);
	int rc = 0;

	pthread_mutex_lock(&f->owners_lock);
	if (f->owners < 0)
		rc = vmm__file_open(d, "owners", O_RDWR | O_CREAT, &f->owners, err);
	if (rc == 0 && fcntl(f->owners, F_OFD_SETLK, &lock) < 0)
		rc = vmm__file_err(err, "lock", d, "owners");
	pthread_mutex_unlock(&f->owners_lock);
	return rc;
}

void vmm__owner_drop(struct vmm__folder *f, uint64_t id)
{
	struct flock lock = byte_lock(F_UNLCK, id);

	pthread_mutex_lock(&f->owners_lock);
	if (f->owners >= 0)
		fcntl(f->owners, F_OFD_SETLK, &lock);
	pthread_mutex_unlock(&f->owners_lock);
}

int vmm__owner_open(const struct vmm__dir *d, int *fd, struct vmm_err *err)
{
	return vmm__file_open(d, "owners", O_RDONLY, fd, err);
}

int vmm__owner_lives(const struct vmm__dir *d, int fd, uint64_t id, bool *lives, struct vmm_err *err)
{
	struct flock lock = byte_lock(F_WRLCK, id);

	*lives = false;
	if (fd < 0)
		return 0;
	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return vmm__file_err(err, "look at the locks of", d, "owners");
	*lives = lock.l_type != F_UNLCK;
	return 0;
}
