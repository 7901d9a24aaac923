/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images to where they are needed: once for each host and pool of a batch. */
#include <stdlib.h>
#include <string.h>

#include "provision/internal.h"
#include "virt/virt.h"
#include "volume/volume.h"

#define GRACE_MS (60 * 1000) /* so that what it has to say itself comes first */

/* One image on its way. It may outlive the batch (base/jobs.h), so all of it is its own. */
struct fetch {
	struct vmm_store *st;
	struct vmm_image image;
	char *spec, *host, *uri, *auth_file, *pool, *path;
	uint64_t connect_ms, headway;
	struct vmm_progress_sink *progress;
	const struct vmm_cancel *cancel;
	virConnectPtr conn;
	struct vmm_err err;
};

static void free_fetch(void *arg)
{
	struct fetch *f = arg;

	if (f->conn)
		virConnectClose(f->conn);
	vmm_image_release(&f->image);
	vmm_store_close(f->st);
	free(f->spec);
	free(f->host);
	free(f->uri);
	free(f->auth_file);
	free(f->pool);
	free(f->path);
	free(f);
}

static int run_fetch(void *arg)
{
	struct fetch *f = arg;
	struct vmm_volume_place at = { .st = f->st,
				       .host = f->host,
				       .pool = f->pool,
				       .wait_ms = VMM__FETCH_MS,
				       .headway = &f->headway,
				       .cancel = f->cancel,
				       .progress = f->progress };

	if (vmm_virt_open_host(f->host, f->uri, f->auth_file, f->connect_ms, &f->conn, &f->err) < 0)
		return f->err.code;
	at.conn = f->conn;
	if (vmm_volume_image(&at, &f->image, &f->path, &f->err) < 0)
		return vmm_err_prefix(&f->err, "host '%s'", f->host);
	return 0;
}

static bool same(const struct fetch *f, const struct vmm__making *k)
{
	return strcmp(f->host, k->what.host) == 0 && strcmp(f->pool, k->t->disks[0].pool) == 0 &&
	       strcmp(f->image.sha256, k->image.sha256) == 0;
}

static struct fetch *new_fetch(const struct vmm__making *k, struct vmm_err *err)
{
	struct fetch *f = calloc(1, sizeof(*f));

	if (!f) {
		vmm_err_nomem(err);
		return NULL;
	}
	f->connect_ms = vmm__connect_ms(k);
	f->progress = k->opt.progress;
	f->cancel = k->opt.cancel;
	f->host = strdup(k->what.host);
	f->uri = strdup(k->uri);
	f->auth_file = strdup(k->auth_file);
	f->pool = strdup(k->t->disks[0].pool);
	f->spec = strdup(k->t->image);
	if (!f->host || !f->uri || !f->auth_file || !f->pool || !f->spec)
		vmm_err_nomem(err);
	else if (vmm_store_dup(k->st, &f->st, err) == 0 &&
		 vmm_image_find(f->st, f->spec, &f->image, err) == 0)
		return f;
	free_fetch(f);
	return NULL;
}

struct fetching {
	struct vmm__making **tasks;
	size_t n;
	struct vmm_job *jobs;
	size_t njobs;
	const struct vmm_cancel *cancel;
};

/* What became of it is said to all that wait for it. */
static int fetched(struct vmm_job *job, void *arg)
{
	struct fetching *g = arg;
	size_t at = (size_t)(job - g->jobs);

	for (size_t i = 0; i < g->n; i++) {
		struct vmm__making *k = g->tasks[i];
		const struct fetch *f = job->arg;

		if (k->fetch != at + 1)
			continue;
		if (job->state == VMM_JOB_TIMEOUT)
			vmm_err_set(&k->err, VMM_EAGAIN,
				    "its image does not get on to host '%s' since %d min",
				    k->what.host, VMM__FETCH_MS / 60000);
		else if (job->state == VMM_JOB_SKIPPED)
			vmm_err_set(&k->err, VMM_ECANCEL, "not started");
		else if (job->code < 0)
			k->err = f->err;
		else if (!(k->base = strdup(f->path)))
			vmm_err_nomem(&k->err);
	}
	return 0;
}

static int plan(struct fetching *g, struct vmm_err *err)
{
	for (size_t i = 0; i < g->n; i++) {
		struct vmm__making *k = g->tasks[i];
		struct fetch *f;
		size_t j = 0;

		while (j < g->njobs && !same(g->jobs[j].arg, k))
			j++;
		k->fetch = j + 1;
		if (j < g->njobs)
			continue;
		f = new_fetch(k, err);
		if (!f)
			return err->code;
		g->jobs[g->njobs++] = (struct vmm_job){ .run = run_fetch,
							.arg = f,
							.free_arg = free_fetch,
							.limit_ms = VMM__FETCH_MS + GRACE_MS,
							.headway = &f->headway };
	}
	return 0;
}

int vmm__fetch_images(struct vmm__making **tasks, size_t n, const struct vmm_cancel *cancel,
		      struct vmm_err *err)
{
	struct fetching g = { .tasks = tasks, .n = n, .cancel = cancel };
	int ret;

	g.jobs = calloc(n + 1, sizeof(*g.jobs));
	if (!g.jobs)
		return vmm_err_nomem(err);
	ret = plan(&g, err);
	if (ret == 0)
		ret = vmm_jobs_run(g.jobs, g.njobs, &(struct vmm_jobs_limits){ 0 }, cancel, fetched,
				   &g, err);
	else
		while (g.njobs > 0)
			free_fetch(g.jobs[--g.njobs].arg);
	free(g.jobs);
	return ret;
}
