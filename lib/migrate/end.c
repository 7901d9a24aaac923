/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two ends of a move: what is declared of a host, and the connection to it. */
#include <stdlib.h>
#include <string.h>

#include "inventory/uri.h"
#include "migrate/internal.h"

static void set(char **field, const char *value)
{
	free(*field);
	*field = strdup(value);
}

bool vmm__end_fill(struct vmm__end *e, const struct vmm_inventory *inv, const char *host)
{
	long row = vmm_inventory_host(inv, host);
	const char *uri, *peer;

	set(&e->host, host);
	if (row < 0)
		return false;
	uri = vmm_table_at(inv->hosts, (size_t)row, "uri");
	peer = vmm_table_at(inv->hosts, (size_t)row, "peer_uri");
	set(&e->uri, uri);
	set(&e->auth_file, vmm_table_at(inv->hosts, (size_t)row, "auth_file"));
	set(&e->group, vmm_table_at(inv->hosts, (size_t)row, "group"));
	set(&e->hypervisor, vmm_table_at(inv->hosts, (size_t)row, "hypervisor"));
	set(&e->caps, vmm_table_at(inv->hosts, (size_t)row, "caps"));
	set(&e->migrate_uri, vmm_table_at(inv->hosts, (size_t)row, "migrate_uri"));
	set(&e->peer_uri, *peer ? peer : vmm_uri_is_peer(uri) ? uri : "");
	set(&e->uuid, vmm_table_at(inv->hosts, (size_t)row, "uuid"));
	e->maint = strcmp(vmm_table_at(inv->hosts, (size_t)row, "maint"), "yes") == 0;
	return e->uri && e->auth_file && e->group && e->hypervisor && e->caps && e->migrate_uri &&
	       e->peer_uri && e->uuid;
}

void vmm__end_close(struct vmm__end *e)
{
	if (e->dom)
		virDomainFree(e->dom);
	if (e->conn)
		virConnectClose(e->conn);
	e->dom = NULL;
	e->conn = NULL;
}

struct opening {
	char *uri, *auth_file;
	virConnectPtr conn;
	struct vmm_err err;
};

static void free_opening(void *arg)
{
	struct opening *o = arg;

	free(o->uri);
	free(o->auth_file);
	if (o->conn)
		virConnectClose(o->conn);
	free(o);
}

static int run_opening(void *arg)
{
	struct opening *o = arg;

	return vmm_virt_open(o->uri, o->auth_file, &o->conn, &o->err);
}

struct opened {
	struct vmm__end *end;
	struct vmm_err *err;
};

static int opened(struct vmm_job *job, void *ctx)
{
	struct opened *to = ctx;
	struct opening *o = job->arg;

	if (job->state != VMM_JOB_DONE) {
		vmm_err_set(to->err, VMM_EAGAIN, "host '%s' does not answer", to->end->host);
	} else if (job->code < 0) {
		*to->err = o->err;
		vmm_err_prefix(to->err, "host '%s'", to->end->host);
	} else {
		to->end->conn = o->conn;
		o->conn = NULL;
	}
	return 0;
}

int vmm__end_open(struct vmm__end *e, uint64_t limit_ms, struct vmm_err *err)
{
	struct opening *o = calloc(1, sizeof(*o));
	struct vmm_job job = {
		.run = run_opening, .arg = o, .free_arg = free_opening, .limit_ms = limit_ms
	};
	struct opened to = { e, err };

	vmm__end_close(e);
	if (!o)
		return vmm_err_nomem(err);
	o->uri = strdup(e->uri);
	o->auth_file = strdup(e->auth_file);
	if (!o->uri || !o->auth_file) {
		free_opening(o);
		return vmm_err_nomem(err);
	}
	if (vmm_jobs_run(&job, 1, &(struct vmm_jobs_limits){ 0 }, NULL, opened, &to, err) < 0)
		return err->code;
	return e->conn ? 0 : err->code;
}
