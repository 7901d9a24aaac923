/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The NICs of a profile, and the bonds and bridges that are made of them. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "deploy/internal.h"

#define LABEL_MAX 10 /* so that ".4094" fits behind it: Linux has room for 15 */

static bool is_label(const char *s)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	return s && *s && strlen(s) <= LABEL_MAX && s[strspn(s, set)] == '\0' && *s != '-';
}

static bool is_mac(const char *s)
{
	for (size_t i = 0; i < 17; i++)
		if (i % 3 == 2 ? s[i] != ':' : !s[i] || !strchr("0123456789abcdef", s[i]))
			return false;
	return s[17] == '\0';
}

/* Domain, bus, device, function: 0000:01:00.0, as lspci -D prints it. */
static bool is_pci(const char *s)
{
	static const char form[] = "xxxx:xx:xx.x";

	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'x' ? !s[i] || !strchr("0123456789abcdef", s[i]) : s[i] != form[i])
			return false;
	return s[sizeof(form) - 1] == '\0';
}

static int read_match(const struct vmm_conf_section *s, struct vmm_profile_link *l,
		      struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, "match");
	uint64_t n = 0;

	if (!e)
		return vmm_err_set(err, VMM_EINPUT, "%s:%zu: [nic] lacks match", s->file, s->line);
	if (strncmp(e->value, "mac:", 4) == 0 && is_mac(e->value + 4)) {
		l->mac = e->value + 4;
		return 0;
	}
	if (strncmp(e->value, "pci:", 4) == 0 && is_pci(e->value + 4)) {
		l->pci = e->value + 4;
		return 0;
	}
	if (vmm_num_u64("match", e->value, 1, 64, &n, NULL) < 0)
		return vmm_conf_wrong(e, err,
				      "match: '%s' is neither mac:ADDRESS nor pci:0000:01:00.0 nor the number "
				      "of a NIC",
				      e->value);
	l->index = n;
	return 0;
}

static int read_mode(const struct vmm_conf_section *s, struct vmm_profile_link *l, struct vmm_err *err)
{
	static const char *const modes[] = { "active-backup", "802.3ad",   "balance-rr",
					     "balance-xor",   "broadcast", "balance-tlb",
					     "balance-alb",   NULL };
	size_t mode = 0;
	int code = vmm_conf_word(s, "mode", modes, &mode, err);

	l->mode = modes[mode];
	return code;
}

static int read_link(const struct vmm_conf_section *s, struct vmm_profile_link *l, struct vmm_err *err)
{
	uint64_t mtu = 0;
	int code = vmm_conf_name(s, "ip4", &l->ip4, err);

	if (!code)
		code = vmm_conf_name(s, "ip6", &l->ip6, err);
	if (!code)
		code = vmm_conf_u64(s, "mtu", 576, 65535, &mtu, err);
	l->mtu = (unsigned)mtu;
	l->label = s->label ? s->label : "";
	l->bond = vmm_conf_text(s, "bond", "");
	l->bridge = vmm_conf_text(s, "bridge", "");
	l->mac = l->pci = l->mode = "";
	if (code)
		return code;
	if ((l->kind != VMM_LINK_NIC || s->label) && !is_label(s->label))
		return vmm_err_set(err, VMM_EINPUT,
				   "%s:%zu: [%s] needs a label of 1 to %d letters, digits, '_' and '-'",
				   s->file, s->line, s->name, LABEL_MAX);
	if (l->kind == VMM_LINK_NIC)
		return read_match(s, l, err);
	return l->kind == VMM_LINK_BOND ? read_mode(s, l, err) : 0;
}

static const struct vmm_profile_link *find(const struct vmm_profile *p, enum vmm_link_kind kind,
					   const char *label)
{
	for (size_t i = 0; i < p->nlinks; i++)
		if (p->links[i].kind == kind && strcmp(p->links[i].label, label) == 0)
			return &p->links[i];
	return NULL;
}

/* What it is part of is there, and then the addresses are that one's. */
static int check_part(const struct vmm_profile *p, const struct vmm_conf_section *s,
		      const struct vmm_profile_link *l, struct vmm_err *err)
{
	const struct vmm_conf_entry *bond = vmm_conf_find(s, "bond");
	const struct vmm_conf_entry *bridge = vmm_conf_find(s, "bridge");
	const struct vmm_conf_entry *in = bond ? bond : bridge;
	const struct vmm_conf_entry *ip = vmm_conf_find(s, *l->ip4 ? "ip4" : "ip6");

	if (bond && bridge)
		return vmm_conf_wrong(bridge, err, "in a bond and a bridge at once");
	if (bond && !find(p, VMM_LINK_BOND, l->bond))
		return vmm_conf_wrong(bond, err, "there is no [bond %s]", l->bond);
	if (bridge && !find(p, VMM_LINK_BRIDGE, l->bridge))
		return vmm_conf_wrong(bridge, err, "there is no [bridge %s]", l->bridge);
	if (in && ip)
		return vmm_conf_wrong(ip, err,
				      "an address for what is part of %s '%s'; give it to that",
				      in->key, in->value);
	return 0;
}

/* Bonds and bridges are devices of one machine: a name can be there once. */
static int check_label(const struct vmm_profile *p, const struct vmm_conf_section *s,
		       const struct vmm_profile_link *l, struct vmm_err *err)
{
	if (l->kind == VMM_LINK_BRIDGE && find(p, VMM_LINK_BOND, l->label))
		return vmm_err_set(err, VMM_EINPUT, "%s:%zu: there is a [bond %s] too", s->file,
				   s->line, l->label);
	return 0;
}

int vmm__links_read(struct vmm_profile *p, const struct vmm_conf *c, struct vmm_err *err)
{
	static const char *const kinds[] = { "nic", "bond", "bridge" };
	const struct vmm_conf_section **of;
	int code = 0;
	size_t n = 1;

	for (size_t k = 0; k < 3; k++)
		n += vmm_conf_count(c, kinds[k]);
	p->links = calloc(n, sizeof(*p->links));
	of = calloc(n, sizeof(struct vmm_conf_section *));
	if (!p->links || !of)
		code = vmm_err_nomem(err);
	for (size_t k = 0; k < 3 && !code; k++)
		for (const struct vmm_conf_section *s = NULL;
		     !code && (s = vmm_conf_next(c, kinds[k], s));) {
			p->links[p->nlinks].kind = (enum vmm_link_kind)k;
			of[p->nlinks] = s;
			code = read_link(s, &p->links[p->nlinks++], err);
		}
	for (size_t i = 0; i < p->nlinks && !code; i++) {
		code = check_label(p, of[i], &p->links[i], err);
		if (!code)
			code = check_part(p, of[i], &p->links[i], err);
	}
	free(of);
	return code;
}
