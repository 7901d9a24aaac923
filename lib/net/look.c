/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a network on a host differs from what is wanted. */
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "net/net-internal.h"
#include "virt/virt.h"
#include "virt/xmlget.h"

/* Whether the node device driver has it. */
static bool is_device(virConnectPtr conn, const char *name)
{
	virNodeDevicePtr *devices = NULL;
	int n = virConnectListAllNodeDevices(conn, &devices, VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET);
	bool found = false;

	for (int i = 0; i < n; i++) {
		VMM_STR_AUTO xml = found ? NULL : virNodeDeviceGetXMLDesc(devices[i], 0);
		VMM_STR_AUTO own = xml ? vmm_xml_get(xml, "device/capability/interface") : NULL;

		found |= own && strcmp(own, name) == 0;
		virNodeDeviceFree(devices[i]);
	}
	free(devices);
	return found;
}

/*
 * 0 and the interface's XML, or 0 and NULL: libvirt can't tell here. VMM_ENOTFOUND: there is none.
 * Older libvirts know, as interfaces, only those that the host's configuration has.
 */
static int iface_xml(virConnectPtr conn, const char *name, char **xml)
{
	virInterfacePtr iface = virInterfaceLookupByName(conn, name);
	bool none = !iface && virGetLastErrorCode() == VIR_ERR_NO_INTERFACE && !is_device(conn, name);

	*xml = iface ? virInterfaceGetXMLDesc(iface, 0) : NULL;
	if (iface)
		virInterfaceFree(iface);
	virResetLastError();
	return none ? VMM_ENOTFOUND : 0;
}

/* It is the host's, and libvirt has no say in it. */
static void check_mtu(const struct vmm__item *item, const char *xml, struct vmm_buf *why)
{
	VMM_STR_AUTO mtu = item->mtu ? vmm_xml_get(xml, "interface/mtu@size") : NULL;
	uint64_t size;

	if (mtu && vmm_num_u64("mtu", mtu, 0, UINT32_MAX, &size, NULL) == 0 && size < item->mtu)
		vmm_buf_addf(why, "'%s' on the host has mtu %s, not %u", item->bridge, mtu,
			     item->mtu);
}

/*
 * Nothing is wrong where libvirt can't tell. An Open vSwitch bridge looks like any interface; a Linux
 * bridge is told as one.
 */
static int check_bridge(virConnectPtr conn, const struct vmm__item *item, struct vmm__look *l,
			struct vmm_err *err)
{
	struct vmm_buf *why = &l->bridge;
	VMM_STR_AUTO xml = NULL;
	VMM_STR_AUTO type = NULL;

	if (!*item->bridge)
		return 0;
	if (iface_xml(conn, item->bridge, &xml) == VMM_ENOTFOUND)
		vmm_buf_addf(why, "the host has no bridge '%s'", item->bridge);
	else if (xml)
		type = vmm_xml_get(xml, "interface@type");
	if (type && !item->ovs && strcmp(type, "bridge") != 0)
		vmm_buf_addf(why, "'%s' on the host is no bridge but of type %s", item->bridge, type);
	if (type && item->ovs && strcmp(type, "bridge") == 0)
		vmm_buf_addf(why, "'%s' on the host is a Linux bridge and no Open vSwitch",
			     item->bridge);
	if (xml)
		check_mtu(item, xml, &l->mtu);
	l->drift |= l->bridge.len ? VMM__NO_BRIDGE : 0;
	l->drift |= l->mtu.len ? VMM__MTU : 0;
	return why->failed || l->mtu.failed ? vmm_err_nomem(err) : 0;
}

/* Some drivers know of one definition only, and not of the flag. */
char *vmm__net_definition(virNetworkPtr net)
{
	char *xml = virNetworkGetXMLDesc(net, VIR_NETWORK_XML_INACTIVE);

	if (!xml && virGetLastErrorCode() == VIR_ERR_INVALID_ARG)
		xml = virNetworkGetXMLDesc(net, 0);
	return xml;
}

static int compare(virNetworkPtr net, bool live, const struct vmm__facts *wanted,
		   struct vmm_buf *out, struct vmm__facts *is, struct vmm_err *err)
{
	VMM_STR_AUTO xml = live ? virNetworkGetXMLDesc(net, 0) : vmm__net_definition(net);
	int rc;

	if (!xml)
		return vmm_err_virt(err, "cannot read its definition");
	rc = vmm__facts_read(xml, is, err);
	if (rc == 0)
		vmm__facts_compare(is, wanted, out);
	return rc == 0 && out->failed ? vmm_err_nomem(err) : rc;
}

/* The definition, and what runs where that is something else. */
static int read_xml(struct vmm__look *l, const struct vmm__facts *wanted, struct vmm_err *err)
{
	struct vmm__facts is = { 0 }, live = { 0 };
	int rc = compare(l->net, false, wanted, &l->differs, &is, err);

	if (rc == 0 && l->active)
		rc = compare(l->net, true, wanted, &l->runs, &live, err);
	if (rc == 0) {
		l->drift |= is.ours ? 0 : VMM__FOREIGN;
		l->drift |= l->differs.len ? VMM__DIFFERS : 0;
		l->drift |= l->runs.len ? VMM__RUNS_OLD : 0;
		l->uuid = strdup(is.uuid ? is.uuid : "");
		/* Where libvirt chose the bridge it is to keep its name. */
		if (*is.value[VMM__FACT_DNS] && !*wanted->value[VMM__FACT_BRIDGE])
			l->keep_bridge = strdup(is.value[VMM__FACT_BRIDGE]);
		rc = l->uuid ? 0 : vmm_err_nomem(err);
	}
	vmm__facts_release(&is);
	vmm__facts_release(&live);
	return rc;
}

static int read_state(struct vmm__look *l, struct vmm_err *err)
{
	int active = virNetworkIsActive(l->net), persistent = virNetworkIsPersistent(l->net);
	int autostart = 0;

	if (active < 0 || persistent < 0 ||
	    (persistent > 0 && virNetworkGetAutostart(l->net, &autostart) < 0))
		return vmm_err_virt(err, "cannot read its state");
	l->active = active > 0;
	l->drift |= active ? 0 : VMM__INACTIVE;
	l->drift |= persistent ? 0 : VMM__TRANSIENT;
	l->drift |= persistent && !autostart ? VMM__NO_AUTOSTART : 0;
	return 0;
}

static void init(struct vmm__look *l)
{
	memset(l, 0, sizeof(*l));
	l->differs = l->runs = l->bridge = l->mtu = (struct vmm_buf)VMM_BUF_INIT;
}

int vmm__net_look(virConnectPtr conn, const struct vmm__item *item, struct vmm__look *out,
		  struct vmm_err *err)
{
	struct vmm__facts wanted = { 0 };
	struct vmm_err why;
	int rc;

	init(out);
	rc = vmm__facts_read(item->xml, &wanted, err);
	if (rc == 0)
		rc = check_bridge(conn, item, out, err);
	if (rc == 0)
		out->net = virNetworkLookupByName(conn, item->name);
	if (rc == 0 && !out->net) {
		rc = vmm_err_virt(&why, "cannot look for it");
		if (rc == VMM_ENOTFOUND) {
			out->drift |= VMM__MISSING;
			rc = 0;
		} else {
			vmm_err_set(err, why.code, "%s", why.text);
		}
	} else if (rc == 0) {
		rc = read_state(out, err);
		if (rc == 0)
			rc = read_xml(out, &wanted, err);
	}
	vmm__facts_release(&wanted);
	if (rc < 0)
		vmm__net_look_release(out);
	return rc;
}

void vmm__net_look_release(struct vmm__look *l)
{
	if (l->net)
		virNetworkFree(l->net);
	free(l->uuid);
	free(l->keep_bridge);
	vmm_buf_release(&l->differs);
	vmm_buf_release(&l->runs);
	vmm_buf_release(&l->bridge);
	vmm_buf_release(&l->mtu);
	init(l);
}
