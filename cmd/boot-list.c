/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the jobs of the boot folder, and the machines that asked and have none. */
#include <string.h>

#include "base/rows.h"
#include "boot/spool.h"
#include "deploy/inspect.h"
#include "frame/frame.h"

#define APPROVED_S 86400

static char *folder;
static int approve, forget;

static const struct poptOption options[] = {
	{ "boot", '\0', POPT_ARG_STRING, &folder, 0, "the boot folder", "FOLDER" },
	{ "approve", '\0', POPT_ARG_NONE, &approve, 0, "let these machines be inspected", NULL },
	{ "forget", '\0', POPT_ARG_NONE, &forget, 0,
	  "these machines and inspections are not listed any more", NULL },
	POPT_TABLEEND,
};

static const struct cmd_column columns[] = {
	{ "id", VMM_TEXT, false, "of the job, or of the machine that has none" },
	{ "kind", VMM_TEXT, false, "deploy, inspect, or unknown" },
	{ "name", VMM_TEXT, false, "of the job" },
	{ "mac", VMM_LIST, false, "its network cards" },
	{ "uuid", VMM_TEXT, false, "of the machine" },
	{ "serial", VMM_TEXT, false, "of the machine" },
	{ "state", VMM_TEXT, false,
	  "idle, armed, given, session, ended, forgotten; of an unknown one waiting" },
	{ "stage", VMM_TEXT, false, "the last stage that was reported" },
	{ "text", VMM_TEXT, false, "what was reported" },
	{ "last", VMM_TEXT, false, "when" },
	{ "product", VMM_TEXT, false, "of one that was inspected: what it is" },
	{ "firmware", VMM_TEXT, false, "of one that was inspected: bios or uefi" },
	{ "cpus", VMM_NUMBER, false, "of one that was inspected: processors" },
	{ "memory", VMM_BYTES, false, "of one that was inspected: memory" },
	{ "disks", VMM_LIST, false, "of one that was inspected: NAME:KIND:BYTES:SERIAL of each" },
	{ "vendor", VMM_TEXT, true, "of one that was inspected: who made it" },
	{ "cpu", VMM_TEXT, true, "of one that was inspected: what processor" },
	{ "nics", VMM_LIST, true, "of one that was inspected: NAME:MAC:up|down of each" },
	{ "platform", VMM_TEXT, true, "of an unknown one: pcbios, efi" },
	{ "address", VMM_TEXT, true, "of an unknown one" },
	{ "count", VMM_NUMBER, true, "of an unknown one: how often it asked" },
	CMD_COLUMNS_END,
};

static int put_last_event(struct vmm_boot *b, const char *id, struct vmm_table *t, size_t row,
			  struct vmm_err *err)
{
	VMM_TABLE_AUTO *events = NULL;
	uint64_t offset = 0;
	size_t last;
	int ret = vmm_boot_events(b, id, &offset, &events, err);

	if (ret < 0 || vmm_table_rows(events) == 0)
		return ret;
	last = vmm_table_rows(events) - 1;
	if (vmm_table_put(t, row, "stage", vmm_table_at(events, last, "stage")) < 0 ||
	    vmm_table_put(t, row, "text", vmm_table_at(events, last, "text")) < 0 ||
	    vmm_table_put(t, row, "last", vmm_table_at(events, last, "time")) < 0)
		return vmm_err_nomem(err);
	return 0;
}

/* A report that can't be read is one machine's, and no reason to hide the others. */
static int put_report(struct vmm_boot *b, const char *id, struct vmm_table *t, size_t row,
		      struct vmm_err *err)
{
	VMM_TABLE_AUTO *hw = NULL;
	struct vmm_err why;

	if (vmm_inspect_read(b, id, &hw, &why) < 0)
		return why.code == VMM_ENOMEM ? vmm_err_nomem(err) : 0;
	for (size_t k = 0; k < vmm_table_cols(hw); k++) {
		const char *column = vmm_table_colname(hw, k), *cell = vmm_table_get(hw, 0, (int)k);

		/* The UUID is the one that the job is for. */
		if (!*cell || strcmp(column, "uuid") == 0)
			continue;
		if (vmm_table_put(t, row, strcmp(column, "macs") == 0 ? "mac" : column, cell) < 0)
			return vmm_err_nomem(err);
	}
	return 0;
}

static int add_job(struct vmm_boot *b, const char *id, struct vmm_table *t, struct vmm_err *err)
{
	VMM_BOOT_JOB_AUTO *job = NULL;
	VMM_BUF_AUTO macs = VMM_BUF_INIT;
	int ret = vmm_boot_job_read(b, id, &job, err);
	long row;

	if (ret < 0)
		return ret == VMM_ENOTFOUND ? 0 : ret;
	for (size_t i = 0; i < job->macs.n; i++)
		vmm_list_add(&macs, job->macs.s[i]);
	row = vmm_table_add(t);
	if (macs.failed || vmm_table_put(t, (size_t)row, "id", id) < 0 ||
	    vmm_table_put(t, (size_t)row, "kind", job->inspect ? "inspect" : "deploy") < 0 ||
	    vmm_table_put(t, (size_t)row, "name", job->name) < 0 ||
	    vmm_table_put(t, (size_t)row, "mac", macs.data) < 0 ||
	    vmm_table_put(t, (size_t)row, "uuid", job->uuid) < 0 ||
	    vmm_table_put(t, (size_t)row, "serial", job->serial) < 0 ||
	    vmm_table_put(t, (size_t)row, "state", vmm_boot_state_name(vmm_boot_job_state(b, id))) < 0)
		return vmm_err_nomem(err);
	if (job->inspect && put_report(b, id, t, (size_t)row, err) < 0)
		return err->code;
	return put_last_event(b, id, t, (size_t)row, err);
}

static int add_seen(struct vmm_boot *b, struct vmm_table *t, struct vmm_err *err)
{
	VMM_TABLE_AUTO *seen = NULL;
	int ret = vmm_boot_seen_list(b, &seen, err);

	for (size_t r = 0; ret == 0 && r < vmm_table_rows(seen); r++) {
		long row = vmm_table_copy_row(t, seen, r);

		if (vmm_table_put(t, (size_t)row, "kind", "unknown") < 0 ||
		    vmm_table_put(t, (size_t)row, "state", "waiting") < 0)
			ret = vmm_err_nomem(err);
	}
	return ret;
}

static int list(struct cmd_run *c, struct vmm_boot *b, struct vmm_table *t)
{
	VMM_STRV_AUTO ids = VMM_STRV_INIT;
	int ret = vmm_boot_job_list(b, &ids, &c->err);

	for (size_t i = 0; ret == 0 && i < ids.n; i++)
		ret = add_job(b, ids.s[i], t, &c->err);
	return ret == 0 ? add_seen(b, t, &c->err) : ret;
}

/* Those that the agent is at work on are somebody's who waits. */
static bool is_free(const struct vmm_table *t, size_t row)
{
	if (strcmp(vmm_table_at(t, row, "kind"), "unknown") == 0)
		return true;
	return strcmp(vmm_table_at(t, row, "kind"), "inspect") == 0 &&
	       strcmp(vmm_table_at(t, row, "state"), vmm_boot_state_name(VMM_BOOT_SESSION)) != 0;
}

static int remove_row(struct vmm_boot *b, const struct vmm_table *t, size_t row, struct vmm_err *err)
{
	const char *id = vmm_table_at(t, row, "id");

	if (strcmp(vmm_table_at(t, row, "kind"), "unknown") == 0)
		return vmm_boot_seen_remove(b, id, err);
	vmm_boot_job_disarm(b, id, NULL);
	return vmm_boot_job_remove(b, id, err);
}

/* Inspected once, it is under any of its addresses; it asks by the first. */
static int inspect(struct vmm_boot *b, const struct vmm_table *t, size_t row,
		   char id[VMM_BOOT_ID_LEN + 1], struct vmm_err *err)
{
	VMM_STRV_AUTO macs = VMM_STRV_INIT;
	int ret;

	if (vmm_list_split(&macs, vmm_table_at(t, row, "mac")) < 0)
		return vmm_err_nomem(err);
	ret = vmm_boot_job_inspect(b, "", vmm_table_at(t, row, "uuid"), macs.n ? macs.s[0] : NULL,
				   id, err);
	if (ret == 0)
		ret = vmm_boot_job_arm(b, id, APPROVED_S, err);
	return ret == 0 ? remove_row(b, t, row, err) : ret;
}

/* An operand is an ID or a MAC. */
static bool is_meant(const struct vmm_table *t, size_t row, const char *operand)
{
	char mac[VMM_BOOT_MAC_LEN + 1];

	if (strcmp(vmm_table_at(t, row, "id"), operand) == 0)
		return true;
	return vmm_boot_mac(operand, mac) && strstr(vmm_table_at(t, row, "mac"), mac);
}

/* The row that an operand means, of those that this is for; -1: none. */
static long find(struct cmd_run *c, const struct vmm_table *t, const char *operand)
{
	for (size_t r = 0; r < vmm_table_rows(t); r++)
		if (is_meant(t, r, operand) && is_free(t, r))
			return (long)r;
	vmm_err_set(&c->err, VMM_ENOTFOUND,
		    "no machine '%s' waits to be approved, or was inspected", operand);
	return -1;
}

/* jobs: the IDs under which the machines are listed from then on. */
static int approve_all(struct cmd_run *c, struct vmm_boot *b, const struct vmm_table *t,
		       struct vmm_strv *jobs)
{
	char id[VMM_BOOT_ID_LEN + 1];

	for (size_t i = 0; i < c->args.n; i++) {
		long row = find(c, t, c->args.s[i]);

		if (row < 0 || inspect(b, t, (size_t)row, id, &c->err) < 0)
			return c->err.code;
		if (vmm_strv_add(jobs, id) < 0)
			return vmm_err_nomem(&c->err);
	}
	return 0;
}

static int forget_all(struct cmd_run *c, struct vmm_boot *b, struct vmm_table *t)
{
	for (size_t i = 0; i < c->args.n; i++) {
		long row = find(c, t, c->args.s[i]);

		if (row < 0 || remove_row(b, t, (size_t)row, &c->err) < 0)
			return c->err.code;
		if (vmm_table_put(t, (size_t)row, "state", "forgotten") < 0)
			return vmm_err_nomem(&c->err);
		if (cmd_row(c, t, (size_t)row) < 0)
			return c->err.code;
	}
	return 0;
}

static int print(struct cmd_run *c, const struct vmm_table *t, const struct vmm_strv *operands)
{
	int ret = 0;

	if (operands->n == 0)
		return cmd_rows(c, t);
	for (size_t i = 0; ret == 0 && i < operands->n; i++) {
		size_t n = 0;

		for (size_t r = 0; ret == 0 && r < vmm_table_rows(t); r++)
			if (is_meant(t, r, operands->s[i])) {
				ret = cmd_row(c, t, r);
				n++;
			}
		if (ret == 0 && n == 0)
			ret = vmm_err_set(&c->err, VMM_ENOTFOUND, "no machine or job '%s'",
					  operands->s[i]);
	}
	return ret;
}

static int work(struct cmd_run *c, struct vmm_boot *b)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL), *after = vmm_table_new(NULL);
	VMM_STRV_AUTO jobs = VMM_STRV_INIT;
	int ret = t && after ? list(c, b, t) : vmm_err_nomem(&c->err);

	if (ret == 0 && forget)
		return forget_all(c, b, t);
	if (ret < 0 || !approve)
		return ret < 0 ? ret : print(c, t, &c->args);
	ret = approve_all(c, b, t, &jobs);
	if (ret == 0)
		ret = list(c, b, after);
	return ret == 0 ? print(c, after, &jobs) : ret;
}

static int run(struct cmd_run *c)
{
	VMM_STR_AUTO state = folder ? NULL : vmm_store_url(&c->err);
	struct vmm_boot *b;
	int ret;

	if (approve && forget)
		return vmm_err_set(&c->err, VMM_EINPUT, "either --approve or --forget");
	if ((approve || forget) && c->args.n == 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "%s is for machines that are named",
				   approve ? "--approve" : "--forget");
	ret = folder || state ? vmm_boot_find(folder, state, false, &b, &c->err) : c->err.code;
	if (ret < 0)
		return ret;
	ret = work(c, b);
	vmm_boot_close(b);
	return ret;
}

static const struct cmd boot_list = {
	.name = "boot-list",
	.operands = "[MACHINE...]",
	.summary = "List what machines that boot from the network are to do, and those nobody knows.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&boot_list, argc, argv);
}
