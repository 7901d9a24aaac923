/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* After a crash: VMs that were being made, removed or captured. */
#include <stdlib.h>
#include <string.h>

#include <libvirt/virterror.h>

#include "base/rows.h"
#include "provision/internal.h"
#include "scan/scan.h"
#include "virt/virt.h"

#define REFRESH_MS (10 * 1000)

enum op { CREATE, REMOVE, CAPTURE, OTHER };

static enum op op_of(const char *name)
{
	static const char *const names[] = { "create", "remove", VMM__CAPTURE_OP };

	for (size_t i = 0; i < OTHER; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum op)i;
	return OTHER;
}

/* One intent. It may outlive the batch (base/jobs.h). */
struct mending {
	struct vmm_store *st;
	enum op op;
	uint64_t id;
	bool closed;
	const char *lost; /* why its host can't be asked; NULL: it can */
	char *detail, *uri, *auth_file, *host;
	struct vmm__what what;
	virConnectPtr conn;
	struct vmm_buf said;
	struct vmm_err err;
};

static void free_mending(void *arg)
{
	struct mending *w = arg;

	if (w->conn)
		virConnectClose(w->conn);
	vmm__what_release(&w->what);
	vmm_buf_release(&w->said);
	vmm_store_close(w->st);
	free(w->detail);
	free(w->uri);
	free(w->auth_file);
	free(w->host);
	free(w);
}

/*
 * A removal that had not come as far as the definition has taken nothing away: it is forgotten. One
 * that had not begun may find the VM gone for another reason: it has moved.
 */
static int untouched(struct mending *w, bool *out)
{
	virDomainPtr dom;

	*out = w->op == REMOVE && !w->what.begun;
	if (w->op != REMOVE || *out)
		return 0;
	dom = virDomainLookupByUUIDString(w->conn, w->what.uuid);
	if (!dom && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
		return vmm_err_virt(&w->err, "cannot look for it");
	*out = dom != NULL;
	if (dom)
		virDomainFree(dom);
	return 0;
}

/* As vmm__create() ends it. */
static int keep(struct mending *w, virDomainPtr dom)
{
	if (vmm__record(w->st, dom, w->host, &w->err) < 0)
		return w->err.code;
	vmm__scratch_remove(w->what.scratch);
	vmm_buf_adds(&w->said, "was made whole, and stays as it is");
	return 0;
}

/*
 * One that was defined may have been moved before anybody mended it, and run elsewhere on the very disks
 * that would be removed here.
 */
static int look_elsewhere(struct mending *w, bool *out)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct vmm_place at = VMM_PLACE_INIT;
	int ret = vmm_inventory_read(w->st, &inv, &w->err);

	*out = false;
	if (ret == 0)
		ret = vmm_scan_locate(w->st, &inv, w->what.uuid, &(struct vmm_scan_options){ 0 },
				      &at, &w->err);
	if (ret < 0)
		return ret == VMM_ENOTFOUND ? 0 : ret;
	*out = true;
	vmm__scratch_remove(w->what.scratch);
	vmm_buf_addf(&w->said, "was made whole, is on '%s' by now, and stays as it is",
		     vmm_table_at(at.vm, 0, "host"));
	vmm_place_release(&at);
	return 0;
}

/*
 * Its definition is the last thing that is made, and the first that is taken back: one that has it is whole,
 * and may have been in use for long.
 */
static int is_whole(struct mending *w, bool *out)
{
	virDomainPtr dom = virDomainLookupByUUIDString(w->conn, w->what.uuid);
	int ret;

	*out = dom != NULL;
	if (!dom && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
		return vmm_err_virt(&w->err, "cannot look for it");
	if (!dom)
		return look_elsewhere(w, out);
	ret = keep(w, dom);
	virDomainFree(dom);
	return ret;
}

static int settle(struct mending *w)
{
	bool whole;

	if (vmm_virt_open_host(w->host, w->uri, w->auth_file, VMM__CONNECT_MS, &w->conn, &w->err) < 0)
		return w->err.code;
	if (w->op == CAPTURE)
		return vmm__capture_undo(w->st, w->conn, &w->what, &w->err);
	if (untouched(w, &whole) < 0)
		return w->err.code;
	if (whole) {
		vmm_buf_adds(&w->said, "nothing of it was removed");
		return 0;
	}
	if (w->op == CREATE && w->what.begun && is_whole(w, &whole) < 0)
		return w->err.code;
	if (whole)
		return 0;
	if (vmm__what_undo(w->st, w->conn, &w->what, NULL, &w->err) < 0)
		return w->err.code;
	vmm_inventory_rm_vm(w->st, w->what.uuid, w->what.host, NULL); /* else the next scan will */
	return 0;
}

static const char *const told[] = {
	[CREATE] = "was not made whole; what there was of it is removed",
	[REMOVE] = "was removed in part; the rest is removed",
	[CAPTURE] = "was being captured; what was left of that is removed",
};
static const char *const tellable[] = {
	[CREATE] = "its making was cut short",
	[REMOVE] = "was removed in part",
	[CAPTURE] = "was being captured",
};

/* Nobody will be able to look there: what there may be is named for a person, and the name is free again. */
static void give_up(struct mending *w)
{
	VMM_BUF_AUTO left = VMM_BUF_INIT;

	for (size_t i = 0; i < w->what.volumes.n + w->what.paths.n; i++)
		vmm_list_add(&left, i < w->what.volumes.n ? w->what.volumes.s[i]
							  : w->what.paths.s[i - w->what.volumes.n]);
	vmm__scratch_remove(w->what.scratch);
	vmm_buf_addf(&w->said, "%s; its host '%s' is %s: what there is of it there stays (%s)",
		     tellable[w->op], w->what.host, w->lost, left.len ? left.data : "no volume");
	if (w->op != CAPTURE)
		vmm_buf_adds(&w->said, "; ippool gc takes back its addresses");
}

static int run_mending(void *arg)
{
	struct mending *w = arg;
	int ret = 0;

	if (w->lost)
		give_up(w);
	else
		ret = settle(w);
	if (ret < 0) {
		vmm_buf_addf(&w->said, "%s; %s", tellable[w->op], w->err.text);
		return ret;
	}
	w->closed = vmm_intent_end(w->st, w->id, "mended", &w->err) == 0;
	if (w->said.len == 0)
		vmm_buf_adds(&w->said, told[w->op]);
	return 0;
}

/* Where its host can be reached, if that is the same machine still. */
static int find_host(struct mending *w, const struct vmm_inventory *inv, struct vmm_err *err)
{
	long row;

	if (vmm__what_read(w->detail, &w->what, err) < 0)
		return err->code;
	row = vmm_inventory_host(inv, w->what.host);
	if (row < 0)
		w->lost = "not declared any more";
	else if (strcmp(vmm_table_at(inv->hosts, (size_t)row, "uuid"), w->what.host_uuid) != 0)
		w->lost = "another machine now";
	if (w->lost)
		return 0;
	w->host = strdup(w->what.host);
	w->uri = strdup(vmm_table_at(inv->hosts, (size_t)row, "uri"));
	w->auth_file = strdup(vmm_table_at(inv->hosts, (size_t)row, "auth_file"));
	return w->host && w->uri && w->auth_file ? 0 : vmm_err_nomem(err);
}

static struct mending *prepare(struct vmm_store *st, const struct vmm_inventory *inv,
			       const struct vmm_table *t, size_t row, struct vmm_err *err)
{
	struct mending *w = calloc(1, sizeof(*w));

	if (!w) {
		vmm_err_nomem(err);
		return NULL;
	}
	w->said = (struct vmm_buf)VMM_BUF_INIT;
	w->op = op_of(vmm_table_at(t, row, "op"));
	w->detail = strdup(vmm_table_at(t, row, "detail"));
	if (!w->detail)
		vmm_err_nomem(err);
	else if (vmm_intent_id(t, row, &w->id, err) == 0 && find_host(w, inv, err) == 0 &&
		 vmm_store_dup(st, &w->st, err) == 0 && vmm_intent_take(w->st, w->id, err) == 0)
		return w;
	free_mending(w);
	return NULL;
}

struct mend_ctx {
	const struct vmm_table *intents;
	const size_t *rows;
	const struct vmm_job *jobs;
	vmm_provision_found *found;
	void *ctx;
	size_t open;
	struct vmm_strv hosts;
};

static int mended(struct vmm_job *job, void *arg)
{
	struct mend_ctx *c = arg;
	struct mending *w = job->arg;
	const char *object = vmm_table_at(c->intents, c->rows[job - c->jobs], "subject");

	if (job->state != VMM_JOB_DONE) {
		c->found(object, "not at an end within the time limit", false, c->ctx);
		c->open++;
		return 0;
	}
	if (w->what.name)
		object = w->what.name;
	c->found(object, w->said.data, w->closed, c->ctx);
	c->open += !w->closed;
	return w->host && vmm_strv_add(&c->hosts, w->host) < 0 ? VMM_ENOMEM : 0;
}

static void tell_only(struct mend_ctx *c, const struct vmm_table *t, size_t row)
{
	c->found(vmm_table_at(t, row, "subject"), tellable[op_of(vmm_table_at(t, row, "op"))],
		 false, c->ctx);
	c->open++;
}

int vmm_provision_mend(struct vmm_store *st, bool repair, uint64_t timeout_ms,
		       vmm_provision_found *found, void *ctx, struct vmm_err *err)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	VMM_TABLE_AUTO *t = NULL;
	struct mend_ctx c = { .found = found, .ctx = ctx };
	struct vmm_job *jobs;
	size_t n = 0, *rows;
	int ret;

	/* Only to repair; a table that can't be read must not keep others from being told of. */
	if ((repair && vmm_inventory_read(st, &inv, err) < 0) || vmm_intent_list(st, &t, err) < 0)
		return err->code;
	jobs = calloc(vmm_table_rows(t) + 1, sizeof(*jobs));
	rows = calloc(vmm_table_rows(t) + 1, sizeof(*rows));
	c.intents = t;
	c.jobs = jobs;
	c.rows = rows;
	ret = jobs && rows ? 0 : vmm_err_nomem(err);
	for (size_t r = 0; ret == 0 && r < vmm_table_rows(t); r++) {
		struct mending *w;
		struct vmm_err why;

		if (op_of(vmm_table_at(t, r, "op")) == OTHER ||
		    strcmp(vmm_table_at(t, r, "alive"), "yes") == 0)
			continue;
		if (!repair) {
			tell_only(&c, t, r);
			continue;
		}
		w = prepare(st, &inv, t, r, &why);
		if (!w) {
			found(vmm_table_at(t, r, "subject"), why.text, false, ctx);
			c.open++;
			continue;
		}
		rows[n] = r;
		jobs[n++] = (struct vmm_job){
			.run = run_mending, .arg = w, .free_arg = free_mending, .limit_ms = timeout_ms
		};
	}
	if (ret == 0)
		ret = vmm_jobs_run(jobs, n, &(struct vmm_jobs_limits){ .jobs = 16 }, NULL, mended,
				   &c, err);
	free(jobs);
	free(rows);
	if (ret == 0 && repair)
		vmm_scan_refresh(st, &inv, &c.hosts, REFRESH_MS);
	vmm_strv_release(&c.hosts);
	return ret < 0 ? ret : c.open > 0 ? VMM_EPART : VMM_OK;
}
