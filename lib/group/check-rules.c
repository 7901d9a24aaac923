/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules that contradict each other. */
#include <stdlib.h>
#include <string.h>

#include "group/check-internal.h"

static bool means(const struct vmm__checking *c, size_t rule, size_t subject)
{
	return c->has_vm[rule * c->nsubjects + subject];
}

static bool permits(const struct vmm__checking *c, size_t rule, size_t host)
{
	bool has = c->has_host[rule * c->nhosts + host];

	return c->group->rules[rule].kind == VMM_MUST ? has : !has;
}

/* Whether it is a rule about a VM's hosts that has to be kept. */
static bool places(const struct vmm__checking *c, size_t rule, size_t subject)
{
	enum vmm_rule_kind kind = c->group->rules[rule].kind;

	return (kind == VMM_MUST || kind == VMM_NEVER) && means(c, rule, subject);
}

static bool may_be_on(const struct vmm__checking *c, size_t subject, size_t host)
{
	for (size_t i = 0; i < c->group->nrules; i++)
		if (places(c, i, subject) && !permits(c, i, host))
			return false;
	return true;
}

static bool has_place(const struct vmm__checking *c, size_t subject)
{
	for (size_t h = 0; h < c->nhosts; h++)
		if (may_be_on(c, subject, h))
			return true;
	return false;
}

/* ---- must and never ---- */

static void name_rules(const struct vmm__checking *c, size_t subject, struct vmm_buf *out,
		       size_t *last, size_t *n)
{
	for (size_t i = 0; i < c->group->nrules; i++) {
		const struct vmm_rule *r = &c->group->rules[i];

		if (!places(c, i, subject))
			continue;
		vmm_buf_addf(out, "%s[%s %s]", out->len ? ", " : "", vmm_rule_names[r->kind],
			     r->label);
		*last = i;
		++*n;
	}
}

/* Once for each set of rules: a pattern may mean thousands of VMs. */
static int check_subject(struct vmm__checking *c, size_t subject, struct vmm_strv *said)
{
	VMM_BUF_AUTO rules = VMM_BUF_INIT;
	size_t last = 0, n = 0;

	if (has_place(c, subject))
		return 0;
	name_rules(c, subject, &rules, &last, &n);
	if (rules.failed)
		return vmm_err_nomem(c->err);
	/* That its hosts are in another group has been told of the rule. */
	if (vmm_strv_has(said, rules.data) || (n == 1 && c->group->rules[last].kind == VMM_MUST))
		return 0;
	if (vmm_strv_add(said, rules.data) < 0)
		return vmm_err_nomem(c->err);
	return vmm__found(c, &c->group->rules[last], false, "no host is left for VM '%s': %s",
			  c->subjects[subject].name, rules.data);
}

/* ---- together ---- */

static size_t count(const struct vmm__checking *c, size_t rule)
{
	size_t n = 0;

	for (size_t v = 0; v < c->nsubjects; v++)
		n += means(c, rule, v);
	return n;
}

static bool all_may_be_on(const struct vmm__checking *c, size_t rule, size_t host)
{
	for (size_t v = 0; v < c->nsubjects; v++)
		if (means(c, rule, v) && !may_be_on(c, v, host))
			return false;
	return true;
}

static bool each_has_place(const struct vmm__checking *c, size_t rule)
{
	for (size_t v = 0; v < c->nsubjects; v++)
		if (means(c, rule, v) && !has_place(c, v))
			return false;
	return true;
}

static int check_together(struct vmm__checking *c, size_t rule)
{
	for (size_t h = 0; h < c->nhosts; h++)
		if (all_may_be_on(c, rule, h))
			return 0;
	/* One that has none for itself has been told. */
	return c->nhosts && each_has_place(c, rule)
		       ? vmm__found(c, &c->group->rules[rule], false,
				    "other rules leave no host for all of these VMs")
		       : 0;
}

/* Two VMs that are to be together and apart. */
static int check_pair(struct vmm__checking *c, size_t together, size_t apart)
{
	const struct vmm_rule *t = &c->group->rules[together], *a = &c->group->rules[apart];
	const char *first = NULL;

	for (size_t v = 0; v < c->nsubjects; v++) {
		if (!means(c, together, v) || !means(c, apart, v))
			continue;
		if (first)
			return vmm__found(c, a, false,
					  "VMs '%s' and '%s' are in [together %s] too, line %zu",
					  first, c->subjects[v].name, t->label, t->line);
		first = c->subjects[v].name;
	}
	return 0;
}

/* ---- apart, pin ---- */

static int check_apart(struct vmm__checking *c, size_t rule)
{
	size_t n = count(c, rule);
	int code = 0;

	for (size_t i = 0; i < c->group->nrules && !code; i++)
		if (c->group->rules[i].kind == VMM_TOGETHER)
			code = check_pair(c, i, rule);
	if (!code && c->nhosts && n > c->nhosts)
		code = vmm__found(c, &c->group->rules[rule], true, "%zu VMs, but %zu hosts", n,
				  c->nhosts);
	return code;
}

static size_t host_of(const struct vmm__checking *c, size_t subject)
{
	const char *name = c->subjects[subject].host;
	size_t h = 0;

	while (h < c->nhosts &&
	       (!name || strcmp(vmm_table_at(c->inv->hosts, c->hosts[h], "name"), name) != 0))
		h++;
	return h;
}

static int check_pin(struct vmm__checking *c, size_t rule)
{
	int code = 0;

	for (size_t v = 0; v < c->nsubjects && !code; v++) {
		size_t h = means(c, rule, v) ? host_of(c, v) : c->nhosts;

		if (h < c->nhosts && !may_be_on(c, v, h))
			code = vmm__found(c, &c->group->rules[rule], true,
					  "VM '%s' is on '%s', where another rule does not let it be",
					  c->subjects[v].name, c->subjects[v].host);
	}
	return code;
}

int vmm__check_rules(struct vmm__checking *c)
{
	VMM_STRV_AUTO said = VMM_STRV_INIT;
	int code = 0;

	for (size_t v = 0; v < c->nsubjects && c->nhosts && !code; v++)
		code = check_subject(c, v, &said);
	for (size_t i = 0; i < c->group->nrules && !code; i++) {
		if (c->group->rules[i].kind == VMM_TOGETHER)
			code = check_together(c, i);
		else if (c->group->rules[i].kind == VMM_APART)
			code = check_apart(c, i);
		else if (c->group->rules[i].kind == VMM_PIN)
			code = check_pin(c, i);
	}
	return code;
}
