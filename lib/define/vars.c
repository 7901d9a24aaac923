/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The variables of a seed: what there is, and how they are named in a text. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/percent.h"
#include "define/internal.h"

static struct vmm__var *add_var(struct vmm__vars *vars, const char *name)
{
	if (vars->n == vars->cap) {
		size_t cap = vars->cap ? vars->cap * 2 : 32;
		struct vmm__var *v = reallocarray(vars->v, cap, sizeof(*v));

		if (!v)
			return NULL;
		vars->v = v;
		vars->cap = cap;
	}
	vars->v[vars->n] = (struct vmm__var){ .name = strdup(name) };
	return vars->v[vars->n].name ? &vars->v[vars->n++] : NULL;
}

/* A value that is not there makes no variable. */
static int put(struct vmm__vars *vars, const char *name, const char *value)
{
	struct vmm__var *v;

	if (!value || !*value)
		return 0;
	v = add_var(vars, name);
	return v ? vmm_strv_add(&v->values, value) : VMM_ENOMEM;
}

static int put_list(struct vmm__vars *vars, const char *name, const char *const *values)
{
	struct vmm__var *v = add_var(vars, name);

	if (!v)
		return VMM_ENOMEM;
	v->list = true;
	for (; values && *values; values++)
		if (vmm_strv_add(&v->values, *values) < 0)
			return VMM_ENOMEM;
	return 0;
}

static int put_nic(struct vmm__vars *vars, size_t nr, const char *what, const char *value)
{
	char name[64];

	snprintf(name, sizeof(name), "nic%zu.%s", nr, what);
	return put(vars, name, value);
}

static int put_number(struct vmm__vars *vars, size_t nr, const char *what, unsigned value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	return value ? put_nic(vars, nr, what, text) : 0;
}

static int put_netmask(struct vmm__vars *vars, size_t nr, unsigned prefix)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr mask = { prefix ? htonl(0xffffffffu << (32 - prefix)) : 0 };

	if (!prefix || prefix > 32 || !inet_ntop(AF_INET, &mask, text, sizeof(text)))
		return 0;
	return put_nic(vars, nr, "ip4_netmask", text);
}

/* As Windows names an interface. */
static int put_mac(struct vmm__vars *vars, size_t nr, const char *mac)
{
	VMM_STR_AUTO hyphens = mac ? strdup(mac) : NULL;

	if (mac && !hyphens)
		return VMM_ENOMEM;
	for (char *c = hyphens; c && *c; c++)
		if (*c == ':')
			*c = '-';
	return put_nic(vars, nr, "mac", mac) | put_nic(vars, nr, "mac_hyphens", hyphens);
}

static int fill_nic(struct vmm__vars *vars, size_t nr, const struct vmm_instance_nic *nic)
{
	char dns[64];
	int code = put_mac(vars, nr, nic->mac);

	snprintf(dns, sizeof(dns), "nic%zu.dns", nr);
	code |= put_nic(vars, nr, "ip4", nic->ip4);
	code |= put_nic(vars, nr, "ip6", nic->ip6);
	code |= put_nic(vars, nr, "ip4_gateway", nic->ip4_gateway);
	code |= put_nic(vars, nr, "ip6_gateway", nic->ip6_gateway);
	code |= nic->ip4 ? put_number(vars, nr, "ip4_prefix", nic->ip4_prefix) : 0;
	code |= nic->ip4 ? put_netmask(vars, nr, nic->ip4_prefix) : 0;
	code |= nic->ip6 ? put_number(vars, nr, "ip6_prefix", nic->ip6_prefix) : 0;
	return code | put_list(vars, dns, nic->dns);
}

/* What the name of a VM may be when its guest is to have it as host name. */
static bool is_hostname(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	if (!*name || strlen(name) > 253)
		return false;
	for (size_t len; *name; name += len + (name[len] == '.')) {
		len = strspn(name, chars);
		if (!len || len > 63 || *name == '-' || (name[len] && name[len] != '.') ||
		    (name[len] == '.' && !name[len + 1]))
			return false;
	}
	return true;
}

static int fill_names(struct vmm__vars *vars, const struct vmm_template *t,
		      const struct vmm_instance *vm)
{
	bool whole = strchr(vm->name, '.') || !*t->domain;
	VMM_BUF_AUTO fqdn = VMM_BUF_INIT;
	VMM_STR_AUTO host = strndup(vm->name, strcspn(vm->name, "."));
	int code = host ? 0 : VMM_ENOMEM;

	vmm_buf_addf(&fqdn, "%s%s%s", vm->name, whole ? "" : ".", whole ? "" : t->domain);
	if (code || fqdn.failed)
		return VMM_ENOMEM;
	code |= put(vars, "name", vm->name);
	code |= put(vars, "uuid", vm->uuid);
	code |= put(vars, "hostname", host);
	code |= put(vars, "fqdn", fqdn.data);
	code |= put(vars, "domain", t->domain);
	code |= put(vars, "template", t->name);
	code |= put(vars, "image", t->image);
	code |= put(vars, "user", t->guest.user);
	return code | put_list(vars, "ssh_keys", (const char *const *)t->guest.ssh_keys.s);
}

/* [vars]: an empty one is a variable too. */
static int fill_own(struct vmm__vars *vars, const struct vmm_template *t, struct vmm_err *err)
{
	const struct vmm_conf_section *s = vmm_conf_next(t->files->template.merged, "vars", NULL);

	for (size_t i = 0; s && i < s->n; i++) {
		const struct vmm_conf_entry *e = &s->entries[i];
		struct vmm__var *v;

		if (!vmm_utf8_valid(e->value, strlen(e->value)))
			return vmm_conf_wrong(e, err, "variable '%s' is not UTF-8", e->key);
		v = add_var(vars, e->key);
		if (!v || vmm_strv_add(&v->values, e->value) < 0)
			return vmm_err_nomem(err);
	}
	return 0;
}

int vmm__vars_fill(struct vmm__vars *vars, const struct vmm_template *t,
		   const struct vmm_instance *vm, struct vmm_err *err)
{
	int code;

	if (!is_hostname(vm->name))
		return vmm_err_set(err, VMM_EINPUT,
				   "'%s' can't be the guest's host name: letters, digits, '-', "
				   "parts of at most 63 bytes between dots",
				   vm->name);
	code = fill_names(vars, t, vm);
	for (size_t i = 0; i < t->nnics && !code; i++)
		code = fill_nic(vars, i + 1, &vm->nics[i]);
	return code ? vmm_err_nomem(err) : fill_own(vars, t, err);
}

void vmm__vars_release(struct vmm__vars *vars)
{
	for (size_t i = 0; i < vars->n; i++) {
		free(vars->v[i].name);
		vmm_strv_release(&vars->v[i].values);
	}
	free(vars->v);
	*vars = (struct vmm__vars){ NULL };
}

static const struct vmm__var *find(const struct vmm__vars *vars, const char *name, size_t len)
{
	for (size_t i = 0; i < vars->n; i++)
		if (strncmp(vars->v[i].name, name, len) == 0 && !vars->v[i].name[len])
			return &vars->v[i];
	return NULL;
}

const char *vmm__vars_text(const struct vmm__vars *vars, const char *name)
{
	const struct vmm__var *v = find(vars, name, strlen(name));

	return v && v->values.n ? v->values.s[0] : "";
}

int vmm__ref_next(const char *at, struct vmm__ref *ref)
{
	const char *dollar = strstr(at, "${");

	if (!dollar)
		return 0;
	ref->literal = dollar > at && dollar[-1] == '$';
	ref->start = dollar - ref->literal;
	ref->name = dollar + 2;
	ref->len = 0;
	ref->end = ref->name;
	if (ref->literal)
		return 1;
	while (isalnum((unsigned char)ref->name[ref->len]) ||
	       (ref->name[ref->len] && strchr("_.-", ref->name[ref->len])))
		ref->len++;
	ref->end = ref->name + ref->len + 1;
	return ref->len && ref->name[ref->len] == '}' ? 1 : -1;
}

const struct vmm__var *vmm__ref_var(const struct vmm__vars *vars, const struct vmm__ref *ref,
				    const struct vmm__text *text, size_t line, struct vmm_err *err)
{
	const struct vmm__var *v = find(vars, ref->name, ref->len);

	if (!v)
		vmm__text_wrong(text, line, err,
				"unknown variable, or one that has no value here: '%.*s'",
				(int)ref->len, ref->name);
	return v;
}

int vmm__text_wrong(const struct vmm__text *text, size_t line, struct vmm_err *err, const char *fmt,
		    ...)
{
	char what[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return vmm_err_set(err, VMM_EINPUT, "%s:%zu: %s", text->file, text->line + line, what);
}
