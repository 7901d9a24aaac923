/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UEFI starts \EFI\BOOT\BOOTX64.EFI of a disk without being told. An image that has its loader elsewhere
 * gets an entry in the firmware.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"

/* The usual names, the first that there is. */
static const char *const loaders[] = { "shimx64.efi", "grubx64.efi", "systemd-bootx64.efi" };

static bool there(const char *root, const char *folder, const char *name)
{
	VMM_STR_AUTO path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/EFI/%s/%s", root, folder, name) < 0) {
		path = NULL;
		return false;
	}
	return stat(path, &st) == 0;
}

/* \EFI\FOLDER\LOADER, or NULL. */
static char *find_loader(const char *root)
{
	VMM_STR_AUTO efi = NULL;
	VMM_STRV_AUTO folders = VMM_STRV_INIT;
	char *path = NULL;

	if (asprintf(&efi, "%s/EFI", root) < 0)
		efi = NULL;
	if (!efi || agent_names(efi, &folders) < 0)
		return NULL;
	for (size_t k = 0; !path && k < sizeof(loaders) / sizeof(loaders[0]); k++)
		for (size_t i = 0; !path && i < folders.n; i++)
			if (there(root, folders.s[i], loaders[k]) &&
			    asprintf(&path, "\\EFI\\%s\\%s", folders.s[i], loaders[k]) < 0)
				path = NULL;
	return path;
}

static int add_entry(struct agent *a, const struct agent_part *esp, const char *loader,
		     struct vmm_err *err)
{
	char number[16];
	const char *argv[] = { "efibootmgr",  "--quiet",  "--create", "--disk",
			       a->disk->path, "--part",   number,     "--label",
			       "vmm",         "--loader", loader,     NULL };

	snprintf(number, sizeof(number), "%u", esp->number);
	agent_log(a, "firmware entry for %s", loader);
	return agent_run(a, argv, NULL, NULL, err);
}

static int look_at(struct agent *a, const struct agent_part *esp, struct vmm_err *err)
{
	VMM_STR_AUTO loader = NULL;
	bool fallback;

	if (mount(esp->node, a->at.root, "vfat", MS_RDONLY, NULL) < 0)
		return vmm_err_errno(err, "cannot mount the EFI partition '%s'", esp->node);
	fallback = there(a->at.root, "BOOT", "BOOTX64.EFI");
	loader = fallback ? NULL : find_loader(a->at.root);
	if (umount(a->at.root) < 0)
		return vmm_err_errno(err, "cannot unmount '%s'", esp->node);
	if (fallback)
		return 0;
	if (!loader)
		return vmm_err_set(err, VMM_EFAIL, "the image has no loader for UEFI");
	return add_entry(a, esp, loader, err);
}

int agent_boot_entry(struct agent *a, struct vmm_err *err)
{
	struct agent_parts parts = { NULL };
	const struct agent_part *esp = NULL;
	int ret = a->hw.uefi ? agent_parts_read(a, &parts, err) : 0;

	for (size_t i = 0; i < parts.n && !esp; i++)
		if (parts.p[i].esp)
			esp = &parts.p[i];
	if (ret == 0 && a->hw.uefi)
		ret = esp ? look_at(a, esp, err)
			  : vmm_err_set(err, VMM_EFAIL, "the image has no EFI partition");
	agent_parts_release(&parts);
	return ret;
}
