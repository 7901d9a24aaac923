/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The levels of one interface of a VM. */
#include <stdlib.h>
#include <string.h>

#include "net/net-internal.h"
#include "virt/xmlget.h"
#include "virt/xmlread.h"

/* ---- the domain XML ---- */

static char *attr(xmlNodePtr node, const char *name, bool *bad)
{
	xmlChar *v = node ? xmlGetNoNsProp(node, BAD_CAST name) : NULL;
	char *copy = strdup(v ? (const char *)v : "");

	xmlFree(v);
	*bad |= !copy;
	return copy;
}

static char *tags(xmlNodePtr vlan, bool *bad)
{
	xmlNodePtr tag = vmm__xml_child(vlan, "tag");
	VMM_BUF_AUTO out = VMM_BUF_INIT;
	char *text;

	for (; tag; tag = vmm__xml_next(tag, "tag")) {
		VMM_STR_AUTO id = attr(tag, "id", bad);

		if (id)
			vmm_buf_addf(&out, "%s%s", out.len ? " " : "", id);
	}
	text = strdup(out.data);
	*bad |= out.failed || !text;
	return text;
}

static bool read_nic(xmlNodePtr n, struct vmm__nic *nic)
{
	xmlNodePtr source = vmm__xml_child(n, "source");
	bool bad = false;

	nic->type = attr(n, "type", &bad);
	nic->mac = attr(vmm__xml_child(n, "mac"), "address", &bad);
	nic->model = attr(vmm__xml_child(n, "model"), "type", &bad);
	nic->target = attr(vmm__xml_child(n, "target"), "dev", &bad);
	nic->network = attr(source, "network", &bad);
	nic->bridge = attr(source, "bridge", &bad);
	nic->dev = attr(source, "dev", &bad);
	nic->mode = attr(source, "mode", &bad);
	nic->port = attr(vmm__xml_child(n, "virtualport"), "type", &bad);
	nic->link = attr(vmm__xml_child(n, "link"), "state", &bad);
	nic->vlan = tags(vmm__xml_child(n, "vlan"), &bad);
	return !bad;
}

int vmm__nics_read(const char *domain_xml, struct vmm__nic **out, size_t *n, struct vmm_err *err)
{
	xmlDocPtr doc = vmm__xml_read("domain XML", domain_xml, err);
	xmlNodePtr devices = doc ? vmm__xml_child(xmlDocGetRootElement(doc), "devices") : NULL;
	xmlNodePtr node = vmm__xml_child(devices, "interface");
	struct vmm__nic *nics = NULL;
	size_t count = 0;
	int rc = doc ? 0 : VMM_EINPUT;

	for (; node && rc == 0; node = vmm__xml_next(node, "interface")) {
		struct vmm__nic *more = reallocarray(nics, count + 1, sizeof(*more));

		if (more) {
			nics = more;
			memset(&nics[count], 0, sizeof(*nics));
		}
		if (!more || !read_nic(node, &nics[count++]))
			rc = vmm_err_nomem(err);
	}
	xmlFreeDoc(doc);
	if (rc < 0) {
		vmm__nics_free(nics, count);
		return rc;
	}
	*out = nics;
	*n = count;
	return 0;
}

void vmm__nics_free(struct vmm__nic *nics, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct vmm__nic *k = &nics[i];
		char *all[] = { k->type, k->mac,  k->model, k->target, k->network, k->bridge,
				k->dev,  k->mode, k->vlan,  k->port,   k->link };

		for (size_t s = 0; s < sizeof(all) / sizeof(*all); s++)
			free(all[s]);
	}
	free(nics);
}

/* ---- the levels ---- */

static void say(struct vmm_buf *out, const char *before, const char *value)
{
	if (value && *value)
		vmm_buf_addf(out, "%s%s%s", out->len ? ", " : "", before, value);
}

static void say_list(struct vmm_buf *out, const char *before, const struct vmm_strv *list)
{
	VMM_BUF_AUTO items = VMM_BUF_INIT;

	for (size_t i = 0; i < list->n; i++)
		vmm_buf_addf(&items, "%s%s", i ? " " : "", list->s[i]);
	say(out, before, items.data);
}

static int interface(struct vmm__trace *tr, const struct vmm__nic *nic)
{
	VMM_BUF_AUTO detail = VMM_BUF_INIT;

	say(&detail, "mac ", nic->mac);
	say(&detail, "model ", nic->model);
	say(&detail, "link ", nic->link);
	return vmm__trace_row(tr, 1, *nic->target ? "tap" : "nic", nic->target, detail.data);
}

static int vm_network(struct vmm__trace *tr, const struct vmm__nic *nic,
		      const struct vmm__nic_net *of, const struct vmm__facts *f)
{
	VMM_BUF_AUTO detail = VMM_BUF_INIT;

	if (!*nic->network)
		return vmm__trace_row(tr, 2, "none", "", "not plugged into a libvirt network");
	if (!of->xml)
		return vmm__trace_row(tr, 2, "missing", nic->network,
				      "the host has no network of that name");
	vmm_buf_adds(&detail, of->active ? "active" : "inactive");
	say(&detail, "type ", f->value[VMM__FACT_TYPE]);
	if (!f->ours)
		say(&detail, "", "not made by vmm-utils");
	return vmm__trace_row(tr, 2, "network", nic->network, detail.data);
}

static int logical(struct vmm__trace *tr, const struct vmm__nic *nic, const struct vmm__nic_net *of)
{
	VMM_BUF_AUTO detail = VMM_BUF_INIT;

	if (!*nic->network)
		return vmm__trace_row(tr, 3, "none", "", "");
	if (of->why)
		return vmm__trace_row(tr, 3, "unknown", nic->network, of->why);
	if (!of->net)
		return vmm__trace_row(tr, 3, "none", nic->network,
				      "there is no definition of that name");
	if (of->net->vlan)
		vmm_buf_addf(&detail, "vlan %u", of->net->vlan);
	say_list(&detail, "trunk ", &of->net->trunk);
	if (of->net->mtu)
		vmm_buf_addf(&detail, "%smtu %u", detail.len ? ", " : "", of->net->mtu);
	say_list(&detail, "address ", &of->net->addresses);
	say_list(&detail, "pools ", &of->net->pools);
	return vmm__trace_row(tr, 3, vmm_net_type(of->net->type), of->net->name, detail.data);
}

/* The bridge that it is on, or would be. */
static const char *bridge_of(const struct vmm__nic *nic, const struct vmm__facts *f)
{
	if (*nic->bridge)
		return nic->bridge;
	return f->value[VMM__FACT_BRIDGE] ? f->value[VMM__FACT_BRIDGE] : "";
}

static bool is_ovs(const struct vmm__nic *nic, const struct vmm__facts *f)
{
	return strcmp(nic->port, "openvswitch") == 0 ||
	       (f->value[VMM__FACT_TYPE] && strcmp(f->value[VMM__FACT_TYPE], "openvswitch") == 0);
}

static int switched(struct vmm__trace *tr, const struct vmm__nic *nic, const struct vmm__facts *f)
{
	const char *bridge = bridge_of(nic, f);
	VMM_STR_AUTO xml = *bridge ? tr->ask->iface(tr->ask->ctx, bridge) : NULL;
	VMM_BUF_AUTO detail = VMM_BUF_INIT;

	if (!*bridge && *nic->dev)
		return vmm__trace_row(tr, 4, "macvtap", nic->dev, nic->mode);
	if (!*bridge)
		return vmm__trace_row(tr, 4, "none", "", nic->type);
	say(&detail, "vlan ", *nic->vlan ? nic->vlan : f->value[VMM__FACT_VLAN]);
	if (xml)
		vmm__trace_iface(xml, &detail);
	else
		say(&detail, "", "libvirt tells nothing of it");
	return vmm__trace_row(tr, 4, is_ovs(nic, f) ? "openvswitch" : "bridge", bridge, detail.data);
}

static int device(struct vmm__trace *tr, const struct vmm__nic *nic, const struct vmm__facts *f,
		  const struct vmm_strv *taps)
{
	const char *type = f->value[VMM__FACT_TYPE] ? f->value[VMM__FACT_TYPE] : "";
	const char *out = f->value[VMM__FACT_DEVICE] ? f->value[VMM__FACT_DEVICE] : "";

	if (is_ovs(nic, f))
		return vmm__trace_row(tr, 5, "unknown", "",
				      "libvirt cannot tell the ports of an Open vSwitch");
	if (strcmp(type, "nat") == 0 || strcmp(type, "routed") == 0)
		return *out ? vmm__trace_device(tr, out, 1)
			    : vmm__trace_row(tr, 5, "routes", "", "where the host's routes lead");
	if (!*bridge_of(nic, f) && *nic->dev)
		return vmm__trace_device(tr, nic->dev, 1);
	if (!*bridge_of(nic, f))
		return vmm__trace_row(tr, 5, "none", "", "");
	return vmm__trace_ports(tr, bridge_of(nic, f), taps);
}

int vmm__trace_nic(struct vmm__trace *tr, const struct vmm__nic *nic, const struct vmm__nic_net *of,
		   const struct vmm_strv *taps)
{
	struct vmm__facts f = { 0 };
	int rc = of->xml ? vmm__facts_read(of->xml, &f, tr->err) : 0;

	if (rc == 0)
		rc = interface(tr, nic);
	if (rc == 0)
		rc = vm_network(tr, nic, of, &f);
	if (rc == 0)
		rc = logical(tr, nic, of);
	if (rc == 0)
		rc = switched(tr, nic, &f);
	if (rc == 0)
		rc = device(tr, nic, &f, taps);
	vmm__facts_release(&f);
	return rc;
}
