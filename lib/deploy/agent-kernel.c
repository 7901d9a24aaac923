/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel and its modules: as told, out of a package, or the newest that is installed here. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "deploy/agent-internal.h"

#define BOOT "/boot"

/* The entry whose name begins so, the highest version where there are several; NULL. */
static char *find_newest(const char *folder, const char *prefix)
{
	DIR *dir = opendir(folder);
	char *best = NULL;

	for (struct dirent *e; dir && (e = readdir(dir));) {
		if (strncmp(e->d_name, prefix, strlen(prefix)) != 0 || e->d_name[0] == '.')
			continue;
		if (best && strverscmp(e->d_name, best) <= 0)
			continue;
		free(best);
		best = strdup(e->d_name);
	}
	if (dir)
		closedir(dir);
	return best;
}

/* What went wrong apt tells behind warnings, in a line that begins with "E:". */
static int apt(struct vmm__agent_build *b, const char *const *argv, const char *folder,
	       struct vmm_spawned *got, struct vmm_err *err)
{
	int ret = vmm__run(b, argv, folder, got, err);
	VMM_STRV_AUTO lines = VMM_STRV_INIT;

	if (ret == VMM_EFAIL && got->err.len && vmm_strv_split(&lines, got->err.data, "\n") < 0)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < lines.n; i++)
		if (strncmp(lines.s[i], "E: ", 3) == 0)
			return vmm_err_set(err, ret, "%s: %s", argv[0], lines.s[i] + 3);
	return ret;
}

/* A package that only names the current kernel's: the one that it depends on. */
static int find_package(struct vmm__agent_build *b, char **name, struct vmm_err *err)
{
	const char *argv[] = { "apt-cache", "depends", "--important", "--", b->what->package, NULL };
	static const char word[] = "Depends: linux-image-";
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	int ret = apt(b, argv, NULL, &got, err);
	const char *at = ret == 0 ? strstr(got.out.data, word) : NULL;

	if (ret < 0)
		return ret;
	*name = at ? strndup(at + 9, strcspn(at + 9, "\n")) : strdup(b->what->package);
	return *name ? 0 : vmm_err_nomem(err);
}

static int unpack(struct vmm__agent_build *b, const char *folder, const char *tree,
		  struct vmm_err *err)
{
	VMM_STR_AUTO name = find_newest(folder, "linux-image");
	VMM_STR_AUTO file = name ? vmm__path(folder, name) : NULL;
	const char *argv[] = { "dpkg-deb", "--extract", file, tree, NULL };

	if (!file)
		return vmm_err_set(err, VMM_EFAIL, "apt-get has brought no kernel");
	return vmm__run(b, argv, NULL, NULL, err);
}

/* What it holds, as if it were installed there. */
static int use_tree(struct vmm__agent_build *b, const char *tree, struct vmm_err *err)
{
	VMM_STR_AUTO boot = vmm__path(tree, "boot");
	VMM_STR_AUTO kernel = boot ? find_newest(boot, "vmlinuz-") : NULL;
	VMM_STR_AUTO folder = vmm__path(tree, "lib/modules");
	const char *version = kernel ? kernel + strlen("vmlinuz-") : NULL;

	if (!version)
		return vmm_err_set(err, VMM_EINPUT, "there is no kernel in '%s'",
				   *tree ? tree : BOOT);
	b->kernel = vmm__path(boot, kernel);
	if (folder && access(folder, F_OK) < 0) {
		free(folder);
		folder = vmm__path(tree, "usr/lib/modules");
	}
	b->modules = folder ? vmm__path(folder, version) : NULL;
	return b->kernel && b->modules ? 0 : vmm_err_nomem(err);
}

static int index_modules(struct vmm__agent_build *b, const char *tree, struct vmm_err *err)
{
	const char *argv[] = { "depmod", "--basedir", tree, strrchr(b->modules, '/') + 1, NULL };

	return vmm__run(b, argv, NULL, NULL, err);
}

static int from_package(struct vmm__agent_build *b, struct vmm_err *err)
{
	VMM_STR_AUTO name = NULL;
	VMM_STR_AUTO folder = vmm__path(b->work, "package");
	VMM_STR_AUTO tree = vmm__path(b->work, "tree");
	int ret = folder && tree ? find_package(b, &name, err) : vmm_err_nomem(err);
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	/* Its own user couldn't write to our folder, of which it would warn. */
	const char *argv[] = { "apt-get", "--quiet", "-oAPT::Sandbox::User=root", "download", "--",
			       name,      NULL };

	if (ret == 0)
		ret = vmm__make_folders(folder, err);
	if (ret == 0)
		ret = vmm__make_folders(tree, err);
	if (ret == 0)
		ret = apt(b, argv, folder, &got, err);
	if (ret == 0)
		ret = unpack(b, folder, tree, err);
	if (ret == 0)
		ret = use_tree(b, tree, err);
	if (ret == 0)
		ret = index_modules(b, tree, err);
	return ret < 0 ? vmm_err_prefix(err, "cannot get the package '%s'", b->what->package) : 0;
}

static int as_told(struct vmm__agent_build *b, struct vmm_err *err)
{
	b->kernel = strdup(b->what->kernel);
	b->modules = strdup(b->what->modules);
	if (!b->kernel || !b->modules)
		return vmm_err_nomem(err);
	for (size_t n = strlen(b->modules); n > 1 && b->modules[n - 1] == '/';)
		b->modules[--n] = '\0';
	return strchr(b->modules, '/') ? 0
				       : vmm_err_set(err, VMM_EINPUT,
						     "the modules' folder '%s' needs a path that "
						     "ends with the kernel's version",
						     b->modules);
}

int vmm__agent_kernel(struct vmm__agent_build *b, struct vmm_err *err)
{
	int ret;

	if (b->what->package)
		ret = from_package(b, err);
	else if (b->what->kernel)
		ret = as_told(b, err);
	else
		ret = use_tree(b, "", err);
	if (ret < 0)
		return ret;
	b->made->version = strdup(strrchr(b->modules, '/') + 1);
	return b->made->version ? 0 : vmm_err_nomem(err);
}
