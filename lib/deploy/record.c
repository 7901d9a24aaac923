/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a machine is: for the next command in the table, for a crash in the journal, for people in a log. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"
#include "base/percent.h"
#include "base/rows.h"
#include "deploy/internal.h"

#define LOGS "deploy"

static const char *const tables[] = { VMM__MACHINES, NULL };
static const char *const columns[] = {
	"uuid",    "name",     "serial", "macs",      "bmc",     "bmc_auth", "firmware",
	"profile", "job",      "stage",  "state",     "started", "written",  "touched",
	"disk",    "hostkeys", "error",  "addresses", "seen",    NULL,
};

int vmm__machines_read(struct vmm_store *st, struct vmm_table **out, struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = NULL;

	if (vmm_store_read(st, tables, &t, err) < 0)
		return err->code;
	for (size_t i = 0; columns[i]; i++)
		if (vmm_table_need(t, columns[i]) < 0)
			return vmm_err_nomem(err);
	*out = t;
	t = NULL;
	return 0;
}

long vmm__machine_row(const struct vmm_table *machines, const char *column, const char *value)
{
	return vmm_table_find(machines, vmm_table_col(machines, column), value);
}

/* ---- the table ---- */

struct change {
	struct vmm__task *k;
	const char *state;
};

/* Of two runs at the same time one only gets a name. */
static int check_name(const struct vmm_table *t, const struct vmm__task *k, struct vmm_err *err)
{
	for (size_t r = 0; r < vmm_table_rows(t); r++)
		if (strcmp(vmm_table_at(t, r, "name"), k->name) == 0 &&
		    strcmp(vmm_table_at(t, r, "uuid"), k->uuid) != 0)
			return vmm_err_set(err, VMM_EREFUSED,
					   "another machine has that name (UUID %s)",
					   vmm_table_at(t, r, "uuid"));
	return 0;
}

static int change(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	const struct change *c = arg;
	const struct vmm__task *k = c->k;
	char now[VMM_TIME_LEN + 1];
	const struct {
		const char *column, *value;
	} cells[] = {
		{ "uuid", k->uuid },
		{ "name", k->name },
		{ "serial", k->serial },
		{ "bmc", k->bmc },
		{ "bmc_auth", k->bmc_auth },
		{ "firmware", k->firmware },
		{ "profile", k->p->name },
		{ "job", k->job },
		{ "stage", vmm_boot_stage(k->stage) },
		{ "state", c->state },
		{ "started", k->started ? "yes" : "no" },
		{ "written", k->written ? "yes" : "no" },
		{ "touched", k->touched ? "yes" : "no" },
		{ "disk", k->disk_id ? k->disk_id : "" },
		{ "error", strcmp(c->state, "deploying") == 0 || strcmp(c->state, "done") == 0
				   ? ""
				   : k->err.text },
		{ "seen", now },
	};
	long row = vmm_table_need(t[0], "uuid") < 0 ? -1 : vmm__machine_row(t[0], "uuid", k->uuid);

	if (check_name(t[0], k, err) < 0)
		return err->code;
	vmm_time_now(now);
	if (row < 0)
		row = vmm_table_add(t[0]);
	for (size_t i = 0; row >= 0 && i < sizeof(cells) / sizeof(*cells); i++)
		if (vmm_table_put(t[0], (size_t)row, cells[i].column, cells[i].value) < 0)
			return vmm_err_nomem(err);
	if (row < 0 || vmm_list_put(t[0], (size_t)row, "macs", &k->macs) < 0 ||
	    vmm_list_put(t[0], (size_t)row, "hostkeys", &k->host_keys) < 0 ||
	    vmm_list_put(t[0], (size_t)row, "addresses", &k->addresses) < 0)
		return vmm_err_nomem(err);
	return 0;
}

int vmm__deploy_record(struct vmm__task *k, const char *state)
{
	struct change c = { k, state };
	struct vmm_err why;

	if (vmm_store_change(k->st, tables, change, &c, &why) == 0) {
		k->recorded = true;
		return 0;
	}
	/* Why it failed is worth more than that this could not be written. */
	if (!k->err.code)
		k->err = why;
	return why.code;
}

static bool says_yes(const struct vmm_table *t, size_t row, const char *column)
{
	return strcmp(vmm_table_at(t, row, column), "yes") == 0;
}

int vmm__recall(struct vmm__task *k, const struct vmm_table *machines, size_t row)
{
	const char *state = vmm_table_at(machines, row, "state");
	const char *job = vmm_table_at(machines, row, "job");
	const char *disk = vmm_table_at(machines, row, "disk");

	if (strcmp(vmm_table_at(machines, row, "profile"), k->p->name) != 0)
		return vmm_err_set(&k->err, VMM_EREFUSED, "it was begun with profile '%s'",
				   vmm_table_at(machines, row, "profile"));
	k->already = strcmp(state, "done") == 0;
	k->started = says_yes(machines, row, "started");
	k->written = says_yes(machines, row, "written");
	k->touched = says_yes(machines, row, "touched");
	/*
	 * A run that was cut short had seen that it was off. One that was refused may have been left
	 * running what it had.
	 */
	k->begun = k->written || k->touched || strcmp(state, "deploying") == 0 ||
		   (k->started && strcmp(state, "refused") != 0);
	k->stage = vmm_stage_of(vmm_table_at(machines, row, "stage"));
	*k->job = '\0';
	if (strlen(job) == VMM_BOOT_ID_LEN)
		memcpy(k->job, job, sizeof(k->job));
	free(k->disk_id);
	k->disk_id = k->touched && *disk ? strdup(disk) : NULL;
	if (k->touched && *disk && !k->disk_id)
		return vmm_err_nomem(&k->err);
	vmm_strv_release(&k->host_keys);
	vmm_strv_release(&k->addresses);
	if (vmm_list_split(&k->host_keys, vmm_table_at(machines, row, "hostkeys")) < 0 ||
	    vmm_list_split(&k->addresses, vmm_table_at(machines, row, "addresses")) < 0)
		return vmm_err_nomem(&k->err);
	return 0;
}

/* ---- the journal ---- */

char *vmm__detail(const struct vmm__task *k)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_addc(&b, '{');
	vmm_json_member(&b, false, "machine", k->name, VMM_TEXT);
	vmm_json_member(&b, true, "uuid", k->uuid, VMM_TEXT);
	vmm_json_member(&b, true, "profile", k->p->name, VMM_TEXT);
	vmm_json_member(&b, true, "image", k->image.sha256, VMM_TEXT);
	vmm_json_member(&b, true, "leased", k->leased ? "yes" : "no", VMM_TEXT);
	vmm_json_member(&b, true, "written", k->written ? "yes" : "no", VMM_TEXT);
	vmm_buf_addc(&b, '}');
	return vmm_buf_steal(&b);
}

int vmm__note(struct vmm__task *k)
{
	VMM_STR_AUTO detail = vmm__detail(k);

	return detail ? vmm_intent_note(k->st, k->intent, detail, &k->err) : vmm_err_nomem(&k->err);
}

/* ---- the log ---- */

/* STATE/deploy/NAME.txt; none where the state is no folder. */
static int open_log(struct vmm__task *k)
{
	const char *state = vmm_store_folder(k->st);
	VMM_BUF_AUTO path = VMM_BUF_INIT;

	if (!state)
		return -1;
	if (!k->log) {
		vmm_buf_addf(&path, "%s/" LOGS, state);
		if (path.failed || (mkdir(path.data, 0700) < 0 && errno != EEXIST))
			return -1;
		vmm_buf_addf(&path, "/%s.txt", k->name);
		k->log = vmm_buf_steal(&path);
	}
	return k->log ? open(k->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)
		      : -1;
}

void vmm__log_append(struct vmm__task *k, const char *bytes, size_t n)
{
	int fd = open_log(k);

	if (fd < 0)
		return;
	(void)vmm_write_fd(fd, bytes, n);
	close(fd);
}

void vmm__progress(struct vmm__task *k, uint64_t done, uint64_t total)
{
	char stage[32];
	const struct vmm_progress p = {
		.subject = k->name, .stage = stage, .done = done, .total = total, .downtime_ms = -1
	};

	snprintf(stage, sizeof(stage), "%u %s", k->stage, vmm_boot_stage(k->stage));
	vmm_progress_report(k->opt.progress, &p);
}

void vmm__log(struct vmm__task *k, unsigned stage, const char *fmt, ...)
{
	VMM_BUF_AUTO line = VMM_BUF_INIT;
	char now[VMM_TIME_LEN + 1];
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	vmm_time_now(now);
	vmm_buf_addf(&line, "%s %u %s: ", now, stage, vmm_boot_stage(stage));
	vmm_percent_encode(&line, text);
	vmm_buf_addc(&line, '\n');
	if (!line.failed)
		vmm__log_append(k, line.data, line.len);
}
