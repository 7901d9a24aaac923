/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host's capabilities XML. */
#include <libxml/tree.h>
#include <string.h>

#include "base/num.h"
#include "scan/scan-internal.h"
#include "virt/xmlread.h"

static int put_text(struct vmm_table *host, const char *column, xmlNodePtr node, struct vmm_err *err)
{
	xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
	int rc = vmm__cell(host, 0, column, text ? (const char *)text : "", err);

	xmlFree(text);
	return rc;
}

/* Drivers that know no UUID of their host write nothing, or zeroes. */
static int put_uuid(struct vmm_table *host, xmlNodePtr node, struct vmm_err *err)
{
	xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
	char uuid[VMM_UUID_LEN + 1] = "";

	if (text && (!vmm_uuid_parse((const char *)text, uuid) || strspn(uuid, "0-") == VMM_UUID_LEN))
		*uuid = '\0';
	xmlFree(text);
	return vmm__cell(host, 0, "uuid", uuid, err);
}

int vmm__caps_read(const char *xml, struct vmm_table *host, struct vmm_err *err)
{
	xmlDocPtr doc = vmm__xml_read("capabilities XML", xml, err);
	xmlNodePtr node, cpu;
	int rc;

	if (!doc)
		return err->code;
	node = vmm__xml_child(xmlDocGetRootElement(doc), "host");
	cpu = vmm__xml_child(node, "cpu");
	rc = put_uuid(host, vmm__xml_child(node, "uuid"), err);
	if (rc == 0)
		rc = put_text(host, "arch", vmm__xml_child(cpu, "arch"), err);
	if (rc == 0)
		rc = put_text(host, "cpu_model", vmm__xml_child(cpu, "model"), err);
	xmlFreeDoc(doc);
	return rc;
}
