/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The content of an image through a stream of libvirt's: its data, and of its holes the length. */
#include "base/clock.h"
#include "virt/virt.h"
#include "volume/internal.h"

/* libvirt's messages have less than 256 KiB of a stream. */
#define CHUNK ((size_t)256 * 1024)

struct upload {
	const struct vmm_volume_place *at;
	virStreamPtr stream;
	uint64_t hole; /* not sent yet */
};

void vmm__headway(const struct vmm_volume_place *at)
{
	if (at->headway)
		__atomic_store_n(at->headway, vmm_clock_ms(), __ATOMIC_RELAXED);
}

static int send_hole(struct upload *u, struct vmm_err *err)
{
	if (u->hole && virStreamSendHole(u->stream, (long long)u->hole, 0) < 0)
		return vmm_err_virt(err, "sending failed");
	u->hole = 0;
	return 0;
}

static int send_data(void *arg, const char *bytes, size_t n, struct vmm_err *err)
{
	struct upload *u = arg;
	int ret = send_hole(u, err);

	while (ret == 0 && n) {
		int sent = virStreamSend(u->stream, bytes, n < CHUNK ? n : CHUNK);

		if (sent < 0)
			return vmm_err_virt(err, "sending failed");
		vmm__headway(u->at);
		bytes += sent;
		n -= (size_t)sent;
	}
	return ret;
}

/* Runs of zeros come in pieces; one message tells of all. */
static int add_hole(void *arg, uint64_t n, struct vmm_err *err)
{
	struct upload *u = arg;

	(void)err;
	u->hole += n;
	return 0;
}

static int send_image(struct vmm__copying *c, virStorageVolPtr vol, virStreamPtr stream,
		      struct vmm_err *err)
{
	struct upload u = { .at = c->at, .stream = stream };
	struct vmm_image_sink sink = { send_data, add_hole, &u };
	int ret;

	if (virStorageVolUpload(vol, stream, 0, 0, VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM) < 0)
		return vmm_err_virt(err, "cannot start copying");
	ret = vmm_image_send(c->img, &sink, c->at->cancel, c->at->progress, err);
	if (ret == 0)
		ret = send_hole(&u, err);
	if (ret == 0 && virStreamFinish(stream) < 0)
		ret = vmm_err_virt(err, "copying failed");
	if (ret < 0)
		virStreamAbort(stream);
	return ret;
}

/* The stream has been acknowledged to its end, which libvirt may do of one that it could not write. */
static int check_size(struct vmm__copying *c, virStorageVolPtr vol, struct vmm_err *err)
{
	virStorageVolInfo info;

	if (virStorageVolGetInfoFlags(vol, &info, VIR_STORAGE_VOL_GET_PHYSICAL) < 0)
		return vmm_err_virt(err, "cannot look at the copy");
	if (info.allocation < c->img->size)
		return vmm_err_set(err, VMM_EFAIL,
				   "the copy has %llu bytes instead of %llu; the pool may be full",
				   info.allocation, (unsigned long long)c->img->size);
	return 0;
}

int vmm__upload(struct vmm__copying *c, virStorageVolPtr vol, struct vmm_err *err)
{
	virStreamPtr stream = virStreamNew(c->at->conn, 0);
	int ret;

	if (!stream)
		return vmm_err_virt(err, "cannot start copying");
	ret = send_image(c, vol, stream, err);
	virStreamFree(stream);
	return ret < 0 ? ret : check_size(c, vol, err);
}
