/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A group's rules beside the hosts and VMs that there are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "group/check-internal.h"

int vmm__found(struct vmm__checking *c, const struct vmm_rule *r, bool warning, const char *fmt, ...)
{
	char what[768];
	struct vmm_err text;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	vmm_err_set(&text, VMM_EINPUT, "%s:%zu: [%s %s] %s", r->file, r->line,
		    vmm_rule_names[r->kind], r->label, what);
	return c->found(text.text, warning, c->arg);
}

/* ---- what a file names ---- */

static int add_subject(struct vmm__checking *c, const char *name, const char *uuid, const char *host)
{
	struct vmm__subject *s = reallocarray(c->subjects, c->nsubjects + 1, sizeof(*s));

	if (!s)
		return vmm_err_nomem(c->err);
	c->subjects = s;
	s[c->nsubjects++] = (struct vmm__subject){ name, uuid, host };
	return 0;
}

/* One item of a rule, as a rule. */
static bool known(const struct vmm__checking *c, char *item)
{
	struct vmm_rule one = { .vms = { &item, 1, 1 } };

	for (size_t i = 0; i < c->nsubjects; i++)
		if (vmm_rule_has_vm(&one, c->subjects[i].name, c->subjects[i].uuid))
			return true;
	return false;
}

/* A VM that isn't there yet has a name already. */
static int add_named(struct vmm__checking *c, const struct vmm_rule *r)
{
	int code = 0;

	for (size_t i = 0; i < r->vms.n && !code; i++) {
		char *item = r->vms.s[i];

		if (known(c, item))
			continue;
		if (c->nhosts)
			code = vmm__found(c, r, true, "no VM of the group is '%s'", item);
		if (!code && !strpbrk(item, "*?[\\"))
			code = add_subject(c, item, "", NULL);
	}
	return code;
}

static int collect_vms(struct vmm__checking *c)
{
	const struct vmm_table *vms = c->inv->vms;
	int code = 0;

	for (size_t r = 0; r < vmm_table_rows(vms) && !code; r++)
		if (strcmp(vmm_inventory_group(c->inv, r), c->group->name) == 0)
			code = add_subject(c, vmm_table_at(vms, r, "name"),
					   vmm_table_at(vms, r, "uuid"),
					   vmm_table_at(vms, r, "host"));
	for (size_t i = 0; i < c->group->nrules && !code; i++)
		code = add_named(c, &c->group->rules[i]);
	return code;
}

static int collect_hosts(struct vmm__checking *c)
{
	const struct vmm_table *hosts = c->inv->hosts;

	c->hosts = calloc(vmm_table_rows(hosts) + 1, sizeof(*c->hosts));
	if (!c->hosts)
		return vmm_err_nomem(c->err);
	for (size_t r = 0; r < vmm_table_rows(hosts); r++)
		if (strcmp(vmm_table_at(hosts, r, "group"), c->group->name) == 0)
			c->hosts[c->nhosts++] = r;
	return 0;
}

static bool host_matches(const struct vmm__checking *c, const struct vmm_rule *r, size_t host)
{
	const struct vmm_table *hosts = c->inv->hosts;

	return vmm_rule_has_host(r, vmm_table_at(hosts, c->hosts[host], "name"),
				 vmm_table_at(hosts, c->hosts[host], "labels"));
}

/* For each rule, which subjects and hosts it means: asked often from here on. */
static int resolve(struct vmm__checking *c)
{
	const struct vmm_group *g = c->group;

	c->has_vm = calloc(g->nrules * c->nsubjects + 1, sizeof(bool));
	c->has_host = calloc(g->nrules * c->nhosts + 1, sizeof(bool));
	if (!c->has_vm || !c->has_host)
		return vmm_err_nomem(c->err);
	for (size_t i = 0; i < g->nrules; i++) {
		const struct vmm_rule *r = &g->rules[i];

		for (size_t v = 0; v < c->nsubjects; v++)
			c->has_vm[i * c->nsubjects + v] =
				vmm_rule_has_vm(r, c->subjects[v].name, c->subjects[v].uuid);
		for (size_t h = 0; h < c->nhosts; h++)
			c->has_host[i * c->nhosts + h] = host_matches(c, r, h);
	}
	return 0;
}

/* ---- hosts of a rule ---- */

static bool any_host(const struct vmm__checking *c, const struct vmm_rule *r)
{
	for (size_t h = 0; h < c->nhosts; h++)
		if (host_matches(c, r, h))
			return true;
	return false;
}

static int check_hosts(struct vmm__checking *c, const struct vmm_rule *r)
{
	int code = 0;

	for (size_t i = 0; i < r->hosts.n && !code; i++) {
		struct vmm_rule one = { .hosts = { &r->hosts.s[i], 1, 1 } };

		if (!any_host(c, &one))
			code = vmm__found(c, r, true, "no host of the group is '%s'", r->hosts.s[i]);
	}
	if (!code && r->kind == VMM_MUST && !any_host(c, r))
		code = vmm__found(c, r, false, "none of its hosts is in the group");
	return code;
}

/* ---- places that machines have ---- */

static int say_place(struct vmm__checking *c, const char *file, size_t line, const char *name,
		     const char *what)
{
	struct vmm_err text;

	vmm_err_set(&text, VMM_EINPUT, "%s:%zu: [logical %s] %s", file, line, name, what);
	return c->found(text.text, true, c->arg);
}

static int check_place(struct vmm__checking *c, const struct vmm_logical *l,
		       const struct vmm_table *logicals)
{
	VMM_BUF_AUTO name = VMM_BUF_INIT;
	VMM_BUF_AUTO why = VMM_BUF_INIT;
	VMM_BUF_AUTO what = VMM_BUF_INIT;
	const char *host;
	long row;

	vmm_buf_addf(&name, "%s/%s", c->group->name, l->name);
	if (name.failed)
		return vmm_err_nomem(c->err);
	host = vmm_logical_host(logicals, name.data);
	row = vmm_inventory_host(c->inv, host);
	if (row < 0)
		return 0;
	if (strcmp(vmm_table_at(c->inv->hosts, (size_t)row, "group"), c->group->name) != 0)
		vmm_buf_adds(&why, "in another group");
	else
		vmm__model_fit(l->model, c->inv->hosts, (size_t)row, &why);
	if (!why.len)
		return 0;
	vmm_buf_addf(&what, "its host '%s' does not fit: %s", host, why.data);
	return what.failed ? vmm_err_nomem(c->err)
			   : say_place(c, l->file, l->line, l->name, what.data);
}

static bool is_defined(const struct vmm_group *g, const char *name)
{
	for (size_t i = 0; i < g->nlogicals; i++)
		if (strcmp(g->logicals[i].name, name) == 0)
			return true;
	return false;
}

static int check_places(struct vmm__checking *c, const struct vmm_table *logicals)
{
	const struct vmm_group *g = c->group;
	size_t len = strlen(g->name);
	int code = 0;

	for (size_t i = 0; i < g->nlogicals && !code; i++)
		code = check_place(c, &g->logicals[i], logicals);
	for (size_t r = 0; r < vmm_table_rows(logicals) && !code; r++) {
		const char *name = vmm_table_at(logicals, r, "logical");

		if (strncmp(name, g->name, len) == 0 && name[len] == '/' &&
		    !is_defined(g, name + len + 1))
			code = say_place(c, g->conf->file, 1, name + len + 1,
					 "is not there any more, and has a host");
	}
	return code;
}

/* ---- all ---- */

static int check_all(struct vmm__checking *c, const struct vmm_table *logicals)
{
	const struct vmm_group *g = c->group;
	int code = collect_hosts(c);

	if (!code)
		code = collect_vms(c);
	for (size_t i = 0; i < g->nrules && c->nhosts && !code; i++)
		code = check_hosts(c, &g->rules[i]);
	if (!code)
		code = resolve(c);
	if (!code)
		code = vmm__check_rules(c);
	return code ? code : check_places(c, logicals);
}

int vmm_group_check(const struct vmm_group *g, const struct vmm_inventory *inv,
		    const struct vmm_table *logicals, vmm_group_found *found, void *arg,
		    struct vmm_err *err)
{
	struct vmm__checking c = { .group = g, .inv = inv, .found = found, .arg = arg, .err = err };
	int code = g->conf ? check_all(&c, logicals) : 0;

	free(c.subjects);
	free(c.hosts);
	free(c.has_vm);
	free(c.has_host);
	return code;
}
