/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/filter.h"

#include <string.h>

#include "base/hostlist.h"

struct cmd_filter_text cmd_filter_text;

static int read_states(struct cmd_run *c, struct vmm_strv *states)
{
	static const char *const known[] = { "normal", "warning",   "error",     "stop",
					     "paused", "suspended", "migrating", "unknown" };

	if (cmd_opt_list(c, cmd_filter_text.states, states) < 0)
		return c->err.code;
	for (size_t i = 0; i < states->n; i++) {
		size_t k = 0;

		while (k < sizeof(known) / sizeof(*known) && strcmp(states->s[i], known[k]) != 0)
			k++;
		if (k == sizeof(known) / sizeof(*known))
			return vmm_err_set(&c->err, VMM_EINPUT, "--state '%s': no such state",
					   states->s[i]);
	}
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

int cmd_filter_read(struct cmd_run *c, struct cmd_filter *f)
{
	memset(f, 0, sizeof(*f));
	for (char **p = cmd_filter_text.hosts; p && *p; p++)
		if (vmm_hostlist_expand(*p, &f->hosts, &c->err) < 0)
			return vmm_err_prefix(&c->err, "--host");
	if (cmd_opt_list(c, cmd_filter_text.groups, &f->groups) < 0 ||
	    read_states(c, &f->states) < 0 || read_names(c, &f->names) < 0)
		return c->err.code;
	f->filter.hosts = cmd_filter_text.hosts ? &f->hosts : NULL;
	f->filter.groups = cmd_filter_text.groups ? &f->groups : NULL;
	f->filter.states = cmd_filter_text.states ? &f->states : NULL;
	f->filter.names = cmd_filter_text.names ? &f->names : NULL;
	return 0;
}

void cmd_filter_release(struct cmd_filter *f)
{
	vmm_strv_release(&f->hosts);
	vmm_strv_release(&f->groups);
	vmm_strv_release(&f->states);
	vmm_strv_release(&f->names);
}

int cmd_filter_hosts(struct cmd_run *c, const struct vmm_inventory *inv,
		     const struct cmd_filter *f, size_t *rows, size_t *n)
{
	size_t kept = 0;

	if (vmm_inventory_hosts(inv, &f->hosts, rows, n, &c->err) < 0)
		return c->err.code;
	for (size_t i = 0; i < *n; i++)
		if (!f->filter.groups ||
		    vmm_strv_has(f->filter.groups, vmm_table_at(inv->hosts, rows[i], "group")))
			rows[kept++] = rows[i];
	*n = kept;
	return 0;
}
