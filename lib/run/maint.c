/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run/maint.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rows.h"
#include "run/internal.h"
#include "run/maint-internal.h"
#include "scan/scan.h"

#define VISIT_MS (10 * 1000)
#define JOBS 8
#define PER_HOST 4

struct enter {
	struct vmm_store *st;
	const struct vmm_strv *hosts;
	const struct vmm_maint_options *opt;
	vmm_maint_done *done;
	void *ctx;
	struct vmm_inventory inv;
	bool *drained; /* by row of inv.hosts */
	int *codes;    /* of hosts: why one of its VMs is still there */
};

static void tell(struct enter *e, struct vmm_maint_result r)
{
	long row = vmm_inventory_host(&e->inv, r.host);

	if (*r.vm && r.code < 0 && row >= 0)
		e->codes[row] = r.code;
	e->done(&r, e->ctx);
}

/* ---- the mark ---- */

static int set_mark(struct vmm_store *st, const char *host, const char *maint, const char *since,
		    struct vmm_err *err)
{
	VMM_TABLE_AUTO *row = vmm_table_new(NULL);

	if (!row || vmm_table_add(row) < 0 || vmm_table_put(row, 0, "maint", maint) < 0 ||
	    vmm_table_put(row, 0, "maint_since", since) < 0)
		return vmm_err_nomem(err);
	return vmm_inventory_set_host(st, host, row, err);
}

static bool is_marked(const struct vmm_inventory *inv, size_t row)
{
	return strcmp(vmm_table_at(inv->hosts, row, "maint"), "yes") == 0;
}

/* Of which pool it is the master; the caller's, NULL: of none. */
static char *master_of(const struct vmm_inventory *inv, size_t row)
{
	VMM_STRV_AUTO labels = VMM_STRV_INIT;

	if (vmm_list_split(&labels, vmm_table_at(inv->hosts, row, "labels")) < 0)
		return NULL;
	for (size_t i = 0; i < labels.n; i++)
		if (strncmp(labels.s[i], "master=", 7) == 0)
			return strdup(labels.s[i] + 7);
	return NULL;
}

static bool refuse_master(struct enter *e, size_t row)
{
	const char *host = vmm_table_at(e->inv.hosts, row, "name");
	VMM_STR_AUTO pool = master_of(&e->inv, row);
	VMM_BUF_AUTO why = VMM_BUF_INIT;

	if (!pool)
		return false;
	vmm_buf_addf(&why,
		     "it is the master of pool '%s': make another host of its group that, and "
		     "move the label (host-set %s --unlabel master; host-set HOST --label master=%s)",
		     pool, host, pool);
	tell(e, (struct vmm_maint_result){ .host = host,
					   .vm = "",
					   .uuid = "",
					   .to = "",
					   .result = "refused",
					   .error = why.data,
					   .downtime_ms = -1,
					   .code = VMM_EREFUSED });
	return true;
}

static int mark_all(struct enter *e, struct vmm_err *err)
{
	char now[VMM_TIME_LEN + 1];

	vmm_time_now(now);
	for (size_t i = 0; i < e->hosts->n; i++) {
		long row = vmm_inventory_host(&e->inv, e->hosts->s[i]);

		if (row < 0)
			return vmm_err_set(err, VMM_ENOTFOUND, "no host '%s' is declared",
					   e->hosts->s[i]);
		if (e->drained[row] || refuse_master(e, (size_t)row))
			continue;
		e->drained[row] = true;
		if (!e->opt->run.check_only && !is_marked(&e->inv, (size_t)row) &&
		    set_mark(e->st, e->hosts->s[i], "yes", now, err) < 0)
			return err ? (int)err->code : VMM_EFAIL;
	}
	return 0;
}

/* ---- a look at the hosts ---- */

static bool concerns(const struct enter *e, size_t row, bool whole_group)
{
	if (e->drained[row] || !whole_group)
		return e->drained[row];
	for (size_t r = 0; r < vmm_table_rows(e->inv.hosts); r++)
		if (e->drained[r] && strcmp(vmm_table_at(e->inv.hosts, r, "group"),
					    vmm_table_at(e->inv.hosts, row, "group")) == 0)
			return true;
	return false;
}

/* Rows must stay what they are: a host that is taken out or added meanwhile is told by its name. */
static int read_again(struct enter *e, struct vmm_err *err)
{
	struct vmm_inventory now = VMM_INVENTORY_INIT;
	size_t n;
	bool *drained;
	int *codes;

	if (vmm_inventory_read(e->st, &now, err) < 0)
		return err ? (int)err->code : VMM_EFAIL;
	n = vmm_table_rows(now.hosts);
	drained = calloc(n + 1, sizeof(*drained));
	codes = calloc(n + 1, sizeof(*codes));
	for (size_t r = 0; drained && codes && r < n; r++) {
		long was = vmm_inventory_host(&e->inv, vmm_table_at(now.hosts, r, "name"));

		drained[r] = was >= 0 && e->drained[was];
		codes[r] = was >= 0 ? e->codes[was] : 0;
	}
	vmm_inventory_release(&e->inv);
	free(e->drained);
	free(e->codes);
	e->inv = now;
	e->drained = drained;
	e->codes = codes;
	return drained && codes ? 0 : vmm_err_nomem(err);
}

static int look(struct enter *e, bool whole_group, struct vmm_err *err)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;

	for (size_t r = 0; r < vmm_table_rows(e->inv.hosts); r++)
		if (concerns(e, r, whole_group) &&
		    vmm_strv_add(&names, vmm_table_at(e->inv.hosts, r, "name")) < 0)
			return vmm_err_nomem(err);
	vmm_scan_refresh(e->st, &e->inv, &names, VISIT_MS);
	return read_again(e, err);
}

/* ---- the VMs ---- */

static void tell_vm(struct enter *e, size_t vm, const char *result, const char *error, int code)
{
	tell(e, (struct vmm_maint_result){ .host = vmm_table_at(e->inv.vms, vm, "host"),
					   .vm = vmm_table_at(e->inv.vms, vm, "name"),
					   .uuid = vmm_table_at(e->inv.vms, vm, "uuid"),
					   .to = "",
					   .result = result,
					   .error = error,
					   .downtime_ms = -1,
					   .code = code });
}

static void no_place(size_t vm, const char *why, void *ctx)
{
	tell_vm(ctx, vm, "refused", why, VMM_EREFUSED);
}

static int moved(const struct vmm_run_result *r, void *ctx)
{
	tell(ctx, (struct vmm_maint_result){ .host = r->step->from,
					     .vm = r->step->vm,
					     .uuid = r->step->uuid,
					     .to = r->step->to,
					     .result = r->result,
					     .error = r->error,
					     .ms = r->ms,
					     .downtime_ms = r->downtime_ms,
					     .bytes = r->bytes,
					     .code = r->code });
	return 0;
}

/* Whether it is to be moved; if not, it is told why. */
static bool wants_move(struct enter *e, size_t vm)
{
	const char *state = vmm_table_at(e->inv.vms, vm, "state");
	long host = vmm_inventory_host(&e->inv, vmm_table_at(e->inv.vms, vm, "host"));

	if (host < 0 || !e->drained[host])
		return false;
	if (strcmp(state, "unknown") == 0)
		tell_vm(e, vm, "unknown", "its host does not answer", VMM_EAGAIN);
	else if (strcmp(state, "stop") == 0 && !e->opt->with_stopped)
		tell_vm(e, vm, "stays", "it is stopped", VMM_OK);
	else
		return true;
	return false;
}

static int move_all(struct enter *e, uint64_t started, struct vmm_err *err)
{
	struct vmm_run_options opt = e->opt->run;
	size_t *vms = calloc(vmm_table_rows(e->inv.vms) + 1, sizeof(*vms)), n = 0;
	VMM_PLAN_AUTO *plan = NULL;
	uint64_t spent = vmm_clock_ms() - started;
	int rc = vms ? 0 : vmm_err_nomem(err);

	opt.jobs = opt.jobs ? opt.jobs : JOBS;
	opt.per_host = opt.per_host ? opt.per_host : PER_HOST;
	if (opt.deadline_ms)
		opt.deadline_ms = opt.deadline_ms > spent ? opt.deadline_ms - spent : 1;
	for (size_t r = 0; rc == 0 && r < vmm_table_rows(e->inv.vms); r++)
		if (wants_move(e, r))
			vms[n++] = r;
	if (rc == 0)
		rc = vmm__drain(&e->inv, e->drained, vms, n, &plan, no_place, e, err);
	if (rc == 0)
		rc = vmm__run_all(e->st, plan, &opt, moved, e, err);
	free(vms);
	return rc;
}

/* ---- the hosts ---- */

/* The names of those that run there, in their order. */
static bool still_there(const struct enter *e, const char *host, struct vmm_buf *names)
{
	size_t *rows = calloc(vmm_table_rows(e->inv.vms) + 1, sizeof(*rows)), n = 0;
	VMM_STRV_AUTO hosts = VMM_STRV_INIT;
	const struct vmm_vm_filter filter = { .hosts = &hosts };

	names->failed = !rows || vmm_strv_add(&hosts, host) < 0;
	if (!names->failed)
		n = vmm_inventory_select(&e->inv, &filter, rows);
	for (size_t i = 0; i < n; i++)
		if (strcmp(vmm_table_at(e->inv.vms, rows[i], "state"), "stop") != 0)
			vmm_buf_addf(names, "%s%s", names->len ? ", " : "",
				     vmm_table_at(e->inv.vms, rows[i], "name"));
	free(rows);
	return names->len > 0;
}

static void tell_host(struct enter *e, size_t row, uint64_t started)
{
	const char *host = vmm_table_at(e->inv.hosts, row, "name");
	bool silent = strcmp(vmm_table_at(e->inv.hosts, row, "state"), "normal") != 0;
	VMM_BUF_AUTO names = VMM_BUF_INIT;
	VMM_BUF_AUTO why = VMM_BUF_INIT;
	int code = e->codes[row];

	if (silent) {
		code = VMM_EAGAIN;
		vmm_buf_addf(&why, "it does not answer: %s",
			     vmm_table_at(e->inv.hosts, row, "error"));
	} else if (!e->opt->run.check_only && still_there(e, host, &names)) {
		code = code < 0 ? code : VMM_EFAIL;
		vmm_buf_addf(&why, "there still are: %s", names.data);
	} else if (!e->opt->run.check_only) {
		code = VMM_OK; /* whatever kept a VM from moving, it is gone */
	} else if (code < 0) {
		vmm_buf_adds(&why, "not all of its VMs can move");
	}
	tell(e, (struct vmm_maint_result){
			.host = host,
			.vm = "",
			.uuid = "",
			.to = "",
			.result = vmm_err_word(code, e->opt->run.check_only ? "possible" : "done"),
			.error = why.data,
			.ms = vmm_clock_ms() - started,
			.downtime_ms = -1,
			.code = code });
}

/* What an enter that was killed left halfway, before it is asked where its VMs are. */
static int mend(struct enter *e, struct vmm_err *err)
{
	const struct vmm_run_options *opt = &e->opt->run;
	uint64_t limit = opt->deadline_ms ? opt->deadline_ms : opt->timeout_ms;

	return opt->check_only ? 0 : vmm__run_mend(e->st, limit, err);
}

static int enter(struct enter *e, struct vmm_err *err)
{
	uint64_t started = vmm_clock_ms();

	if (mark_all(e, err) < 0 || mend(e, err) < 0 || look(e, true, err) < 0 ||
	    move_all(e, started, err) < 0 || (!e->opt->run.check_only && look(e, false, err) < 0))
		return err ? (int)err->code : VMM_EFAIL;
	for (size_t r = 0; r < vmm_table_rows(e->inv.hosts); r++)
		if (e->drained[r])
			tell_host(e, r, started);
	return 0;
}

int vmm_maint_enter(struct vmm_store *st, const struct vmm_strv *hosts,
		    const struct vmm_maint_options *opt, vmm_maint_done *done, void *ctx,
		    struct vmm_err *err)
{
	struct enter e = { .st = st, .hosts = hosts, .opt = opt, .done = done, .ctx = ctx };
	size_t n;
	int rc = vmm_inventory_read(st, &e.inv, err);

	if (rc < 0)
		return rc;
	n = vmm_table_rows(e.inv.hosts);
	e.drained = calloc(n + 1, sizeof(*e.drained));
	e.codes = calloc(n + 1, sizeof(*e.codes));
	rc = e.drained && e.codes ? enter(&e, err) : vmm_err_nomem(err);
	free(e.drained);
	free(e.codes);
	vmm_inventory_release(&e.inv);
	return rc;
}

int vmm_maint_leave(struct vmm_store *st, const char *host, bool *did, struct vmm_err *err)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	long row;

	if (vmm_inventory_read(st, &inv, err) < 0)
		return err ? (int)err->code : VMM_EFAIL;
	row = vmm_inventory_host(&inv, host);
	if (row < 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "no host '%s' is declared", host);
	*did = is_marked(&inv, (size_t)row);
	return *did ? set_mark(st, host, "no", "", err) : 0;
}
