/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the boot server and the agent tell of a machine, and what it means when they tell nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "deploy/internal.h"
#include "ssh/ssh.h"

#define POLL_MS 200
#define POWER_EVERY_MS 10000
#define TAIL 400
#define HOST_KEYS_MAX 8
#define DISK_ID_MAX 512

struct following {
	struct vmm__task *k;
	uint64_t offset, since, asked;
	unsigned stage; /* whose time it is */
	bool over;
	char *failure; /* what the last stage that failed said */
};

/* ---- one event ---- */

static void enter(struct following *f, unsigned stage)
{
	if (stage <= f->stage && stage <= f->k->stage)
		return;
	f->k->stage = f->stage = stage;
	f->since = vmm_clock_ms();
	vmm__deploy_record(f->k, "deploying");
	vmm__progress(f->k, 0, 0);
}

static uint64_t number(const struct vmm_table *t, size_t row, const char *column)
{
	uint64_t n = 0;

	vmm_num_u64(column, vmm_table_at(t, row, column), 0, UINT64_MAX, &n, NULL);
	return n;
}

static void see_progress(struct following *f, const struct vmm_table *t, size_t row)
{
	uint64_t done = number(t, row, "done");

	vmm__progress(f->k, done, number(t, row, "total"));
	if (f->k->stage == VMM_STAGE_IMAGE && done > 0 && !f->k->touched) {
		f->k->touched = true;
		vmm__deploy_record(f->k, "deploying");
	}
}

static void add_tail(struct vmm__task *k, struct vmm_buf *out)
{
	VMM_BUF_AUTO tail = VMM_BUF_INIT;
	VMM_BUF_AUTO line = VMM_BUF_INIT;

	vmm__job_tail(k, TAIL, &tail);
	vmm__tail_line(tail.data, tail.len, TAIL, &line);
	if (line.len)
		vmm_buf_addf(out, "; it printed: %s", line.data);
}

static int see_end(struct following *f, const char *text)
{
	struct vmm__task *k = f->k;
	VMM_BUF_AUTO why = VMM_BUF_INIT;
	bool refused = strncmp(text, "refused", 7) == 0;
	const char *rest = text + strcspn(text, " ");

	f->over = true;
	k->declined = refused;
	if (strncmp(text, "done", 4) == 0)
		return 0;
	vmm_buf_adds(&why, f->failure ? f->failure : rest + (*rest == ' '));
	/* Late scripts run while it is customised. */
	if (f->stage == VMM_STAGE_SCRIPTS || f->stage == VMM_STAGE_DRIVERS ||
	    f->stage == VMM_STAGE_CUSTOMISE)
		add_tail(k, &why);
	return vmm_err_set(&k->err, refused ? VMM_EREFUSED : VMM_EFAIL, "%s: %s",
			   vmm_boot_stage(k->stage), why.len ? why.data : "it failed");
}

static void keep(char **where, const char *text)
{
	free(*where);
	*where = strdup(text);
}

/*
 * It goes into files of keys that are believed: a machine that has been taken over must not be able to
 * write a line about another one.
 */
static int see_host_key(struct vmm__task *k, const char *text)
{
	VMM_BUF_AUTO key = VMM_BUF_INIT;

	if (k->host_keys.n == HOST_KEYS_MAX || !vmm_ssh_host_key(text, &key))
		return vmm_err_set(&k->err, VMM_EFAIL, "the agent told of a host key that is none");
	if (key.failed || vmm_strv_add(&k->host_keys, key.data) < 0)
		return vmm_err_nomem(&k->err);
	return vmm__deploy_record(k, "deploying"); /* it has to be known before the system is said to be there */
}

/* Another start must find this one: what may be overwritten without being asked for is there. */
static int see_disk(struct vmm__task *k, const char *text)
{
	if (k->disk_id || !*text || strlen(text) > DISK_ID_MAX)
		return 0;
	k->disk_id = strdup(text);
	return k->disk_id ? vmm__deploy_record(k, "deploying") : vmm_err_nomem(&k->err);
}

static int see(struct following *f, const struct vmm_table *t, size_t row)
{
	const char *state = vmm_table_at(t, row, "state"), *text = vmm_table_at(t, row, "text");
	unsigned stage = (unsigned)number(t, row, "stage");
	bool agent = strcmp(vmm_table_at(t, row, "source"), "agent") == 0;

	if (stage >= VMM_STAGES)
		return 0;
	if (strcmp(state, "progress") != 0)
		vmm__log(f->k, stage ? stage : f->k->stage, "%s%s%s", state, *text ? " " : "", text);
	if (strcmp(state, "end") == 0)
		return see_end(f, text);
	if (strcmp(state, "begin") == 0 || strcmp(state, "progress") == 0)
		enter(f, stage);
	if (strcmp(state, "progress") == 0)
		see_progress(f, t, row);
	if (strcmp(state, "hostkey") == 0 && see_host_key(f->k, text) < 0)
		return f->k->err.code;
	if (strcmp(state, "disk") == 0 && see_disk(f->k, text) < 0)
		return f->k->err.code;
	/* What strangers are refused is for the log; what the agent says is about its machine. */
	if (agent && (strcmp(state, "failed") == 0 || strcmp(state, "refused") == 0))
		keep(&f->failure, text);
	if (strcmp(state, "done") == 0 && stage) {
		enter(f, stage);
		f->stage = stage + 1;
		f->since = vmm_clock_ms();
		/* From there on the agent knows, and ends by itself. */
		f->over = f->k->opt.until == stage && stage < VMM_STAGE_AGENT;
	}
	return 0;
}

static int see_all(struct following *f)
{
	VMM_TABLE_AUTO *t = NULL;
	int ret = vmm_boot_events(f->k->boot, f->k->job, &f->offset, &t, &f->k->err);

	for (size_t r = 0; ret == 0 && r < vmm_table_rows(t) && !f->over; r++)
		ret = see(f, t, r);
	return ret;
}

/* ---- and when there is none ---- */

static int check_time(struct following *f)
{
	struct vmm__task *k = f->k;
	unsigned stage = f->stage < VMM_STAGE_BOOT ? VMM_STAGE_BOOT : f->stage;
	/* The role is ours to do: until the agent has said that it is at an end. */
	uint64_t limit = k->p->limits[stage < VMM_STAGE_ROLE ? stage : VMM_STAGE_CUSTOMISE];
	uint64_t now = vmm_clock_ms();
	int ret;

	if (k->opt.cancel && k->opt.cancel->level >= 2)
		return vmm_err_set(&k->err, VMM_ECANCEL, "aborted in stage %s",
				   vmm_boot_stage(k->stage));
	if (now - f->since >= limit)
		return vmm_err_set(&k->err, VMM_EAGAIN, "%s: not at an end after %llu s",
				   vmm_boot_stage(stage < VMM_STAGE_ROLE ? stage
									 : VMM_STAGE_CUSTOMISE),
				   (unsigned long long)limit / 1000);
	if (f->stage <= VMM_STAGE_BOOT || now - f->asked < POWER_EVERY_MS)
		return 0;
	f->asked = now;
	if (!vmm__bmc_is_off(k))
		return 0;
	ret = see_all(f);
	if (ret < 0 || f->over)
		return ret;
	return vmm_err_set(&k->err, VMM_EAGAIN, "%s: its power is off", vmm_boot_stage(k->stage));
}

int vmm__follow(struct vmm__task *k)
{
	struct following f = { .k = k, .since = vmm_clock_ms(), .asked = vmm_clock_ms() };
	int ret;

	k->err = (struct vmm_err){ 0 };
	vmm_strv_release(&k->host_keys);
	for (;;) {
		ret = see_all(&f);
		if (ret == 0 && !f.over)
			ret = check_time(&f);
		if (ret < 0 || f.over)
			break;
		vmm_sleep_ms(POLL_MS);
	}
	free(f.failure);
	return ret;
}
