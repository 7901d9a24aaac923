/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of a group, in the order of its file. */
#include <stdlib.h>
#include <string.h>

#include "base/hostlist.h"
#include "base/num.h"
#include "group/internal.h"
#include "inventory/inventory.h"

#define PRIORITY_USUAL 5
#define PRIORITY_MAX 9

const char *const vmm_rule_names[] = { "together", "apart",   "must",     "never", "should",
				       "pin",      "exclude", "priority", NULL };

/* What each kind has to name; an exclude rule: either. */
static const struct {
	bool vms, hosts;
} needs[VMM_RULES] = {
	[VMM_TOGETHER] = { .vms = true },
	[VMM_APART] = { .vms = true },
	[VMM_MUST] = { .vms = true, .hosts = true },
	[VMM_NEVER] = { .vms = true, .hosts = true },
	[VMM_SHOULD] = { .vms = true, .hosts = true },
	[VMM_PIN] = { .vms = true },
	[VMM_PRIORITY] = { .vms = true },
};

/* How long the item is that starts here: up to a comma outside of brackets, or a line's end. */
static size_t item_len(const char *s)
{
	bool inside = false;
	size_t n = 0;

	for (; s[n] && s[n] != '\n' && (inside || s[n] != ','); n++) {
		if (s[n] == '[' && strchr(s + n, ']'))
			inside = true;
		else if (s[n] == ']')
			inside = false;
	}
	return n;
}

int vmm__items(const struct vmm_conf_entry *e, struct vmm_strv *out, struct vmm_err *err)
{
	const char *s = e->value;

	while (*s) {
		size_t len, next;

		s += strspn(s, " \t\n");
		len = next = item_len(s);
		while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
			len--;
		if (!len)
			return vmm_conf_wrong(e, err, "%s: an empty item", e->key);
		if (vmm_strv_addn(out, s, len) < 0)
			return vmm_err_nomem(err);
		s += next;
		if (*s == ',' && !*++s)
			return vmm_conf_wrong(e, err, "%s: an empty item", e->key);
	}
	return out->n ? 0 : vmm_conf_wrong(e, err, "%s: names nothing", e->key);
}

int vmm__label_check(const char *label, struct vmm_err *err)
{
	size_t len = strcspn(label, "=");
	VMM_STR_AUTO key = strndup(label, len);

	if (!key)
		return vmm_err_nomem(err);
	if (!label[len])
		return vmm_err_set(err, VMM_EINPUT, "label '%s' is not KEY=VALUE", label);
	return vmm_name_check("label key", key, err);
}

/* UUIDs as the inventory writes them. */
static int read_vms(const struct vmm_conf_entry *e, struct vmm_strv *vms, struct vmm_err *err)
{
	VMM_STRV_AUTO items = VMM_STRV_INIT;
	char uuid[VMM_UUID_LEN + 1];
	int code = vmm__items(e, &items, err);

	for (size_t i = 0; i < items.n && !code; i++)
		if (vmm_strv_add(vms, vmm_uuid_parse(items.s[i], uuid) ? uuid : items.s[i]) < 0)
			code = vmm_err_nomem(err);
	return code;
}

static int add_hosts(const char *item, struct vmm_strv *hosts, struct vmm_err *err)
{
	size_t first = hosts->n;
	int code;

	if (strchr(item, '=')) {
		code = vmm__label_check(item, err);
		return code ? code : vmm_strv_add(hosts, item) < 0 ? vmm_err_nomem(err) : 0;
	}
	code = vmm_hostlist_expand(item, hosts, err);
	for (size_t i = first; i < hosts->n && !code; i++)
		code = vmm_name_check("host name", hosts->s[i], err);
	return code;
}

static int read_hosts(const struct vmm_conf_entry *e, struct vmm_strv *hosts, struct vmm_err *err)
{
	VMM_STRV_AUTO items = VMM_STRV_INIT;
	int code = vmm__items(e, &items, err);

	for (size_t i = 0; i < items.n && !code; i++)
		code = vmm_conf_at(e, add_hosts(items.s[i], hosts, err), err);
	return code;
}

static int read_priority(const struct vmm_conf_section *s, unsigned *out, struct vmm_err *err)
{
	uint64_t n = PRIORITY_USUAL;
	const char *text;
	int code = vmm_conf_need(s, s->file, "value", &text, err);

	if (!code)
		code = vmm_conf_u64(s, "value", 0, PRIORITY_MAX, &n, err);
	*out = (unsigned)n;
	return code;
}

static int check_needs(const struct vmm_rule *r, const struct vmm_conf_section *s, struct vmm_err *err)
{
	const char *text;

	if (!s->label)
		return vmm_err_set(err, VMM_EINPUT, "%s:%zu: [%s] without a name", s->file, s->line,
				   s->name);
	if (r->kind == VMM_EXCLUDE && !vmm_conf_find(s, "hosts"))
		return vmm_conf_need(s, s->file, "vms", &text, err);
	if (needs[r->kind].vms && vmm_conf_need(s, s->file, "vms", &text, err) < 0)
		return VMM_EINPUT;
	return needs[r->kind].hosts ? vmm_conf_need(s, s->file, "hosts", &text, err) : 0;
}

static int read_rule(struct vmm_rule *r, const struct vmm_conf_section *s, struct vmm_err *err)
{
	const struct vmm_conf_entry *vms = vmm_conf_find(s, "vms"),
				    *hosts = vmm_conf_find(s, "hosts");
	int code;

	r->label = s->label;
	r->file = s->file;
	r->line = s->line;
	r->priority = PRIORITY_USUAL;
	code = check_needs(r, s, err);
	if (!code && vms)
		code = read_vms(vms, &r->vms, err);
	if (!code && hosts)
		code = read_hosts(hosts, &r->hosts, err);
	if (!code && r->kind == VMM_PRIORITY)
		code = read_priority(s, &r->priority, err);
	return code;
}

/* VMM_RULES: a section of another kind. */
static enum vmm_rule_kind kind_of(const char *section)
{
	size_t k = 0;

	while (vmm_rule_names[k] && strcmp(vmm_rule_names[k], section) != 0)
		k++;
	return (enum vmm_rule_kind)k;
}

int vmm__rules_read(struct vmm_group *g, struct vmm_err *err)
{
	int code = 0;

	g->rules = calloc(g->conf->n, sizeof(*g->rules));
	if (!g->rules)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < g->conf->n && !code; i++) {
		const struct vmm_conf_section *s = &g->conf->sections[i];
		enum vmm_rule_kind kind = kind_of(s->name);

		if (kind == VMM_RULES)
			continue;
		g->rules[g->nrules].kind = kind;
		code = read_rule(&g->rules[g->nrules++], s, err);
	}
	return code;
}
