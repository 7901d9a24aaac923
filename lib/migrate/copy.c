/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks on their way: volumes made on the target, filled if the VM is stopped, and taken away. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/progress.h"
#include "migrate/internal.h"

#define CHUNK (256u << 10)

static int make_volume(struct vmm__move *m, struct vmm__copy *c)
{
	virStoragePoolPtr pool;
	virStorageVolPtr vol = NULL;
	VMM_BUF_AUTO xml = VMM_BUF_INIT;

	if (vmm_volume_pool_of(m->dst.conn, c->path, &pool, &m->err) < 0)
		return m->err.code;
	if (!pool)
		return vmm_err_set(&m->err, VMM_EFAIL, "'%s' has no storage pool for '%s' any more",
				   m->dst.host, c->path);
	vmm_volume_head(&xml, strrchr(c->path, '/') + 1, c->capacity, c->format ? c->format : "raw");
	vmm_buf_adds(&xml, "</volume>");
	if (!xml.failed)
		vol = virStorageVolCreateXML(pool, xml.data, 0);
	if (!vol)
		vmm_err_virt(&m->err, "cannot create volume '%s' on '%s'", c->path, m->dst.host);
	virStoragePoolFree(pool);
	if (!vol)
		return m->err.code;
	virStorageVolFree(vol);
	return 0;
}

/*
 * The journal is told first: what a crash leaves then has a name. And afterwards: only then is what
 * has that name certain to be ours.
 */
static int make_copy(struct vmm__move *m, struct vmm__copy *c)
{
	c->making = true;
	if (vmm__intent_note(m, &m->err) < 0)
		return m->err.code;
	if (make_volume(m, c) < 0) {
		/* The host has said no: what lies there is not ours. */
		if (m->err.code != VMM_EAGAIN) {
			c->making = false;
			vmm__intent_note(m, NULL);
		}
		return m->err.code;
	}
	c->made = true;
	return vmm__intent_note(m, &m->err);
}

int vmm__copies_make(struct vmm__move *m)
{
	for (size_t i = 0; i < m->ncopies; i++)
		if (make_copy(m, &m->copies[i]) < 0)
			return m->err.code;
	return 0;
}

struct pump {
	struct vmm__move *m;
	virStreamPtr from, to;
	struct vmm_progress progress;
	char *buf;
};

static int send_all(struct pump *p, const char *buf, size_t n)
{
	while (n > 0) {
		int sent = virStreamSend(p->to, buf, n);

		if (sent < 0)
			return -1;
		buf += sent;
		n -= (size_t)sent;
	}
	return 0;
}

/* One piece: data or a hole. 1: more to come, 0: the end. */
static int pump_some(struct pump *p)
{
	int n = virStreamRecvFlags(p->from, p->buf, CHUNK, VIR_STREAM_RECV_STOP_AT_HOLE);
	long long hole;

	if (n == -3) {
		if (virStreamRecvHole(p->from, &hole, 0) < 0 || virStreamSendHole(p->to, hole, 0) < 0)
			return -1;
		p->progress.done += (uint64_t)hole;
		return 1;
	}
	if (n > 0 && send_all(p, p->buf, (size_t)n) < 0)
		return -1;
	p->progress.done += n > 0 ? (uint64_t)n : 0;
	return n > 0 ? 1 : n;
}

static int pump_all(struct pump *p)
{
	const struct vmm_cancel *cancel = p->m->opt.cancel;
	int rc;

	while ((rc = pump_some(p)) > 0) {
		vmm__move_report(p->m, &p->progress);
		if (cancel && cancel->level >= 2)
			return vmm_err_set(&p->m->err, VMM_ECANCEL, "aborted on request");
		if (vmm_clock_ms() > p->m->deadline)
			return vmm_err_set(&p->m->err, VMM_ECANCEL,
					   "aborted: twice the time limit has passed");
	}
	if (rc < 0 || virStreamFinish(p->from) < 0 || virStreamFinish(p->to) < 0)
		return vmm_err_virt(&p->m->err, "copying failed");
	return 0;
}

static int open_streams(struct pump *p, virStorageVolPtr here, virStorageVolPtr there)
{
	p->from = virStreamNew(p->m->src.conn, 0);
	p->to = virStreamNew(p->m->dst.conn, 0);
	if (!p->from || !p->to ||
	    virStorageVolDownload(here, p->from, 0, 0, VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM) < 0 ||
	    virStorageVolUpload(there, p->to, 0, 0, VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM) < 0)
		return vmm_err_virt(&p->m->err, "cannot start copying");
	return 0;
}

static void close_stream(virStreamPtr st, bool abort)
{
	if (st && abort)
		virStreamAbort(st);
	if (st)
		virStreamFree(st);
}

static int open_volume(struct vmm__move *m, const struct vmm__end *e, const char *path,
		       virStorageVolPtr *vol)
{
	switch (vmm_volume_at(e->conn, path, vol, &m->err)) {
	case VMM_VOL_THERE:
		return 0;
	case VMM_VOL_ABSENT:
		return vmm_err_set(&m->err, VMM_EFAIL, "it is not on '%s'", e->host);
	default:
		return m->err.code;
	}
}

static int fill_volume(struct vmm__move *m, struct vmm__copy *c)
{
	virStorageVolPtr here = NULL, there = NULL;
	struct pump p = { .m = m,
			  .progress = { .subject = m->name, .stage = "copy", .downtime_ms = -1 } };
	virStorageVolInfo info;
	int ret;

	p.buf = malloc(CHUNK);
	ret = p.buf ? open_volume(m, &m->src, c->path, &here) : vmm_err_nomem(&m->err);
	if (ret == 0)
		ret = open_volume(m, &m->dst, c->path, &there);
	if (here && virStorageVolGetInfoFlags(here, &info, VIR_STORAGE_VOL_GET_PHYSICAL) == 0)
		p.progress.total = info.allocation;
	if (ret == 0)
		ret = open_streams(&p, here, there);
	if (ret == 0)
		ret = pump_all(&p);
	close_stream(p.from, ret < 0);
	close_stream(p.to, ret < 0);
	m->bytes += p.progress.done;
	if (there)
		virStorageVolFree(there);
	if (here)
		virStorageVolFree(here);
	free(p.buf);
	return ret < 0 ? vmm_err_prefix(&m->err, "disk %s ('%s')", c->target, c->path) : 0;
}

int vmm__copies_fill(struct vmm__move *m, bool readonly_only)
{
	for (size_t i = 0; i < m->ncopies; i++)
		if ((m->copies[i].readonly || !readonly_only) && fill_volume(m, &m->copies[i]) < 0)
			return m->err.code;
	return 0;
}

/* In doubt it is left: one that was announced only may be somebody else's by now. */
static int remove_volume(struct vmm__end *end, const struct vmm__copy *c, virStorageVolPtr vol,
			 struct vmm_err *err)
{
	if (!c->made && !vmm__volume_blank(end->conn, vol))
		return vmm_err_set(err, VMM_EREFUSED,
				   "'%s' on '%s' may be a remnant or somebody else's: "
				   "remove or rename it by hand",
				   c->path, end->host);
	if (virStorageVolDelete(vol, 0) < 0)
		return vmm_err_virt(err, "cannot remove '%s' from '%s'", c->path, end->host);
	return 0;
}

static int remove_copy(struct vmm__move *m, struct vmm__end *end, const struct vmm__copy *c,
		       struct vmm_err *err)
{
	VMM_STR_AUTO user = vmm_volume_user(end->conn, c->path, m->uuid);
	virStorageVolPtr vol;
	int ret;

	if (user)
		return vmm_err_set(err, VMM_EREFUSED, "'%s' on '%s' is needed by '%s'", c->path,
				   end->host, user);
	switch (vmm_volume_at(end->conn, c->path, &vol, err)) {
	case VMM_VOL_ABSENT:
		return 0;
	case VMM_VOL_THERE:
		break;
	default:
		return vmm_err_prefix(err, "host '%s'", end->host);
	}
	ret = remove_volume(end, c, vol, err);
	virStorageVolFree(vol);
	return ret;
}

int vmm__copies_remove(struct vmm__move *m, struct vmm__end *end, struct vmm_err *err)
{
	int ret = 0;

	for (size_t i = 0; i < m->ncopies; i++) {
		const struct vmm__copy *c = &m->copies[i];
		bool ours = end == &m->dst ? c->making || c->made : c->made;

		if (ours && remove_copy(m, end, c, err) < 0)
			ret = err->code;
	}
	virResetLastError();
	return ret;
}

void vmm__copies_tell(const struct vmm__move *m, struct vmm_buf *sentence)
{
	for (size_t i = 0; i < m->ncopies; i++) {
		const struct vmm__copy *c = &m->copies[i];
		virStorageVolPtr vol = NULL;

		if (vmm_volume_at(m->dst.conn, c->path, &vol, NULL) != VMM_VOL_ABSENT)
			vmm_buf_addf(sentence, ", '%s' is left on '%s'", c->path, m->dst.host);
		if (vol)
			virStorageVolFree(vol);
	}
}
