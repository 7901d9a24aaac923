/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The drivers, with all that they need, and an index of them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/rows.h"
#include "deploy/agent-internal.h"

#define INDEX_MAX ((size_t)16 * 1024 * 1024)

/* What servers and virtual machines have. A kernel made for clouds has only some of them. */
static const char *const wanted[] = {
	/* virtual */
	"virtio_pci", "virtio_mmio", "virtio_blk", "virtio_net", "virtio_scsi", "virtio_rng",
	"virtio_console", "vmxnet3", "vmw_pvscsi", "hv_netvsc", "hv_storvsc", "xen_blkfront",
	"xen_netfront", "ena",
	/* network */
	"af_packet", "e1000", "e1000e", "igb", "igbvf", "igc", "ixgbe", "ixgbevf", "i40e", "iavf",
	"ice", "bnx2", "bnx2x", "bnxt_en", "tg3", "mlx4_en", "mlx5_core", "be2net", "enic", "qede",
	"sfc", "cxgb4", "atlantic", "r8169", "8139cp", "8139too", "ne2k_pci", "pcnet32",
	/* disks */
	"ahci", "ata_piix", "ata_generic", "nvme", "sd_mod", "sg", "megaraid_sas", "mpt3sas",
	"mptsas", "mptspi", "mpi3mr", "hpsa", "smartpqi", "aacraid", "arcmsr", "isci", "pm80xx",
	"3w_9xxx", "sym53c8xx", "vmd", "sdhci_pci", "mmc_block",
	/* keyboards and consoles */
	"xhci_pci", "ehci_pci", "ohci_pci", "uhci_hcd", "usb_storage", "uas", "usbhid",
	"hid_generic", "i8042", "atkbd",
	/* the BMC */
	"ipmi_si", "ipmi_ssif", "ipmi_devintf",
	/* file systems, and what they use */
	"ext4", "xfs", "vfat", "nls_cp437", "nls_iso8859_1", "nls_ascii", "nls_utf8", "efivarfs",
	"crc32c_generic", "crc32c_intel", "loop"
};

/* Which of the two signs stands in a module's name is the same to the kernel. */
static bool same_name(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i] && !(strchr("-_", a[i]) && strchr("-_", b[i]) && a[i] && b[i]))
			return false;
	return !a[n];
}

/* Whether a file, as of modules.dep, is this module: kernel/fs/ext4/ext4.ko.xz. */
static bool is_module(const char *path, size_t len, const char *name)
{
	const char *base = memrchr(path, '/', len);
	size_t n;

	base = base ? base + 1 : path;
	n = strcspn(base, ".:");
	return n < len && strlen(name) == n && same_name(name, base, n);
}

static int read_index(const char *folder, const char *name, char **text, struct vmm_err *err)
{
	VMM_STR_AUTO path = vmm__path(folder, name);
	size_t len;
	int fd, ret;

	if (!path)
		return vmm_err_nomem(err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return vmm_err_unreadable(err, "cannot open the modules' index '%s'", path);
	ret = vmm_read_fd(path, fd, INDEX_MAX, text, &len, err);
	close(fd);
	return ret;
}

static int take(struct vmm_strv *files, const char *path, size_t len)
{
	for (size_t i = 0; i < files->n; i++)
		if (strlen(files->s[i]) == len && memcmp(files->s[i], path, len) == 0)
			return 0;
	return vmm_strv_addn(files, path, len);
}

/* "MODULE: NEEDED NEEDED …" of a line: all of it. */
static int take_line(struct vmm_strv *files, const char *line)
{
	size_t end = strcspn(line, "\n"), at = strcspn(line, ":");
	int ret = take(files, line, at);

	for (at++; ret == 0 && at < end;) {
		size_t n = strcspn(line + at, " \n");

		if (n)
			ret = take(files, line + at, n);
		at += n + 1;
	}
	return ret;
}

/* The module's line in modules.dep, or NULL. */
static const char *find_line(const char *index, const char *name)
{
	for (const char *line = index; *line;) {
		const char *feed = strchrnul(line, '\n');

		if (is_module(line, strcspn(line, ":\n"), name))
			return line;
		line = *feed ? feed + 1 : feed;
	}
	return NULL;
}

static bool is_builtin(const char *builtin, const char *name)
{
	return find_line(builtin, name) != NULL;
}

static int choose(struct vmm__agent_build *b, const char *index, const char *builtin,
		  struct vmm_strv *files)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *line = find_line(index, wanted[i]);
		int ret = 0;

		if (line)
			ret = take_line(files, line);
		if (ret == 0 && line)
			ret = vmm_strv_add(&b->made->modules, wanted[i]);
		else if (ret == 0 && !is_builtin(builtin, wanted[i]))
			ret = vmm_strv_add(&b->made->missing, wanted[i]);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int copy_one(struct vmm__agent_build *b, const char *name, const char *folder,
		    struct vmm_err *err)
{
	VMM_STR_AUTO from = vmm__path(b->modules, name);
	VMM_STR_AUTO to = vmm__path(folder, name);

	return from && to ? vmm__copy_to(from, to, 0644, err) : vmm_err_nomem(err);
}

/* Those that depmod reads to make its own. */
static int copy_lists(struct vmm__agent_build *b, const char *folder, struct vmm_err *err)
{
	static const char *const lists[] = { "modules.order", "modules.builtin",
					     "modules.builtin.modinfo" };
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < 3; i++) {
		VMM_STR_AUTO path = vmm__path(b->modules, lists[i]);

		if (!path)
			ret = vmm_err_nomem(err);
		else if (access(path, R_OK) == 0)
			ret = copy_one(b, lists[i], folder, err);
	}
	return ret;
}

static int index_modules(struct vmm__agent_build *b, struct vmm_err *err)
{
	const char *argv[] = { "depmod", "--basedir", b->root, b->made->version, NULL };

	return vmm__run(b, argv, NULL, NULL, err);
}

int vmm__agent_modules(struct vmm__agent_build *b, struct vmm_err *err)
{
	VMM_STR_AUTO index = NULL;
	VMM_STR_AUTO builtin = NULL;
	VMM_STR_AUTO all = vmm__path(b->root, "lib/modules");
	VMM_STR_AUTO folder = all ? vmm__path(all, b->made->version) : NULL;
	VMM_STRV_AUTO files = VMM_STRV_INIT;
	int ret = folder ? read_index(b->modules, "modules.dep", &index, err) : vmm_err_nomem(err);

	if (ret == 0)
		ret = read_index(b->modules, "modules.builtin", &builtin, err);
	if (ret == 0 && choose(b, index, builtin, &files) < 0)
		ret = vmm_err_nomem(err);
	for (size_t i = 0; ret == 0 && i < files.n; i++)
		ret = copy_one(b, files.s[i], folder, err);
	if (ret == 0)
		ret = copy_lists(b, folder, err);
	return ret ? ret : index_modules(b, err);
}
