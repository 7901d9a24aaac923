/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the jobs of the boot folder, and the machines that asked and have none. */
#include "boot/spool.h"
#include "frame/frame.h"

#define APPROVED_S 86400

static char *folder;
static int approve;

static const struct poptOption options[] = {
	{ "boot", '\0', POPT_ARG_STRING, &folder, 0, "the boot folder", "FOLDER" },
	{ "approve", '\0', POPT_ARG_NONE, &approve, 0, "let these machines be inspected", NULL },
	POPT_TABLEEND,
};

static const struct cmd_column columns[] = {
	{ "id", VMM_TEXT, false, "of the job, or of the machine that has none" },
	{ "kind", VMM_TEXT, false, "deploy, inspect, or unknown" },
	{ "name", VMM_TEXT, false, "of the job" },
	{ "mac", VMM_LIST, false, "its network cards" },
	{ "uuid", VMM_TEXT, false, "of the machine" },
	{ "serial", VMM_TEXT, false, "of the machine" },
	{ "state", VMM_TEXT, false, "idle, armed, given, session, ended; of an unknown one waiting" },
	{ "stage", VMM_TEXT, false, "the last stage that was reported" },
	{ "text", VMM_TEXT, false, "what was reported" },
	{ "last", VMM_TEXT, false, "when" },
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

static int inspect(struct vmm_boot *b, const struct vmm_table *t, size_t row,
		   char id[VMM_BOOT_ID_LEN + 1], struct vmm_err *err)
{
	int ret = vmm_boot_job_inspect(b, "", vmm_table_at(t, row, "uuid"),
				       vmm_table_at(t, row, "mac"), id, err);

	if (ret == 0)
		ret = vmm_boot_job_arm(b, id, APPROVED_S, err);
	return ret == 0 ? vmm_boot_seen_remove(b, vmm_table_at(t, row, "id"), err) : ret;
}

/* An operand is an ID or a MAC. */
static bool is_meant(const struct vmm_table *t, size_t row, const char *operand)
{
	char mac[VMM_BOOT_MAC_LEN + 1];

	if (strcmp(vmm_table_at(t, row, "id"), operand) == 0)
		return true;
	return vmm_boot_mac(operand, mac) && strstr(vmm_table_at(t, row, "mac"), mac);
}

/* jobs: the IDs under which the machines are listed from then on. */
static int approve_all(struct cmd_run *c, struct vmm_boot *b, const struct vmm_table *t,
		       struct vmm_strv *jobs)
{
	char id[VMM_BOOT_ID_LEN + 1];
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < c->args.n; i++) {
		size_t r = 0;

		while (r < vmm_table_rows(t) && (strcmp(vmm_table_at(t, r, "kind"), "unknown") != 0 ||
						 !is_meant(t, r, c->args.s[i])))
			r++;
		ret = r < vmm_table_rows(t)
			      ? inspect(b, t, r, id, &c->err)
			      : vmm_err_set(&c->err, VMM_ENOTFOUND,
					    "no machine '%s' waits to be approved", c->args.s[i]);
		if (ret == 0 && vmm_strv_add(jobs, id) < 0)
			ret = vmm_err_nomem(&c->err);
	}
	return ret;
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

	if (approve && c->args.n == 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "--approve is for machines that are named");
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
