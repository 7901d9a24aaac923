/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies whose maker has died: what is half is removed, unless somebody else is at it. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "virt/virt.h"
#include "volume/internal.h"

#define JOBS 16
#define OPEN_MS (20 * 1000) /* for a host to answer at all */

/* One intent, as a job: it owns all that it touches. */
struct mending {
	char *subject, *host, *pool, *volume, *ok, *uri, *auth_file;
	uint64_t intent;
	struct vmm_store *st;
	bool mended;
	const char *done;
	struct vmm_err err;
};

static void free_mending(void *arg)
{
	struct mending *m = arg;

	if (!m)
		return;
	vmm_store_close(m->st);
	free(m->subject);
	free(m->host);
	free(m->pool);
	free(m->volume);
	free(m->ok);
	free(m->uri);
	free(m->auth_file);
	free(m);
}

/* HOST/POOL/VOLUME: only a pool may have a slash in its name. */
static int split_subject(struct mending *m, struct vmm_err *err)
{
	const char *first = strchr(m->subject, '/'), *last = strrchr(m->subject, '/');
	VMM_BUF_AUTO ok = VMM_BUF_INIT;

	if (!first || first == last)
		return vmm_err_set(err, VMM_EINPUT, "its entry in the journal can't be read");
	m->host = strndup(m->subject, (size_t)(first - m->subject));
	m->pool = strndup(first + 1, (size_t)(last - first - 1));
	m->volume = strdup(last + 1);
	vmm_buf_addf(&ok, "%s.ok", last + 1);
	m->ok = vmm_buf_steal(&ok);
	return m->host && m->pool && m->volume && m->ok ? 0 : vmm_err_nomem(err);
}

static int find_host(struct mending *m, const struct vmm_table *hosts, struct vmm_err *err)
{
	long row = vmm_table_find(hosts, vmm_table_col(hosts, "name"), m->host);

	if (row < 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "host '%s' is not declared any more", m->host);
	m->uri = strdup(vmm_table_at(hosts, (size_t)row, "uri"));
	m->auth_file = strdup(vmm_table_at(hosts, (size_t)row, "auth_file"));
	return m->uri && m->auth_file ? 0 : vmm_err_nomem(err);
}

static int prepare(struct vmm_store *st, const struct vmm_table *hosts, const struct vmm_table *t,
		   size_t row, struct mending **out, struct vmm_err *err)
{
	struct mending *m = calloc(1, sizeof(*m));
	int ret = m ? 0 : vmm_err_nomem(err);

	if (ret == 0)
		ret = vmm_intent_id(t, row, &m->intent, err);
	if (ret == 0 && !(m->subject = strdup(vmm_table_at(t, row, "subject"))))
		ret = vmm_err_nomem(err);
	if (ret == 0)
		ret = split_subject(m, err);
	if (ret == 0)
		ret = find_host(m, hosts, err);
	if (ret == 0)
		ret = vmm_store_dup(st, &m->st, err);
	if (ret < 0)
		free_mending(m);
	else
		*out = m;
	return ret;
}

/* ---- on the host ---- */

static int settle(struct mending *m, struct vmm__copying *c, struct vmm_err *err)
{
	bool whole = false, there = false;
	int ret = vmm__volume_exists(c->at, c->pool, m->ok, &whole, err);

	if (ret == 0 && !whole)
		ret = vmm__volume_exists(c->at, c->pool, m->volume, &there, err);
	if (ret > 0)
		return vmm_err_set(err, VMM_EAGAIN, "pool '%s' of '%s' is busy", m->pool, m->host);
	if (ret < 0)
		return ret;
	m->done = whole ? "the copy is whole" : "there is no copy";
	if (!there)
		return 0;
	ret = vmm__turn_is_first(c, err);
	if (ret < 0)
		return ret;
	/* It may be the copy of another host that shares the pool, or half a one of ours: later it is clear. */
	if (ret == 0)
		return vmm_err_set(err, VMM_EAGAIN, "somebody else may be at it; look again later");
	m->done = "removed half a copy";
	return vmm__volume_throw_away(c, err);
}

static int mend_on(struct mending *m, virConnectPtr conn, struct vmm_err *err)
{
	struct vmm_volume_place at = { .st = m->st, .conn = conn, .host = m->host, .pool = m->pool };
	struct vmm__copying c = { .at = &at, .name = m->volume, .ok = m->ok, .intent = m->intent };
	int ret = vmm__pool_find(&at, &c.pool, err);

	if (ret == 0) {
		ret = settle(m, &c, err);
		virStoragePoolFree(c.pool);
	}
	return ret < 0 ? ret : vmm_intent_end(m->st, m->intent, "mended", err);
}

static int run(void *arg)
{
	struct mending *m = arg;
	virConnectPtr conn;
	int ret = vmm_intent_take(m->st, m->intent, &m->err);

	if (ret == 0)
		ret = vmm_virt_open_host(m->host, m->uri, m->auth_file, OPEN_MS, &conn, &m->err);
	if (ret < 0)
		return ret;
	ret = mend_on(m, conn, &m->err);
	virConnectClose(conn);
	m->mended = ret == 0;
	return ret;
}

/* ---- all ---- */

struct report {
	vmm_store_found *found;
	void *arg;
};

static int mended(struct vmm_job *job, void *ctx)
{
	const struct report *r = ctx;
	const struct mending *m = job->arg;

	if (job->state != VMM_JOB_DONE)
		r->found(job->keys[0], "not at an end within the time limit", false, r->arg);
	else
		r->found(m->subject, m->mended ? m->done : m->err.text, m->mended, r->arg);
	return 0;
}

static int add_job(struct vmm_store *st, const struct vmm_table *hosts, const struct vmm_table *t,
		   size_t row, bool repair, uint64_t limit_ms, struct vmm_job *job,
		   const struct report *r)
{
	const char *subject = vmm_table_at(t, row, "subject");
	struct mending *m = NULL;
	struct vmm_err why = { 0 };

	if (!repair) {
		r->found(subject, "a copy was cut short", false, r->arg);
		return 0;
	}
	if (prepare(st, hosts, t, row, &m, &why) < 0) {
		r->found(subject, why.text, false, r->arg);
		return 0;
	}
	*job = (struct vmm_job){ .run = run,
				 .arg = m,
				 .free_arg = free_mending,
				 .limit_ms = limit_ms,
				 .keys = { subject, strchr(subject, '/') + 1 } };
	return 1;
}

int vmm_volume_mend(struct vmm_store *st, bool repair, uint64_t limit_ms, vmm_store_found *found,
		    void *arg, struct vmm_err *err)
{
	static const char *const tables[] = { "hosts", NULL };
	const struct report r = { found, arg };
	VMM_TABLE_AUTO *hosts = NULL;
	VMM_TABLE_AUTO *t = NULL;
	struct vmm_job *jobs;
	size_t n = 0;
	int ret = vmm_store_read(st, tables, &hosts, err);

	if (ret == 0)
		ret = vmm_intent_list(st, &t, err);
	if (ret < 0)
		return ret;
	jobs = calloc(vmm_table_rows(t) + 1, sizeof(*jobs));
	if (!jobs)
		return vmm_err_nomem(err);
	for (size_t row = 0; row < vmm_table_rows(t); row++)
		if (strcmp(vmm_table_at(t, row, "op"), VMM_VOLUME_OP) == 0 &&
		    strcmp(vmm_table_at(t, row, "alive"), "yes") != 0)
			n += (size_t)add_job(st, hosts, t, row, repair, limit_ms, &jobs[n], &r);
	/* Those of one POOL/VOLUME in turn: one that we have taken over seems to be somebody else at work. */
	ret = vmm_jobs_run(jobs, n, &(struct vmm_jobs_limits){ .jobs = JOBS, .per_key = 1 }, NULL,
			   mended, (void *)&r, err);
	free(jobs);
	return ret;
}
