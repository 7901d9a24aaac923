/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stage 8: the image becomes this machine. What made it the machine it was built on goes, then come the
 * job's files and host keys of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"

#define INSIDE "/.vmm-custom"

static int custom_files(struct agent *a, struct vmm_err *err)
{
	static const char *const argv[] = { "tar",
					    "--extract",
					    "--keep-directory-symlink",
					    "--preserve-permissions",
					    "--numeric-owner",
					    "--directory=/",
					    "--file=" INSIDE,
					    NULL };
	VMM_STR_AUTO to = NULL;
	int ret;

	if (!*a->job.custom_sha256)
		return 0;
	if (asprintf(&to, "%s" INSIDE, a->at.root) < 0) {
		to = NULL;
		return vmm_err_nomem(err);
	}
	ret = agent_get_file(a->http, "/v1/custom", a->job.custom_sha256, a->job.custom_size, to,
			     0600, err);
	if (ret == 0)
		ret = agent_run_in_root(a, argv, NULL, err);
	unlink(to);
	return ret < 0 ? vmm_err_prefix(err, "cannot unpack the machine's files") : 0;
}

/* Removes PATH's last part inside the root; that there is none is fine. */
static int remove_inside(struct agent *a, const char *folder, const char *name, struct vmm_err *err)
{
	int fd = agent_root_open(a, folder, O_PATH | O_DIRECTORY, 0), ret = 0;

	if (fd < 0)
		return 0;
	if (unlinkat(fd, name, 0) < 0 && errno != ENOENT)
		ret = vmm_err_errno(err, "cannot remove '%s/%s'", folder, name);
	close(fd);
	return ret;
}

/* Empty, it says that the system has never been started, and systemd makes a new one. */
static int empty_machine_id(struct agent *a, struct vmm_err *err)
{
	int fd, ret = remove_inside(a, "etc", "machine-id", err);

	if (ret < 0)
		return ret;
	fd = agent_root_open(a, "etc/machine-id", O_WRONLY | O_CREAT | O_EXCL, 0444);
	if (fd < 0)
		return vmm_err_errno(err, "cannot empty the machine-id");
	close(fd);
	return 0;
}

/* cloud-init would throw away the host keys that were reported. */
static int keep_host_keys(struct agent *a, struct vmm_err *err)
{
	static const char text[] = "ssh_deletekeys: false\n";
	int fd = agent_root_open(a, "etc/cloud/cloud.cfg.d/99-vmm.cfg",
				 O_WRONLY | O_CREAT | O_TRUNC, 0644);
	int ret;

	if (fd < 0)
		return errno == ENOENT ? 0 : vmm_err_errno(err, "cannot configure cloud-init");
	ret = agent_pwrite(fd, text, sizeof(text) - 1, 0, err);
	close(fd);
	return ret;
}

static int forget(struct agent *a, struct vmm_err *err)
{
	int ret = empty_machine_id(a, err);

	if (ret == 0)
		ret = remove_inside(a, "var/lib/dbus", "machine-id", err);
	if (ret == 0)
		ret = remove_inside(a, "var/lib/systemd", "random-seed", err);
	return ret ? ret : keep_host_keys(a, err);
}

int agent_customise(struct agent *a, struct vmm_err *err)
{
	int ret = agent_mount_root(a, err);

	if (ret == 0)
		ret = forget(a, err);
	if (ret == 0)
		ret = custom_files(a, err);
	if (ret == 0)
		ret = agent_host_keys(a, err);
	if (ret == 0)
		ret = agent_scripts_when(a, "late", err);
	if (ret == 0)
		ret = agent_unmount_root(a, err);
	return ret ? ret : agent_boot_entry(a, err);
}
