/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "virt/made.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "virt/domxml-internal.h"

static bool is_ours(xmlNodePtr node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
	       strcmp((const char *)node->ns->href, VMM_MADE_XMLNS) == 0 &&
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

int vmm__made_read(xmlNodePtr domain, struct vmm_made *out)
{
	xmlNodePtr node = vmm__xml_child(domain, "metadata");
	VMM_MADE_AUTO made = { NULL };
	int code;

	node = node ? node->children : NULL;
	while (node && !is_ours(node, "vm"))
		node = node->next;
	code = node ? read_vm(node, &made) : VMM_ENOTFOUND;
	if (code)
		return code;
	*out = made;
	made = (struct vmm_made){ NULL };
	return 0;
}

int vmm_made_parse(const char *domain_xml, struct vmm_made *out, struct vmm_err *err)
{
	xmlDocPtr doc = vmm__xml_read("domain XML", domain_xml, err);
	int code;

	if (!doc)
		return VMM_EINPUT;
	code = vmm__made_read(xmlDocGetRootElement(doc), out);
	xmlFreeDoc(doc);
	if (code == VMM_ENOTFOUND)
		return vmm_err_set(err, code, "the domain has no metadata of %s", VMM_MADE_XMLNS);
	return code ? vmm_err_nomem(err) : 0;
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
