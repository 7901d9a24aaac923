/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "virt/xmlget.h"

#include <string.h>

#include "base/buf.h"
#include "virt/xmlread.h"

/* The element that `path` leads to; *attr: the text behind '@', or NULL. */
static xmlNodePtr walk(xmlDocPtr doc, const char *path, const char **attr)
{
	xmlNodePtr node = (xmlNodePtr)doc;

	*attr = NULL;
	while (node && *path) {
		size_t len = strcspn(path, "/@");
		VMM_STR_AUTO name = strndup(path, len);

		node = name ? vmm__xml_child(node, name) : NULL;
		path += len;
		if (*path == '@') {
			*attr = path + 1;
			break;
		}
		if (*path == '/')
			path++;
	}
	return node;
}

static char *copy(const xmlChar *text)
{
	return text ? strdup((const char *)text) : NULL;
}

char *vmm_xml_get(const char *xml, const char *path)
{
	xmlDocPtr doc = vmm__xml_read("XML", xml, NULL);
	const char *attr;
	xmlNodePtr node;
	xmlChar *text = NULL;
	char *ret;

	if (!doc)
		return NULL;
	node = walk(doc, path, &attr);
	if (node)
		text = attr ? xmlGetNoNsProp(node, BAD_CAST attr) : xmlNodeGetContent(node);
	ret = copy(text);
	xmlFree(text);
	xmlFreeDoc(doc);
	return ret;
}

char *vmm_xml_element(const char *xml, const char *path)
{
	xmlDocPtr doc = vmm__xml_read("XML", xml, NULL);
	xmlBufferPtr buf = doc ? xmlBufferCreate() : NULL;
	const char *attr;
	xmlNodePtr node = buf ? walk(doc, path, &attr) : NULL;
	char *ret = NULL;

	if (node && xmlNodeDump(buf, doc, node, 0, 0) > 0)
		ret = copy(xmlBufferContent(buf));
	xmlBufferFree(buf);
	xmlFreeDoc(doc);
	return ret;
}
