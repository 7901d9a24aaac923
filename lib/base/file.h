/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files and folders: what the system calls leave to be done around them.
 *
 *	if (vmm_make_folders("/var/lib/vmm", 0777, 0700, err) < 0) …;
 *	if (vmm_write_fd(fd, text, len) < 0 || fsync(fd) < 0)
 *		return vmm_err_errno(err, "cannot write '%s'", path);
 */
#ifndef VMM_BASE_FILE_H
#define VMM_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* All of it, to where the descriptor stands; nothing is synced. 0, or -1 with errno. */
int vmm_write_fd(int fd, const char *text, size_t len);

/*
 * The file has this text or, whatever happens, what it had: it is written aside (PATH.new), synced and renamed.
 * A symbolic link is replaced, not followed.
 */
int vmm_replace_file(const char *path, mode_t mode, const char *text, size_t len,
		     struct vmm_err *err);

/*
 * As mkdir -p: folders above get the mode `parents`, the one that is asked for `last`, both less the umask.
 * Each one made is durable. What is there already stays as it is. The path is absolute.
 */
int vmm_make_folders(const char *path, mode_t parents, mode_t last, struct vmm_err *err);

#endif
