/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMs taken away, with what was made for them and nothing else. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rows.h"
#include "provision/internal.h"
#include "scan/scan.h"
#include "virt/domxml.h"
#include "virt/virt.h"
#include "volume/volume.h"

#define TIMEOUT_MS (60 * 1000)
#define REFRESH_MS (10 * 1000)
#define GRACE_MS (30 * 1000)

/* It may outlive the batch (base/jobs.h). */
struct removal {
	struct vmm_store *st;
	char *selector;
	struct vmm_remove_options opt;
	struct vmm__what what;
	char *template;
	virConnectPtr conn;
	virDomainPtr dom;
	struct vmm_strv addresses;
	uint64_t intent, ms;
	bool did;
	struct vmm_err err;
};

static void free_removal(void *arg)
{
	struct removal *r = arg;

	if (r->dom)
		virDomainFree(r->dom);
	if (r->conn)
		virConnectClose(r->conn);
	vmm__what_release(&r->what);
	vmm_strv_release(&r->addresses);
	vmm_store_close(r->st);
	free(r->template);
	free(r->selector);
	free(r);
}

static bool has_disk(const struct vmm_table *vms, size_t row, const char *path)
{
	VMM_STRV_AUTO disks = VMM_STRV_INIT;

	if (vmm_list_split(&disks, vmm_table_at(vms, row, "disks")) < 0)
		return true; /* who can't be read may */
	for (size_t i = 0; i < disks.n; i++) {
		const char *colon = strchr(disks.s[i], ':'); /* TARGET:SOURCE */

		if (colon && strcmp(colon + 1, path) == 0)
			return true;
	}
	return false;
}

/* Its own host sees only its own VMs; a pool may be that of others too. */
static int refuse_user(struct removal *r, const struct vmm_inventory *inv, const char *path)
{
	VMM_STR_AUTO user = vmm_volume_user(r->conn, path, r->what.uuid);

	if (user)
		return vmm_err_set(&r->err, VMM_EREFUSED, "its disk '%s' is needed by '%s'", path,
				   user);
	for (size_t v = 0; v < vmm_table_rows(inv->vms); v++)
		if (strcmp(vmm_table_at(inv->vms, v, "uuid"), r->what.uuid) != 0 &&
		    has_disk(inv->vms, v, path))
			return vmm_err_set(&r->err, VMM_EREFUSED,
					   "its disk '%s' is needed by '%s' of '%s'", path,
					   vmm_table_at(inv->vms, v, "name"),
					   vmm_table_at(inv->vms, v, "host"));
	return 0;
}

/* Disks that were made for it, of those that it has. Others are refused: nobody told whose they are. */
static int gather_disks(struct removal *r, const char *xml, const struct vmm_made *made)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct vmm_domxml *d = NULL;
	int ret = vmm_inventory_read(r->st, &inv, &r->err);

	if (ret == 0)
		ret = vmm_domxml_parse(xml, &d, &r->err);
	for (size_t i = 0; ret == 0 && i < d->ndisks; i++) {
		const char *source = d->disks[i].source;

		if (*source && !vmm_strv_has(&made->disks, source) && !d->disks[i].readonly)
			ret = vmm_err_set(
				&r->err, VMM_EREFUSED,
				"its disk %s ('%s') was not made with it; detach it first, or --keep-disks",
				d->disks[i].target, source);
	}
	for (size_t i = 0; ret == 0 && i < made->disks.n; i++) {
		ret = refuse_user(r, &inv, made->disks.s[i]);
		if (ret == 0 && vmm_strv_add(&r->what.paths, made->disks.s[i]) < 0)
			ret = vmm_err_nomem(&r->err);
	}
	vmm_domxml_free(d);
	return ret;
}

static int check(struct removal *r)
{
	VMM_MADE_AUTO made = { 0 };
	VMM_STR_AUTO xml = virDomainGetXMLDesc(r->dom, VIR_DOMAIN_XML_INACTIVE);
	bool ours;

	if (!xml)
		return vmm_err_virt(&r->err, "cannot look at it");
	if (!r->opt.stop && virDomainIsActive(r->dom) != 0)
		return vmm_err_set(&r->err, VMM_EREFUSED,
				   "it is running; --stop switches it off first");
	ours = vmm_made_parse(xml, &made, &r->err) == 0;
	if (ours && !(r->template = strdup(made.template)))
		return vmm_err_nomem(&r->err);
	if (r->opt.keep_disks)
		return 0;
	if (!ours && r->err.code != VMM_ENOTFOUND)
		return r->err.code;
	if (!ours)
		return vmm_err_set(&r->err, VMM_EREFUSED,
				   "it was not made of a template, so its disks may be anybody's; "
				   "--keep-disks removes only its definition");
	return gather_disks(r, xml, &made);
}

static int note(struct removal *r, const char *op)
{
	if (op)
		return vmm__what_begin(r->st, op, r->what.uuid, &r->what, &r->intent, &r->err);
	return vmm__what_note(r->st, r->intent, &r->what, &r->err);
}

static int take_away(struct removal *r)
{
	r->what.begun = true;
	if (note(r, NULL) < 0)
		return r->err.code;
	/* Somebody else may have started it since it was looked at. */
	if (vmm__undefine(r->dom, r->opt.stop, &r->err) < 0) {
		r->did = r->err.code != VMM_EREFUSED;
		return r->err.code;
	}
	r->did = true;
	if (vmm__what_undo(r->st, r->conn, &r->what, &r->addresses, &r->err) < 0)
		return r->err.code;
	vmm_inventory_rm_vm(r->st, r->what.uuid, r->what.host, NULL); /* else the next scan will */
	return 0;
}

/*
 * Its intent comes before the look at what it has: a VM that is moved in between would
 * lose the disks that it runs on.
 */
static int carry_out(struct removal *r)
{
	int ret;

	if (note(r, "remove") < 0)
		return r->err.code;
	ret = check(r);
	if (ret == 0)
		ret = take_away(r);
	/* What can't be done now is left to vmm-fsck: the intent stays open. */
	if (ret < 0 && r->did) {
		struct vmm_err first = r->err;

		return vmm_err_set(&r->err, first.code,
				   "%s; it is not gone whole: run vmm-fsck --repair", first.text);
	}
	if (ret == 0)
		return vmm_intent_end(r->st, r->intent, "done", &r->err);
	vmm_intent_end(r->st, r->intent, "refused", NULL);
	return ret;
}

/* Only says what carry_out() would. */
static int check_only(struct removal *r)
{
	VMM_TABLE_AUTO *open = NULL;

	if (vmm_intent_list(r->st, &open, &r->err) < 0 ||
	    vmm_intent_check(open, r->what.uuid, &r->err) < 0)
		return r->err.code;
	return check(r);
}

static int run_removal(void *arg)
{
	struct removal *r = arg;
	const struct vmm_scan_options how = { .timeout_ms = r->opt.timeout_ms,
					      .cancel = r->opt.cancel };
	uint64_t started = vmm_clock_ms();
	int ret = vmm__find(r->st, r->selector, &how, &r->what, &r->conn, &r->dom, &r->err);

	if (ret == 0)
		ret = r->opt.dry_run ? check_only(r) : carry_out(r);
	r->ms = vmm_clock_ms() - started;
	return ret;
}

struct removing {
	const struct vmm_strv *vms;
	const struct vmm_job *jobs;
	const struct vmm_remove_options *opt;
	vmm_provision_done *done;
	void *ctx;
	struct vmm_strv touched;
};

static int removed(struct vmm_job *job, void *arg)
{
	struct removing *g = arg;
	struct removal *r = job->arg;
	struct vmm_provision_result res = { .name = g->vms->s[job - g->jobs],
					    .template = "",
					    .host = "",
					    .uuid = "",
					    .addresses = "",
					    .error = "",
					    .code = job->code };
	VMM_BUF_AUTO addresses = VMM_BUF_INIT;

	if (job->state == VMM_JOB_TIMEOUT) {
		res.result = "unknown";
		res.error = "its host does not answer; vmm-fsck tells what there is of it";
	} else if (job->state == VMM_JOB_SKIPPED) {
		res.result = "skipped";
		res.error = "not started";
	} else {
		vmm_list_join(&addresses, &r->addresses);
		res.name = r->what.name ? r->what.name : res.name;
		res.template = vmm_str_or_empty(r->template);
		res.host = vmm_str_or_empty(r->what.host);
		res.uuid = vmm_str_or_empty(r->what.uuid);
		res.addresses = addresses.data;
		res.ms = r->ms;
		res.error = job->code < 0 ? r->err.text : "";
		res.result = vmm_err_word(job->code, g->opt->dry_run ? "possible" : "done");
		if (r->did && vmm_strv_add(&g->touched, res.host) < 0)
			return VMM_ENOMEM;
	}
	return g->done(&res, g->ctx) != 0 || (res.code < 0 && g->opt->fail_fast);
}

static struct removal *new_removal(struct vmm_store *st, const char *selector,
				   const struct vmm_remove_options *opt, struct vmm_err *err)
{
	struct removal *r = calloc(1, sizeof(*r));

	if (!r) {
		vmm_err_nomem(err);
		return NULL;
	}
	r->opt = *opt;
	r->opt.timeout_ms = opt->timeout_ms ? opt->timeout_ms : TIMEOUT_MS;
	r->selector = strdup(selector);
	if (!r->selector)
		vmm_err_nomem(err);
	else if (vmm_store_dup(st, &r->st, err) == 0)
		return r;
	free_removal(r);
	return NULL;
}

int vmm_remove(struct vmm_store *st, const struct vmm_strv *vms, const struct vmm_remove_options *opt,
	       vmm_provision_done *done, void *ctx, struct vmm_err *err)
{
	const struct vmm_jobs_limits limits = { .jobs = opt->jobs ? opt->jobs : 8,
						.per_key = opt->per_host ? opt->per_host : 4 };
	struct vmm_job *jobs = calloc(vms->n + 1, sizeof(*jobs));
	struct removing g = { vms, jobs, opt, done, ctx, VMM_STRV_INIT };
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	int ret = jobs ? vmm_inventory_read(st, &inv, err) : vmm_err_nomem(err);
	size_t n = 0, row;

	for (; ret == 0 && n < vms->n; n++) {
		struct removal *r = new_removal(st, vms->s[n], opt, err);

		if (!r) {
			ret = err->code;
			break;
		}
		jobs[n] = (struct vmm_job){ .run = run_removal,
					    .arg = r,
					    .free_arg = free_removal,
					    .limit_ms = r->opt.timeout_ms + GRACE_MS };
		if (vmm_inventory_find_vm(&inv, vms->s[n], &row, NULL) == 0)
			jobs[n].keys[0] = vmm_table_at(inv.vms, row, "host");
	}
	if (ret == 0)
		ret = vmm_jobs_run(jobs, n, &limits, opt->cancel, removed, &g, err);
	else
		while (n > 0)
			free_removal(jobs[--n].arg);
	if (ret == 0)
		vmm_scan_refresh(st, &inv, &g.touched, REFRESH_MS);
	vmm_strv_release(&g.touched);
	free(jobs);
	return ret;
}
