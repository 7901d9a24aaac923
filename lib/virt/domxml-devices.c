/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The <devices> of a domain XML. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "virt/domxml-internal.h"

#define AGENT_CHANNEL "org.qemu.guest_agent.0"

/* "a:b", or the one that is there. */
static const char *joined(struct vmm__domxml *x, const char *a, char sep, const char *b)
{
	VMM_BUF_AUTO both = VMM_BUF_INIT;

	if (!*a || !*b)
		return *a ? a : b;
	vmm_buf_addf(&both, "%s%c%s", a, sep, b);
	x->nomem |= both.failed;
	return vmm__domxml_keep(x, both.data);
}

/* Where the data is, whatever kind of thing that is. */
static const char *source_of(struct vmm__domxml *x, const char *type, xmlNodePtr source)
{
	static const char *const attrs[] = { "file", "dev", "dir" };
	const char *name = vmm__domxml_attr(x, source, "name");
	const char *found = "";

	if (strcmp(type, "volume") == 0)
		return joined(x, vmm__domxml_attr(x, source, "pool"), '/',
			      vmm__domxml_attr(x, source, "volume"));
	if (strcmp(type, "network") == 0)
		return joined(x, vmm__domxml_attr(x, source, "protocol"), ':', name);
	for (size_t i = 0; i < 3 && !*found; i++)
		found = vmm__domxml_attr(x, source, attrs[i]);
	return found;
}

static int read_disk(struct vmm__domxml *x, xmlNodePtr node)
{
	xmlNodePtr source = vmm__xml_child(node, "source"), driver = vmm__xml_child(node, "driver");
	xmlNodePtr backing = vmm__xml_child(node, "backingStore");
	struct vmm_disk *disk = reallocarray(x->d.disks, x->d.ndisks + 1, sizeof(*disk));

	if (!disk)
		return VMM_ENOMEM;
	x->d.disks = disk;
	disk += x->d.ndisks++;
	disk->type = vmm__domxml_attr(x, node, "type");
	disk->device = vmm__domxml_attr(x, node, "device");
	if (!*disk->device)
		disk->device = "disk";
	disk->source = source_of(x, disk->type, source);
	disk->pool = vmm__domxml_attr(x, source, "pool");
	disk->format = vmm__domxml_attr(x, driver, "type");
	disk->cache = vmm__domxml_attr(x, driver, "cache");
	disk->target = vmm__domxml_attr(x, vmm__xml_child(node, "target"), "dev");
	disk->backing = source_of(x, vmm__domxml_attr(x, backing, "type"),
				  vmm__xml_child(backing, "source"));
	disk->readonly = vmm__xml_child(node, "readonly") != NULL;
	disk->shareable = vmm__xml_child(node, "shareable") != NULL;
	disk->empty = !*disk->source;
	return 0;
}

static int read_nic(struct vmm__domxml *x, xmlNodePtr node)
{
	static const char *const attrs[] = { "network", "bridge", "dev" };
	xmlNodePtr source = vmm__xml_child(node, "source");
	struct vmm_nic *nic = reallocarray(x->d.nics, x->d.nnics + 1, sizeof(*nic));

	if (!nic)
		return VMM_ENOMEM;
	x->d.nics = nic;
	nic += x->d.nnics++;
	nic->type = vmm__domxml_attr(x, node, "type");
	/* Running, one of a libvirt network is shown as the bridge or device that it got there. */
	if (*vmm__domxml_attr(x, source, "network"))
		nic->type = "network";
	nic->source = "";
	for (size_t i = 0; i < 3 && !*nic->source; i++)
		nic->source = vmm__domxml_attr(x, source, attrs[i]);
	nic->mac = vmm__domxml_attr(x, vmm__xml_child(node, "mac"), "address");
	nic->model = vmm__domxml_attr(x, vmm__xml_child(node, "model"), "type");
	nic->target = vmm__domxml_attr(x, vmm__xml_child(node, "target"), "dev");
	if (strcmp(nic->type, "hostdev") == 0)
		x->d.nhostdevs++;
	return 0;
}

/* The state stands in the XML of a running domain only. */
static const char *agent_state(xmlNodePtr devices)
{
	xmlNodePtr channel = vmm__xml_child(devices, "channel");

	for (; channel; channel = vmm__xml_next(channel, "channel")) {
		xmlNodePtr target = vmm__xml_child(channel, "target");

		if (!vmm__xml_is(target, "name", AGENT_CHANNEL))
			continue;
		return vmm__xml_is(target, "state", "connected") ? "connected" : "disconnected";
	}
	return "";
}

int vmm__domxml_devices(struct vmm__domxml *x, xmlNodePtr devices)
{
	xmlNodePtr n;

	for (n = vmm__xml_child(devices, "disk"); n; n = vmm__xml_next(n, "disk"))
		if (read_disk(x, n) < 0)
			return VMM_ENOMEM;
	for (n = vmm__xml_child(devices, "interface"); n; n = vmm__xml_next(n, "interface"))
		if (read_nic(x, n) < 0)
			return VMM_ENOMEM;
	for (n = vmm__xml_child(devices, "hostdev"); n; n = vmm__xml_next(n, "hostdev"))
		x->d.nhostdevs++;
	for (n = vmm__xml_child(devices, "tpm"); n; n = vmm__xml_next(n, "tpm"))
		x->d.tpm |= vmm__xml_is(vmm__xml_child(n, "backend"), "type", "emulator");
	x->d.agent = agent_state(devices);
	return 0;
}
