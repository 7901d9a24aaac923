/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way back: a volume's content in a file here. */
#include <stdlib.h>
#include <unistd.h>

#include <libvirt/virterror.h>

#include "base/buf.h"
#include "virt/virt.h"
#include "volume/internal.h"

#define CHUNK ((size_t)256 * 1024)
#define REPORT_EVERY ((uint64_t)16 << 20)

int vmm_volume_flatten(virStorageVolPtr vol, const char *name, virStorageVolPtr *out,
		       struct vmm_err *err)
{
	virStoragePoolPtr pool = virStoragePoolLookupByVolume(vol);
	VMM_BUF_AUTO xml = VMM_BUF_INIT;
	int ret = 0;

	if (!pool)
		return vmm_err_virt(err, "cannot find the pool of '%s'", virStorageVolGetName(vol));
	vmm_volume_head(&xml, name, 0, "raw");
	vmm_buf_adds(&xml, "</volume>");
	if (xml.failed)
		ret = vmm_err_nomem(err);
	else if (!(*out = virStorageVolCreateXMLFrom(pool, xml.data, vol, 0)))
		ret = vmm_err_virt(err, "cannot copy volume '%s'", virStorageVolGetName(vol));
	virStoragePoolFree(pool);
	return ret;
}

struct download {
	virStreamPtr stream;
	int fd;
	char *buf;
	uint64_t at, reported; /* bytes */
	struct vmm_progress progress;
	struct vmm_progress_sink *sink;
	const struct vmm_cancel *cancel;
};

static int write_all(struct download *d, size_t n, struct vmm_err *err)
{
	for (size_t done = 0; done < n;) {
		ssize_t put = pwrite(d->fd, d->buf + done, n - done, (off_t)(d->at + done));

		if (put < 0)
			return vmm_err_errno(err, "cannot write the copy");
		done += (size_t)put;
	}
	d->at += n;
	return 0;
}

/* One piece: data or a hole. 1: more to come, 0: the end. */
static int receive(struct download *d, struct vmm_err *err)
{
	int n = virStreamRecvFlags(d->stream, d->buf, CHUNK, VIR_STREAM_RECV_STOP_AT_HOLE), ret;
	long long hole;

	if (n == -3) {
		if (virStreamRecvHole(d->stream, &hole, 0) < 0)
			return vmm_err_virt(err, "copying failed");
		d->at += (uint64_t)hole;
		return 1;
	}
	if (n < 0)
		return vmm_err_virt(err, "copying failed");
	ret = write_all(d, (size_t)n, err);
	return ret < 0 ? ret : n > 0;
}

static void report(struct download *d)
{
	if (d->at - d->reported < REPORT_EVERY)
		return;
	d->reported = d->at;
	d->progress.done = d->at;
	vmm_progress_report(d->sink, &d->progress);
}

static int receive_all(struct download *d, struct vmm_err *err)
{
	int ret;

	while ((ret = receive(d, err)) > 0) {
		report(d);
		if (d->cancel && d->cancel->level >= 2)
			return vmm_err_set(err, VMM_ECANCEL, "aborted on request");
	}
	if (ret < 0)
		return ret;
	if (virStreamFinish(d->stream) < 0)
		return vmm_err_virt(err, "copying failed");
	/* It may end in a hole. */
	return ftruncate(d->fd, (off_t)d->at) < 0 ? vmm_err_errno(err, "cannot write the copy") : 0;
}

int vmm_volume_get(virStorageVolPtr vol, int fd, const char *subject, const struct vmm_cancel *cancel,
		   struct vmm_progress_sink *sink, struct vmm_err *err)
{
	struct download d = { .fd = fd,
			      .sink = sink,
			      .cancel = cancel,
			      .progress = { .subject = subject, .stage = "copy", .downtime_ms = -1 } };
	virStorageVolInfo info;
	int ret;

	if (virStorageVolGetInfoFlags(vol, &info, VIR_STORAGE_VOL_GET_PHYSICAL) == 0)
		d.progress.total = info.allocation;
	d.stream = virStreamNew(virStorageVolGetConnect(vol), 0);
	d.buf = malloc(CHUNK);
	if (!d.buf)
		ret = vmm_err_nomem(err);
	else if (!d.stream || virStorageVolDownload(vol, d.stream, 0, 0,
						    VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM) < 0)
		ret = vmm_err_virt(err, "cannot read volume '%s'", virStorageVolGetName(vol));
	else
		ret = receive_all(&d, err);
	if (d.stream && ret < 0)
		virStreamAbort(d.stream);
	if (d.stream)
		virStreamFree(d.stream);
	free(d.buf);
	return ret;
}
