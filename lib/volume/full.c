/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of an image that stand by themselves. */
#include <stdlib.h>
#include <string.h>

#include <libvirt/virterror.h>

#include "base/clock.h"
#include "virt/virt.h"
#include "virt/xmlget.h"
#include "volume/internal.h"

static bool is_known_as(virStorageVolPtr vol, const char *format)
{
	VMM_STR_AUTO xml = virStorageVolGetXMLDesc(vol, 0);
	VMM_STR_AUTO is = xml ? vmm_xml_get(xml, "volume/target/format@type") : NULL;

	return is && strcmp(is, format) == 0;
}

/* 1: not now; 0: it is known. */
static int look_anew(const struct vmm_volume_place *at, virStoragePoolPtr pool,
		     virStorageVolPtr base, const char *format, struct vmm_err *err)
{
	if (is_known_as(base, format))
		return 0;
	if (virStoragePoolRefresh(pool, 0) < 0)
		return virGetLastErrorCode() == VIR_ERR_INTERNAL_ERROR
			       ? 1
			       : vmm_err_virt(err, "cannot refresh pool '%s' of '%s'", at->pool,
					      at->host);
	if (is_known_as(base, format))
		return 0;
	return vmm_err_set(err, VMM_EFAIL, "to '%s' volume '%s' is not %s", at->host,
			   virStorageVolGetName(base), format);
}

/*
 * libvirt copies a volume as the format that it found when it last looked the pool over; one that
 * was sent since is raw to it, and its container would become the disk. It can't look while
 * something is being made in the pool.
 */
static int wait_until_known(const struct vmm_volume_place *at, virStoragePoolPtr pool,
			    virStorageVolPtr base, const char *format, struct vmm_err *err)
{
	uint64_t deadline = vmm_clock_ms() + (at->wait_ms ? at->wait_ms : VMM__VOLUME_WAIT_MS);
	int ret;

	if (strcmp(format, "raw") == 0)
		return 0;
	while ((ret = look_anew(at, pool, base, format, err)) > 0) {
		if (at->cancel && at->cancel->level >= 2)
			return vmm_err_set(err, VMM_ECANCEL, "stopped");
		if (vmm_clock_ms() > deadline)
			return vmm_err_set(err, VMM_EAGAIN, "pool '%s' of '%s' is busy", at->pool,
					   at->host);
		vmm_sleep_ms(VMM__VOLUME_NAP_MS);
	}
	return ret;
}

/* The copy has the capacity of what it was copied from, whatever was asked for. */
static virStorageVolPtr copy(virStoragePoolPtr pool, virStorageVolPtr base, uint64_t capacity,
			     const char *xml)
{
	virStorageVolPtr vol = virStorageVolCreateXMLFrom(pool, xml, base, 0);
	virStorageVolInfo info;

	if (!vol || (virStorageVolGetInfo(vol, &info) == 0 &&
		     (info.capacity >= capacity || virStorageVolResize(vol, capacity, 0) == 0)))
		return vol;
	virStorageVolDelete(vol, 0);
	virStorageVolFree(vol);
	return NULL;
}

int vmm__volume_copy(const struct vmm_volume_place *at, virStoragePoolPtr pool,
		     virStorageVolPtr base, const char *base_format, const char *name,
		     const char *format, uint64_t capacity, struct vmm_err *err)
{
	VMM_BUF_AUTO xml = VMM_BUF_INIT;
	virStorageVolPtr vol;
	int ret = wait_until_known(at, pool, base, base_format, err);

	if (ret < 0)
		return ret;
	vmm_volume_head(&xml, name, capacity, format);
	vmm_buf_adds(&xml, "</volume>");
	if (xml.failed)
		return vmm_err_nomem(err);
	vol = copy(pool, base, capacity, xml.data);
	if (!vol)
		return vmm_err_virt(err, "cannot make volume '%s' on '%s'", name, at->host);
	virStorageVolFree(vol);
	return 0;
}
