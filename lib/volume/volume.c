/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of one pool: made, looked for, cloned, removed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libvirt/virterror.h>

#include "base/buf.h"
#include "base/clock.h"
#include "virt/virt.h"
#include "volume/internal.h"

#define BUSY_MS (60 * 1000)
#define NAP_MS 200

static void add_escaped(struct vmm_buf *b, const char *s)
{
	for (; *s; s++) {
		if (strchr("&<>'\"", *s))
			vmm_buf_addf(b, "&#%d;", *s);
		else
			vmm_buf_addc(b, *s);
	}
}

int vmm__pool_find(const struct vmm_volume_place *at, virStoragePoolPtr *out, struct vmm_err *err)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(at->conn, at->pool);

	if (!pool)
		return vmm_err_virt(err, "cannot use pool '%s' of '%s'", at->pool, at->host);
	*out = pool;
	return 0;
}

void vmm_volume_head(struct vmm_buf *xml, const char *name, uint64_t capacity, const char *format)
{
	vmm_buf_adds(xml, "<volume><name>");
	add_escaped(xml, name);
	vmm_buf_addf(xml,
		     "</name><capacity unit='bytes'>%" PRIu64 "</capacity>"
		     "<allocation unit='bytes'>0</allocation>"
		     "<target><format type='",
		     capacity);
	add_escaped(xml, format);
	vmm_buf_adds(xml, "'/></target>");
}

int vmm__volume_make(const struct vmm_volume_place *at, virStoragePoolPtr pool, const char *name,
		     const char *format, uint64_t size, virStorageVolPtr *out, struct vmm_err *err)
{
	VMM_BUF_AUTO xml = VMM_BUF_INIT;
	virStorageVolPtr vol;

	vmm_volume_head(&xml, name, size, format);
	vmm_buf_adds(&xml, "</volume>");
	if (xml.failed)
		return vmm_err_nomem(err);
	vol = virStorageVolCreateXML(pool, xml.data, 0);
	if (!vol)
		return vmm_err_virt(err, "cannot make volume '%s' on '%s'", name, at->host);
	*out = vol;
	return 0;
}

static int find_volume(const struct vmm_volume_place *at, virStoragePoolPtr pool, const char *name,
		       virStorageVolPtr *out, struct vmm_err *err)
{
	*out = virStorageVolLookupByName(pool, name);
	if (*out || virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL)
		return 0;
	return vmm_err_virt(err, "cannot look for volume '%s' on '%s'", name, at->host);
}

/* As libvirt knows it, and there when it looks. */
static int look(const struct vmm_volume_place *at, virStoragePoolPtr pool, const char *name,
		bool *there, struct vmm_err *err)
{
	virStorageVolInfo info;
	virStorageVolPtr vol;
	int ret = find_volume(at, pool, name, &vol, err);

	if (ret < 0)
		return ret;
	*there = vol && virStorageVolGetInfo(vol, &info) == 0;
	if (vol)
		virStorageVolFree(vol);
	return 0;
}

int vmm__volume_exists(const struct vmm_volume_place *at, virStoragePoolPtr pool, const char *name,
		       bool *there, struct vmm_err *err)
{
	int ret = look(at, pool, name, there, err);

	if (ret < 0 || *there)
		return ret;
	/* Made by another host, this one has not heard of it. */
	if (virStoragePoolRefresh(pool, 0) == 0)
		return look(at, pool, name, there, err);
	/* libvirt has no code of its own for a pool that something is just being made in. */
	if (virGetLastErrorCode() == VIR_ERR_INTERNAL_ERROR)
		return 1;
	return vmm_err_virt(err, "cannot refresh pool '%s' of '%s'", at->pool, at->host);
}

/* A host whose client is gone goes on with the copy that it makes, and only then gives the volume away. */
static int delete_volume(virStorageVolPtr vol)
{
	uint64_t deadline = vmm_clock_ms() + BUSY_MS;
	int ret;

	while ((ret = virStorageVolDelete(vol, 0)) < 0 &&
	       virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID && vmm_clock_ms() < deadline)
		vmm_sleep_ms(NAP_MS);
	return ret;
}

int vmm_volume_remove(const struct vmm_volume_place *at, const char *name, struct vmm_err *err)
{
	virStorageVolPtr vol = NULL;
	virStoragePoolPtr pool;
	int ret = vmm__pool_find(at, &pool, err);

	if (ret < 0)
		return ret;
	ret = find_volume(at, pool, name, &vol, err);
	if (vol && delete_volume(vol) < 0)
		ret = vmm_err_virt(err, "cannot remove volume '%s' from '%s'", name, at->host);
	if (vol)
		virStorageVolFree(vol);
	virStoragePoolFree(pool);
	return ret;
}

/* ---- clones ---- */

static int make_linked(const struct vmm_volume_place *at, virStoragePoolPtr pool,
		       virStorageVolPtr base, const char *base_format, const char *name,
		       uint64_t capacity, struct vmm_err *err)
{
	char *path = virStorageVolGetPath(base);
	VMM_BUF_AUTO xml = VMM_BUF_INIT;
	virStorageVolPtr vol = NULL;

	vmm_volume_head(&xml, name, capacity, "qcow2");
	vmm_buf_adds(&xml, "<backingStore><path>");
	if (path)
		add_escaped(&xml, path);
	vmm_buf_adds(&xml, "</path><format type='");
	add_escaped(&xml, base_format);
	vmm_buf_adds(&xml, "'/></backingStore></volume>");
	if (xml.failed) {
		free(path);
		return vmm_err_nomem(err);
	}
	if (path)
		vol = virStorageVolCreateXML(pool, xml.data, 0);
	free(path);
	if (!vol)
		return vmm_err_virt(err, "cannot make volume '%s' on '%s'", name, at->host);
	virStorageVolFree(vol);
	return 0;
}

static int clone(const struct vmm_volume_place *at, virStoragePoolPtr pool,
		 const struct vmm_image *img, const char *base_name, const char *name,
		 uint64_t capacity, const char *full, struct vmm_err *err)
{
	const char *format = strcmp(img->format, "iso") == 0 ? "raw" : img->format;
	virStorageVolPtr base;
	bool there;
	int ret = vmm__volume_exists(at, pool, name, &there, err);

	if (ret < 0)
		return ret;
	if (there)
		return vmm_err_set(err, VMM_EREFUSED, "volume '%s' is on '%s' already", name,
				   at->host);
	base = virStorageVolLookupByName(pool, base_name);
	if (!base)
		return vmm_err_virt(err, "cannot find volume '%s' on '%s'", base_name, at->host);
	ret = full ? vmm__volume_copy(at, pool, base, format, name, full, capacity, err)
		   : make_linked(at, pool, base, format, name, capacity, err);
	virStorageVolFree(base);
	return ret;
}

int vmm_volume_clone(const struct vmm_volume_place *at, const struct vmm_image *img, const char *base,
		     const char *name, uint64_t capacity, const char *full, struct vmm_err *err)
{
	virStoragePoolPtr pool;
	int ret;

	if (capacity < img->virtual_size)
		return vmm_err_set(err, VMM_EREFUSED,
				   "%" PRIu64 " bytes are less than the %" PRIu64 " of image '%s:%s'",
				   capacity, img->virtual_size, img->name, img->version);
	ret = vmm__pool_find(at, &pool, err);
	if (ret < 0)
		return ret;
	ret = clone(at, pool, img, base, name, capacity, full, err);
	virStoragePoolFree(pool);
	return ret;
}
