/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of a VM that is captured: its disk on the host, and as a file here. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "provision/internal.h"
#include "virt/domxml.h"
#include "virt/virt.h"
#include "volume/volume.h"

/* The one that is meant: by its target, else the first that a guest can write to. */
static const struct vmm_disk *pick(const struct vmm_domxml *d, const char *target, struct vmm_err *err)
{
	for (size_t i = 0; i < d->ndisks; i++) {
		const struct vmm_disk *disk = &d->disks[i];

		if (strcmp(disk->device, "disk") != 0 || disk->empty || disk->readonly)
			continue;
		if (!target || strcmp(disk->target, target) == 0)
			return disk;
	}
	if (target)
		vmm_err_set(err, VMM_EREFUSED, "it has no disk '%s' that could be captured", target);
	else
		vmm_err_set(err, VMM_EREFUSED, "it has no disk that could be captured");
	return NULL;
}

static int in_pool(struct vmm__capture *c, const struct vmm_disk *disk)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(c->conn, disk->pool);

	/* Its source is POOL/NAME. */
	if (pool)
		c->vol = virStorageVolLookupByName(pool, disk->source + strlen(disk->pool) + 1);
	if (!c->vol)
		vmm_err_virt(&c->err, "cannot find its disk '%s'", disk->source);
	if (pool)
		virStoragePoolFree(pool);
	return c->vol ? 0 : c->err.code;
}

static int find_volume(struct vmm__capture *c, const struct vmm_disk *disk)
{
	if (strcmp(disk->type, "volume") == 0)
		return in_pool(c, disk);
	if (strcmp(disk->type, "file") != 0 && strcmp(disk->type, "block") != 0)
		return vmm_err_set(&c->err, VMM_EREFUSED, "its disk %s is of type '%s'",
				   disk->target, disk->type);
	switch (vmm_volume_at(c->conn, disk->source, &c->vol, &c->err)) {
	case VMM_VOL_THERE:
		return 0;
	case VMM_VOL_ABSENT:
		return vmm_err_set(&c->err, VMM_EFAIL, "its disk '%s' is not there", disk->source);
	default:
		return c->err.code;
	}
}

/* As its definition says: what a guest has written to a raw disk may look like any other. */
static int set_format(struct vmm__capture *c, const struct vmm_disk *disk)
{
	c->layered = strcmp(disk->format, "qcow2") == 0;
	if (!c->layered && strcmp(disk->format, "raw") != 0 && *disk->format)
		return vmm_err_set(&c->err, VMM_EREFUSED,
				   "its disk %s is a %s; only raw and qcow2 can be captured",
				   disk->target, disk->format);
	return 0;
}

int vmm__disk_find(struct vmm__capture *c)
{
	VMM_STR_AUTO xml = virDomainGetXMLDesc(c->dom, VIR_DOMAIN_XML_INACTIVE);
	const struct vmm_disk *disk;
	struct vmm_domxml *d;
	int ret;

	if (!xml)
		return vmm_err_virt(&c->err, "cannot look at it");
	if (vmm_domxml_parse(xml, &d, &c->err) < 0)
		return c->err.code;
	disk = pick(d, c->disk, &c->err);
	ret = disk ? set_format(c, disk) : c->err.code;
	if (ret == 0)
		ret = find_volume(c, disk);
	vmm_domxml_free(d);
	return ret;
}

/* POOL/NAME into the journal. */
static int announce(struct vmm__capture *c)
{
	virStoragePoolPtr pool = virStoragePoolLookupByVolume(c->vol);
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	if (!pool)
		return vmm_err_virt(&c->err, "cannot find the pool of its disk");
	/* As random as the folder's. */
	vmm_buf_addf(&b, "%s/%s.raw", virStoragePoolGetName(pool), strrchr(c->what.scratch, '/') + 1);
	virStoragePoolFree(pool);
	if (b.failed || vmm_strv_add(&c->what.volumes, b.data) < 0)
		return vmm_err_nomem(&c->err);
	return vmm__capture_note(c);
}

static int download(struct vmm__capture *c, virStorageVolPtr vol)
{
	int fd = open(c->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int ret;

	if (fd < 0)
		return vmm_err_errno(&c->err, "cannot make '%s'", c->file);
	ret = vmm_volume_get(vol, fd, c->what.name, c->opt.cancel, c->opt.progress, &c->err);
	if (close(fd) < 0 && ret == 0)
		ret = vmm_err_errno(&c->err, "cannot write '%s'", c->file);
	return ret;
}

/*
 * A qcow2 may lean on others, may have snapshots, and has a lock that keeps a running guest apart, so its
 * host makes a raw one of it. Raw, for a qcow2 gives back whole clusters only, and what a file has left in
 * a part of one would stay. It goes as soon as it has been fetched.
 */
static int download_flat(struct vmm__capture *c)
{
	virStorageVolPtr flat;
	int ret = announce(c);

	if (ret == 0)
		ret = vmm_volume_flatten(c->vol, strchr(c->what.volumes.s[0], '/') + 1, &flat,
					 &c->err);
	if (ret < 0)
		return ret;
	ret = download(c, flat);
	if (virStorageVolDelete(flat, 0) == 0)
		vmm_strv_del(&c->what.volumes, 0);
	virStorageVolFree(flat);
	return ret;
}

int vmm__disk_copy(struct vmm__capture *c)
{
	return c->layered ? download_flat(c) : download(c, c->vol);
}
