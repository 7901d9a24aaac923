/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "virt/xmlread.h"

#include <libxml/parser.h>
#include <string.h>

#define XML_MAX (16u << 20)

/* Stops at the word DOCTYPE, before anything in it is looked at. */
static void refuse_doctype(void *ctx, const xmlChar *name, const xmlChar *id, const xmlChar *uri)
{
	xmlParserCtxtPtr c = ctx;

	(void)name;
	(void)id;
	(void)uri;
	*(bool *)c->_private = true;
	xmlStopParser(c);
}

/* What is read, for the errors: in a file the line of its beginning counts. */
struct source {
	const char *what;
	size_t line; /* 0: no file */
};

static int refuse(const struct source *from, size_t line, struct vmm_err *err, const char *why,
		  size_t len)
{
	if (from->line)
		return vmm_err_set(err, VMM_EINPUT, "%s:%zu: %.*s", from->what,
				   from->line + (line ? line - 1 : 0), (int)len, why);
	if (line)
		return vmm_err_set(err, VMM_EINPUT, "%s: line %zu: %.*s", from->what, line,
				   (int)len, why);
	return vmm_err_set(err, VMM_EINPUT, "%s: %s", from->what, why);
}

/* The parser's own words end with a line feed. */
static int not_xml(const struct source *from, xmlParserCtxtPtr ctxt, struct vmm_err *err)
{
	const xmlError *e = xmlCtxtGetLastError(ctxt);
	const char *message = e && e->message ? e->message : "not XML";

	return refuse(from, e && e->line > 0 ? (size_t)e->line : 1, err, message,
		      strcspn(message, "\n"));
}

static xmlDocPtr read_from(const struct source *from, const char *xml, struct vmm_err *err)
{
	const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
			    XML_PARSE_NOCDATA | XML_PARSE_COMPACT;
	size_t len = strlen(xml);
	bool doctype = false;
	xmlParserCtxtPtr ctxt;
	xmlDocPtr doc = NULL;

	if (len > XML_MAX) {
		vmm_err_set(err, VMM_EINPUT, "%s: more than 16 MiB", from->what);
		return NULL;
	}
	ctxt = xmlNewParserCtxt();
	if (!ctxt) {
		vmm_err_nomem(err);
		return NULL;
	}
	ctxt->_private = &doctype;
	ctxt->sax->internalSubset = refuse_doctype;
	doc = xmlCtxtReadMemory(ctxt, xml, (int)len, NULL, NULL, options);
	if (doctype)
		refuse(from, 0, err, "has a DOCTYPE", strlen("has a DOCTYPE"));
	else if (!doc)
		not_xml(from, ctxt, err);
	if (doctype) {
		xmlFreeDoc(doc);
		doc = NULL;
	}
	xmlFreeParserCtxt(ctxt);
	return doc;
}

xmlDocPtr vmm__xml_read(const char *what, const char *xml, struct vmm_err *err)
{
	struct source from = { what, 0 };

	return read_from(&from, xml, err);
}

xmlDocPtr vmm__xml_read_at(const char *file, size_t line, const char *xml, struct vmm_err *err)
{
	struct source from = { file, line };

	return read_from(&from, xml, err);
}

static bool named(xmlNodePtr node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && !node->ns &&
	       strcmp((const char *)node->name, name) == 0;
}

xmlNodePtr vmm__xml_child(xmlNodePtr node, const char *name)
{
	xmlNodePtr n = node ? node->children : NULL;

	while (n && !named(n, name))
		n = n->next;
	return n;
}

xmlNodePtr vmm__xml_next(xmlNodePtr node, const char *name)
{
	do
		node = node->next;
	while (node && !named(node, name));
	return node;
}

bool vmm__xml_is(xmlNodePtr node, const char *attr, const char *value)
{
	xmlChar *v = node ? xmlGetNoNsProp(node, (const xmlChar *)attr) : NULL;
	bool same = v && strcmp((const char *)v, value) == 0;

	xmlFree(v);
	return same;
}
