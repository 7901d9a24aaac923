/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many machines: planned all, then the image, then the machines. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rows.h"
#include "deploy/internal.h"
#include "inventory/uri.h"
#include "ssh/ssh.h"

#define GRACE_MS (5 * 60 * 1000) /* beyond the deadlines: its BMC, taking back */
#define SCRIPT_MAX ((size_t)1 << 20)

struct item {
	const struct vmm_deploy_request *req;
	struct vmm__task *k; /* NULL once told of, or lost */
	int code;            /* of its plan */
	bool told;
};

struct batch {
	struct vmm_store *st;
	struct vmm_deploy_options opt;
	struct vmm_inventory inv;
	struct vmm_table *machines;
	struct vmm_boot *boot;
	struct vmm_profile *p;
	struct vmm_image image;
	struct vmm__prepared disk;
	struct vmm_strv script_sha, driver_sha;
	char *first_boot;
	struct item *items;
	size_t n;
	vmm_deploy_done *done;
	void *ctx;
	bool stop;
};

static const char *word(const struct batch *b, const struct vmm__task *k, int code)
{
	if (k->busy && code == VMM_EAGAIN)
		return "refused";
	return vmm_err_word(code, k->already ? "already" : b->opt.dry_run ? "possible" : "done");
}

/* `result` and `error`: NULL: those of the task. */
static void tell(struct batch *b, struct item *it, int code, const char *result, const char *error)
{
	const struct vmm__task *k = it->k;
	VMM_BUF_AUTO addresses = VMM_BUF_INIT;
	struct vmm_deploy_result r = {
		.name = vmm_str_or_empty(k && k->name ? k->name : it->req->name),
		.uuid = vmm_str_or_empty(k && k->uuid ? k->uuid : it->req->uuid),
		.stage = k ? vmm_boot_stage(k->stage) : "",
		.result = result ? result
			  : k    ? word(b, k, code)
				 : "failed",
		.log = vmm_str_or_empty(k ? k->log : NULL),
		.error = error                ? error
			 : k && code < VMM_OK ? k->err.text
					      : "",
		.ms = k ? k->ms : 0,
		.code = code
	};

	if (k)
		vmm_list_join(&addresses, &k->addresses);
	r.addresses = code == VMM_OK || (k && k->written) ? addresses.data : "";
	it->told = true;
	if (b->done(&r, b->ctx) != 0 || (code < 0 && b->opt.fail_fast))
		b->stop = true;
}

/* ---- what all of them have in common ---- */

static int find_file(struct batch *b, const char *spec, const char *kind, struct vmm_image *out,
		     struct vmm_err *err)
{
	int ret = vmm_image_find(b->st, spec, out, err);

	if (ret == VMM_ENOTFOUND)
		return vmm_err_set(err, ret, "%s '%s' is not in the library", kind, spec);
	if (ret < 0)
		return ret;
	if (strcmp(out->kind, kind) != 0)
		return vmm_err_set(err, VMM_EINPUT, "'%s' is no %s, but of kind %s", spec, kind,
				   out->kind);
	return 0;
}

/* Into the boot folder, where its name is its checksum: that is compared with the library's. */
static int put_file(struct batch *b, const char *spec, const char *kind, struct vmm_strv *sha,
		    struct vmm_err *err)
{
	VMM_IMAGE_AUTO file = VMM_IMAGE_INIT;
	char got[VMM_BOOT_SHA_LEN + 1];
	int fd, ret = find_file(b, spec, kind, &file, err);

	if (ret == 0 && !b->opt.dry_run) {
		ret = vmm_image_open(&file, &fd, err);
		if (ret < 0)
			return ret;
		ret = vmm_boot_file_put(b->boot, fd, got, err);
		close(fd);
		if (ret == 0 && strcmp(got, file.sha256) != 0)
			ret = vmm_err_set(err, VMM_EFAIL, "%s '%s' is damaged in the library", kind,
					  spec);
	}
	if (ret == 0 && vmm_strv_add(sha, file.sha256) < 0)
		ret = vmm_err_nomem(err);
	return ret;
}

static int put_files(struct batch *b, struct vmm_err *err)
{
	int ret = 0;

	for (size_t i = 0; i < b->p->nscripts && ret == 0; i++)
		ret = put_file(b, b->p->scripts[i].file, "script", &b->script_sha, err);
	for (size_t i = 0; i < b->p->ndrivers && ret == 0; i++)
		ret = put_file(b, b->p->drivers[i].file, "driver", &b->driver_sha, err);
	return ret;
}

static int read_first_boot(struct batch *b, struct vmm_err *err)
{
	VMM_IMAGE_AUTO file = VMM_IMAGE_INIT;
	size_t len;
	int fd, ret;

	if (!*b->p->first_boot)
		return 0;
	if (find_file(b, b->p->first_boot, "script", &file, err) < 0 ||
	    vmm_image_verify(&file, NULL, NULL, err) < 0 || vmm_image_open(&file, &fd, err) < 0)
		return err->code;
	ret = vmm_read_fd(b->p->first_boot, fd, SCRIPT_MAX, &b->first_boot, &len, err);
	close(fd);
	return ret;
}

static int refuse(const char *what, bool warning, void *arg)
{
	(void)warning; /* a machine that nobody can reach is no better than none */
	return vmm_err_set(arg, VMM_EREFUSED, "%s", what);
}

static int check_pools(struct batch *b, struct vmm_err *err)
{
	static const char *const names[] = { "pools", NULL };
	VMM_TABLE_AUTO *pools = NULL;

	if (vmm_store_read(b->st, names, &pools, err) < 0)
		return err->code;
	return vmm__profile_pools(b->p, pools, refuse, err);
}

static int check_role(struct batch *b, struct vmm_err *err)
{
	VMM_STR_AUTO text = NULL;

	if (strcmp(b->p->role, "plain") == 0)
		return 0;
	return vmm__role_read(b->opt.conf, b->p->role, &text, err);
}

/* What the last stage needs: it would be a pity to find out after an hour. */
static int check_ssh(const struct batch *b, struct vmm_err *err)
{
	VMM_BUF_AUTO uri = VMM_BUF_INIT;

	if (b->opt.until && b->opt.until < VMM_STAGE_ROLE)
		return 0;
	if (vmm_ssh_files_check(b->opt.key, b->opt.known_hosts, err) < 0)
		return err->code;
	if (strcmp(b->p->role, "plain") == 0)
		return 0;
	vmm__host_uri(b->p->user, "192.0.2.1", b->opt.key, &uri);
	return uri.failed ? vmm_err_nomem(err) : vmm_uri_check(uri.data, err);
}

static int check_agent(struct batch *b, struct vmm_err *err)
{
	VMM_STR_AUTO kernel = vmm_boot_at(b->boot, "agent/vmlinuz");
	VMM_STR_AUTO initrd = vmm_boot_at(b->boot, "agent/initrd");

	if (!kernel || !initrd)
		return vmm_err_nomem(err);
	if (access(kernel, F_OK) == 0 && access(initrd, F_OK) == 0)
		return 0;
	return vmm_err_set(err, VMM_EREFUSED, "there is no agent in '%s'; agent-build makes it",
			   vmm_boot_root(b->boot));
}

static int open_boot(struct batch *b, struct vmm_boot **out, struct vmm_err *err)
{
	VMM_STR_AUTO path = vmm_boot_path(vmm_store_folder(b->st), err);

	return path ? vmm_boot_open(path, !b->opt.dry_run, out, err) : (int)err->code;
}

static int prepare(struct batch *b, struct vmm_err *err)
{
	if (vmm_inventory_read(b->st, &b->inv, err) < 0 ||
	    vmm__machines_read(b->st, &b->machines, err) < 0 ||
	    vmm_profile_load(b->opt.conf, b->opt.profile, &b->p, err) < 0 ||
	    find_file(b, b->p->image, "image", &b->image, err) < 0 || check_pools(b, err) < 0 ||
	    check_role(b, err) < 0 || check_ssh(b, err) < 0)
		return err->code;
	if (!b->opt.dry_run && (open_boot(b, &b->boot, err) < 0 || check_agent(b, err) < 0))
		return err->code;
	return put_files(b, err) < 0 || read_first_boot(b, err) < 0 ? (int)err->code : 0;
}

/* ---- each ---- */

static int copy_list(struct vmm_strv *to, const struct vmm_strv *from)
{
	for (size_t i = 0; i < from->n; i++)
		if (vmm_strv_add(to, from->s[i]) < 0)
			return VMM_ENOMEM;
	return 0;
}

static int equip(struct batch *b, struct vmm__task *k)
{
	if (vmm_profile_load(b->opt.conf, b->opt.profile, &k->p, &k->err) < 0 ||
	    vmm_image_find(b->st, b->p->image, &k->image, &k->err) < 0 ||
	    (!b->opt.dry_run && open_boot(b, &k->boot, &k->err) < 0))
		return k->err.code;
	if (copy_list(&k->script_sha, &b->script_sha) < 0 ||
	    copy_list(&k->driver_sha, &b->driver_sha) < 0 ||
	    (b->first_boot && !(k->first_boot = strdup(b->first_boot))))
		return vmm_err_nomem(&k->err);
	return 0;
}

static int plan_all(struct batch *b, struct vmm_err *err)
{
	struct vmm__planning pl = { .opt = &b->opt, .inv = &b->inv, .machines = b->machines };
	int ret = 0;

	for (size_t i = 0; i < b->n && ret == 0; i++) {
		struct item *it = &b->items[i];

		it->k = vmm__deploy_task_new(b->st, &b->opt, err);
		if (!it->k) {
			ret = err->code;
			break;
		}
		it->code = equip(b, it->k);
		if (it->code == 0)
			it->code = vmm__plan(&pl, it->req, it->k);
	}
	vmm_strv_release(&pl.names);
	vmm_strv_release(&pl.uuids);
	vmm_strv_release(&pl.bmcs);
	return ret;
}

/* A name of --wipe that means nobody is a slip of the pen that should be seen. */
static int check_wipe(struct batch *b, struct vmm_err *err)
{
	for (size_t w = 0; b->opt.wipe && w < b->opt.wipe->n; w++) {
		bool found = false;

		for (size_t i = 0; i < b->n; i++)
			found |= b->items[i].k && b->items[i].k->name &&
				 strcmp(b->items[i].k->name, b->opt.wipe->s[w]) == 0;
		if (!found)
			return vmm_err_set(err, VMM_EINPUT,
					   "--wipe '%s': it is not among those to be deployed",
					   b->opt.wipe->s[w]);
	}
	return 0;
}

/* Those for which there is no more to do. */
static void tell_planned(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->items[i].code < 0 || b->opt.dry_run)
			tell(b, &b->items[i], b->items[i].code, NULL, NULL);
}

static bool needs_start(const struct batch *b)
{
	if (b->opt.until && b->opt.until < VMM_STAGE_BOOT)
		return false;
	for (size_t i = 0; i < b->n; i++)
		if (!b->items[i].told && !b->items[i].k->written && !b->items[i].k->already)
			return true;
	return false;
}

/* Nothing of that is worth while when no machine could get it. */
static int prepare_image(struct batch *b, struct vmm_err *err)
{
	const struct vmm__preparing w = { .st = b->st,
					  .boot = b->boot,
					  .image = &b->image,
					  .cancel = b->opt.cancel,
					  .progress = b->opt.progress };

	if (!needs_start(b))
		return 0;
	if (!b->opt.served_elsewhere && vmm_boot_check_served(b->boot, err) < 0)
		return err->code;
	if (vmm__image_prepare(&w, &b->disk, err) < 0)
		return vmm_err_prefix(err, "image '%s'", b->p->image);
	return 0;
}

/* ---- the machines ---- */

static int run_task(void *arg)
{
	struct vmm__task *k = arg;
	uint64_t started = vmm_clock_ms();
	int ret = vmm__deploy(k);

	k->ms = vmm_clock_ms() - started;
	return ret;
}

struct running {
	struct batch *b;
	struct vmm_job *jobs;
	struct item **of;
};

static void progress_done(struct batch *b, const struct vmm__task *k)
{
	const struct vmm_progress p = { .subject = k->name, .stage = "done", .downtime_ms = -1 };

	vmm_progress_report(b->opt.progress, &p);
}

static int ended(struct vmm_job *job, void *arg)
{
	struct running *r = arg;
	struct item *it = r->of[job - r->jobs];

	if (job->state == VMM_JOB_DONE) {
		progress_done(r->b, it->k);
		tell(r->b, it, job->code, NULL, NULL);
	} else if (job->state == VMM_JOB_SKIPPED) {
		tell(r->b, it, job->code, "skipped", "not started");
	} else {
		it->k = NULL;
		tell(r->b, it, VMM_EAGAIN, "unknown",
		     "not at an end in time; vmm-fsck takes away what is left");
	}
	it->k = NULL; /* freed with the job */
	return r->b->stop;
}

static uint64_t limit_ms(const struct batch *b)
{
	uint64_t once = 0;

	for (unsigned s = VMM_STAGE_DISCOVER; s < VMM_STAGE_ROLE; s++)
		once += b->p->limits[s];
	return (once + GRACE_MS) * (b->opt.retries + 2) + b->p->limits[VMM_STAGE_ROLE] + GRACE_MS;
}

static int run_all(struct batch *b, struct vmm_err *err)
{
	const struct vmm_jobs_limits limits = { .jobs = b->opt.jobs };
	struct running r = { b, calloc(b->n + 1, sizeof(*r.jobs)),
			     calloc(b->n + 1, sizeof(struct item *)) };
	size_t n = 0;
	int ret = r.jobs && r.of ? 0 : vmm_err_nomem(err);

	for (size_t i = 0; ret == 0 && i < b->n; i++) {
		struct item *it = &b->items[i];

		if (it->told)
			continue;
		it->k->disk = b->disk;
		r.of[n] = it;
		r.jobs[n++] = (struct vmm_job){ .run = run_task,
						.arg = it->k,
						.free_arg = vmm__deploy_task_free,
						.limit_ms = limit_ms(b) };
	}
	if (ret == 0 && n > 0)
		ret = vmm_jobs_run(r.jobs, n, &limits, b->opt.cancel, ended, &r, err);
	free(r.jobs);
	free(r.of);
	return ret;
}

static void release(struct batch *b)
{
	for (size_t i = 0; b->items && i < b->n; i++)
		vmm__deploy_task_free(b->items[i].k);
	free(b->items);
	vmm_table_free(b->machines);
	vmm_inventory_release(&b->inv);
	vmm_profile_free(b->p);
	vmm_image_release(&b->image);
	vmm_boot_close(b->boot);
	vmm_strv_release(&b->script_sha);
	vmm_strv_release(&b->driver_sha);
	free(b->first_boot);
}

int vmm_deploy(struct vmm_store *st, const struct vmm_deploy_request *req, size_t n,
	       const struct vmm_deploy_options *opt, vmm_deploy_done *done, void *ctx,
	       struct vmm_err *err)
{
	struct batch b = { .st = st, .opt = *opt, .n = n, .done = done, .ctx = ctx };
	int ret;

	if (!b.opt.conf)
		b.opt.conf = vmm_conf_folder();
	b.opt.jobs = b.opt.jobs ? b.opt.jobs : 16;
	b.items = calloc(n + 1, sizeof(*b.items));
	ret = b.items ? prepare(&b, err) : vmm_err_nomem(err);
	for (size_t i = 0; ret == 0 && i < n; i++)
		b.items[i].req = &req[i];
	if (ret == 0)
		ret = plan_all(&b, err);
	if (ret == 0)
		ret = check_wipe(&b, err);
	if (ret == 0)
		tell_planned(&b);
	if (ret == 0 && !b.stop)
		ret = prepare_image(&b, err);
	if (ret == 0 && !b.stop)
		ret = run_all(&b, err);
	for (size_t i = 0; ret == 0 && i < n; i++)
		if (!b.items[i].told)
			tell(&b, &b.items[i], VMM_ECANCEL, "skipped", "not started");
	release(&b);
	return ret;
}
