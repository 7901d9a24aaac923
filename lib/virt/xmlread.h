/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * XML that came from outside: no network, no entities, no DOCTYPE, no surprises.
 *
 *	xmlDocPtr doc = vmm__xml_read("capabilities XML", xml, err);
 *	xmlNodePtr host = vmm__xml_child(xmlDocGetRootElement(doc), "host");
 *	…
 *	xmlFreeDoc(doc);
 *
 * Only for use inside the library: libxml2's types are no part of its interface.
 */
#ifndef VMM_VIRT_XMLREAD_H
#define VMM_VIRT_XMLREAD_H

#include <libxml/tree.h>
#include <stdbool.h>

#include "base/err.h"

/* NULL with err set (err itself may be NULL, as everywhere). */
xmlDocPtr vmm__xml_read(const char *what, const char *xml, struct vmm_err *err);
/* The same for XML that begins in a line of a file: errors begin with "FILE:LINE: ". */
xmlDocPtr vmm__xml_read_at(const char *file, size_t line, const char *xml, struct vmm_err *err);

/* The first element of the name below node (which may be NULL), or behind it. */
xmlNodePtr vmm__xml_child(xmlNodePtr node, const char *name);
xmlNodePtr vmm__xml_next(xmlNodePtr node, const char *name);
/* Whether the attribute is there and has the value. */
bool vmm__xml_is(xmlNodePtr node, const char *attr, const char *value);

#endif
