/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who stands on the volume of an image. By its name alone, which is of its content: another host may have
 * the pool elsewhere. Who can't be asked may.
 */
#include <stdlib.h>
#include <string.h>

#include <libvirt/virterror.h>

#include "virt/virt.h"
#include "volume/internal.h"

static bool domain_names(virDomainPtr dom, const char *name)
{
	VMM_STR_AUTO xml = virDomainGetXMLDesc(dom, 0);

	if (!xml)
		return virGetLastErrorCode() != VIR_ERR_NO_DOMAIN; /* gone since it was listed */
	return strstr(xml, name) != NULL;
}

static bool leans_on(virStorageVolPtr vol, const char *name)
{
	const char *own = virStorageVolGetName(vol);
	VMM_STR_AUTO xml = NULL;

	if (strncmp(own, name, strlen(name)) == 0) /* the volume, and its mark */
		return false;
	xml = virStorageVolGetXMLDesc(vol, 0);
	if (!xml)
		return virGetLastErrorCode() != VIR_ERR_NO_STORAGE_VOL;
	return strstr(xml, name) != NULL;
}

static int any_domain(virConnectPtr conn, const char *name, struct vmm_err *err)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(conn, &doms, 0), used = 0;

	if (n < 0)
		return vmm_err_virt(err, "cannot list the VMs");
	for (int i = 0; i < n; i++) {
		used = used || domain_names(doms[i], name);
		virDomainFree(doms[i]);
	}
	free(doms);
	return used;
}

static int any_volume(virStoragePoolPtr pool, const char *name, struct vmm_err *err)
{
	virStorageVolPtr *vols = NULL;
	int n, used = 0;

	/* What others have made since it looked, it does not know. */
	n = virStoragePoolRefresh(pool, 0) < 0 ? -1 : virStoragePoolListAllVolumes(pool, &vols, 0);
	if (n < 0)
		return vmm_err_virt(err, "cannot look at pool '%s'", virStoragePoolGetName(pool));
	for (int i = 0; i < n; i++) {
		used = used || leans_on(vols[i], name);
		virStorageVolFree(vols[i]);
	}
	free(vols);
	return used;
}

int vmm__volume_used(virStoragePoolPtr pool, const char *name, struct vmm_err *err)
{
	int ret = any_volume(pool, name, err);

	return ret ? ret : any_domain(virStoragePoolGetConnect(pool), name, err);
}

int vmm__volume_throw_away(const struct vmm__copying *c, struct vmm_err *err)
{
	int ret = vmm__volume_used(c->pool, c->name, err);

	if (ret > 0)
		ret = vmm_err_set(err, VMM_EREFUSED,
				  "volume '%s' of pool '%s' of '%s' is in use, but has no mark '%s'",
				  c->name, c->at->pool, c->at->host, c->ok);
	return ret < 0 ? ret : vmm_volume_remove(c->at, c->name, err);
}
