/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One value out of an XML text (pools, volumes, capabilities), by the names of the elements
 * that lead to it and, behind '@', of an attribute:
 *
 *	vmm_xml_get(xml, "pool/target/path")
 *	vmm_xml_get(xml, "volume/target/format@type")
 *
 * The first element of each name counts. What is returned is the caller's; NULL where the XML
 * has no such thing or is bad. Parsed like virt/domxml.h.
 */
#ifndef VMM_VIRT_XMLGET_H
#define VMM_VIRT_XMLGET_H

char *vmm_xml_get(const char *xml, const char *path);
/* The element itself, as XML. */
char *vmm_xml_element(const char *xml, const char *path);

#endif
