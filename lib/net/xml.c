/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A definition as libvirt's network XML. Every text in it has been checked to be names, numbers
 * and addresses (rules.c), so nothing needs an escape.
 */
#include <string.h>

#include "net/net-internal.h"

static void forward(const struct vmm_net *net, const char *host, struct vmm_buf *out)
{
	static const char *const modes[] = { "bridge", NULL, "nat", "route", "bridge" };
	const char *device = vmm_net_device(net, host);

	if (!modes[net->type])
		return;
	vmm_buf_addf(out, "  <forward mode='%s'", modes[net->type]);
	if (*device)
		vmm_buf_addf(out, " dev='%s'", device);
	vmm_buf_adds(out, "/>\n");
}

/* With a trunk, the one VLAN is that of frames without a tag. */
static void vlan(const struct vmm_net *net, struct vmm_buf *out)
{
	if (net->type != VMM_NET_OPENVSWITCH || (!net->vlan && !net->trunk.n))
		return;
	vmm_buf_addf(out, "  <vlan%s>\n", net->trunk.n ? " trunk='yes'" : "");
	if (net->vlan)
		vmm_buf_addf(out, "    <tag id='%u'%s/>\n", net->vlan,
			     net->trunk.n ? " nativeMode='untagged'" : "");
	for (size_t i = 0; i < net->trunk.n; i++)
		vmm_buf_addf(out, "    <tag id='%s'/>\n", net->trunk.s[i]);
	vmm_buf_adds(out, "  </vlan>\n");
}

static void address(const struct vmm_net *net, const char *address, struct vmm_buf *out)
{
	size_t len = strcspn(address, "/");
	bool open = false;

	vmm_buf_addf(out, "  <ip family='%s' address='%.*s' prefix='%s'",
		     strchr(address, ':') ? "ipv6" : "ipv4", (int)len, address, address + len + 1);
	for (size_t i = 0; i < net->dhcp.n; i++) {
		const char *range = net->dhcp.s[i], *dash = strchr(range, '-');

		if (!vmm__net_in_subnet(range, address))
			continue;
		vmm_buf_adds(out, open ? "" : ">\n    <dhcp>\n");
		open = true;
		vmm_buf_addf(out, "      <range start='%.*s' end='%s'/>\n", (int)(dash - range),
			     range, dash + 1);
	}
	vmm_buf_adds(out, open ? "    </dhcp>\n  </ip>\n" : "/>\n");
}

int vmm_net_xml(const struct vmm_net *net, const char *host, struct vmm_buf *out, struct vmm_err *err)
{
	bool inside = net->type != VMM_NET_BRIDGE && net->type != VMM_NET_OPENVSWITCH;
	const char *bridge = vmm_net_bridge(net, host);

	if (!inside && !*bridge)
		return vmm_err_set(err, VMM_EINPUT, "%s: says no bridge for host '%s'", net->file,
				   host);
	vmm_buf_addf(out, "<network>\n  <name>%s</name>\n", net->name);
	vmm_buf_adds(out, "  <metadata>\n    <vmm:network xmlns:vmm='" VMM__NET_NS
			  "'/>\n  </metadata>\n");
	forward(net, host, out);
	if (*bridge)
		vmm_buf_addf(out, "  <bridge name='%s'/>\n", bridge);
	if (net->type == VMM_NET_OPENVSWITCH)
		vmm_buf_adds(out, "  <virtualport type='openvswitch'/>\n");
	vlan(net, out);
	/* Elsewhere libvirt does not make the bridge and has no say in its MTU. */
	if (inside && net->mtu)
		vmm_buf_addf(out, "  <mtu size='%u'/>\n", net->mtu);
	if (inside && !net->dhcp.n)
		vmm_buf_adds(out, "  <dns enable='no'/>\n");
	for (size_t i = 0; i < net->addresses.n; i++)
		address(net, net->addresses.s[i], out);
	vmm_buf_adds(out, "</network>\n");
	return out->failed ? vmm_err_nomem(err) : 0;
}
