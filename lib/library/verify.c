/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Content read whole and compared with its sha256; several at a time. */
#include <stdlib.h>
#include <unistd.h>

#include "library/internal.h"

static int damaged(const struct vmm_image *img, const char *what, const char *sha256,
		   struct vmm_err *err)
{
	return vmm_err_set(err, VMM_EFAIL, "the content of '%s:%s' is damaged: its %s is %s",
			   img->name, img->version, what, sha256);
}

static int read_whole(const struct vmm_image *img, struct vmm__copy *c, struct vmm_err *err)
{
	char sha256[VMM_SHA256_LEN + 1];
	int fd;
	int ret = vmm_image_open(img, &fd, err);

	if (ret < 0)
		return ret;
	ret = vmm__copy_file(c, fd, img->path, err);
	if (ret == 0)
		ret = vmm__copy_end(c, sha256, err);
	close(fd);
	if (ret == 0 && !c->skip_whole && strcmp(sha256, img->sha256) != 0)
		ret = damaged(img, "sha256", sha256, err);
	return ret;
}

int vmm_image_verify(const struct vmm_image *img, const struct vmm_cancel *cancel,
		     struct vmm_progress_sink *progress, struct vmm_err *err)
{
	struct vmm__copy c;

	vmm__copy_init(&c, -1, img->name, "verify");
	c.cancel = cancel;
	c.progress = progress;
	return read_whole(img, &c, err);
}

int vmm_image_send(const struct vmm_image *img, const struct vmm_image_sink *sink,
		   const struct vmm_cancel *cancel, struct vmm_progress_sink *progress,
		   struct vmm_err *err)
{
	char sha256[VMM_SHA256_LEN + 1];
	struct vmm__data_hash data_hash;
	struct vmm__copy c;
	int ret;

	vmm__copy_init(&c, -1, img->name, "copy");
	c.sink = sink;
	c.cancel = cancel;
	c.progress = progress;
	if (!*img->data_sha256) /* of an earlier version */
		return read_whole(img, &c, err);
	vmm__data_hash_init(&data_hash);
	c.skip_whole = true;
	c.data_hash = &data_hash;
	ret = read_whole(img, &c, err);
	if (ret < 0)
		return ret;
	vmm__data_hash_end(&data_hash, sha256);
	return strcmp(sha256, img->data_sha256) == 0 ? 0 : damaged(img, "data_sha256", sha256, err);
}

/* One content. It belongs to its job, which is never abandoned: there is no time limit. */
struct item {
	struct vmm_image img;
	const struct vmm_images_verify *how;
	struct vmm_err err;
};

struct batch {
	const struct vmm_table *images;
	const size_t *rows;
	size_t n;
	const struct vmm_images_verify *how;
	struct item *items; /* by job */
	struct vmm_job *jobs;
};

static int run(void *arg)
{
	struct item *i = arg;

	return vmm_image_verify(&i->img, i->how->cancel, i->how->progress, &i->err);
}

static const char *content(const struct batch *b, size_t i)
{
	return vmm_table_at(b->images, b->rows[i], "sha256");
}

/* All the rows that have this content. */
static int done(struct vmm_job *job, void *ctx)
{
	const struct batch *b = ctx;
	const struct item *item = &b->items[job - b->jobs];
	int stop = 0;

	for (size_t i = 0; i < b->n; i++) {
		int ret;

		if (strcmp(content(b, i), item->img.sha256) != 0)
			continue;
		ret = b->how->done(b->rows[i], job->code,
				   job->state == VMM_JOB_SKIPPED ? "skipped" : item->err.text,
				   b->how->ctx);
		stop = stop ? stop : ret;
	}
	return stop ? stop : b->how->fail_fast ? job->code : 0;
}

static bool is_first(const struct batch *b, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(content(b, i), content(b, at)) == 0)
			return false;
	return true;
}

static int prepare(struct batch *b, size_t *jobs, struct vmm_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		int ret;

		if (!is_first(b, i))
			continue;
		b->items[n].how = b->how;
		ret = vmm_image_get(b->images, b->rows[i], &b->items[n].img, err);
		if (ret < 0)
			return ret;
		b->jobs[n] = (struct vmm_job){ .run = run, .arg = &b->items[n] };
		*jobs = ++n;
	}
	return 0;
}

static unsigned processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned)n : 1;
}

int vmm_images_verify(const struct vmm_table *images, const size_t *rows, size_t n,
		      const struct vmm_images_verify *how, struct vmm_err *err)
{
	struct batch b = { images, rows, n, how, NULL, NULL };
	struct vmm_jobs_limits lim = { .jobs = how->jobs ? how->jobs : processors() };
	size_t jobs = 0;
	int ret;

	b.items = calloc(n + 1, sizeof(*b.items));
	b.jobs = calloc(n + 1, sizeof(*b.jobs));
	ret = b.items && b.jobs ? prepare(&b, &jobs, err) : vmm_err_nomem(err);
	if (ret == 0)
		ret = vmm_jobs_run(b.jobs, jobs, &lim, how->cancel, done, &b, err);
	for (size_t i = 0; i < jobs; i++)
		vmm_image_release(&b.items[i].img);
	free(b.items);
	free(b.jobs);
	return ret;
}
