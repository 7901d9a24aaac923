/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes by path: what libvirt's pools know of a file or device. */
#include <stdlib.h>
#include <string.h>

#include <libvirt/virterror.h>

#include "base/buf.h"
#include "virt/domxml.h"
#include "virt/virt.h"
#include "virt/xmlget.h"
#include "volume/volume.h"

/* In place of a user's name, where they can't be listed. */
#define UNKNOWN "unknown"

/* Whether path lies directly in folder. */
static bool lies_in(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	while (n > 1 && folder[n - 1] == '/')
		n--;
	return strncmp(path, folder, n) == 0 && path[n] == '/' && !strchr(path + n + 1, '/');
}

int vmm_volume_pool_of(virConnectPtr conn, const char *path, virStoragePoolPtr *pool,
		       struct vmm_err *err)
{
	virStoragePoolPtr *pools = NULL;
	int n = virConnectListAllStoragePools(conn, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);
	int ret = n < 0 ? vmm_err_virt(err, "cannot list the storage pools") : 0;

	*pool = NULL;
	for (int i = 0; i < n; i++) {
		VMM_STR_AUTO xml = *pool ? NULL : virStoragePoolGetXMLDesc(pools[i], 0);
		VMM_STR_AUTO folder = xml ? vmm_xml_get(xml, "pool/target/path") : NULL;

		if (!xml && !*pool)
			ret = vmm_err_virt(err, "cannot look at a storage pool");
		if (folder && lies_in(path, folder))
			*pool = pools[i];
		else
			virStoragePoolFree(pools[i]);
	}
	free(pools);
	return *pool ? 0 : ret;
}

static enum vmm_presence cant_tell(const char *path, struct vmm_err *why)
{
	vmm_err_virt(why, "cannot look for '%s'", path);
	return VMM_VOL_CANT_TELL;
}

/* It may be younger than the pool's last look at its folder. */
static enum vmm_presence look_anew(virStoragePoolPtr pool, const char *path, virStorageVolPtr *vol,
				   struct vmm_err *why)
{
	if (virStoragePoolRefresh(pool, 0) < 0)
		return cant_tell(path, why);
	*vol = virStorageVolLookupByPath(virStoragePoolGetConnect(pool), path);
	if (*vol)
		return VMM_VOL_THERE;
	return virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL ? VMM_VOL_ABSENT
							       : cant_tell(path, why);
}

/* One that the pool knows, and that is still there: it may have been removed since the pool looked. */
static virStorageVolPtr known(virConnectPtr conn, const char *path)
{
	virStorageVolPtr vol = virStorageVolLookupByPath(conn, path);
	virStorageVolInfo info;

	if (!vol || virStorageVolGetInfo(vol, &info) == 0)
		return vol;
	virStorageVolFree(vol);
	return NULL;
}

enum vmm_presence vmm_volume_at(virConnectPtr conn, const char *path, virStorageVolPtr *vol,
				struct vmm_err *why)
{
	enum vmm_presence presence;
	virStoragePoolPtr pool;

	*vol = known(conn, path);
	if (*vol)
		return VMM_VOL_THERE;
	if (vmm_volume_pool_of(conn, path, &pool, why) < 0) {
		vmm_err_prefix(why, "cannot look for '%s'", path);
		return VMM_VOL_CANT_TELL;
	}
	if (!pool) {
		vmm_err_set(why, VMM_EFAIL,
			    "cannot look for '%s': no active storage pool has its folder", path);
		return VMM_VOL_NO_POOL;
	}
	presence = look_anew(pool, path, vol, why);
	virStoragePoolFree(pool);
	return presence;
}

/* Whether the definition of this VM names the path, as a disk or as what a disk is based on. */
static bool names_path(virDomainPtr dom, const char *path)
{
	VMM_STR_AUTO xml = virDomainGetXMLDesc(dom, 0);
	struct vmm_domxml *d = NULL;
	bool found;

	if (!xml && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
		return false;                                /* gone since it was listed */
	found = !xml || vmm_domxml_parse(xml, &d, NULL) < 0; /* who can't be read may */
	for (size_t i = 0; d && i < d->ndisks && !found; i++)
		found = strcmp(d->disks[i].source, path) == 0 ||
			strcmp(d->disks[i].backing, path) == 0;
	vmm_domxml_free(d);
	return found;
}

/* Another volume of its pool that is an overlay of it. */
static char *overlay_of(virConnectPtr conn, const char *path)
{
	virStoragePoolPtr pool;
	virStorageVolPtr *vols = NULL;
	int n = vmm_volume_pool_of(conn, path, &pool, NULL);
	char *user = NULL;

	if (pool)
		n = virStoragePoolListAllVolumes(pool, &vols, 0);
	for (int i = 0; i < n; i++) {
		VMM_STR_AUTO xml = user ? NULL : virStorageVolGetXMLDesc(vols[i], 0);
		VMM_STR_AUTO base = xml ? vmm_xml_get(xml, "volume/backingStore/path") : NULL;

		if (base && strcmp(base, path) == 0)
			user = virStorageVolGetPath(vols[i]);
		virStorageVolFree(vols[i]);
	}
	free(vols);
	if (pool)
		virStoragePoolFree(pool);
	return n < 0 ? strdup(UNKNOWN) : user;
}

char *vmm_volume_user(virConnectPtr conn, const char *path, const char *but_uuid)
{
	char uuid[VIR_UUID_STRING_BUFLEN], *user = NULL;
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(conn, &doms, 0);

	for (int i = 0; i < n; i++) {
		if (!user && virDomainGetUUIDString(doms[i], uuid) == 0 &&
		    strcmp(uuid, but_uuid) != 0 && names_path(doms[i], path))
			user = strdup(virDomainGetName(doms[i]));
		virDomainFree(doms[i]);
	}
	free(doms);
	if (n < 0)
		return strdup(UNKNOWN);
	return user ? user : overlay_of(conn, path);
}

int vmm_volume_remove_path(virConnectPtr conn, const char *path, struct vmm_err *err)
{
	virStorageVolPtr vol = NULL;
	int ret = 0;

	switch (vmm_volume_at(conn, path, &vol, err)) {
	case VMM_VOL_THERE:
		if (virStorageVolDelete(vol, 0) < 0)
			ret = vmm_err_virt(err, "cannot remove volume '%s'", path);
		virStorageVolFree(vol);
		break;
	case VMM_VOL_ABSENT:
		break;
	default:
		ret = err->code;
	}
	return ret;
}
