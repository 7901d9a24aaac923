/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the library lies, and its lock. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "library/internal.h"

char *vmm__library_root(const struct vmm_store *st, struct vmm_err *err)
{
	const char *own = getenv("VMM_LIBRARY");
	const char *state = vmm_store_folder(st);
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	char *root;

	if (own && *own == '/') {
		vmm_buf_adds(&b, own);
	} else if (own && *own) {
		vmm_err_set(err, VMM_EINPUT, "VMM_LIBRARY '%s' is no absolute path", own);
		return NULL;
	} else if (state) {
		vmm_buf_addf(&b, "%s/library", state);
	} else {
		vmm_err_set(err, VMM_EINPUT, "this state is no folder: VMM_LIBRARY has to be set");
		return NULL;
	}
	root = vmm_buf_steal(&b);
	if (!root)
		vmm_err_nomem(err);
	return root;
}

int vmm__library_err(const struct vmm__library *lib, const char *verb, const char *name,
		     struct vmm_err *err)
{
	return vmm_err_errno(err, "cannot %s '%s/sha256/%s'", verb, lib->root, name);
}

/* What anybody may write to is nothing to make machines from. */
static int check_folder(const struct vmm__library *lib, struct vmm_err *err)
{
	struct stat st;

	if (fstat(lib->blobs, &st) < 0)
		return vmm__library_err(lib, "look at", "", err);
	if (st.st_mode & S_IWOTH)
		return vmm_err_set(err, VMM_EREFUSED,
				   "cannot use library '%s': everybody may write there", lib->root);
	return 0;
}

int vmm__library_open(const struct vmm_store *st, bool create, struct vmm__library *lib,
		      struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	int ret = 0;

	lib->root = vmm__library_root(st, err);
	if (!lib->root)
		return VMM_EINPUT;
	vmm_buf_addf(&path, "%s/sha256", lib->root);
	if (path.failed)
		return vmm_err_nomem(err);
	if (create)
		ret = vmm_make_folders(path.data, 0700, 0700, err);
	if (ret < 0)
		return ret;
	lib->blobs = open(path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lib->blobs >= 0)
		return check_folder(lib, err);
	if (errno == ENOENT && !create)
		return 0;
	return vmm__library_err(lib, "open", "", err);
}

void vmm__library_close(struct vmm__library *lib)
{
	vmm__library_unlock(lib);
	if (lib->blobs >= 0)
		close(lib->blobs);
	free(lib->root);
	*lib = (struct vmm__library)VMM__LIBRARY_INIT;
}

int vmm__library_lock(struct vmm__library *lib, struct vmm_err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	uint64_t ms, deadline;
	int ret = vmm_store_lock_timeout(&ms, err);

	if (ret < 0)
		return ret;
	deadline = vmm_clock_ms() + ms;
	lib->lock = openat(lib->blobs, "../lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (lib->lock < 0)
		return vmm_err_errno(err, "cannot open '%s/lock'", lib->root);
	while (fcntl(lib->lock, F_OFD_SETLK, &lock) < 0) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return vmm_err_errno(err, "cannot lock '%s/lock'", lib->root);
		if (vmm_clock_ms() >= deadline)
			return vmm_err_set(err, VMM_EAGAIN,
					   "library '%s' is locked by another process", lib->root);
		vmm_sleep_ms(5);
	}
	return 0;
}

void vmm__library_unlock(struct vmm__library *lib)
{
	if (lib->lock >= 0)
		close(lib->lock);
	lib->lock = -1;
}
