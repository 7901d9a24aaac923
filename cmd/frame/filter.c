/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/filter.h"

#include <stdlib.h>
#include <string.h>

struct cmd_filter_text cmd_filter_text;

const char *const cmd_filter_states[] = { "normal",    "warning",   "error",   "stop", "paused",
					  "suspended", "migrating", "unknown", NULL };

static int read_states(struct cmd_run *c, struct vmm_strv *states)
{
	if (cmd_opt_list(c, cmd_filter_text.states, states) < 0)
		return c->err.code;
	for (size_t i = 0; i < states->n; i++)
		if (cmd_opt_word("--state", cmd_filter_states, states->s[i], &c->err) < 0)
			return c->err.code;
	return 0;
}

/* A name may hold a comma, so each --name is one pattern. */
static int read_names(struct cmd_run *c, struct vmm_strv *names)
{
	for (char **p = cmd_filter_text.names; p && *p; p++)
		if (vmm_strv_add(names, *p) < 0)
			return vmm_err_nomem(&c->err);
	return 0;
}

static int read_groups(struct cmd_run *c, const struct vmm_inventory *inv, struct vmm_strv *groups)
{
	if (cmd_opt_list(c, cmd_filter_text.groups, groups) < 0)
		return c->err.code;
	for (size_t i = 0; i < groups->n; i++)
		if (vmm_table_find(inv->hosts, vmm_table_col(inv->hosts, "group"), groups->s[i]) < 0)
			return vmm_err_set(&c->err, VMM_ENOTFOUND, "no host is in group '%s'",
					   groups->s[i]);
	return 0;
}

/* The hosts that --host names, and of these the ones that --group admits. */
static int read_hosts(struct cmd_run *c, const struct vmm_inventory *inv, struct cmd_filter *f)
{
	VMM_STRV_AUTO given = VMM_STRV_INIT;
	size_t kept = 0;

	for (char **p = cmd_filter_text.hosts; p && *p; p++)
		if (vmm_strv_add(&given, *p) < 0)
			return vmm_err_nomem(&c->err);
	f->host_rows = calloc(vmm_table_rows(inv->hosts) + 1, sizeof(*f->host_rows));
	if (!f->host_rows)
		return vmm_err_nomem(&c->err);
	if (vmm_inventory_hosts(inv, &given, f->host_rows, &f->nhosts, &c->err) < 0)
		return c->err.code;
	for (size_t i = 0; i < f->nhosts; i++) {
		const char *name = vmm_table_at(inv->hosts, f->host_rows[i], "name");

		if (given.n > 0 && vmm_strv_add(&f->hosts, name) < 0)
			return vmm_err_nomem(&c->err);
		if (!f->groups.n ||
		    vmm_strv_has(&f->groups, vmm_table_at(inv->hosts, f->host_rows[i], "group")))
			f->host_rows[kept++] = f->host_rows[i];
	}
	f->nhosts = kept;
	return 0;
}

int cmd_filter_read(struct cmd_run *c, const struct vmm_inventory *inv, struct cmd_filter *f)
{
	if (read_groups(c, inv, &f->groups) < 0 || read_hosts(c, inv, f) < 0 ||
	    read_states(c, &f->states) < 0 || read_names(c, &f->names) < 0)
		return c->err.code;
	f->filter.hosts = &f->hosts;
	f->filter.groups = &f->groups;
	f->filter.states = &f->states;
	f->filter.names = &f->names;
	return 0;
}

void cmd_filter_release(struct cmd_filter *f)
{
	free(f->host_rows);
	vmm_strv_release(&f->hosts);
	vmm_strv_release(&f->groups);
	vmm_strv_release(&f->states);
	vmm_strv_release(&f->names);
}
