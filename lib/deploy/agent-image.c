/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "deploy/agent-internal.h"

void vmm_agent_made_release(struct vmm_agent_made *made)
{
	free(made->version);
	vmm_strv_release(&made->modules);
	vmm_strv_release(&made->missing);
	vmm_strv_release(&made->without);
}

/* As on systems whose folders are merged: what is linked with /lib finds it there. */
static int make_root(struct vmm__agent_build *b, struct vmm_err *err)
{
	static const char *const folders[] = { "dev",  "etc",     "mnt",     "proc",
					       "root", "run",     "sys",     "tmp",
					       "vmm",  "usr/bin", "usr/lib", "usr/lib64" };
	static const char *const links[][2] = { { "usr/bin", "bin" },
						{ "usr/bin", "sbin" },
						{ "usr/lib", "lib" },
						{ "usr/lib64", "lib64" },
						{ "bin", "usr/sbin" } };
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sizeof(folders) / sizeof(folders[0]); i++) {
		VMM_STR_AUTO path = vmm__path(b->root, folders[i]);

		ret = path ? vmm__make_folders(path, err) : vmm_err_nomem(err);
	}
	for (size_t i = 0; ret == 0 && i < sizeof(links) / sizeof(links[0]); i++) {
		VMM_STR_AUTO path = vmm__path(b->root, links[i][1]);

		if (!path || symlink(links[i][0], path) < 0)
			ret = vmm_err_errno(err, "cannot make '%s'", links[i][1]);
	}
	return ret;
}

static int compress(struct vmm__agent_build *b, const char *from, const char *to, struct vmm_err *err)
{
	/* Better ones take much longer here, and hardly less there. */
	const char *argv[] = { "zstd", "-q", "-12", "-o", to, "--", from, NULL };

	return vmm__run(b, argv, NULL, NULL, err);
}

static int pack(struct vmm__agent_build *b, const char *initrd, struct vmm_err *err)
{
	VMM_STR_AUTO archive = vmm__path(b->work, "archive");
	int fd, ret;

	if (!archive)
		return vmm_err_nomem(err);
	fd = open(archive, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return vmm_err_errno(err, "cannot make '%s'", archive);
	ret = vmm__cpio(b->root, fd, err);
	close(fd);
	return ret ? ret : compress(b, archive, initrd, err);
}

/* Whole and safe on the disk before it has its name; it belongs to whoever the folder belongs to. */
static int put_in_place(struct vmm__agent_build *b, const char *file, const char *name,
			const struct stat *owner, uint64_t *bytes, struct vmm_err *err)
{
	VMM_STR_AUTO to = vmm__path(b->what->to, name);
	int fd = open(file, O_RDONLY | O_CLOEXEC), ret = 0;
	struct stat st;

	if (!to)
		ret = vmm_err_nomem(err);
	else if (fd < 0 || fstat(fd, &st) < 0 || fchmod(fd, 0644) < 0 || fsync(fd) < 0 ||
		 ((st.st_uid != owner->st_uid || st.st_gid != owner->st_gid) &&
		  fchown(fd, owner->st_uid, owner->st_gid) < 0) ||
		 rename(file, to) < 0)
		ret = vmm_err_errno(err, "cannot put '%s' in its place", to);
	else
		*bytes = (uint64_t)st.st_size;
	if (fd >= 0)
		close(fd);
	return ret;
}

static int finish(struct vmm__agent_build *b, struct vmm_err *err)
{
	VMM_STR_AUTO kernel = vmm__path(b->work, "vmlinuz");
	VMM_STR_AUTO initrd = vmm__path(b->work, "initrd");
	struct stat owner;
	int ret;

	if (!kernel || !initrd)
		return vmm_err_nomem(err);
	if (stat(b->what->to, &owner) < 0)
		return vmm_err_errno(err, "cannot look at '%s'", b->what->to);
	ret = vmm__copy_to(b->kernel, kernel, 0644, err);
	if (ret == 0)
		ret = pack(b, initrd, err);
	if (ret == 0)
		ret = put_in_place(b, initrd, "initrd", &owner, &b->made->initrd_bytes, err);
	if (ret == 0)
		ret = put_in_place(b, kernel, "vmlinuz", &owner, &b->made->kernel_bytes, err);
	return ret;
}

static int make_all(struct vmm__agent_build *b, struct vmm_err *err)
{
	int ret = vmm__agent_kernel(b, err);

	if (ret == 0)
		ret = make_root(b, err);
	if (ret == 0)
		ret = vmm__agent_modules(b, err);
	if (ret == 0)
		ret = vmm__agent_programs(b, err);
	return ret ? ret : finish(b, err);
}

int vmm_agent_image_make(const struct vmm_agent_image *what, struct vmm_agent_made *made,
			 struct vmm_err *err)
{
	struct vmm__agent_build b = { .what = what, .made = made };
	VMM_STR_AUTO work = vmm__path(what->to, ".new-XXXXXX");
	VMM_STR_AUTO root = NULL;
	int ret;

	if (!work)
		return vmm_err_nomem(err);
	if (!mkdtemp(work))
		return vmm_err_errno(err, "cannot write to '%s'", what->to);
	root = vmm__path(work, "root");
	b.work = work;
	b.root = root;
	ret = root ? make_all(&b, err) : vmm_err_nomem(err);
	vmm__remove_tree(work);
	free(b.kernel);
	free(b.modules);
	return ret;
}

/* ---- the parts ---- */

static int beside(const char *folder, const char *const *places, char **out)
{
	for (size_t i = 0; places[i]; i++) {
		char *path = vmm__path(folder, places[i]);

		if (!path)
			return VMM_ENOMEM;
		if (access(path, R_OK) == 0) {
			*out = path;
			return 0;
		}
		free(path);
	}
	return VMM_ENOTFOUND;
}

int vmm_agent_parts_find(char **agent, char **scripts, struct vmm_err *err)
{
	static const char *const agents[] = { "../libexec/vmm-agent",
					      "../libexec/vmm-utils/vmm-agent", NULL };
	static const char *const folders[] = { "../../share/agent", "../share/vmm-utils/agent",
					       "../../../share/agent", NULL };
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	VMM_STR_AUTO found = NULL;
	int ret;

	self[n > 0 ? n : 0] = '\0';
	if (!strrchr(self, '/'))
		return vmm_err_set(err, VMM_ENOTFOUND, "cannot find this program's folder");
	*strrchr(self, '/') = '\0';
	ret = beside(self, agents, &found);
	if (ret == 0)
		ret = beside(self, folders, scripts);
	if (ret == 0) {
		*agent = found;
		found = NULL;
		return 0;
	}
	return ret == VMM_ENOMEM
		       ? vmm_err_nomem(err)
		       : vmm_err_set(err, ret, "vmm-agent and its scripts are not installed");
}
