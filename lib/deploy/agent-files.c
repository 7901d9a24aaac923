/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "deploy/agent-internal.h"

#define LIMIT_MS ((uint64_t)600 * 1000)

char *vmm__path(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

int vmm__make_folders(const char *path, struct vmm_err *err)
{
	VMM_STR_AUTO part = strdup(path);

	if (!part)
		return vmm_err_nomem(err);
	for (char *slash = part; slash;) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return vmm_err_errno(err, "cannot make the folder '%s'", part);
		if (slash)
			*slash = '/';
	}
	return 0;
}

static int make_above(const char *path, struct vmm_err *err)
{
	VMM_STR_AUTO folder = strdup(path);

	if (!folder)
		return vmm_err_nomem(err);
	folder[strrchr(path, '/') - path] = '\0';
	return vmm__make_folders(folder, err);
}

static int open_new(const char *path, unsigned mode, struct vmm_err *err)
{
	int fd = make_above(path, err);

	if (fd < 0)
		return -1;
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 || fchmod(fd, mode) < 0)
		vmm_err_errno(err, "cannot make '%s'", path);
	return fd;
}

static int copy_bytes(int in, int out)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(in, chunk, sizeof(chunk))) > 0)
		if (vmm_write_fd(out, chunk, (size_t)n) < 0)
			return -1;
	return n < 0 ? -1 : 0;
}

int vmm__copy_to(const char *from, const char *to, unsigned mode, struct vmm_err *err)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out, ret = 0;

	if (in < 0)
		return vmm_err_unreadable(err, "cannot open '%s'", from);
	out = open_new(to, mode, err);
	if (out < 0)
		ret = err->code;
	else if (copy_bytes(in, out) < 0)
		ret = vmm_err_errno(err, "cannot copy '%s' to '%s'", from, to);
	close(in);
	if (out >= 0 && close(out) < 0 && ret == 0)
		ret = vmm_err_errno(err, "cannot write '%s'", to);
	return ret;
}

int vmm__write_to(const char *path, const char *text, unsigned mode, struct vmm_err *err)
{
	int fd = open_new(path, mode, err), ret = 0;

	if (fd < 0)
		return err->code;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		ret = vmm_err_errno(err, "cannot write '%s'", path);
	close(fd);
	return ret;
}

void vmm__remove_tree(const char *path)
{
	VMM_STR_AUTO copy = strdup(path);
	char *const paths[] = { copy, NULL };
	FTS *tree = copy ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;

	for (const FTSENT *e; tree && (e = fts_read(tree));) {
		if (e->fts_info == FTS_DP)
			rmdir(e->fts_accpath);
		else if (e->fts_info != FTS_D)
			unlink(e->fts_accpath);
	}
	if (tree)
		fts_close(tree);
}

/* Users' PATH often leaves /sbin out, where most of these are. */
char *vmm__find_program(const char *name)
{
	VMM_STRV_AUTO folders = VMM_STRV_INIT;
	const char *path = getenv("PATH");
	char *found = NULL;

	if ((path && vmm_strv_split(&folders, path, ":") < 0) ||
	    vmm_strv_add(&folders, "/sbin") < 0 || vmm_strv_add(&folders, "/bin") < 0)
		return NULL;
	for (size_t i = 0; i < folders.n; i++) {
		if (folders.s[i][0] != '/')
			continue;
		found = vmm__path(folders.s[i], name);
		if (!found || access(found, X_OK) == 0)
			return found;
		free(found);
	}
	return NULL;
}

int vmm__run(const struct vmm__agent_build *b, const char *const *argv, const char *dir,
	     struct vmm_spawned *got, struct vmm_err *err)
{
	VMM_STR_AUTO program = vmm__find_program(argv[0]);
	VMM_SPAWNED_AUTO own = VMM_SPAWNED_INIT;
	const char *all[16] = { program };
	struct vmm_spawn what = VMM_SPAWN_INIT;

	if (!program)
		return vmm_err_set(err, VMM_EINPUT, "the program '%s' is not installed", argv[0]);
	for (size_t i = 1; i < 15 && argv[i]; i++)
		all[i] = argv[i];
	what.argv = all;
	what.dir = dir;
	what.cancel = b->what->cancel;
	what.limit_ms = LIMIT_MS;
	return vmm_spawn(&what, got ? got : &own, err);
}
