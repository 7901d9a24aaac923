/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preconditions (F6) of disks: does the target see the same storage, or can they be copied.
 *
 * Whether two hosts see one file can't be told by its name. Here both are asked for the change time
 * of the file's inode, to the nanosecond: a copy, however it was made, has another one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "migrate/internal.h"
#include "virt/xmlget.h"

#define LOOKS 20 /* at a file that is being written to */
#define LOOK_EVERY_MS 50

static char *vol_value(virStorageVolPtr vol, const char *what)
{
	char *xml = virStorageVolGetXMLDesc(vol, 0);
	char *value = xml ? vmm_xml_get(xml, what) : NULL;

	free(xml);
	return value;
}

/* A file that is written to meanwhile changes between the looks; then they are repeated. */
static bool same_file(virStorageVolPtr here, virStorageVolPtr there)
{
	const char *ctime = "volume/target/timestamps/ctime";
	bool same = false;

	for (int i = 0; i < LOOKS && !same; i++) {
		VMM_STR_AUTO before = vol_value(here, ctime);
		VMM_STR_AUTO other = vol_value(there, ctime);
		VMM_STR_AUTO after = vol_value(here, ctime);

		if (!before || !other || !after)
			return false;
		same = strcmp(before, other) == 0 || strcmp(after, other) == 0;
		if (!same && strcmp(before, after) == 0 && i > LOOKS / 4)
			return false;
		if (!same)
			vmm_sleep_ms(LOOK_EVERY_MS);
	}
	return same;
}

static bool is_network_storage(const struct vmm_disk *disk)
{
	return strcmp(disk->type, "network") == 0;
}

/* The path on the source of a disk given as pool and volume; else what the XML says. */
static char *disk_path(struct vmm__move *m, const struct vmm_disk *disk)
{
	virStoragePoolPtr pool;
	virStorageVolPtr vol;
	const char *slash = strchr(disk->source, '/');
	char *path;

	if (strcmp(disk->type, "volume") != 0)
		return strdup(disk->source);
	pool = virStoragePoolLookupByName(m->src.conn, disk->pool);
	vol = pool ? virStorageVolLookupByName(pool, slash ? slash + 1 : disk->source) : NULL;
	path = vol ? virStorageVolGetPath(vol) : NULL;
	if (vol)
		virStorageVolFree(vol);
	if (pool)
		virStoragePoolFree(pool);
	return path;
}

/* Copied as it lies there, whatever is in it. */
static int as_bytes(struct vmm__move *m, struct vmm__copy *c, virStorageVolPtr vol)
{
	virStorageVolInfo info;

	if (virStorageVolGetInfoFlags(vol, &info, VIR_STORAGE_VOL_GET_PHYSICAL) < 0)
		return vmm_err_virt(&m->err, "disk '%s'", c->path);
	c->capacity = info.allocation;
	free(c->format);
	c->format = strdup("raw");
	return c->format ? 0 : vmm_err_nomem(&m->err);
}

static int add_copy(struct vmm__move *m, const struct vmm_disk *disk, const char *path,
		    virStorageVolPtr vol)
{
	struct vmm__copy *more = realloc(m->copies, (m->ncopies + 1) * sizeof(*more));
	virStorageVolInfo info;
	struct vmm__copy *c;

	if (!more)
		return vmm_err_nomem(&m->err);
	m->copies = more;
	c = &more[m->ncopies];
	*c = (struct vmm__copy){ .target = strdup(disk->target),
				 .path = strdup(path),
				 .readonly = disk->readonly,
				 .format = vol_value(vol, "volume/target/format@type") };
	m->ncopies++;
	if (!c->target || !c->path || virStorageVolGetInfo(vol, &info) < 0)
		return vmm_err_virt(&m->err, "disk '%s'", path);
	c->capacity = info.capacity;
	c->allocation = info.allocation;
	return disk->readonly ? as_bytes(m, c, vol) : 0;
}

static void check_room(struct vmm__move *m, const char *target, const char *path, uint64_t bytes)
{
	virStoragePoolPtr pool;
	virStoragePoolInfo info;
	struct vmm_err err;

	if (vmm_volume_pool_of(m->dst.conn, path, &pool, &err) < 0)
		vmm__against(m, "disk %s: '%s': %s", target, m->dst.host, err.text);
	else if (!pool)
		vmm__against(m, "disk %s: '%s' has no storage pool for '%s'", target, m->dst.host,
			     path);
	else if (virStoragePoolGetInfo(pool, &info) == 0 && info.available < bytes)
		vmm__against(m, "disk %s: %llu MiB to be copied, %llu MiB free on '%s'", target,
			     (unsigned long long)(bytes >> 20),
			     (unsigned long long)(info.available >> 20), m->dst.host);
	if (pool)
		virStoragePoolFree(pool);
}

/* Where the target has no pool for it, check_room() says so. */
static bool place_is_free(struct vmm__move *m, const struct vmm_disk *disk, const char *path)
{
	virStorageVolPtr vol;
	struct vmm_err why;

	switch (vmm_volume_at(m->dst.conn, path, &vol, &why)) {
	case VMM_VOL_THERE:
		virStorageVolFree(vol);
		vmm__against(m, "disk %s: '%s' has another file '%s'", disk->target, m->dst.host,
			     path);
		return false;
	case VMM_VOL_CANT_TELL:
		vmm__against(m, "disk %s: '%s': %s", disk->target, m->dst.host, why.text);
		return false;
	case VMM_VOL_ABSENT:
	case VMM_VOL_NO_POOL:
		break;
	}
	return true;
}

static void plan_copy(struct vmm__move *m, const struct vmm_disk *disk, const char *path,
		      virStorageVolPtr here)
{
	VMM_STR_AUTO backing = vol_value(here, "volume/backingStore/path");
	VMM_STR_AUTO user = vmm_volume_user(m->src.conn, path, m->uuid);

	if (disk->shareable || user)
		vmm__against(m, "disk %s ('%s') is needed by others there as well (%s)",
			     disk->target, path, user ? user : "shareable");
	else if (backing && !m->active)
		vmm__against(m, "disk %s is an overlay of '%s': move it while it runs",
			     disk->target, backing);
	else if (place_is_free(m, disk, path) && add_copy(m, disk, path, here) == 0)
		check_room(m, disk->target, path, m->copies[m->ncopies - 1].allocation);
}

static void check_disk(struct vmm__move *m, const struct vmm_disk *disk)
{
	VMM_STR_AUTO path = disk_path(m, disk);
	virStorageVolPtr here = NULL, there = NULL;

	if (path && vmm_volume_at(m->src.conn, path, &here, NULL) == VMM_VOL_THERE)
		vmm_volume_at(m->dst.conn, path, &there, NULL);
	if (!here)
		vmm__against(m,
			     "disk %s ('%s') is in no storage pool of '%s', so its storage is unknown",
			     disk->target, path ? path : disk->source, m->src.host);
	else if (there && same_file(here, there))
		;
	else if (vmm__move_method(m) == VMM_MIGRATE_MOVE)
		plan_copy(m, disk, path, here);
	else
		vmm__against(m,
			     "disk %s ('%s') is not on storage that '%s' shares (--move copies it)",
			     disk->target, path, m->dst.host);
	if (there)
		virStorageVolFree(there);
	if (here)
		virStorageVolFree(here);
	virResetLastError();
}

void vmm__check_disks(struct vmm__move *m)
{
	for (size_t i = 0; i < m->dom->ndisks; i++) {
		const struct vmm_disk *disk = &m->dom->disks[i];

		if (!disk->empty && !is_network_storage(disk))
			check_disk(m, disk);
	}
	/* Somebody could start that one over copies that are not whole. */
	if (m->ncopies > 0 && m->story.target_knew)
		vmm__against(m, "'%s' has a definition of it without its disks: undefine that first",
			     m->dst.host);
}
