/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A seed as an image of a CD: the files are written to a folder of their own, xorriso does the rest. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/spawn.h"
#include "define/define.h"

/* No clock: the date of all files and volumes, 2020-01-01. */
#define EPOCH 1577836800
#define LIMIT_MS (60 * 1000)

static int write_file(int dir, const char *name, const char *text, struct vmm_err *err)
{
	static const struct timespec times[2] = { { .tv_sec = EPOCH }, { .tv_sec = EPOCH } };
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int bad;

	if (fd < 0)
		return vmm_err_errno(err, "cannot write the seed's '%s'", name);
	bad = vmm_write_fd(fd, text, strlen(text)) < 0 || futimens(fd, times) < 0;
	if (bad)
		vmm_err_errno(err, "cannot write the seed's '%s'", name);
	if (close(fd) < 0 && !bad)
		bad = vmm_err_errno(err, "cannot write the seed's '%s'", name);
	return bad ? VMM_EFAIL : 0;
}

static int write_files(const struct vmm_seed *seed, const char *folder, struct vmm_err *err)
{
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int code = 0;

	if (dir < 0)
		return vmm_err_errno(err, "cannot open '%s'", folder);
	for (size_t i = 0; i < seed->n && !code; i++)
		code = write_file(dir, seed->files[i].name, seed->files[i].text, err);
	close(dir);
	return code;
}

static void remove_files(const struct vmm_seed *seed, const char *folder)
{
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; dir >= 0 && i < seed->n; i++)
		unlinkat(dir, seed->files[i].name, 0);
	if (dir >= 0)
		close(dir);
	rmdir(folder);
}

/* Its first line on stderr is always its name; what failed is said later. */
static int why(int code, const struct vmm_spawned *got, struct vmm_err *err)
{
	const char *line = got->status > 0 ? strstr(got->err.data, "FAILURE : ") : NULL;

	if (line)
		vmm_err_set(err, VMM_EFAIL, "xorriso: %.*s", (int)strcspn(line + 10, "\n"),
			    line + 10);
	return code;
}

/* With Joliet for Windows, Rock Ridge for Linux, all owned by root, dates as set. */
static int run_xorriso(const struct vmm_seed *seed, const char *folder, int out,
		       const struct vmm_cancel *cancel, struct vmm_err *err)
{
	/* That stdout is the image must be known before anything else; so there is no -no_rc. */
	const char *argv[] = { "xorriso",
			       "-as",
			       "mkisofs",
			       "-quiet",
			       "-J",
			       "-r",
			       "-no-pad",
			       "-V",
			       seed->label,
			       "--set_all_file_dates",
			       "2020010100000000",
			       "--modification-date=2020010100000000",
			       "-o",
			       "-",
			       folder,
			       NULL };
	static const char *const set[] = { "SOURCE_DATE_EPOCH=1577836800", "TZ=UTC", NULL };
	struct vmm_spawn what = VMM_SPAWN_INIT;
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;

	what.argv = argv;
	what.set = set;
	what.out_fd = out;
	what.limit_ms = LIMIT_MS;
	what.cancel = cancel;
	return why(vmm_spawn(&what, &got, err), &got, err);
}

static int make_iso(const struct vmm_seed *seed, const char *folder, const char *path,
		    const struct vmm_cancel *cancel, struct vmm_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int code;

	if (fd < 0)
		return vmm_err_errno(err, "cannot make '%s'", path);
	code = run_xorriso(seed, folder, fd, cancel, err);
	if (!code && fsync(fd) < 0)
		code = vmm_err_errno(err, "cannot write '%s'", path);
	close(fd);
	if (code)
		unlink(path);
	return code;
}

int vmm_seed_iso(const struct vmm_seed *seed, const char *path, const struct vmm_cancel *cancel,
		 struct vmm_err *err)
{
	VMM_BUF_AUTO folder = VMM_BUF_INIT;
	int code;

	/* Beside the image: what is secret in it goes to no other file system. */
	vmm_buf_addf(&folder, "%s.XXXXXX", path);
	if (folder.failed)
		return vmm_err_nomem(err);
	if (!mkdtemp(folder.data))
		return vmm_err_errno(err, "cannot make a folder beside '%s'", path);
	code = write_files(seed, folder.data, err);
	if (!code)
		code = make_iso(seed, folder.data, path, cancel, err);
	remove_files(seed, folder.data);
	return code;
}
