/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The folder itself: opening a store on it, making it when something is first written. */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"

#define LOCK_MS 30000
#define LOCK_MS_MAX (3600 * 1000)

static void folder_close(struct vmm_store *st)
{
	struct vmm__folder *f = (struct vmm__folder *)st;

	/* This ends the life of every intent that is still open. */
	if (f->owners >= 0)
		close(f->owners);
	if (f->commit_fd >= 0)
		close(f->commit_fd);
	pthread_mutex_destroy(&f->owners_lock);
	free(f->commit);
	free(f->path);
	free(f);
}

static const struct vmm__backend folder_backend = {
	.close = folder_close,
	.read = vmm__folder_read,
	.change = vmm__folder_change,
	.begin = vmm__folder_begin,
	.note = vmm__folder_note,
	.end = vmm__folder_end,
	.list = vmm__folder_list,
	.take = vmm__folder_take,
	.changes = vmm__folder_changes,
	.log_open = vmm__folder_log_open,
	.check = vmm__folder_check,
};

/* What anybody may write is no state: the next reader would act on it, perhaps as root. */
static int refuse_unsafe(const char *path, struct vmm_err *err)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		if (errno == ENOENT)
			return 0;
		return vmm_err_unreadable(err, "cannot open state '%s'", path);
	}
	if (!S_ISDIR(st.st_mode))
		return vmm_err_set(err, VMM_EINPUT, "cannot open state '%s': not a folder", path);
	if (st.st_mode & S_IWOTH)
		return vmm_err_set(err, VMM_EREFUSED,
				   "cannot open state '%s': everybody may write there (mode %04o)",
				   path, (unsigned)st.st_mode & 07777);
	return 0;
}

int vmm_store_lock_timeout(uint64_t *ms, struct vmm_err *err)
{
	const char *text = getenv("VMM_LOCK_TIMEOUT");
	int rc;

	*ms = LOCK_MS;
	if (!text || !*text)
		return 0;
	rc = vmm_num_duration("VMM_LOCK_TIMEOUT", text, ms, err);
	if (rc == 0 && *ms > LOCK_MS_MAX)
		*ms = LOCK_MS_MAX;
	return rc;
}

int vmm__folder_open(const char *path, struct vmm_store **out, struct vmm_err *err)
{
	struct vmm__folder *f;
	uint64_t ms;
	int rc = refuse_unsafe(path, err);

	if (rc == 0)
		rc = vmm_store_lock_timeout(&ms, err);
	if (rc < 0)
		return rc;
	f = calloc(1, sizeof(*f));
	if (!f)
		return vmm_err_nomem(err);
	f->path = strdup(path);
	if (!f->path || asprintf(&f->commit, "%s/commit", path) < 0) {
		free(f->path);
		free(f);
		return vmm_err_nomem(err);
	}
	f->store.backend = &folder_backend;
	f->lock_ms = ms;
	f->owners = f->commit_fd = -1;
	pthread_mutex_init(&f->owners_lock, NULL);
	*out = &f->store;
	return 0;
}

/* ---- opening and making ---- */

int vmm__dir_open(const struct vmm__folder *f, bool create, struct vmm__dir *d, struct vmm_err *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	d->path = f->path;
	d->fd = open(f->path, flags);
	if (d->fd < 0 && errno == ENOENT) {
		int rc;

		if (!create)
			return 0;
		/* The folder itself is nobody else's to read. */
		rc = vmm_make_folders(f->path, 0777, 0700, err);
		if (rc < 0)
			return rc;
		d->fd = open(f->path, flags);
	}
	if (d->fd < 0)
		return vmm_err_unreadable(err, "cannot open state '%s'", f->path);
	return 0;
}

void vmm__dir_close(struct vmm__dir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}
