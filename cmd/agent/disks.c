/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disks that a system could be written to: no removable ones, none that can't be written. */
#include <ctype.h>
#include <fcntl.h>
#include <linux/hdreg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/agent.h"

#define SECTOR 512

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Made by the kernel out of something else, or by their nature not to be written to. */
static bool is_disk_name(const char *name)
{
	static const char *const others[] = { "loop", "ram", "zram", "sr",  "fd",   "dm-",
					      "md",   "nbd", "mtd",  "rbd", "nullb" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (begins(name, others[i]))
			return false;
	return !strstr(name, "boot") && !strstr(name, "rpmb"); /* parts of eMMC */
}

/* The page of SCSI: four bytes, then the number. */
static char *vpd_serial(const char *sys, const char *name)
{
	VMM_STR_AUTO path = NULL;
	char page[260];
	ssize_t n = -1;
	size_t len = 0;
	int fd;

	if (asprintf(&path, "%s/block/%s/device/vpd_pg80", sys, name) < 0) {
		path = NULL;
		return NULL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, page, sizeof(page));
		close(fd);
	}
	for (ssize_t i = 4; i < n; i++)
		if (isgraph((unsigned char)page[i]))
			page[len++] = page[i];
	return strndup(page, len);
}

static char *ata_serial(const char *path)
{
	struct hd_driveid id;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	size_t len = 0;
	char serial[sizeof(id.serial_no)];

	if (fd >= 0 && ioctl(fd, HDIO_GET_IDENTITY, &id) == 0)
		for (size_t i = 0; i < sizeof(id.serial_no); i++)
			if (isgraph(id.serial_no[i]))
				serial[len++] = (char)id.serial_no[i];
	if (fd >= 0)
		close(fd);
	return strndup(serial, len);
}

static bool use(char **text, char *other)
{
	if (*text && !**text && other) {
		free(*text);
		*text = other;
	} else {
		free(other);
	}
	return *text;
}

static bool read_serial(const struct agent_places *at, struct agent_disk *d)
{
	d->serial = agent_read_line("%s/block/%s/serial", at->sys, d->name);
	return use(&d->serial, agent_read_line("%s/block/%s/device/serial", at->sys, d->name)) &&
	       use(&d->serial, vpd_serial(at->sys, d->name)) && use(&d->serial, ata_serial(d->path));
}

static const char *kind_of(const struct agent_places *at, const char *name)
{
	if (begins(name, "vd"))
		return "virtio";
	if (begins(name, "nvme"))
		return "nvme";
	return agent_read_number("%s/block/%s/queue/rotational", at->sys, name) ? "hdd" : "ssd";
}

static void release(struct agent_disk *d)
{
	free(d->name);
	free(d->path);
	free(d->serial);
	free(d->model);
	free(d->wwid);
}

void agent_disks_release(struct agent_hardware *hw)
{
	for (size_t i = 0; i < hw->n_disks; i++)
		release(&hw->disks[i]);
	free(hw->disks);
	hw->disks = NULL;
	hw->n_disks = 0;
}

static int read_disk(const struct agent_places *at, const char *name, struct agent_disk *d,
		     struct vmm_err *err)
{
	d->kind = kind_of(at, name);
	d->size = SECTOR * agent_read_number("%s/block/%s/size", at->sys, name);
	d->can_zero = agent_read_number("%s/block/%s/queue/write_zeroes_max_bytes", at->sys, name);
	d->can_discard = agent_read_number("%s/block/%s/queue/discard_max_bytes", at->sys, name);
	d->name = strdup(name);
	if (asprintf(&d->path, "%s/%s", at->dev, name) < 0)
		d->path = NULL;
	d->model = agent_read_line("%s/block/%s/device/model", at->sys, name);
	d->wwid = agent_read_line("%s/block/%s/wwid", at->sys, name);
	return d->name && d->path && d->model && d->wwid && read_serial(at, d) ? 0
									       : vmm_err_nomem(err);
}

static bool is_usable(const struct agent_places *at, const char *name)
{
	return is_disk_name(name) && agent_read_number("%s/block/%s/size", at->sys, name) &&
	       !agent_read_number("%s/block/%s/removable", at->sys, name) &&
	       !agent_read_number("%s/block/%s/ro", at->sys, name);
}

int agent_disks_read(const struct agent_places *at, struct agent_hardware *hw, struct vmm_err *err)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	VMM_STR_AUTO folder = NULL;
	int ret = 0;

	if (asprintf(&folder, "%s/block", at->sys) < 0) {
		folder = NULL;
		return vmm_err_nomem(err);
	}
	if (agent_names(folder, &names) < 0)
		return vmm_err_nomem(err);
	hw->disks = calloc(names.n + 1, sizeof(*hw->disks));
	if (!hw->disks)
		return vmm_err_nomem(err);
	for (size_t i = 0; ret == 0 && i < names.n; i++)
		if (is_usable(at, names.s[i]))
			ret = read_disk(at, names.s[i], &hw->disks[hw->n_disks++], err);
	return ret;
}
