/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The image onto the disk. This thread receives some ranges at a time; others unpack them to their places in
 * a buffer, gaps included where they are small, compare the hashes and write. So memory
 * is that of a few buffers, whatever the image's size, and the next bytes come in meanwhile.
 *
 * What lies at the disk's beginning is written last, when all else is safe on the disk: one that was
 * left half written has no partition table, so nothing boots from it, and it may be written to again.
 */
#include <pthread.h>
#include <unistd.h>
#include <zstd.h>

#include "agent/agent.h"
#include "base/clock.h"

/* A gap that is written as zeros rather than left out: cheaper than another write. */
#define GAP_MAX ((size_t)64 * 1024)
#define BUFFERS_MAX 8
#define WORKERS_MAX 4
#define REPORT_MS 2000

/* Some ranges and the bytes of the disk from the first one's beginning to the last one's end. */
struct batch {
	const struct vmm_range *ranges;
	size_t n;
	uint64_t offset;
	size_t span, used;
	size_t stored; /* bytes of `data` that they are */
	char *data;    /* those, as they come */
	char *bytes;
};

struct writing {
	struct agent *a;
	int fd;
	const struct vmm_blockmap *m;

	/* Of the thread that receives. */
	size_t next;          /* range that no batch has yet */
	struct batch *filled; /* that is being filled */
	size_t at;            /* how many bytes of it are there */
	uint64_t reported;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct batch batches[BUFFERS_MAX];
	struct batch *idle[BUFFERS_MAX], *ready[BUFFERS_MAX];
	size_t n_batches, n_idle, n_ready;
	struct batch *head; /* the disk's beginning, kept until the end */
	uint64_t done;      /* bytes of `data` */
	bool ended;
	int code;
	struct vmm_err err;
};

static uint64_t end_of(const struct vmm_range *r)
{
	return r->offset + r->length;
}

/* Gives a batch the ranges that come next. */
static void plan(struct writing *w, struct batch *b)
{
	const struct vmm_range *r = &w->m->ranges[w->next];

	*b = (struct batch){ .ranges = r, .offset = r->offset, .data = b->data, .bytes = b->bytes };
	do {
		b->n++;
		b->used += r->length;
		b->stored += r->stored;
		b->span = (size_t)(end_of(r) - b->offset);
		r++;
	} while (w->next + b->n < w->m->n && r->offset - end_of(r - 1) <= GAP_MAX &&
		 end_of(r) - b->offset <= VMM_RANGE_MAX);
	w->next += b->n;
}

/* ---- the other threads ---- */

static int write_batch(struct writing *w, const struct batch *b, struct vmm_err *err)
{
	int ret = agent_pwrite(w->fd, b->bytes, b->span, b->offset, err);

	return ret < 0 ? vmm_err_prefix(err, "cannot write '%s'", w->a->disk->path) : 0;
}

static bool unpack(ZSTD_DCtx *unpacker, const struct vmm_range *r, const char *data, char *bytes)
{
	if (r->stored < r->length)
		return ZSTD_decompressDCtx(unpacker, bytes, r->length, data, r->stored) == r->length;
	memcpy(bytes, data, r->length);
	return true;
}

static int unpack_batch(ZSTD_DCtx *unpacker, const struct batch *b, struct vmm_err *err)
{
	const char *data = b->data;

	if (b->used < b->span)
		memset(b->bytes, 0, b->span);
	for (size_t i = 0; i < b->n; i++) {
		const struct vmm_range *r = &b->ranges[i];
		char *bytes = b->bytes + (r->offset - b->offset);

		if (!unpack(unpacker, r, data, bytes) || !vmm_range_holds(r, bytes))
			return vmm_err_set(err, VMM_EFAIL,
					   "the image is damaged: what came for byte %llu of the disk "
					   "has another sha256",
					   (unsigned long long)r->offset);
		data += r->stored;
	}
	return 0;
}

static void give_back(struct writing *w, struct batch *b, int code, const struct vmm_err *err)
{
	pthread_mutex_lock(&w->lock);
	if (code < 0 && w->code == 0) {
		w->code = code;
		w->err = *err;
	}
	w->done += b->used;
	if (b->offset == 0)
		w->head = b;
	else
		w->idle[w->n_idle++] = b;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/* NULL: there will be no more. */
static struct batch *take_ready(struct writing *w)
{
	struct batch *b = NULL;

	pthread_mutex_lock(&w->lock);
	while (!w->n_ready && !w->ended && !w->code)
		pthread_cond_wait(&w->changed, &w->lock);
	if (w->n_ready && !w->code) {
		b = w->ready[0];
		memmove(w->ready, w->ready + 1, --w->n_ready * sizeof(*w->ready));
	}
	pthread_mutex_unlock(&w->lock);
	return b;
}

static void *work(void *arg)
{
	ZSTD_DCtx *unpacker = ZSTD_createDCtx();
	struct writing *w = arg;
	struct batch *b;

	while ((b = take_ready(w))) {
		struct vmm_err err = { 0 };
		int code = unpacker ? unpack_batch(unpacker, b, &err) : vmm_err_nomem(&err);

		if (code == 0 && b->offset != 0)
			code = write_batch(w, b, &err);
		give_back(w, b, code, &err);
	}
	ZSTD_freeDCtx(unpacker);
	return NULL;
}

/* ---- the one that receives ---- */

static int take_idle(struct writing *w, struct vmm_err *err)
{
	int code;

	pthread_mutex_lock(&w->lock);
	while (!w->n_idle && !w->code)
		pthread_cond_wait(&w->changed, &w->lock);
	code = w->code;
	if (code < 0)
		*err = w->err;
	else
		w->filled = w->idle[--w->n_idle];
	pthread_mutex_unlock(&w->lock);
	if (code == 0) {
		plan(w, w->filled);
		w->at = 0;
	}
	return code;
}

static void pass_on(struct writing *w)
{
	pthread_mutex_lock(&w->lock);
	w->ready[w->n_ready++] = w->filled;
	w->filled = NULL;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void report(struct writing *w)
{
	uint64_t now = vmm_clock_ms(), done;

	if (now - w->reported < REPORT_MS)
		return;
	pthread_mutex_lock(&w->lock);
	done = w->done;
	pthread_mutex_unlock(&w->lock);
	agent_progress(w->a, done, w->m->used);
	w->reported = vmm_clock_ms();
}

static int receive(void *arg, const char *bytes, size_t n, struct vmm_err *err)
{
	struct writing *w = arg;
	int ret = 0;

	report(w);
	while (n) {
		size_t some;

		if (!w->filled && w->next == w->m->n)
			return vmm_err_set(err, VMM_EFAIL, "more came than was asked for");
		if (!w->filled && (ret = take_idle(w, err)) < 0)
			return ret;
		some = w->filled->stored - w->at < n ? w->filled->stored - w->at : n;
		memcpy(w->filled->data + w->at, bytes, some);
		bytes += some;
		n -= some;
		w->at += some;
		if (w->at == w->filled->stored)
			pass_on(w);
	}
	return 0;
}

static size_t count_workers(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 2 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (size_t)n;
}

static void end_work(struct writing *w, pthread_t *threads, size_t n)
{
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static int stream(struct writing *w, struct vmm_err *err)
{
	pthread_t threads[WORKERS_MAX];
	size_t n = 0, wanted = count_workers();
	int ret = 0;

	while (n < wanted && pthread_create(&threads[n], NULL, work, w) == 0)
		n++;
	if (n == 0)
		return vmm_err_set(err, VMM_EFAIL, "cannot start a thread");
	if (w->m->stored)
		ret = agent_get_data(w->a->http, "/v1/data", w->m->stored, receive, w, err);
	if (ret < 0) {
		pthread_mutex_lock(&w->lock);
		w->code = w->code ? w->code : ret;
		pthread_mutex_unlock(&w->lock);
	}
	end_work(w, threads, n);
	if (ret == 0 && w->code < 0)
		*err = w->err;
	return ret ? ret : w->code;
}

static int sync_disk(struct writing *w, struct vmm_err *err)
{
	return fsync(w->fd) < 0 ? vmm_err_errno(err, "cannot write '%s'", w->a->disk->path) : 0;
}

static int write_head(struct writing *w, struct vmm_err *err)
{
	int ret = sync_disk(w, err);

	if (ret == 0 && w->head)
		ret = write_batch(w, w->head, err);
	return ret ? ret : sync_disk(w, err);
}

static int make_buffers(struct writing *w, struct vmm_err *err)
{
	w->n_batches = count_workers() + 3;
	for (size_t i = 0; i < w->n_batches; i++) {
		w->batches[i].bytes = agent_pages(VMM_RANGE_MAX);
		w->batches[i].data = malloc(VMM_RANGE_MAX);
		if (!w->batches[i].bytes || !w->batches[i].data)
			return vmm_err_nomem(err);
		w->idle[w->n_idle++] = &w->batches[i];
	}
	return 0;
}

int agent_write(struct agent *a, int fd, const struct vmm_blockmap *m, struct vmm_err *err)
{
	struct writing w = { .a = a,
			     .fd = fd,
			     .m = m,
			     .lock = PTHREAD_MUTEX_INITIALIZER,
			     .changed = PTHREAD_COND_INITIALIZER };
	int ret = make_buffers(&w, err);

	if (ret == 0)
		ret = stream(&w, err);
	if (ret == 0)
		ret = write_head(&w, err);
	for (size_t i = 0; i < w.n_batches; i++) {
		free(w.batches[i].bytes);
		free(w.batches[i].data);
	}
	return ret;
}
