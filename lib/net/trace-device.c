/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a bridge to the wire, as libvirt's interface and node device drivers tell. */
#include <stdlib.h>
#include <string.h>

#include "net/net-internal.h"
#include "virt/xmlget.h"
#include "virt/xmlread.h"

#define DEPTH_MAX 4 /* a bridge on a VLAN on a bond of devices is three */

int vmm__trace_row(struct vmm__trace *tr, unsigned level, const char *kind, const char *name,
		   const char *detail)
{
	const char number[2] = { (char)('0' + level), '\0' };
	long row = vmm_table_add(tr->t);

	if (row < 0 || vmm_table_put(tr->t, (size_t)row, "nic", tr->nic) < 0 ||
	    vmm_table_put(tr->t, (size_t)row, "level", number) < 0 ||
	    vmm_table_put(tr->t, (size_t)row, "kind", kind) < 0 ||
	    vmm_table_put(tr->t, (size_t)row, "name", name) < 0 ||
	    vmm_table_put(tr->t, (size_t)row, "detail", detail) < 0)
		return vmm_err_nomem(tr->err);
	return 0;
}

static void say(struct vmm_buf *out, const char *before, const char *value, const char *after)
{
	if (value && *value)
		vmm_buf_addf(out, "%s%s%s%s", out->len ? ", " : "", before, value, after);
}

void vmm__trace_iface(const char *xml, struct vmm_buf *out)
{
	static const struct {
		const char *path, *before, *after;
	} told[] = {
		{ "interface/vlan@tag", "VLAN ", "" },
		{ "interface/vlan/interface@name", "on ", "" },
		{ "interface/bond@mode", "mode ", "" },
		{ "interface/bridge@stp", "stp ", "" },
		{ "interface/mtu@size", "mtu ", "" },
		{ "interface/link@state", "link ", "" },
		{ "interface/link@speed", "", " Mb/s" },
		{ "interface/mac@address", "mac ", "" },
	};

	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
		VMM_STR_AUTO value = vmm_xml_get(xml, told[i].path);

		say(out, told[i].before, value, told[i].after);
	}
}

/* The names of the interfaces inside the element `in` of an interface XML. */
static int inner(const char *xml, const char *in, struct vmm_strv *names)
{
	xmlDocPtr doc = vmm__xml_read("interface XML", xml, NULL);
	xmlNodePtr n = doc ? vmm__xml_child(xmlDocGetRootElement(doc), in) : NULL;
	int rc = 0;

	for (n = vmm__xml_child(n, "interface"); n && rc == 0; n = vmm__xml_next(n, "interface")) {
		xmlChar *name = xmlGetNoNsProp(n, BAD_CAST "name");

		rc = name ? vmm_strv_add(names, (const char *)name) : 0;
		xmlFree(name);
	}
	xmlFreeDoc(doc);
	return rc;
}

static int below(struct vmm__trace *tr, const char *xml, unsigned depth)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int rc = 0;

	if (inner(xml, "vlan", &names) < 0 || inner(xml, "bond", &names) < 0)
		return vmm_err_nomem(tr->err);
	for (size_t i = 0; i < names.n && rc == 0 && depth < DEPTH_MAX; i++)
		rc = vmm__trace_device(tr, names.s[i], depth + 1);
	return rc;
}

int vmm__trace_device(struct vmm__trace *tr, const char *name, unsigned depth)
{
	VMM_STR_AUTO xml = tr->ask->iface(tr->ask->ctx, name);
	VMM_STR_AUTO parent = tr->ask->parent(tr->ask->ctx, name);
	VMM_STR_AUTO type = xml ? vmm_xml_get(xml, "interface@type") : NULL;
	VMM_BUF_AUTO detail = VMM_BUF_INIT;
	int rc;

	if (!type)
		return vmm__trace_row(tr, 5, "unknown", name, "libvirt tells nothing of this device");
	vmm__trace_iface(xml, &detail);
	if (parent && strcmp(parent, "computer") == 0)
		say(&detail, "", "virtual", "");
	else
		say(&detail, "device ", parent, "");
	rc = vmm__trace_row(tr, 5, type, name, detail.data);
	return rc < 0 ? rc : below(tr, xml, depth);
}

/* What libvirt calls the taps that it makes: those of VMs of other drivers are not in `taps`. */
static bool made_by_libvirt(const char *name)
{
	return strncmp(name, "vnet", 4) == 0 && name[4] && !name[4 + strspn(name + 4, "0123456789")];
}

int vmm__trace_ports(struct vmm__trace *tr, const char *bridge, const struct vmm_strv *taps)
{
	VMM_STR_AUTO xml = tr->ask->iface(tr->ask->ctx, bridge);
	VMM_STRV_AUTO ports = VMM_STRV_INIT;
	size_t found = 0;

	if (!xml)
		return vmm__trace_row(tr, 5, "unknown", "",
				      "libvirt tells nothing of this bridge's ports");
	if (inner(xml, "bridge", &ports) < 0)
		return vmm_err_nomem(tr->err);
	for (size_t i = 0; i < ports.n; i++) {
		if (vmm_strv_has(taps, ports.s[i]) || made_by_libvirt(ports.s[i]))
			continue;
		found++;
		if (vmm__trace_device(tr, ports.s[i], 1) < 0)
			return VMM_ENOMEM;
	}
	return found ? 0 : vmm__trace_row(tr, 5, "none", "", "no port of the bridge leads outside");
}
