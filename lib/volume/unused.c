/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copies of images that have left the library. One goes when neither the library nor work under way names its
 * content, and no host that has one of this name stands on it. So all hosts are asked first, and one that is
 * silent keeps all there are. Only one with a mark is looked at; others are somebody's at work.
 */
#include <stdlib.h>
#include <string.h>

#include "virt/virt.h"
#include "volume/internal.h"

#define JOBS 16
#define OPEN_MS (10 * 1000) /* for a host to answer at all */

/* One host. As a job it owns all that it touches. */
struct visit {
	struct vmm_store *st;
	char *host, *uri, *auth_file;
	virConnectPtr conn;
	bool removing;
	struct vmm_strv names;   /* removing: what may go; else what is needed */
	struct vmm_table *found; /* object name what mended */
	struct vmm_err err;
};

static void free_visit(void *arg)
{
	struct visit *v = arg;

	if (v->conn)
		virConnectClose(v->conn);
	vmm_store_close(v->st);
	vmm_strv_release(&v->names);
	vmm_table_free(v->found);
	free(v->host);
	free(v->uri);
	free(v->auth_file);
	free(v);
}

static int tell(struct visit *v, const struct vmm__copying *c, const char *what, bool mended)
{
	VMM_BUF_AUTO object = VMM_BUF_INIT;
	long row = vmm_table_add(v->found);

	vmm_buf_addf(&object, "%s/%s/%s", v->host, c->at->pool, c->name);
	if (object.failed || row < 0 ||
	    vmm_table_put(v->found, (size_t)row, "object", object.data) < 0 ||
	    vmm_table_put(v->found, (size_t)row, "name", c->name) < 0 ||
	    vmm_table_put(v->found, (size_t)row, "what", what) < 0 ||
	    vmm_table_put(v->found, (size_t)row, "mended", mended ? "yes" : "no") < 0)
		return vmm_err_nomem(&v->err);
	return 0;
}

/* What can't be looked at now is needed. */
static int see_copy(struct visit *v, struct vmm__copying *c)
{
	struct vmm_err why;
	bool whole = false;

	if (v->removing && !vmm_strv_has(&v->names, c->name))
		return 0;
	if (!v->removing && vmm__copy_needed(c, &why) != 0)
		return vmm_strv_add(&v->names, c->name) < 0 ? vmm_err_nomem(&v->err) : 0;
	if (vmm__volume_exists(c->at, c->pool, c->ok, &whole, &why) != 0 || !whole)
		return 0;
	if (!v->removing)
		return tell(v, c, "a copy of an image that is gone; nobody needs it", false);
	if (vmm__copy_remove(c, &why) < 0)
		return tell(v, c, why.text, false);
	return tell(v, c, "removed a copy of an image that is gone", true);
}

static int see_volume(struct visit *v, virStoragePoolPtr pool, const char *name)
{
	const struct vmm_volume_place at = {
		.st = v->st, .conn = v->conn, .host = v->host, .pool = virStoragePoolGetName(pool)
	};
	VMM_BUF_AUTO ok = VMM_BUF_INIT;
	VMM_STR_AUTO own = NULL;
	struct vmm__copying c = { .at = &at, .pool = pool };
	int ret = vmm__copy_is_named(name) ? vmm__copy_in_state(v->st, name, &v->err) : 1;

	if (ret != 0)
		return ret < 0 ? ret : 0;
	vmm_buf_addf(&ok, "%s.ok", name);
	own = strdup(name);
	if (ok.failed || !own)
		return vmm_err_nomem(&v->err);
	c.name = own;
	c.ok = ok.data;
	return see_copy(v, &c);
}

static int see_pool(struct visit *v, virStoragePoolPtr pool)
{
	virStorageVolPtr *vols = NULL;
	int n = virStoragePoolListAllVolumes(pool, &vols, 0), ret = 0;

	if (n < 0)
		return vmm_err_virt(&v->err, "cannot look at pool '%s'", virStoragePoolGetName(pool));
	for (int i = 0; i < n; i++) {
		if (ret == 0)
			ret = see_volume(v, pool, virStorageVolGetName(vols[i]));
		virStorageVolFree(vols[i]);
	}
	free(vols);
	return ret;
}

static int see_host(void *arg)
{
	struct visit *v = arg;
	virStoragePoolPtr *pools = NULL;
	int ret = vmm_virt_open_host(v->host, v->uri, v->auth_file, OPEN_MS, &v->conn, &v->err), n;

	if (ret < 0)
		return ret;
	n = virConnectListAllStoragePools(v->conn, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);
	if (n < 0)
		return vmm_err_virt(&v->err, "cannot list the storage pools");
	for (int i = 0; i < n; i++) {
		if (ret == 0)
			ret = see_pool(v, pools[i]);
		virStoragePoolFree(pools[i]);
	}
	free(pools);
	return ret;
}

/* ---- all ---- */

struct round {
	bool removing;
	struct vmm_strv names;   /* as in a visit, of all */
	struct vmm_table *found; /* of all */
	struct vmm_strv silent;  /* hosts */
};

static int visited(struct vmm_job *job, void *ctx)
{
	struct round *r = ctx;
	const struct visit *v = job->arg;
	bool bad = false;

	if (job->state != VMM_JOB_DONE || job->code < 0)
		return vmm_strv_add(&r->silent, job->keys[0]) < 0;
	for (size_t i = 0; i < vmm_table_rows(v->found); i++)
		bad |= vmm_table_copy_row(r->found, v->found, i) < 0;
	for (size_t i = 0; i < v->names.n && !r->removing; i++)
		bad |= vmm_strv_add(&r->names, v->names.s[i]) < 0;
	/* Who isn't known of has not answered. */
	return bad && vmm_strv_add(&r->silent, v->host) < 0;
}

static struct visit *new_visit(struct vmm_store *st, const struct vmm_table *hosts, size_t row,
			       const struct round *r, struct vmm_err *err)
{
	static const char *const columns[] = { "object", "name", "what", "mended", NULL };
	struct visit *v = calloc(1, sizeof(*v));
	bool bad = !v;

	if (v) {
		v->removing = r->removing;
		v->host = strdup(vmm_table_at(hosts, row, "name"));
		v->uri = strdup(vmm_table_at(hosts, row, "uri"));
		v->auth_file = strdup(vmm_table_at(hosts, row, "auth_file"));
		v->found = vmm_table_new(columns);
		bad = !v->host || !v->uri || !v->auth_file || !v->found;
		for (size_t i = 0; i < r->names.n && r->removing; i++)
			bad |= vmm_strv_add(&v->names, r->names.s[i]) < 0;
	}
	if (bad)
		vmm_err_nomem(err);
	else if (vmm_store_dup(st, &v->st, err) == 0)
		return v;
	if (v)
		free_visit(v);
	return NULL;
}

/* Of hosts that share a pool, only one at a time removes. */
static int go_round(struct vmm_store *st, const struct vmm_table *hosts, uint64_t limit_ms,
		    struct round *r, struct vmm_err *err)
{
	const struct vmm_jobs_limits limits = { .jobs = r->removing ? 1 : JOBS };
	struct vmm_job *jobs = calloc(vmm_table_rows(hosts) + 1, sizeof(*jobs));
	int ret = jobs ? 0 : vmm_err_nomem(err);
	size_t n = 0;

	for (; ret == 0 && n < vmm_table_rows(hosts); n++) {
		struct visit *v = new_visit(st, hosts, n, r, err);

		if (!v) {
			ret = err->code;
			break;
		}
		jobs[n] = (struct vmm_job){ .run = see_host,
					    .arg = v,
					    .free_arg = free_visit,
					    .limit_ms = limit_ms,
					    .keys = { vmm_table_at(hosts, n, "name") } };
	}
	if (ret == 0)
		ret = vmm_jobs_run(jobs, n, &limits, NULL, visited, r, err);
	else
		while (n > 0)
			free_visit(jobs[--n].arg);
	free(jobs);
	return ret;
}

/* Those that no host needs: into the names of the next round. */
static int choose(const struct round *seen, struct round *next, struct vmm_err *err)
{
	for (size_t i = 0; i < vmm_table_rows(seen->found); i++) {
		const char *name = vmm_table_at(seen->found, i, "name");

		if (!vmm_strv_has(&seen->names, name) && vmm_strv_add(&next->names, name) < 0)
			return vmm_err_nomem(err);
	}
	return 0;
}

static void tell_only(const struct round *seen, const struct round *next, vmm_store_found *found,
		      void *arg)
{
	for (size_t i = 0; i < vmm_table_rows(seen->found); i++) {
		VMM_BUF_AUTO what = VMM_BUF_INIT;

		if (!vmm_strv_has(&next->names, vmm_table_at(seen->found, i, "name")))
			continue;
		vmm_buf_adds(&what, vmm_table_at(seen->found, i, "what"));
		if (seen->silent.n > 0)
			vmm_buf_addf(&what, "; it stays, for host '%s' does not answer",
				     seen->silent.s[0]);
		found(vmm_table_at(seen->found, i, "object"), what.data, false, arg);
	}
}

static void tell_removed(const struct round *done, vmm_store_found *found, void *arg)
{
	for (size_t i = 0; i < vmm_table_rows(done->found); i++)
		found(vmm_table_at(done->found, i, "object"), vmm_table_at(done->found, i, "what"),
		      strcmp(vmm_table_at(done->found, i, "mended"), "yes") == 0, arg);
	for (size_t i = 0; i < done->silent.n; i++)
		found(done->silent.s[i], "does not answer any more", false, arg);
}

int vmm_volume_unused(struct vmm_store *st, bool repair, uint64_t limit_ms, vmm_store_found *found,
		      void *arg, struct vmm_err *err)
{
	static const char *const tables[] = { "hosts", NULL };
	struct round seen = { .found = vmm_table_new(NULL) };
	struct round next = { .removing = true, .found = vmm_table_new(NULL) };
	VMM_TABLE_AUTO *hosts = NULL;
	int ret = seen.found && next.found ? vmm_store_read(st, tables, &hosts, err)
					   : vmm_err_nomem(err);

	if (ret == 0)
		ret = go_round(st, hosts, limit_ms, &seen, err);
	if (ret == 0)
		ret = choose(&seen, &next, err);
	if (ret == 0 && (!repair || seen.silent.n > 0)) {
		tell_only(&seen, &next, found, arg);
	} else if (ret == 0 && next.names.n > 0) {
		ret = go_round(st, hosts, limit_ms, &next, err);
		tell_removed(&next, found, arg);
	}
	vmm_strv_release(&seen.names);
	vmm_strv_release(&seen.silent);
	vmm_strv_release(&next.names);
	vmm_strv_release(&next.silent);
	vmm_table_free(seen.found);
	vmm_table_free(next.found);
	return ret;
}
