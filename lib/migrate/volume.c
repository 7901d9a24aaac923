/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes by path: what libvirt's pools know of a file or device. */
#include <stdlib.h>
#include <string.h>

#include "migrate/internal.h"
#include "virt/xmlget.h"

/* Whether path lies directly in folder. */
static bool lies_in(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	while (n > 1 && folder[n - 1] == '/')
		n--;
	return strncmp(path, folder, n) == 0 && path[n] == '/' && !strchr(path + n + 1, '/');
}

virStoragePoolPtr vmm__pool_of(virConnectPtr conn, const char *path)
{
	virStoragePoolPtr *pools = NULL, found = NULL;
	int n = virConnectListAllStoragePools(conn, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);

	for (int i = 0; i < n; i++) {
		char *xml = found ? NULL : virStoragePoolGetXMLDesc(pools[i], 0);
		char *folder = xml ? vmm_xml_get(xml, "pool/target/path") : NULL;

		if (folder && lies_in(path, folder))
			found = pools[i];
		else
			virStoragePoolFree(pools[i]);
		free(folder);
		free(xml);
	}
	free(pools);
	return found;
}

virStorageVolPtr vmm__volume(virConnectPtr conn, const char *path)
{
	virStorageVolPtr vol = virStorageVolLookupByPath(conn, path);
	virStoragePoolPtr pool;

	if (vol)
		return vol;
	/* It may be younger than the pool's last look at its folder. */
	pool = vmm__pool_of(conn, path);
	if (!pool)
		return NULL;
	if (virStoragePoolRefresh(pool, 0) == 0)
		vol = virStorageVolLookupByPath(conn, path);
	virStoragePoolFree(pool);
	return vol;
}
