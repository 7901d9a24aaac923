/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One machine, from its start to its first boot, and what is left of that when it fails. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "deploy/internal.h"

#define LOG_MAX ((size_t)1 << 20)

/* ---- the intent ---- */

static bool has(const struct vmm_table *intents, size_t row, const char *what)
{
	return strstr(vmm_table_at(intents, row, "detail"), what);
}

/* The one that an earlier run left: to go on is to mend. */
static int take(struct vmm__task *k)
{
	VMM_TABLE_AUTO *open = NULL;

	if (vmm_intent_list(k->st, &open, &k->err) < 0)
		return k->err.code;
	for (size_t r = 0; r < vmm_table_rows(open); r++)
		if (strcmp(vmm_table_at(open, r, "op"), VMM__DEPLOY_OP) == 0 &&
		    strcmp(vmm_table_at(open, r, "subject"), k->uuid) == 0 &&
		    strcmp(vmm_table_at(open, r, "alive"), "yes") != 0) {
			if (vmm_intent_id(open, r, &k->intent, &k->err) < 0 ||
			    vmm_intent_take(k->st, k->intent, &k->err) < 0)
				return k->err.code;
			/* As vmm_deploy_mend() has it. */
			k->leased = has(open, r, "\"leased\":\"yes\"") &&
				    !has(open, r, "\"written\":\"yes\"");
			return 0;
		}
	return VMM_ENOTFOUND;
}

static int begin(struct vmm__task *k)
{
	VMM_STR_AUTO detail = vmm__detail(k);
	int ret = k->opt.resume ? take(k) : VMM_ENOTFOUND;

	if (!detail)
		return vmm_err_nomem(&k->err);
	if (ret != VMM_ENOTFOUND)
		return ret;
	ret = vmm_intent_begin(k->st, VMM__DEPLOY_OP, k->uuid, detail, &k->intent, &k->err);
	if (ret == VMM_EREFUSED && !k->opt.resume)
		return vmm_err_prefix(&k->err, "--resume goes on with it");
	return ret;
}

/* ---- the system ---- */

static uint64_t armed_s(const struct vmm__task *k)
{
	return (k->p->limits[VMM_STAGE_BOOT] + k->p->limits[VMM_STAGE_AUTHORISE]) / 1000 + 1;
}

static int try_once(struct vmm__task *k)
{
	/* What was begun on the disk is ours, and may be written over: that is in the job. */
	int ret = vmm__job_make(k);

	k->stage = VMM_STAGE_BOOT;
	vmm__progress(k, 0, 0);
	if (ret == 0)
		ret = vmm_boot_job_arm(k->boot, k->job, armed_s(k), &k->err);
	if (ret == 0)
		ret = vmm__bmc_start(k);
	if (ret == 0) {
		k->started = true;
		ret = vmm__deploy_record(k, "deploying");
	}
	return ret ? ret : vmm__follow(k);
}

static int try_often(struct vmm__task *k)
{
	int ret = VMM_EAGAIN;

	for (unsigned i = 0; ret == VMM_EAGAIN && i <= k->opt.retries; i++) {
		if (i > 0)
			vmm__log(k, k->stage, "%s; start %u of %u", k->err.text, i + 1,
				 k->opt.retries + 1);
		k->err = (struct vmm_err){ 0 };
		ret = try_once(k);
	}
	return ret;
}

/* A job that an earlier run left may have gone on without it, or be at an end. */
static bool is_under_way(struct vmm__task *k)
{
	VMM_BOOT_JOB_AUTO *job = NULL;
	enum vmm_boot_state state;

	if (!k->opt.resume || !*k->job || vmm_boot_job_read(k->boot, k->job, &job, NULL) < 0)
		return false;
	state = vmm_boot_job_state(k->boot, k->job);
	return strcmp(job->uuid, k->uuid) == 0 && state >= VMM_BOOT_GIVEN;
}

static bool goes_on(const struct vmm__task *k, unsigned stage)
{
	return !k->opt.until || k->opt.until > stage;
}

static int install(struct vmm__task *k)
{
	int ret;

	if (is_under_way(k)) {
		vmm__log(k, k->stage, "going on with what is under way");
		ret = vmm__follow(k);
	} else {
		ret = VMM_EAGAIN;
	}
	if (ret < 0 && ret != VMM_ECANCEL)
		ret = try_often(k);
	if (ret < 0 || (k->opt.until && k->opt.until < VMM_STAGE_CUSTOMISE))
		return ret;
	k->written = true;
	ret = vmm__note(k);
	return ret ? ret : vmm__deploy_record(k, "deploying");
}

/* What can be known before its power is touched. */
static int discover(struct vmm__task *k)
{
	int ret;

	k->stage = VMM_STAGE_DISCOVER;
	vmm__progress(k, 0, 0);
	vmm__log(k, k->stage, "begin %s, UUID %s, profile %s", k->name, k->uuid, k->p->name);
	ret = vmm__bmc_check(k);
	/* What is known of one that is refused stays as it was. */
	if (ret == 0)
		ret = vmm__deploy_record(k, "deploying");
	if (ret == 0)
		vmm__log(k, k->stage, "done");
	return ret;
}

static int work(struct vmm__task *k)
{
	int ret = 0;

	if (!k->written) {
		ret = discover(k);
		if (ret < 0 || !goes_on(k, VMM_STAGE_DISCOVER))
			return ret;
		ret = vmm__deploy_leases_take(k);
		if (ret == 0)
			ret = install(k);
	}
	return ret < 0 || !goes_on(k, VMM_STAGE_CUSTOMISE) ? ret : vmm__finish(k);
}

/* ---- the end ---- */

/* What scripts have printed goes with the job: the log keeps it. */
static void keep_log(struct vmm__task *k)
{
	VMM_BUF_AUTO tail = VMM_BUF_INIT;

	vmm__job_tail(k, LOG_MAX, &tail);
	vmm__log_append(k, tail.data, tail.len);
}

static int settle(struct vmm__task *k, int ret)
{
	const char *word = vmm_err_word(ret, goes_on(k, VMM_STAGE_CUSTOMISE) ? "done" : "stopped");
	struct vmm_err why;

	keep_log(k);
	if (ret < 0)
		vmm__log(k, k->stage, "%s: %s", word, k->err.text);
	/* As it was found; one that has failed is left for whoever looks at its console. */
	if (k->declined && !k->touched)
		vmm__bmc_off(k);
	vmm__job_remove(k);
	/* The addresses of a machine that has its system are in use. */
	if (k->leased && !k->written && vmm__deploy_leases_return(k->st, k->uuid, &why) < 0 &&
	    ret == 0) {
		k->err = why;
		ret = why.code;
	}
	if ((k->recorded || !k->known) && vmm__deploy_record(k, word) < 0 && ret == 0)
		ret = k->err.code;
	vmm_intent_end(k->st, k->intent, word, NULL);
	if (ret == 0)
		vmm__log(k, k->stage, "%s", word);
	return ret;
}

int vmm__deploy(struct vmm__task *k)
{
	int ret;

	if (k->already)
		return 0;
	ret = begin(k);
	k->busy = ret < 0;
	if (ret < 0)
		return ret;
	ret = vmm__plan_again(k);
	if (ret == 0 && k->already) {
		vmm_intent_end(k->st, k->intent, "done", NULL);
		return 0;
	}
	return settle(k, ret < 0 ? ret : work(k));
}
