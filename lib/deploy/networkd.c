/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The network of a new system, for systemd-networkd. A device is matched by its MAC address or its
 * place in the machine, so that its name is the kernel's affair; what is made here has a name of
 * its own and comes first, because bridges and VLANs take over a MAC address of what they are made of.
 */
#include <stdio.h>
#include <string.h>

#include "deploy/internal.h"

#define FOLDER "etc/systemd/network/"

struct writing {
	const struct vmm_profile *p;
	const struct vmm_machine *m;
	struct vmm__files *files;
	bool gateway4, gateway6; /* only one network can be the way to everywhere */
	struct vmm_err *err;
};

static void put(struct writing *w, const char *order, const char *name, const char *kind,
		struct vmm_buf *text)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;

	vmm_buf_addf(&path, FOLDER "%s-%s.%s", order, name, kind);
	w->files->failed |= path.failed;
	vmm__files_take(w->files, path.data, 0644, text);
}

/* ---- devices that are made ---- */

static void netdev(struct writing *w, const char *name, const char *kind, const char *section)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_addf(&b, "[NetDev]\nName=%s\nKind=%s\n%s", name, kind, section);
	put(w, "10", name, "netdev", &b);
}

static void vlan_name(const char *label, unsigned tag, struct vmm_buf *out)
{
	vmm_buf_addf(out, "%s.%u", label, tag);
}

/* ---- addresses ---- */

static void address(struct vmm_buf *b, const struct vmm_machine_address *a, bool *gateway)
{
	if (!a->address)
		return;
	vmm_buf_addf(b, "Address=%s/%u\n", a->address, a->prefix);
	if (a->gateway && !*gateway) {
		vmm_buf_addf(b, "Gateway=%s\n", a->gateway);
		*gateway = true;
	}
	for (size_t i = 0; a->dns && i < a->dns->n; i++)
		vmm_buf_addf(b, "DNS=%s\n", a->dns->s[i]);
}

/* Of [Network]. The MAC address tells a DHCP server that it is the machine that it knows already. */
static void addresses(struct writing *w, struct vmm_buf *b, const struct vmm_machine_place *at)
{
	if (!at || (!at->ip4.address && !at->ip6.address)) {
		vmm_buf_adds(b, "DHCP=yes\n\n[DHCPv4]\nClientIdentifier=mac\n");
		return;
	}
	address(b, &at->ip4, &w->gateway4);
	address(b, &at->ip6, &w->gateway6);
	if (at->ip4.dns || at->ip6.dns)
		if (*w->p->domain)
			vmm_buf_addf(b, "Domains=%s\n", w->p->domain);
}

/* The tag of a place, 0 without. */
static int tag_of(struct writing *w, const struct vmm_profile_link *l,
		  const struct vmm_machine_place *at, unsigned *tag)
{
	*tag = at->ip4.address ? at->ip4.vlan : at->ip6.vlan;
	if (at->ip4.address && at->ip6.address && at->ip4.vlan != at->ip6.vlan)
		return vmm_err_set(w->err, VMM_EREFUSED,
				   "pool '%s' is of VLAN %u and '%s' of %u: they can't be on one NIC",
				   l->ip4, at->ip4.vlan, l->ip6, at->ip6.vlan);
	return 0;
}

/* ---- one link ---- */

static const char *label_of(const struct vmm_profile_link *l, size_t nr, char out[32])
{
	if (*l->label)
		return l->label;
	snprintf(out, 32, "nic%zu", nr + 1);
	return out;
}

static int match(struct writing *w, const struct vmm_profile_link *l, struct vmm_buf *b)
{
	vmm_buf_adds(b, "[Match]\n");
	if (l->kind != VMM_LINK_NIC)
		vmm_buf_addf(b, "Name=%s\n", l->label);
	else if (*l->mac)
		vmm_buf_addf(b, "MACAddress=%s\n", l->mac);
	else if (*l->pci)
		vmm_buf_addf(b, "Path=pci-%s\n", l->pci);
	else if (l->index <= w->m->macs->n)
		vmm_buf_addf(b, "MACAddress=%s\n", w->m->macs->s[l->index - 1]);
	else
		return vmm_err_set(w->err, VMM_EREFUSED,
				   "the profile speaks of NIC %zu, but %zu %s known of it",
				   l->index, w->m->macs->n, w->m->macs->n == 1 ? "is" : "are");
	return 0;
}

static void vlan(struct writing *w, const char *name, unsigned tag, const struct vmm_machine_place *at)
{
	VMM_BUF_AUTO section = VMM_BUF_INIT;
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_addf(&section, "\n[VLAN]\nId=%u\n", tag);
	netdev(w, name, "vlan", section.data);
	vmm_buf_addf(&b, "[Match]\nName=%s\n\n[Network]\n", name);
	addresses(w, &b, at);
	w->files->failed |= section.failed;
	put(w, "10", name, "network", &b);
}

static int network(struct writing *w, const struct vmm_profile_link *l, const char *label,
		   const struct vmm_machine_place *at)
{
	VMM_BUF_AUTO name = VMM_BUF_INIT;
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	unsigned tag = 0;

	if (tag_of(w, l, at, &tag) < 0 || match(w, l, &b) < 0)
		return w->err->code;
	if (l->mtu)
		vmm_buf_addf(&b, "\n[Link]\nMTUBytes=%u\n", l->mtu);
	vmm_buf_adds(&b, "\n[Network]\n");
	if (*l->bond || *l->bridge) {
		vmm_buf_addf(&b, "%s=%s\n", *l->bond ? "Bond" : "Bridge",
			     *l->bond ? l->bond : l->bridge);
	} else if (tag) {
		vlan_name(label, tag, &name);
		vmm_buf_addf(&b, "VLAN=%s\nLinkLocalAddressing=no\n", name.data);
		vlan(w, name.data, tag, at);
	} else {
		addresses(w, &b, at);
	}
	w->files->failed |= name.failed;
	put(w, l->kind == VMM_LINK_NIC ? "20" : "10", label, "network", &b);
	return 0;
}

static int write_link(struct writing *w, size_t i)
{
	const struct vmm_profile_link *l = &w->p->links[i];
	VMM_BUF_AUTO section = VMM_BUF_INIT;
	char own[32];

	if (l->kind == VMM_LINK_BOND) {
		vmm_buf_addf(&section, "\n[Bond]\nMode=%s\nMIIMonitorSec=100ms\n", l->mode);
		netdev(w, l->label, "bond", section.data);
	} else if (l->kind == VMM_LINK_BRIDGE) {
		netdev(w, l->label, "bridge", "\n[Bridge]\nSTP=no\n");
	}
	w->files->failed |= section.failed;
	return network(w, l, label_of(l, i, own), &w->m->places[i]);
}

int vmm__network_files(const struct vmm_profile *p, const struct vmm_machine *m,
		       struct vmm__files *files, struct vmm_err *err)
{
	static const struct vmm_machine_place nothing;
	static const struct vmm_profile_link first = { .kind = VMM_LINK_NIC,
						       .label = "",
						       .ip4 = "",
						       .ip6 = "",
						       .bond = "",
						       .bridge = "",
						       .mac = "",
						       .pci = "",
						       .index = 1 };
	struct writing w = { .p = p, .m = m, .files = files, .err = err };

	/* A profile that says nothing: the NIC that it booted from. */
	if (p->nlinks == 0)
		return network(&w, &first, "nic1", &nothing);
	for (size_t i = 0; i < p->nlinks; i++)
		if (write_link(&w, i) < 0)
			return err->code;
	return 0;
}
