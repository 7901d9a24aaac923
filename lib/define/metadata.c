/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a VM was made of, in its own definition: who removes it later needs no other record. */
#include <stdlib.h>
#include <string.h>

#include "define/internal.h"
#include "virt/xmlread.h"

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
	xmlNsPtr ns = node ? xmlNewNs(node, (const xmlChar *)VMM__XMLNS, (const xmlChar *)"vmm")
			   : NULL;

	if (!ns)
		return;
	xmlSetNs(node, ns);
	vmm__attr(node, "template", t->name);
	image = add(node, "image", "name", t->image);
	vmm__attr(image, "sha256", vm->image_sha256);
	for (size_t i = 0; i < t->ndisks; i++)
		add(node, "disk", "path", vm->disks[i].path);
	add(node, "disk", "path", vm->seed);
	for (size_t i = 0; i < t->nnics; i++)
		add_leases(node, &t->nics[i]);
}

static bool is_ours(xmlNodePtr node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
	       strcmp((const char *)node->ns->href, VMM__XMLNS) == 0 &&
	       strcmp((const char *)node->name, name) == 0;
}

static char *attr(xmlNodePtr node, const char *name)
{
	xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
	char *copy = strdup(value ? (const char *)value : "");

	xmlFree(value);
	return copy;
}

static int add_once(struct vmm_strv *v, xmlNodePtr node, const char *name)
{
	VMM_STR_AUTO value = attr(node, name);

	if (!value)
		return VMM_ENOMEM;
	return !*value || vmm_strv_has(v, value) ? 0 : vmm_strv_add(v, value);
}

static int read_image(xmlNodePtr node, struct vmm_made *out)
{
	free(out->image);
	free(out->image_sha256);
	out->image = attr(node, "name");
	out->image_sha256 = attr(node, "sha256");
	return out->image && out->image_sha256 ? 0 : VMM_ENOMEM;
}

static int read_vm(xmlNodePtr vm, struct vmm_made *out)
{
	int code = 0;

	out->template = attr(vm, "template");
	out->image = strdup("");
	out->image_sha256 = strdup("");
	if (!out->template || !out->image || !out->image_sha256)
		return VMM_ENOMEM;
	for (xmlNodePtr n = vm->children; n && !code; n = n->next) {
		if (is_ours(n, "image"))
			code = read_image(n, out);
		else if (is_ours(n, "disk"))
			code = add_once(&out->disks, n, "path");
		else if (is_ours(n, "lease"))
			code = add_once(&out->pools, n, "pool");
	}
	return code;
}

int vmm_made_parse(const char *domain_xml, struct vmm_made *out, struct vmm_err *err)
{
	xmlDocPtr doc = vmm__xml_read("domain XML", domain_xml, err);
	VMM_MADE_AUTO made = { NULL };
	xmlNodePtr node;
	int code;

	if (!doc)
		return VMM_EINPUT;
	node = vmm__xml_child(xmlDocGetRootElement(doc), "metadata");
	node = node ? node->children : NULL;
	while (node && !is_ours(node, "vm"))
		node = node->next;
	code = node ? read_vm(node, &made) : VMM_ENOTFOUND;
	xmlFreeDoc(doc);
	if (code == VMM_ENOTFOUND)
		return vmm_err_set(err, code, "the domain has no metadata of %s", VMM__XMLNS);
	if (code)
		return vmm_err_nomem(err);
	*out = made;
	made = (struct vmm_made){ NULL };
	return 0;
}

void vmm_made_release(struct vmm_made *m)
{
	free(m->template);
	free(m->image);
	free(m->image_sha256);
	vmm_strv_release(&m->disks);
	vmm_strv_release(&m->pools);
	*m = (struct vmm_made){ NULL };
}
