/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a cloud-init seed says when the guest profile leaves it open. */
#include <string.h>

#include "define/internal.h"

static void line(struct vmm_buf *out, const char *key, const char *value)
{
	vmm_buf_adds(out, key);
	vmm__yaml_quote(out, value);
	vmm_buf_addc(out, '\n');
}

static void add_keys(struct vmm_buf *out, const char *indent, const struct vmm_strv *keys)
{
	if (!keys->n)
		return;
	vmm_buf_addf(out, "%sssh_authorized_keys:\n", indent);
	for (size_t i = 0; i < keys->n; i++) {
		vmm_buf_addf(out, "%s  - ", indent);
		line(out, "", keys->s[i]);
	}
}

void vmm__default_user_data(struct vmm_buf *out, const struct vmm_template *t,
			    const struct vmm__vars *vars)
{
	vmm_buf_adds(out, "#cloud-config\n");
	line(out, "hostname: ", vmm__vars_text(vars, "hostname"));
	line(out, "fqdn: ", vmm__vars_text(vars, "fqdn"));
	vmm_buf_adds(out, "manage_etc_hosts: localhost\n");
	if (!*t->guest.user) {
		add_keys(out, "", &t->guest.ssh_keys);
		return;
	}
	vmm_buf_adds(out, "users:\n");
	line(out, "  - name: ", t->guest.user);
	vmm_buf_adds(out, "    lock_passwd: true\n"
			  "    shell: \"/bin/bash\"\n"
			  "    sudo: \"ALL=(ALL) NOPASSWD:ALL\"\n");
	add_keys(out, "    ", &t->guest.ssh_keys);
}

void vmm__default_meta_data(struct vmm_buf *out, const struct vmm__vars *vars)
{
	line(out, "instance-id: ", vmm__vars_text(vars, "uuid"));
	line(out, "local-hostname: ", vmm__vars_text(vars, "hostname"));
}

static void add_address(struct vmm_buf *out, const char *address, unsigned prefix)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	if (!address)
		return;
	vmm_buf_addf(&text, "%s/%u", address, prefix);
	line(out, "      - ", text.data);
}

static void add_nameservers(struct vmm_buf *out, const char *const *dns, const char *domain)
{
	if (!dns || !*dns)
		return;
	vmm_buf_adds(out, "    nameservers:\n      addresses:\n");
	for (; *dns; dns++)
		line(out, "        - ", *dns);
	if (!*domain)
		return;
	vmm_buf_adds(out, "      search:\n");
	line(out, "        - ", domain);
}

/* Only one network can be the way to everywhere: the first that has a gateway. */
struct gateways {
	const char *ip4, *ip6;
};

static struct gateways take(struct gateways *taken, const struct vmm_instance_nic *nic)
{
	struct gateways mine = {
		nic->ip4 && !taken->ip4 ? nic->ip4_gateway : NULL,
		nic->ip6 && !taken->ip6 ? nic->ip6_gateway : NULL,
	};

	if (mine.ip4)
		taken->ip4 = mine.ip4;
	if (mine.ip6)
		taken->ip6 = mine.ip6;
	return mine;
}

static void add_nic(struct vmm_buf *out, size_t nr, const struct vmm_instance_nic *nic,
		    const char *domain, struct gateways *taken)
{
	struct gateways via = take(taken, nic);

	/* The name is set, because some of cloud-init's ways to configure a network go by it alone. */
	vmm_buf_addf(out, "  eth%zu:\n    match:\n", nr);
	line(out, "      macaddress: ", nic->mac);
	vmm_buf_addf(out, "    set-name: \"eth%zu\"\n", nr);
	if (nic->mtu)
		vmm_buf_addf(out, "    mtu: %u\n", nic->mtu);
	if (!nic->ip4 && !nic->ip6) {
		vmm_buf_adds(out, "    dhcp4: true\n");
		return;
	}
	vmm_buf_adds(out, "    addresses:\n");
	add_address(out, nic->ip4, nic->ip4_prefix);
	add_address(out, nic->ip6, nic->ip6_prefix);
	/* Not as routes: cloud-init 22.4 makes ::/64 of ::/0 for all but netplan. */
	if (via.ip4)
		line(out, "    gateway4: ", via.ip4);
	if (via.ip6)
		line(out, "    gateway6: ", via.ip6);
	add_nameservers(out, nic->dns, domain);
}

void vmm__default_network(struct vmm_buf *out, const struct vmm_template *t,
			  const struct vmm_instance *vm)
{
	struct gateways taken = { NULL, NULL };

	vmm_buf_adds(out, t->nnics ? "version: 2\nethernets:\n" : "version: 2\nethernets: {}\n");
	for (size_t i = 0; i < t->nnics; i++)
		add_nic(out, i, &vm->nics[i], t->domain, &taken);
}
