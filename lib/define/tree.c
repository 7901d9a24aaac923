/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building an XML tree; libxml2 escapes texts and values when it is written. */
#include "define/internal.h"

xmlNodePtr vmm__el(xmlNodePtr parent, const char *name, const char *text)
{
	return xmlNewTextChild(parent, NULL, (const xmlChar *)name, (const xmlChar *)text);
}

void vmm__attr(xmlNodePtr node, const char *name, const char *value)
{
	if (node && value)
		xmlNewProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

xmlNodePtr vmm__el_attrs(xmlNodePtr parent, const char *name, const char *const *attrs)
{
	xmlNodePtr node = vmm__el(parent, name, NULL);

	for (; *attrs; attrs += 2)
		vmm__attr(node, attrs[0], attrs[1]);
	return node;
}
