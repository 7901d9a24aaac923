/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many hosts at once, one connection each, and what came of each network. */
#include <stdlib.h>
#include <string.h>

#include "net/net-internal.h"
#include "virt/virt.h"

#define HOSTS_AT_ONCE 64

/* All that a job touches; it may outlive the batch (base/jobs.h). */
struct task {
	char *host, *uri, *auth_file;
	struct vmm__item *items;
	size_t n;
	enum vmm_net_op op;
	bool adopt, dry_run, strays;

	struct vmm__outcomes all;
	struct vmm_err err;
};

static void free_task(void *arg)
{
	struct task *t = arg;

	for (size_t i = 0; i < t->n; i++) {
		free(t->items[i].name);
		free(t->items[i].xml);
		free(t->items[i].bridge);
	}
	free(t->items);
	free(t->host);
	free(t->uri);
	free(t->auth_file);
	vmm__outcomes_release(&t->all);
	free(t);
}

static int work_on(struct task *t, virConnectPtr conn, const struct vmm__item *item)
{
	struct vmm__outcome *o;

	if (t->op == VMM_NET_CHECK)
		return vmm__net_check(conn, item, &t->all);
	o = vmm__outcomes_add(&t->all);
	if (!o)
		return VMM_ENOMEM;
	o->network = strdup(item->name);
	if (!o->network)
		return VMM_ENOMEM;
	if (t->op == VMM_NET_APPLY)
		vmm__net_apply(conn, item, t->adopt, t->dry_run, o);
	else
		vmm__net_remove(conn, item, t->dry_run, o);
	return 0;
}

static int run_task(void *arg)
{
	struct task *t = arg;
	virConnectPtr conn;
	int rc = vmm_virt_open(t->uri, t->auth_file, &conn, &t->err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < t->n && rc == 0; i++)
		rc = work_on(t, conn, &t->items[i]) < 0 ? vmm_err_nomem(&t->err) : 0;
	if (rc == 0 && t->strays)
		rc = vmm__net_strays(conn, t->items, t->n, &t->all, &t->err);
	virConnectClose(conn);
	return rc;
}

/* ---- results ---- */

struct context {
	struct vmm_job *jobs;
	char **hosts;           /* of each job */
	struct vmm_strv *names; /* of each job's networks */
	const struct vmm_net_options *opt;
	enum vmm_net_op op;
	vmm_net_done *done;
	void *ctx;
	struct vmm_table *found;
	struct vmm_strv whole;
	bool nomem;
};

static const char *recorded_state(const struct context *c, const struct vmm_net_result *r)
{
	if (c->op == VMM_NET_CHECK)
		return r->result;
	if (r->code == 0)
		return c->op == VMM_NET_APPLY ? "ok" : "";
	return r->result;
}

static int put(struct vmm_table *t, long row, const char *column, const char *value)
{
	return vmm_table_put(t, (size_t)row, column, value);
}

/* Of several findings about one network the row names all. */
static int add_finding(struct vmm_table *t, long row, const struct vmm_net_result *r)
{
	VMM_BUF_AUTO state = VMM_BUF_INIT;
	VMM_BUF_AUTO what = VMM_BUF_INIT;

	vmm_buf_addf(&state, "%s,%s", vmm_table_at(t, (size_t)row, "state"), r->result);
	vmm_buf_addf(&what, "%s; %s", vmm_table_at(t, (size_t)row, "what"), r->what);
	if (state.failed || what.failed || put(t, row, "state", state.data) < 0)
		return VMM_ENOMEM;
	return put(t, row, "what", what.data);
}

static int remember(struct context *c, const struct vmm_net_result *r)
{
	VMM_BUF_AUTO at = VMM_BUF_INIT;
	long row;

	vmm__net_at(&at, r->network, r->host);
	row = vmm_table_find(c->found, vmm_table_col(c->found, "at"), at.data);
	if (row >= 0)
		return add_finding(c->found, row, r);
	row = vmm_table_add(c->found);
	if (at.failed || row < 0 || put(c->found, row, "at", at.data) < 0 ||
	    put(c->found, row, "host", r->host) < 0 || put(c->found, row, "network", r->network) < 0 ||
	    put(c->found, row, "state", recorded_state(c, r)) < 0 ||
	    put(c->found, row, "what", r->code < 0 ? r->what : "") < 0)
		return VMM_ENOMEM;
	return put(c->found, row, "error", r->error);
}

static int tell(struct context *c, const struct vmm_net_result *r)
{
	bool news = *r->network && strcmp(r->result, "skipped") != 0 &&
		    !(c->op == VMM_NET_REMOVE && r->code < 0); /* it is as it was */

	if (news && remember(c, r) < 0)
		c->nomem = true;
	return c->done(r, c->ctx) != 0 || (r->code < 0 && c->opt->fail_fast);
}

/* The same for all networks of a host of which nothing else is known, or for the host alone. */
static int tell_all(struct context *c, size_t job, const char *result, int code, const char *error)
{
	int stop = 0;

	for (size_t i = 0; i == 0 || i < c->names[job].n; i++) {
		struct vmm_net_result r = { .network = c->names[job].n ? c->names[job].s[i] : "",
					    .host = c->hosts[job],
					    .result = result,
					    .what = "",
					    .error = error,
					    .code = code };

		stop |= tell(c, &r);
	}
	return stop;
}

static int tell_outcomes(struct context *c, const struct task *t)
{
	int stop = 0;

	for (size_t i = 0; i < t->all.n; i++) {
		const struct vmm__outcome *o = &t->all.o[i];
		struct vmm_net_result r = { .network = o->network,
					    .host = t->host,
					    .result = o->result,
					    .what = o->what.data,
					    .error = o->code < 0 ? o->err.text : "",
					    .code = o->code };

		if (r.network && r.result) /* else memory ran out over it */
			stop |= tell(c, &r);
	}
	return stop;
}

static int ended(struct vmm_job *job, void *arg)
{
	struct context *c = arg;
	size_t i = (size_t)(job - c->jobs);
	struct task *t = job->arg;
	struct vmm_err late;

	if (job->state == VMM_JOB_SKIPPED)
		return tell_all(c, i, "skipped", job->code, "not started");
	if (job->code == VMM_ECANCEL)
		return tell_all(c, i, "unknown", VMM_ECANCEL, "given up");
	if (job->state == VMM_JOB_TIMEOUT) {
		vmm_err_set(&late, VMM_EAGAIN, "no answer within %g s", (double)job->limit_ms / 1000);
		return tell_all(c, i, "unknown", VMM_EAGAIN, late.text);
	}
	if (job->code < 0 && !t->all.n)
		return tell_all(c, i, c->op == VMM_NET_CHECK ? "unknown" : "failed", job->code,
				t->err.text);
	if (job->code == 0 && t->strays && vmm_strv_add(&c->whole, t->host) < 0)
		c->nomem = true;
	return tell_outcomes(c, t);
}

/* ---- tasks ---- */

static const char *work_name(const struct vmm_net_work *w)
{
	return w->name ? w->name : w->net->name;
}

static int fill_item(struct vmm__item *item, const struct vmm_net_work *w, const char *host,
		     enum vmm_net_op op, struct vmm_err *err)
{
	VMM_BUF_AUTO xml = VMM_BUF_INIT;
	bool outside = w->net &&
		       (w->net->type == VMM_NET_BRIDGE || w->net->type == VMM_NET_OPENVSWITCH);

	item->name = strdup(work_name(w));
	if (!item->name)
		return vmm_err_nomem(err);
	if (op == VMM_NET_REMOVE)
		return 0;
	if (vmm_net_xml(w->net, host, &xml, err) < 0)
		return VMM_EINPUT;
	item->xml = vmm_buf_steal(&xml);
	item->bridge = strdup(outside ? vmm_net_bridge(w->net, host) : "");
	item->ovs = w->net->type == VMM_NET_OPENVSWITCH;
	item->mtu = outside ? w->net->mtu : 0;
	return item->xml && item->bridge ? 0 : vmm_err_nomem(err);
}

static bool among(const size_t *rows, size_t n, size_t row)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i] == row)
			return true;
	return false;
}

static struct task *new_task(const struct vmm_inventory *inv, size_t row, size_t n,
			     struct vmm_err *err)
{
	struct task *t = calloc(1, sizeof(*t));

	if (t) {
		t->host = strdup(vmm_table_at(inv->hosts, row, "name"));
		t->uri = strdup(vmm_table_at(inv->hosts, row, "uri"));
		t->auth_file = strdup(vmm_table_at(inv->hosts, row, "auth_file"));
		t->items = calloc(n + 1, sizeof(*t->items));
		if (t->host && t->uri && t->auth_file && t->items)
			return t;
		free_task(t);
	}
	vmm_err_nomem(err);
	return NULL;
}

/* The networks that are about this host; *out NULL: none. */
static int plan_host(const struct vmm_inventory *inv, size_t row, enum vmm_net_op op,
		     const struct vmm_net_work *work, size_t n, const struct vmm_net_options *opt,
		     struct task **out, struct vmm_err *err)
{
	struct task *t = new_task(inv, row, n, err);
	int rc = t ? 0 : VMM_ENOMEM;

	for (size_t w = 0; w < n && rc == 0; w++)
		if (among(work[w].hosts, work[w].nhosts, row))
			rc = fill_item(&t->items[t->n++], &work[w], t->host, op, err);
	if (rc == 0)
		t->strays = op == VMM_NET_CHECK && among(opt->stray_hosts, opt->nstray_hosts, row);
	if (rc < 0 || (t->n == 0 && !t->strays)) {
		if (t)
			free_task(t);
		*out = NULL;
		return rc;
	}
	t->op = op;
	t->adopt = opt->adopt;
	t->dry_run = opt->dry_run;
	*out = t;
	return 0;
}

static int add_job(struct context *c, size_t at, struct task *t, struct vmm_err *err)
{
	c->jobs[at] = (struct vmm_job){ .run = run_task,
					.arg = t,
					.free_arg = free_task,
					.limit_ms = c->opt->timeout_ms ? c->opt->timeout_ms
								       : VMM__NET_TIMEOUT_MS,
					.keys = { NULL } };
	c->hosts[at] = strdup(t->host);
	if (!c->hosts[at])
		return vmm_err_nomem(err);
	for (size_t i = 0; i < t->n; i++)
		if (vmm_strv_add(&c->names[at], t->items[i].name) < 0)
			return vmm_err_nomem(err);
	return 0;
}

static int plan(struct context *c, const struct vmm_inventory *inv, enum vmm_net_op op,
		const struct vmm_net_work *work, size_t n, size_t *njobs, struct vmm_err *err)
{
	for (size_t row = 0; row < vmm_table_rows(inv->hosts); row++) {
		struct task *t = NULL;
		int rc = plan_host(inv, row, op, work, n, c->opt, &t, err);

		if (rc < 0)
			return rc;
		if (t && (rc = add_job(c, (*njobs)++, t, err)) < 0)
			return rc;
	}
	return 0;
}

static int context_init(struct context *c, size_t hosts, struct vmm_err *err)
{
	static const char *const columns[] = { "at",   "host",  "network", "state",
					       "what", "error", NULL };

	c->jobs = calloc(hosts + 1, sizeof(*c->jobs));
	c->hosts = calloc(hosts + 1, sizeof(*c->hosts));
	c->names = calloc(hosts + 1, sizeof(*c->names));
	c->found = vmm_table_new(columns);
	return c->jobs && c->hosts && c->names && c->found ? 0 : vmm_err_nomem(err);
}

static void context_release(struct context *c, size_t hosts)
{
	for (size_t i = 0; i < hosts; i++) {
		if (c->hosts)
			free(c->hosts[i]);
		if (c->names)
			vmm_strv_release(&c->names[i]);
	}
	free(c->jobs);
	free(c->hosts);
	free(c->names);
	vmm_table_free(c->found);
	vmm_strv_release(&c->whole);
}

int vmm_net_batch(struct vmm_store *st, const struct vmm_inventory *inv, enum vmm_net_op op,
		  const struct vmm_net_work *work, size_t n, const struct vmm_net_options *opt,
		  vmm_net_done *done, void *ctx, struct vmm_err *err)
{
	struct vmm_jobs_limits limits = { .jobs = opt->jobs ? opt->jobs : HOSTS_AT_ONCE,
					  .give_up = op == VMM_NET_CHECK };
	struct context c = { .opt = opt, .op = op, .done = done, .ctx = ctx };
	size_t hosts = vmm_table_rows(inv->hosts), njobs = 0;
	int rc = context_init(&c, hosts, err);

	if (rc == 0)
		rc = plan(&c, inv, op, work, n, &njobs, err);
	if (rc == 0)
		rc = vmm_jobs_run(c.jobs, njobs, &limits, opt->cancel, ended, &c, err);
	else
		while (njobs > 0)
			free_task(c.jobs[--njobs].arg);
	if (rc == 0 && c.nomem)
		rc = vmm_err_nomem(err);
	if (rc == 0 && !opt->dry_run)
		rc = vmm__net_record(st, c.found, &c.whole, err);
	context_release(&c, hosts);
	return rc;
}
