/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts, VMs and groups for the planners: from files, from the recorded state, from other programs' files. */
#include "frame/planner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame/rowsfile.h"
#include "history/history.h"
#include "inventory/inventory.h"

#define LOAD_MS (10 * 60 * 1000) /* of recorded load, the means of so much of it */

struct cmd_planner_text cmd_planner_text;

const char *const cmd_planner_formats[] = { "ganeti", NULL };

/* JSON has one object a line, or else nobody can tell the line of one: then it is its number that errors name. */
static int number_objects(struct cmd_run *c, struct vmm_table *t, const char *text)
{
	size_t lines = 0, n = vmm_table_rows(t);
	char cell[32];

	if (text[strspn(text, " \t\r\n")] != '{' && text[strspn(text, " \t\r\n")] != '[')
		return 0;
	for (const char *p = text; p; p = strchr(p, '\n'), p += p != NULL)
		lines += *p == '{';
	for (size_t row = 0; row < n; row++) {
		snprintf(cell, sizeof(cell), "%s%zu", lines == n ? "" : "object ", row + 1);
		if (vmm_table_put(t, row, "line", cell) < 0)
			return vmm_err_nomem(&c->err);
	}
	return 0;
}

static int read_rows(struct cmd_run *c, const char *file, struct vmm_table **out, const char **name)
{
	VMM_STR_AUTO text = NULL;
	size_t len;

	if (cmd_read_text(c, file, &text, &len, name) < 0 ||
	    vmm_rows_parse(*name, text, len, out, &c->err) < 0)
		return c->err.code;
	return number_objects(c, *out, text);
}

/* What is in the state, with the load that was recorded last. */
static int read_state(struct cmd_run *c, struct cmd_planner *p)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct vmm_store *st = cmd_store(c);
	time_t now = time(NULL);

	if (!st || vmm_inventory_read(st, &inv, &c->err) < 0 ||
	    vmm_history_join(st, VMM_HISTORY_HOSTS, LOAD_MS, now, inv.hosts, &c->err) < 0 ||
	    vmm_history_join(st, VMM_HISTORY_VMS, LOAD_MS, now, inv.vms, &c->err) < 0)
		return c->err.code;
	if (!p->hosts) {
		p->hosts = inv.hosts;
		p->hosts_file = "hosts";
		inv.hosts = NULL;
	}
	if (!p->vms) {
		p->vms = inv.vms;
		p->vms_file = "vms";
		inv.vms = NULL;
	}
	return 0;
}

static int read_tables(struct cmd_run *c, struct cmd_planner *p)
{
	const struct cmd_planner_text *t = &cmd_planner_text;

	if (t->hosts && t->vms && strcmp(t->hosts, "-") == 0 && strcmp(t->vms, "-") == 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "--hosts and --vms can't both be stdin");
	if (t->hosts && read_rows(c, t->hosts, &p->hosts, &p->hosts_file) < 0)
		return c->err.code;
	if (t->vms && read_rows(c, t->vms, &p->vms, &p->vms_file) < 0)
		return c->err.code;
	return p->hosts && p->vms ? 0 : read_state(c, p);
}

static int read_other(struct cmd_run *c, struct cmd_planner *p)
{
	VMM_STR_AUTO text = NULL;
	const char *file;
	size_t len;

	if (cmd_opt_word("--from", cmd_planner_formats, cmd_planner_text.from, &c->err) < 0)
		return c->err.code;
	if (cmd_planner_text.hosts || cmd_planner_text.vms)
		return vmm_err_set(&c->err, VMM_EINPUT, "--from takes hosts and VMs from one FILE");
	if (c->args.n == 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "--from: FILE is missing");
	if (cmd_read_text(c, c->args.s[0], &text, &len, &file) < 0 ||
	    vmm_ganeti_read(file, text, len, &p->hosts, &p->vms, &c->err) < 0)
		return c->err.code;
	p->file = strdup(file);
	if (!p->file)
		return vmm_err_nomem(&c->err);
	p->hosts_file = p->vms_file = p->file;
	vmm_strv_del(&c->args, 0);
	return 0;
}

static int copy_if(struct vmm_table **t, const struct vmm_table *hosts, int col,
		   const struct vmm_strv *groups)
{
	VMM_TABLE_AUTO *kept = vmm_table_new(NULL);
	struct vmm_index *names = vmm_index_new(hosts, vmm_table_col(hosts, "name"));
	int group = vmm_table_col(hosts, "group"), rc = kept && names ? 0 : VMM_ENOMEM;

	for (size_t i = 0; rc == 0 && i < vmm_table_cols(*t); i++)
		rc = vmm_table_need(kept, vmm_table_colname(*t, i)) < 0 ? VMM_ENOMEM : 0;
	for (size_t row = 0; rc == 0 && row < vmm_table_rows(*t); row++) {
		long host = vmm_index_find(names, vmm_table_get(*t, row, col));

		/* What is on no host at all stays, to be complained of. */
		if (host < 0 || vmm_strv_has(groups, vmm_table_get(hosts, (size_t)host, group)))
			rc = vmm_table_copy_row(kept, *t, row) < 0 ? VMM_ENOMEM : 0;
	}
	vmm_index_free(names);
	if (rc < 0)
		return rc;
	vmm_table_free(*t);
	*t = kept;
	kept = NULL;
	return 0;
}

/* Only the hosts of these groups, and what is on them. */
static int keep_groups(struct cmd_run *c, struct cmd_planner *p, const struct vmm_strv *groups)
{
	if (copy_if(&p->vms, p->hosts, vmm_table_col(p->vms, "host"), groups) < 0 ||
	    copy_if(&p->hosts, p->hosts, vmm_table_col(p->hosts, "name"), groups) < 0)
		return vmm_err_nomem(&c->err);
	return 0;
}

static int keep_automatic(struct cmd_run *c, struct cmd_planner *p)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	size_t n = 0;

	for (size_t i = 0; i < p->ngroups; i++)
		if (p->groups[i]->automatic && vmm_strv_add(&names, p->groups[i]->name) < 0)
			return vmm_err_nomem(&c->err);
	for (size_t i = 0; i < p->ngroups; i++) {
		if (p->groups[i]->automatic)
			p->groups[n++] = p->groups[i];
		else
			vmm_group_free(p->groups[i]);
	}
	p->ngroups = n;
	return keep_groups(c, p, &names);
}

/* Those of --group. */
static int choose_groups(struct cmd_run *c, struct cmd_planner *p)
{
	VMM_STRV_AUTO groups = VMM_STRV_INIT;
	int group = vmm_table_col(p->hosts, "group");

	if (cmd_opt_list(c, cmd_planner_text.groups, &groups) < 0)
		return c->err.code;
	for (size_t i = 0; i < groups.n; i++)
		if (vmm_table_find(p->hosts, group, groups.s[i]) < 0)
			return vmm_err_set(&c->err, VMM_ENOTFOUND, "no host is in group '%s'",
					   groups.s[i]);
	return groups.n > 0 ? keep_groups(c, p, &groups) : 0;
}

int cmd_planner_read(struct cmd_run *c, struct cmd_planner *p)
{
	/* Another program's groups have no files here. */
	const char *rules = cmd_planner_text.rules  ? cmd_planner_text.rules
			    : cmd_planner_text.from ? ""
						    : NULL;
	struct vmm_fleet_input in;

	if ((cmd_planner_text.from ? read_other(c, p) : read_tables(c, p)) < 0)
		return c->err.code;
	if (choose_groups(c, p) < 0 ||
	    vmm_groups_load(p->hosts, rules, &p->groups, &p->ngroups, &c->err) < 0 ||
	    (p->automatic && keep_automatic(c, p) < 0))
		return c->err.code;
	in = (struct vmm_fleet_input){ .hosts = p->hosts,
				       .vms = p->vms,
				       .hosts_file = p->hosts_file,
				       .vms_file = p->vms_file,
				       .groups = p->groups,
				       .ngroups = p->ngroups };
	return vmm_fleet_read(&in, &p->fleet, &c->err);
}

void cmd_planner_release(struct cmd_planner *p)
{
	vmm_fleet_free(p->fleet);
	vmm_groups_free(p->groups, p->ngroups);
	free(p->file);
	vmm_table_free(p->hosts);
	vmm_table_free(p->vms);
}
