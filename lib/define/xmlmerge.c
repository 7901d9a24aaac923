/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A hardware profile's own XML goes over the one that was made. An element that is there already (of
 * the same name, and if it has a name attribute, of the same) takes over attributes and text and is
 * merged further; others are added. Below <devices> most kinds may be there several times, so all
 * are added, but those of which a domain has one replace the one that is there.
 */
#include <string.h>

#include "define/internal.h"

/* What the instance, not the profile, says. */
static const char *const forbidden[] = { "name", "uuid", "metadata", NULL };
static const char *const single_devices[] = { "emulator", "video", "memballoon", "tpm", NULL };

static bool in_list(const char *const *list, const xmlChar *name)
{
	for (; *list; list++)
		if (strcmp(*list, (const char *)name) == 0)
			return true;
	return false;
}

static bool same_ns(const xmlNode *a, const xmlNode *b)
{
	const xmlChar *x = a->ns ? a->ns->href : NULL, *y = b->ns ? b->ns->href : NULL;

	return xmlStrEqual(x, y);
}

static bool same_name_attr(xmlNodePtr a, xmlNodePtr b)
{
	xmlChar *x = xmlGetNoNsProp(a, (const xmlChar *)"name");
	xmlChar *y = xmlGetNoNsProp(b, (const xmlChar *)"name");
	bool same = xmlStrEqual(x, y);

	xmlFree(x);
	xmlFree(y);
	return same;
}

static xmlNodePtr find(xmlNodePtr parent, xmlNodePtr like)
{
	for (xmlNodePtr n = parent->children; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && xmlStrEqual(n->name, like->name) &&
		    same_ns(n, like) && same_name_attr(n, like))
			return n;
	return NULL;
}

static bool blank(const xmlChar *s)
{
	return !s || !s[strspn((const char *)s, " \t\n\r")];
}

/* Element or text; comments are left behind, and blanks, for which the new place has its own. */
static void copy_to(xmlNodePtr parent, xmlNodePtr node)
{
	xmlNodePtr copy = xmlDocCopyNode(node, parent->doc, 1);

	if (copy)
		xmlAddChild(parent, copy);
	if (copy)
		xmlReconciliateNs(parent->doc, copy);
}

static void take_attrs(xmlNodePtr to, xmlNodePtr from)
{
	for (xmlAttrPtr a = from->properties; a; a = a->next) {
		xmlChar *value = xmlNodeListGetString(from->doc, a->children, 1);

		xmlSetProp(to, a->name, value ? value : (const xmlChar *)"");
		xmlFree(value);
	}
}

static void take_text(xmlNodePtr to, xmlNodePtr from)
{
	for (xmlNodePtr n = from->children; n; n = n->next) {
		if (n->type != XML_TEXT_NODE || blank(n->content))
			continue;
		for (xmlNodePtr old = to->children, next; old; old = next) {
			next = old->next;
			if (old->type == XML_TEXT_NODE) {
				xmlUnlinkNode(old);
				xmlFreeNode(old);
			}
		}
		copy_to(to, n);
	}
}

static void merge(xmlNodePtr to, xmlNodePtr from)
{
	take_attrs(to, from);
	take_text(to, from);
	for (xmlNodePtr n = from->children; n; n = n->next) {
		xmlNodePtr same = n->type == XML_ELEMENT_NODE ? find(to, n) : NULL;

		if (same)
			merge(same, n);
		else if (n->type == XML_ELEMENT_NODE)
			copy_to(to, n);
	}
}

static void merge_devices(xmlNodePtr to, xmlNodePtr from)
{
	for (xmlNodePtr n = from->children; n; n = n->next) {
		xmlNodePtr old;

		if (n->type != XML_ELEMENT_NODE)
			continue;
		old = in_list(single_devices, n->name) ? find(to, n) : NULL;
		if (old) {
			xmlUnlinkNode(old);
			xmlFreeNode(old);
		}
		copy_to(to, n);
	}
}

static int wrong(const struct vmm_conf_entry *e, xmlNodePtr node, struct vmm_err *err,
		 const char *what)
{
	long line = xmlGetLineNo(node);

	return vmm_err_set(err, VMM_EINPUT, "%s:%zu: %s: '%s'", e->file,
			   e->text_line + (line > 0 ? (size_t)line - 1 : 0), what,
			   (const char *)node->name);
}

int vmm__xml_merge(xmlNodePtr domain, xmlDocPtr extra, const struct vmm_conf_entry *e,
		   struct vmm_err *err)
{
	for (xmlNodePtr n = xmlDocGetRootElement(extra)->children; n; n = n->next) {
		xmlNodePtr same;

		if (n->type == XML_TEXT_NODE && !blank(n->content))
			return wrong(e, n, err, "not in any element");
		if (n->type != XML_ELEMENT_NODE)
			continue;
		if (in_list(forbidden, n->name))
			return wrong(e, n, err, "not for a profile to say");
		same = find(domain, n);
		if (same && xmlStrEqual(n->name, (const xmlChar *)"devices"))
			merge_devices(same, n);
		else if (same)
			merge(same, n);
		else
			copy_to(domain, n);
	}
	return 0;
}
