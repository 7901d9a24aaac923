/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes that are made of no image: empty disks, small files. */
#include <stdlib.h>

#include <libvirt/virterror.h>

#include "virt/virt.h"
#include "volume/internal.h"

/* Makes it where there is none of that name yet; both are the caller's. */
static int make(const struct vmm_volume_place *at, const char *name, const char *format,
		uint64_t capacity, virStoragePoolPtr *pool, virStorageVolPtr *vol,
		struct vmm_err *err)
{
	bool there;
	int ret = vmm__pool_find(at, pool, err);

	if (ret < 0)
		return ret;
	ret = vmm__volume_exists(at, *pool, name, &there, err);
	if (ret >= 0 && there)
		ret = vmm_err_set(err, VMM_EREFUSED, "volume '%s' is on '%s' already", name,
				  at->host);
	if (ret >= 0)
		ret = vmm__volume_make(at, *pool, name, format, capacity, vol, err);
	if (ret < 0)
		virStoragePoolFree(*pool);
	return ret;
}

int vmm_volume_make(const struct vmm_volume_place *at, const char *name, const char *format,
		    uint64_t capacity, struct vmm_err *err)
{
	virStoragePoolPtr pool;
	virStorageVolPtr vol;
	int ret = make(at, name, format, capacity, &pool, &vol, err);

	if (ret < 0)
		return ret;
	virStorageVolFree(vol);
	virStoragePoolFree(pool);
	return 0;
}

static int send_all(virStreamPtr stream, const char *bytes, size_t n)
{
	while (n > 0) {
		int sent = virStreamSend(stream, bytes, n);

		if (sent < 0)
			return -1;
		bytes += sent;
		n -= (size_t)sent;
	}
	return virStreamFinish(stream);
}

static int fill(virStorageVolPtr vol, const char *name, const char *bytes, size_t n,
		struct vmm_err *err)
{
	virStreamPtr stream = virStreamNew(virStorageVolGetConnect(vol), 0);
	int ret = 0;

	if (!stream || virStorageVolUpload(vol, stream, 0, n, 0) < 0 ||
	    send_all(stream, bytes, n) < 0) {
		ret = vmm_err_virt(err, "cannot write volume '%s'", name);
		if (stream)
			virStreamAbort(stream);
	}
	if (stream)
		virStreamFree(stream);
	return ret;
}

int vmm_volume_put(const struct vmm_volume_place *at, const char *name, const char *bytes, size_t n,
		   struct vmm_err *err)
{
	virStoragePoolPtr pool;
	virStorageVolPtr vol;
	int ret = make(at, name, "raw", n, &pool, &vol, err);

	if (ret < 0)
		return ret;
	ret = fill(vol, name, bytes, n, err);
	if (ret < 0)
		virStorageVolDelete(vol, 0);
	virStorageVolFree(vol);
	virStoragePoolFree(pool);
	return ret;
}

int vmm_volume_path(const struct vmm_volume_place *at, const char *name, char **path,
		    struct vmm_err *err)
{
	virStoragePoolPtr pool;
	virStorageVolPtr vol;
	char *found = NULL;
	int ret = vmm__pool_find(at, &pool, err);

	if (ret < 0)
		return ret;
	vol = virStorageVolLookupByName(pool, name);
	if (vol)
		found = virStorageVolGetPath(vol);
	if (found)
		*path = found;
	else
		ret = vmm_err_virt(err, "cannot find volume '%s' on '%s'", name, at->host);
	if (vol)
		virStorageVolFree(vol);
	virStoragePoolFree(pool);
	return ret;
}
