/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rules of the groups mean in a fleet: which VMs, which hosts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/internal.h"

/* What is true of VMs that have one name: libvirt has no two of them on a host. */
static const struct vmm_rule one_name = { .kind = VMM_APART };

/* "pin db": what a rule is called where it is the reason of something. */
static const char *say(struct vmm_fleet *f, const char *what, const struct vmm_rule *r)
{
	const char *label = r->label ? r->label : "";
	size_t size = strlen(what) + strlen(vmm_rule_names[r->kind]) + strlen(label) + 3;
	char *text = vmm__arena_alloc(&f->more->text, size);

	if (text)
		snprintf(text, size, "%s%s%s%s", what, vmm_rule_names[r->kind], *label ? " " : "",
			 label);
	return text;
}

static bool means(const struct vmm_fleet *f, size_t group, const struct vmm_rule *r, size_t vm)
{
	const struct vmm_fleet_vm *v = &f->vms[vm];

	return f->hosts[v->host].group == group && vmm_rule_has_vm(r, v->name, v->uuid);
}

static int fix_vms(struct vmm_fleet *f, size_t group, const struct vmm_rule *r)
{
	const char *why = say(f, r->kind == VMM_PIN ? "pinned by " : "left alone by ", r);

	if (!why)
		return VMM_ENOMEM;
	for (size_t i = 0; i < f->nvms; i++) {
		if (!means(f, group, r, i))
			continue;
		f->vms[i].bound = true;
		f->vms[i].fixed = f->vms[i].fixed ? f->vms[i].fixed : why;
	}
	return 0;
}

/* An excluded host, and with it its VMs. */
static int exclude_hosts(struct vmm_fleet *f, size_t group, const struct vmm_rule *r)
{
	const char *why = say(f, "left alone by ", r);

	if (!why)
		return VMM_ENOMEM;
	for (size_t i = 0; i < f->nhosts; i++) {
		struct vmm_fleet_host *h = &f->hosts[i];

		if (h->group != group || !vmm_rule_has_host(r, h->name, h->labels))
			continue;
		h->excluded = true;
		h->closed = h->closed ? h->closed : why;
	}
	for (size_t i = 0; i < f->nvms; i++) {
		if (!f->hosts[f->vms[i].host].excluded)
			continue;
		f->vms[i].bound = true;
		if (!f->vms[i].fixed)
			f->vms[i].fixed = f->hosts[f->vms[i].host].closed;
	}
	return 0;
}

static void set_priority(struct vmm_fleet *f, size_t group, const struct vmm_rule *r)
{
	for (size_t i = 0; i < f->nvms; i++)
		if (means(f, group, r, i))
			f->vms[i].priority = r->priority;
}

static int add_rule(struct vmm_fleet *f, size_t group, const struct vmm_rule *r)
{
	struct vmm__rule *to = &f->more->rules[f->more->nrules];

	*to = (struct vmm__rule){ .text = r, .said = say(f, "", r), .group = group };
	if (!to->said)
		return VMM_ENOMEM;
	for (size_t i = 0; i < f->nvms; i++)
		to->nvms += f->vms[i].running && means(f, group, r, i);
	if (to->nvms == 0)
		return 0;
	to->vms = calloc(to->nvms, sizeof(*to->vms));
	if (r->hosts.n > 0)
		to->hosts = calloc(f->nhosts + 1, sizeof(*to->hosts));
	if (!to->vms || (r->hosts.n > 0 && !to->hosts)) {
		free(to->vms);
		free(to->hosts);
		return VMM_ENOMEM;
	}
	for (size_t i = 0, n = 0; i < f->nvms; i++)
		if (f->vms[i].running && means(f, group, r, i))
			to->vms[n++] = (uint32_t)i;
	for (size_t i = 0; to->hosts && i < f->nhosts; i++)
		to->hosts[i] = f->hosts[i].group == group &&
			       vmm_rule_has_host(r, f->hosts[i].name, f->hosts[i].labels);
	f->more->nrules++;
	return 0;
}

static int resolve(struct vmm_fleet *f, size_t group, const struct vmm_rule *r)
{
	switch (r->kind) {
	case VMM_EXCLUDE:
		return fix_vms(f, group, r) < 0 ? VMM_ENOMEM : exclude_hosts(f, group, r);
	case VMM_PIN:
		return fix_vms(f, group, r);
	case VMM_PRIORITY:
		set_priority(f, group, r);
		return 0;
	default:
		return add_rule(f, group, r);
	}
}

/* One that is still to come is asked for its name by who finds it a place: it may be one of many copies. */
static bool has_name(const struct vmm_fleet *f, size_t vm)
{
	return !vmm__waits(f, (uint32_t)vm);
}

/* The VMs from `first` on, to the one before `end`, have one name; `n` of its group do. */
static int add_name(struct vmm_fleet *f, size_t first, size_t end, size_t n)
{
	struct vmm__rule *to = &f->more->rules[f->more->nrules];
	size_t group = vmm__vm_group(f, (uint32_t)first);

	*to = (struct vmm__rule){ .text = &one_name,
				  .said = "VMs of one name",
				  .names = true,
				  .group = group,
				  .vms = calloc(n, sizeof(*to->vms)) };
	if (!to->vms)
		return VMM_ENOMEM;
	for (size_t i = first; i < end; i++)
		if (vmm__vm_group(f, (uint32_t)i) == group && has_name(f, i))
			to->vms[to->nvms++] = (uint32_t)i;
	f->more->nrules++;
	return 0;
}

/* Of each group that has several of them, a rule. */
static int add_names_of(struct vmm_fleet *f, size_t first, size_t end, size_t *count)
{
	int rc = 0;

	for (size_t i = first; i < end; i++)
		count[vmm__vm_group(f, (uint32_t)i)] += has_name(f, i);
	for (size_t i = first; i < end; i++) {
		size_t *n = &count[vmm__vm_group(f, (uint32_t)i)];

		if (rc == 0 && *n > 1 && has_name(f, i))
			rc = add_name(f, i, end, *n);
		if (has_name(f, i))
			*n = 0;
	}
	return rc;
}

/* The VMs of a name stand side by side. */
static int add_names(struct vmm_fleet *f)
{
	size_t *count = calloc(f->ngroups + 1, sizeof(*count));
	int rc = count ? 0 : VMM_ENOMEM;

	for (size_t first = 0, end; rc == 0 && first < f->nvms; first = end) {
		for (end = first + 1;
		     end < f->nvms && strcmp(f->vms[first].name, f->vms[end].name) == 0;)
			end++;
		if (end - first > 1)
			rc = add_names_of(f, first, end, count);
	}
	free(count);
	return rc;
}

/* From each VM to its rules. */
static int index_rules(struct vmm_fleet *f)
{
	struct vmm__fleet *m = f->more;
	size_t total = 0;

	m->from = calloc(f->nvms + 2, sizeof(*m->from));
	for (size_t i = 0; m->from && i < m->nrules; i++) {
		total += m->rules[i].nvms;
		for (size_t v = 0; v < m->rules[i].nvms; v++)
			m->from[m->rules[i].vms[v] + 2]++;
	}
	m->of = calloc(total + 1, sizeof(*m->of));
	if (!m->from || !m->of)
		return VMM_ENOMEM;
	for (size_t v = 2; v <= f->nvms + 1; v++)
		m->from[v] += m->from[v - 1];
	for (size_t i = 0; i < m->nrules; i++)
		for (size_t v = 0; v < m->rules[i].nvms; v++)
			m->of[m->from[m->rules[i].vms[v] + 1]++] = (uint32_t)i;
	return 0;
}

int vmm__fleet_rules(struct vmm_fleet *f, struct vmm_err *err)
{
	size_t n = 0;
	int rc = 0;

	for (size_t g = 0; g < f->ngroups; g++)
		n += f->groups[g]->nrules;
	f->more->rules = calloc(n + f->nvms / 2 + 1, sizeof(*f->more->rules));
	if (!f->more->rules)
		return vmm_err_nomem(err);
	for (size_t g = 0; rc == 0 && g < f->ngroups; g++)
		for (size_t i = 0; rc == 0 && i < f->groups[g]->nrules; i++)
			rc = resolve(f, g, &f->groups[g]->rules[i]);
	if (rc == 0)
		rc = add_names(f);
	if (rc == 0)
		rc = index_rules(f);
	return rc < 0 ? vmm_err_nomem(err) : 0;
}
