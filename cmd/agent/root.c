/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The new system's root: the last file system with an os-release. Everything inside is reached as if it
 * were the root, so that no link in the image leads out of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/clock.h"

/* What programs inside expect. */
static const struct {
	const char *name, *type;
} inside[] = { { "proc", "proc" }, { "sys", "sysfs" }, { "dev", "devtmpfs" } };

int agent_root_open(const struct agent *a, const char *path, int flags, unsigned mode)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
				.mode = flags & O_CREAT ? mode : 0,
				.resolve = RESOLVE_IN_ROOT };
	int root = open(a->at.root, O_PATH | O_DIRECTORY | O_CLOEXEC), fd, why;

	if (root < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	why = errno;
	close(root);
	errno = why;
	return fd;
}

static bool has_system(const struct agent *a)
{
	static const char *const names[] = { "etc/os-release", "usr/lib/os-release" };
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < 2; i++)
		fd = agent_root_open(a, names[i], O_RDONLY, 0);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool may_be_root(const char *fs)
{
	return strncmp(fs, "ext", 3) == 0 || strcmp(fs, "xfs") == 0;
}

/* Whether the node is a system's root, which then stays mounted. */
static int try_node(struct agent *a, const struct agent_part *p, struct vmm_err *err)
{
	if (mount(p->node, a->at.root, p->fs, 0, NULL) < 0)
		return vmm_err_errno(err, "cannot mount '%s' (%s)", p->node, p->fs);
	a->mounted = has_system(a);
	if (!a->mounted && umount(a->at.root) < 0)
		return vmm_err_errno(err, "cannot unmount '%s'", p->node);
	if (a->mounted)
		agent_log(a, "the system is on %s (%s)", p->node, p->fs);
	return 0;
}

/* By its descriptor: a link of that name in the image leads nowhere. */
static int mount_at(const char *name, const char *type, int fd, struct vmm_err *err)
{
	VMM_STR_AUTO at = NULL;

	if (asprintf(&at, "/proc/self/fd/%d", fd) < 0) {
		at = NULL;
		return vmm_err_nomem(err);
	}
	if (mount(name, at, type, 0, NULL) < 0)
		return vmm_err_errno(err, "cannot mount '%s' in the new system", name);
	return 0;
}

static int mount_inside(struct agent *a, struct vmm_err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sizeof(inside) / sizeof(inside[0]); i++) {
		int fd = agent_root_open(a, inside[i].name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);

		if (fd < 0)
			continue;
		ret = mount_at(inside[i].name, inside[i].type, fd, err);
		close(fd);
	}
	return ret;
}

static int grow_xfs(struct agent *a, const struct agent_part *p, bool last, struct vmm_err *err)
{
	const char *argv[] = { "xfs_growfs", a->at.root, NULL };

	if (!a->job.grow || !last || strcmp(p->fs, "xfs") != 0)
		return 0;
	return agent_run(a, argv, NULL, NULL, err);
}

int agent_mount_root(struct agent *a, struct vmm_err *err)
{
	struct agent_parts parts = { NULL };
	int ret;

	if (a->mounted)
		return 0;
	if (mkdir(a->at.root, 0755) < 0 && errno != EEXIST)
		return vmm_err_errno(err, "cannot make '%s'", a->at.root);
	ret = agent_parts_read(a, &parts, err);
	for (size_t i = parts.n; ret == 0 && !a->mounted && i-- > 0;) {
		if (may_be_root(parts.p[i].fs))
			ret = try_node(a, &parts.p[i], err);
		if (ret == 0 && a->mounted)
			ret = grow_xfs(a, &parts.p[i], i + 1 == parts.n, err);
	}
	agent_parts_release(&parts);
	if (ret == 0 && !a->mounted)
		ret = vmm_err_set(err, VMM_EFAIL, "no partition of the image has a system on it");
	return ret ? ret : mount_inside(a, err);
}

/* Something inside may still be at its last breath. */
static int unmount(const char *path, struct vmm_err *err)
{
	for (int i = 0; umount2(path, UMOUNT_NOFOLLOW) < 0; i++) {
		if (errno == EINVAL || errno == ENOENT)
			return 0;
		if (errno != EBUSY || i == 40)
			return vmm_err_errno(err, "cannot unmount '%s'", path);
		vmm_sleep_ms(250);
	}
	return 0;
}

int agent_unmount_root(struct agent *a, struct vmm_err *err)
{
	int ret = 0;

	if (!a->mounted)
		return 0;
	for (size_t i = 0; ret == 0 && i < sizeof(inside) / sizeof(inside[0]); i++) {
		VMM_STR_AUTO path = NULL;

		if (asprintf(&path, "%s/%s", a->at.root, inside[i].name) < 0)
			path = NULL;
		ret = path ? unmount(path, err) : vmm_err_nomem(err);
	}
	if (ret == 0)
		ret = unmount(a->at.root, err);
	sync();
	a->mounted = ret != 0;
	return ret;
}

int agent_run_in_root(struct agent *a, const char *const *argv, struct vmm_spawned *got,
		      struct vmm_err *err)
{
	/* By its env: busybox' chroot would run a tar of its own rather than the system's. */
	const char *all[32] = { "chroot", a->at.root, "usr/bin/env" };

	for (size_t i = 0; i < 28 && argv[i]; i++)
		all[i + 3] = argv[i];
	return agent_run(a, all, NULL, got, err);
}
