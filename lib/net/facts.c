/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What of a libvirt network a definition decides, so that one as libvirt tells it and one as it is
 * wanted can be compared: libvirt fills in much that nobody asked for.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "net/net-internal.h"
#include "virt/xmlread.h"

static const char *const names[VMM__FACTS] = { "type",    "bridge", "device", "vlan", "mtu",
					       "address", "dhcp",   "dns",    "other" };

/* The value of an attribute, "" if there is none; to be freed. */
static char *attr(xmlNodePtr node, const char *name)
{
	xmlChar *v = node ? xmlGetNoNsProp(node, BAD_CAST name) : NULL;
	char *copy = strdup(v ? (const char *)v : "");

	xmlFree(v);
	return copy;
}

static void add_attr(struct vmm_buf *out, xmlNodePtr node, const char *name)
{
	VMM_STR_AUTO v = attr(node, name);

	if (v)
		vmm_buf_adds(out, v);
	else
		out->failed = true;
}

static void add_item(struct vmm_buf *out)
{
	if (out->len)
		vmm_buf_adds(out, ", ");
}

static void read_type(xmlNodePtr root, struct vmm_buf *out)
{
	xmlNodePtr forward = vmm__xml_child(root, "forward");

	if (!forward)
		vmm_buf_adds(out, "isolated");
	else if (vmm__xml_is(vmm__xml_child(root, "virtualport"), "type", "openvswitch"))
		vmm_buf_adds(out, "openvswitch");
	else if (vmm__xml_is(forward, "mode", "route"))
		vmm_buf_adds(out, "routed");
	else
		add_attr(out, forward, "mode");
	if (forward && !out->len) /* the mode that is meant where none is said */
		vmm_buf_adds(out, "nat");
}

static void read_device(xmlNodePtr root, struct vmm_buf *out)
{
	xmlNodePtr forward = vmm__xml_child(root, "forward");
	xmlNodePtr iface = vmm__xml_child(forward, "interface");

	add_attr(out, forward, "dev");
	for (; iface && !out->len; iface = vmm__xml_next(iface, "interface"))
		add_attr(out, iface, "dev");
}

static void read_vlan(xmlNodePtr root, struct vmm_buf *out)
{
	xmlNodePtr vlan = vmm__xml_child(root, "vlan"), tag = vmm__xml_child(vlan, "tag");

	for (; tag; tag = vmm__xml_next(tag, "tag")) {
		add_item(out);
		add_attr(out, tag, "id");
		if (xmlHasProp(tag, BAD_CAST "nativeMode")) {
			vmm_buf_addc(out, ' ');
			add_attr(out, tag, "nativeMode");
		}
	}
	if (vlan && vmm__xml_is(vlan, "trunk", "yes"))
		vmm_buf_adds(out, " trunk");
}

/* Old definitions have a netmask instead. */
static void add_prefix(struct vmm_buf *out, xmlNodePtr ip)
{
	VMM_STR_AUTO mask = attr(ip, "netmask");
	struct in_addr bits;

	if (mask && *mask && inet_pton(AF_INET, mask, &bits) == 1)
		vmm_buf_addf(out, "%d", __builtin_popcount(bits.s_addr));
	else
		add_attr(out, ip, "prefix");
}

static void read_dhcp(xmlNodePtr ip, struct vmm_buf *out)
{
	xmlNodePtr dhcp = vmm__xml_child(ip, "dhcp"), n = dhcp ? dhcp->children : NULL;

	for (; n; n = n->next) {
		if (n->type != XML_ELEMENT_NODE)
			continue;
		add_item(out);
		if (strcmp((const char *)n->name, "range") != 0) {
			vmm_buf_adds(out, (const char *)n->name);
			continue;
		}
		add_attr(out, n, "start");
		vmm_buf_addc(out, '-');
		add_attr(out, n, "end");
	}
}

static void read_addresses(xmlNodePtr root, struct vmm_buf *addresses, struct vmm_buf *dhcp)
{
	xmlNodePtr ip = vmm__xml_child(root, "ip");

	for (; ip; ip = vmm__xml_next(ip, "ip")) {
		add_item(addresses);
		add_attr(addresses, ip, "address");
		vmm_buf_addc(addresses, '/');
		add_prefix(addresses, ip);
		read_dhcp(ip, dhcp);
	}
}

static void read_dns(xmlNodePtr root, const char *type, struct vmm_buf *out)
{
	xmlNodePtr dns = vmm__xml_child(root, "dns");
	bool has = strcmp(type, "nat") == 0 || strcmp(type, "routed") == 0 ||
		   strcmp(type, "isolated") == 0;

	if (dns && xmlFirstElementChild(dns))
		vmm_buf_adds(out, "edited");
	else if (has)
		vmm_buf_adds(out, vmm__xml_is(dns, "enable", "no") ? "no" : "yes");
}

static bool decided(xmlNodePtr n)
{
	static const char *const known[] = { "name",        "uuid",    "metadata", "title",
					     "description", "forward", "bridge",   "mac",
					     "mtu",         "vlan",    "ip",       "dns" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp((const char *)n->name, known[i]) == 0)
			return true;
	return strcmp((const char *)n->name, "virtualport") == 0 &&
	       vmm__xml_is(n, "type", "openvswitch");
}

static void read_other(xmlNodePtr root, struct vmm_buf *out)
{
	for (xmlNodePtr n = root->children; n; n = n->next) {
		if (n->type != XML_ELEMENT_NODE || decided(n))
			continue;
		add_item(out);
		vmm_buf_adds(out, (const char *)n->name);
	}
}

static bool has_mark(xmlNodePtr root)
{
	xmlNodePtr meta = vmm__xml_child(root, "metadata"), n = meta ? meta->children : NULL;

	for (; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && n->ns &&
		    strcmp((const char *)n->ns->href, VMM__NET_NS) == 0)
			return true;
	return false;
}

int vmm__facts_read(const char *xml, struct vmm__facts *out, struct vmm_err *err)
{
	xmlDocPtr doc = vmm__xml_read("network XML", xml, err);
	struct vmm_buf b[VMM__FACTS];
	xmlNodePtr root, uuid;
	bool bad = false;

	if (!doc)
		return VMM_EINPUT;
	for (size_t i = 0; i < VMM__FACTS; i++)
		b[i] = (struct vmm_buf)VMM_BUF_INIT;
	root = xmlDocGetRootElement(doc);
	read_type(root, &b[VMM__FACT_TYPE]);
	add_attr(&b[VMM__FACT_BRIDGE], vmm__xml_child(root, "bridge"), "name");
	read_device(root, &b[VMM__FACT_DEVICE]);
	read_vlan(root, &b[VMM__FACT_VLAN]);
	add_attr(&b[VMM__FACT_MTU], vmm__xml_child(root, "mtu"), "size");
	read_addresses(root, &b[VMM__FACT_ADDRESS], &b[VMM__FACT_DHCP]);
	read_dns(root, b[VMM__FACT_TYPE].data, &b[VMM__FACT_DNS]);
	read_other(root, &b[VMM__FACT_OTHER]);
	memset(out, 0, sizeof(*out));
	out->ours = has_mark(root);
	uuid = vmm__xml_child(root, "uuid");
	out->uuid = uuid ? (char *)xmlNodeGetContent(uuid) : NULL;
	xmlFreeDoc(doc);
	for (size_t i = 0; i < VMM__FACTS; i++) {
		out->value[i] = b[i].failed ? NULL : strdup(b[i].data);
		bad |= !out->value[i];
		vmm_buf_release(&b[i]);
	}
	if (!bad)
		return 0;
	vmm__facts_release(out);
	return vmm_err_nomem(err);
}

void vmm__facts_release(struct vmm__facts *f)
{
	for (size_t i = 0; i < VMM__FACTS; i++)
		free(f->value[i]);
	xmlFree(f->uuid);
	memset(f, 0, sizeof(*f));
}

/* Where no bridge is wanted by name, libvirt chooses one. */
static bool as_wanted(const struct vmm__facts *is, const struct vmm__facts *wanted, size_t i)
{
	return (i == VMM__FACT_BRIDGE && !*wanted->value[i]) ||
	       strcmp(is->value[i], wanted->value[i]) == 0;
}

static const char *or_none(const char *value)
{
	return *value ? value : "none";
}

void vmm__facts_compare(const struct vmm__facts *is, const struct vmm__facts *wanted,
			struct vmm_buf *out)
{
	for (size_t i = 0; i < VMM__FACTS; i++)
		if (!as_wanted(is, wanted, i))
			vmm_buf_addf(out, "%s%s %s, not %s", out->len ? "; " : "", names[i],
				     or_none(is->value[i]), or_none(wanted->value[i]));
}
