/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An image brought to a pool, once. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "virt/virt.h"
#include "volume/internal.h"

/* As vmm__volume_exists(). */
static int is_whole(struct vmm__copying *c, bool *whole, struct vmm_err *err)
{
	return vmm__volume_exists(c->at, c->pool, c->ok, whole, err);
}

int vmm__volume_mark(struct vmm__copying *c, struct vmm_err *err)
{
	virStorageVolPtr vol;
	int ret = vmm__volume_make(c->at, c->pool, c->ok, "raw", 1, &vol, err);

	if (ret == 0)
		virStorageVolFree(vol);
	return ret;
}

/* The volume is ours: it is filled and marked, or removed again. */
static int fill(struct vmm__copying *c, virStorageVolPtr vol, struct vmm_err *err)
{
	int ret = vmm__upload(c, vol, err);

	if (ret == 0)
		ret = vmm__volume_mark(c, err);
	if (ret == 0)
		return 0;
	virStorageVolDelete(vol, 0);
	vmm_err_prefix(err, "cannot bring '%s:%s' to pool '%s' of '%s'", c->img->name,
		       c->img->version, c->at->pool, c->at->host);
	return ret;
}

/* 1: there is one already; 0: it is there now. */
static int try_copy(struct vmm__copying *c, struct vmm_err *err)
{
	struct vmm_err why = { 0 };
	virStorageVolPtr vol;
	bool there = false;
	int ret = vmm__turn_note(c, true, err);

	if (ret < 0)
		return ret;
	if (vmm__volume_make(c->at, c->pool, c->name, "raw", c->img->size, &vol, &why) == 0) {
		ret = fill(c, vol, err);
		virStorageVolFree(vol);
		return ret;
	}
	ret = vmm__volume_exists(c->at, c->pool, c->name, &there, err);
	if (ret < 0)
		return ret;
	if (ret == 0 && !there)
		return vmm_err_set(err, why.code, "%s", why.text);
	ret = vmm__turn_note(c, false, err);
	return ret < 0 ? ret : 1;
}

/* The intent is ours. 1: wait, and try again; 0: it is there. */
static int step(struct vmm__copying *c, struct vmm_err *err)
{
	bool whole = false;
	int ret = is_whole(c, &whole, err);

	if (ret != 0 || whole)
		return ret;
	ret = try_copy(c, err);
	if (ret <= 0)
		return ret;
	ret = vmm__turn_is_first(c, err);
	if (ret <= 0)
		return ret < 0 ? ret : 1;
	/* It may have been finished since, and its maker be gone for that reason. */
	ret = is_whole(c, &whole, err);
	if (ret != 0 || whole)
		return ret;
	ret = vmm__volume_throw_away(c, err);
	return ret < 0 ? ret : 1;
}

static int wait_or_copy(struct vmm__copying *c, struct vmm_err *err)
{
	bool whole = false;
	int ret;

	if (!c->intent) {
		ret = is_whole(c, &whole, err);
		if (ret != 0 || whole)
			return ret;
		ret = vmm__turn_take(c, err);
		if (ret <= 0)
			return ret < 0 ? ret : 1;
	}
	return step(c, err);
}

/* How much of the copy there is by now, whoever makes it. */
static uint64_t size_so_far(struct vmm__copying *c)
{
	virStorageVolPtr vol = virStorageVolLookupByName(c->pool, c->name);
	virStorageVolInfo info = { .allocation = 0 };

	if (!vol)
		return 0;
	if (virStorageVolGetInfo(vol, &info) < 0)
		info.allocation = 0;
	virStorageVolFree(vol);
	return info.allocation;
}

static int bring(struct vmm__copying *c, struct vmm_err *err)
{
	uint64_t wait_ms = c->at->wait_ms ? c->at->wait_ms : VMM__VOLUME_WAIT_MS;
	uint64_t deadline = vmm_clock_ms() + wait_ms, size = 0;
	int ret;

	while ((ret = wait_or_copy(c, err)) > 0) {
		uint64_t now = size_so_far(c);

		if (c->at->cancel && c->at->cancel->level >= 2)
			return vmm_err_set(err, VMM_ECANCEL, "stopped");
		if (now != size) {
			vmm__headway(c->at);
			deadline = vmm_clock_ms() + wait_ms;
			size = now;
		}
		if (vmm_clock_ms() > deadline)
			return vmm_err_set(err, VMM_EAGAIN,
					   "another copy of '%s:%s' to pool '%s' of '%s' does not get on",
					   c->img->name, c->img->version, c->at->pool, c->at->host);
		vmm_sleep_ms(VMM__VOLUME_NAP_MS);
	}
	return ret;
}

int vmm_volume_image(const struct vmm_volume_place *at, const struct vmm_image *img, char **name,
		     struct vmm_err *err)
{
	struct vmm__copying c = { .at = at, .img = img };
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	VMM_BUF_AUTO ok = VMM_BUF_INIT;
	int ret;

	vmm_buf_addf(&b, "vmm-%.*s.%s", VMM__VOLUME_HEX, img->sha256, img->format);
	vmm_buf_addf(&ok, "%s.ok", b.data);
	c.ok = ok.data;
	c.name = vmm_buf_steal(&b);
	if (!c.name || ok.failed) {
		free(c.name);
		return vmm_err_nomem(err);
	}
	ret = vmm__pool_find(at, &c.pool, err);
	if (ret == 0) {
		ret = bring(&c, err);
		vmm__turn_end(&c, ret < 0 ? "failed" : "done");
		virStoragePoolFree(c.pool);
	}
	if (ret == 0)
		*name = c.name;
	else
		free(c.name);
	return ret;
}
