/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a VM was made of, in its own definition: who removes it later needs no other record. */
#include "define/internal.h"
#include "virt/made.h"

static xmlNodePtr add(xmlNodePtr vm, const char *name, const char *attr, const char *value)
{
	xmlNodePtr node;

	if (!value || !*value)
		return NULL;
	node = xmlNewTextChild(vm, vm->ns, (const xmlChar *)name, NULL);
	vmm__attr(node, attr, value);
	return node;
}

static void add_leases(xmlNodePtr node, const struct vmm_template_nic *nic)
{
	add(node, "lease", "pool", nic->ip4);
	add(node, "lease", "pool", nic->ip6);
	add(node, "lease", "pool", nic->mac);
}

void vmm__metadata(xmlNodePtr domain, const struct vmm_template *t, const struct vmm_instance *vm)
{
	xmlNodePtr metadata = vmm__el(domain, "metadata", NULL);
	xmlNodePtr node = vmm__el(metadata, "vm", NULL), image;
	xmlNsPtr ns = node ? xmlNewNs(node, (const xmlChar *)VMM_MADE_XMLNS, (const xmlChar *)"vmm")
			   : NULL;

	if (!ns)
		return;
	xmlSetNs(node, ns);
	vmm__attr(node, "template", t->name);
	image = add(node, "image", "name", vm->image ? vm->image : t->image);
	vmm__attr(image, "sha256", vm->image_sha256);
	for (size_t i = 0; i < t->ndisks; i++)
		add(node, "disk", "path", vm->disks[i].path);
	add(node, "disk", "path", vm->seed);
	for (size_t i = 0; i < t->nnics; i++)
		add_leases(node, &t->nics[i]);
}
