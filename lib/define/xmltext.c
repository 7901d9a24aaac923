/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Variables in XML: in the text of elements and in attributes; libxml2 escapes the values. */
#include <stdlib.h>
#include <string.h>

#include "base/percent.h"
#include "define/internal.h"
#include "virt/xmlread.h"

struct walk {
	const struct vmm__text *text;
	const struct vmm__vars *vars;
	struct vmm_err *err;
};

/* Text of these is run as a command. */
static bool is_command(const xmlNode *element)
{
	static const char *const names[] = { "CommandLine", "Path", NULL };

	for (size_t i = 0; names[i]; i++)
		if (element && strcmp((const char *)element->name, names[i]) == 0)
			return i == 0 ||
			       (element->parent && strcmp((const char *)element->parent->name,
							  "RunSynchronousCommand") == 0);
	return false;
}

static bool xml_can_hold(const char *value)
{
	const char *end = value + strlen(value);

	for (size_t n; value < end; value += n) {
		unsigned cp = 0;

		n = vmm_utf8_char(value, end, &cp);
		if (!n || (cp < 0x20 && cp != '\n' && cp != '\t' && cp != '\r') || cp == 0xfffe ||
		    cp == 0xffff)
			return false;
	}
	return true;
}

static int add_value(struct walk *w, const struct vmm__ref *ref, size_t line, struct vmm_buf *out)
{
	const struct vmm__var *v = vmm__ref_var(w->vars, ref, w->text, line, w->err);

	if (!v)
		return VMM_EINPUT;
	if (v->list)
		return vmm__text_wrong(w->text, line, w->err,
				       "variable '%s' is a list, which XML has no place for",
				       v->name);
	if (!xml_can_hold(v->values.s[0]))
		return vmm__text_wrong(w->text, line, w->err,
				       "variable '%s' has a character that XML can't hold", v->name);
	vmm_buf_adds(out, v->values.s[0]);
	return 0;
}

/* The text with its variables replaced, not escaped. 1: there was one; 0: none. */
static int replace(struct walk *w, const char *text, size_t line, bool command, struct vmm_buf *out)
{
	struct vmm__ref ref;
	int ret, found = 0;

	for (; (ret = vmm__ref_next(text, &ref)) != 0; text = ref.end) {
		found = 1;
		if (ret < 0)
			return vmm__text_wrong(w->text, line, w->err,
					       "'${' without a name and '}'; where it is text, "
					       "write '$${'");
		vmm_buf_add(out, text, (size_t)(ref.start - text));
		if (ref.literal) {
			vmm_buf_adds(out, "${");
			continue;
		}
		if (command)
			return vmm__text_wrong(w->text, line, w->err,
					       "a variable in a command, where nothing can be escaped");
		if (add_value(w, &ref, line, out) < 0)
			return VMM_EINPUT;
	}
	vmm_buf_adds(out, text);
	return found;
}

static size_t line_of(const xmlNode *node)
{
	long line = xmlGetLineNo(node);

	return line > 0 ? (size_t)line - 1 : 0;
}

static int see_text(struct walk *w, xmlNodePtr node)
{
	VMM_BUF_AUTO out = VMM_BUF_INIT;
	int ret = replace(w, (const char *)node->content, line_of(node->parent),
			  is_command(node->parent), &out);

	if (ret <= 0)
		return ret;
	if (out.failed)
		return vmm_err_nomem(w->err);
	/* A text node takes it as it is; it is escaped when the tree is written. */
	xmlNodeSetContent(node, (const xmlChar *)out.data);
	return 0;
}

static int see_attrs(struct walk *w, xmlNodePtr node)
{
	for (xmlAttrPtr a = node->properties; a; a = a->next) {
		VMM_BUF_AUTO out = VMM_BUF_INIT;
		xmlChar *value = xmlNodeListGetString(node->doc, a->children, 1);
		int ret = value ? replace(w, (const char *)value, line_of(node), false, &out) : 0;

		xmlFree(value);
		if (ret < 0)
			return ret;
		if (ret &&
		    (out.failed || !xmlSetNsProp(node, a->ns, a->name, (const xmlChar *)out.data)))
			return vmm_err_nomem(w->err);
	}
	return 0;
}

static int see_node(struct walk *w, xmlNodePtr node)
{
	int code;

	if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
		return see_text(w, node);
	if (node->type == XML_PI_NODE && node->content && strstr((const char *)node->content, "${"))
		return vmm__text_wrong(w->text, line_of(node), w->err,
				       "a variable in a processing instruction");
	if (node->type != XML_ELEMENT_NODE)
		return 0;
	code = see_attrs(w, node);
	for (xmlNodePtr child = node->children; child && !code; child = child->next)
		code = see_node(w, child);
	return code;
}

int vmm__xml_render(const struct vmm__text *text, const struct vmm__vars *vars, char **out,
		    struct vmm_err *err)
{
	struct walk w = { text, vars, err };
	xmlDocPtr doc = vmm__xml_read_at(text->file, text->line, text->text, err);
	xmlChar *bytes = NULL;
	int len = 0, code;

	if (!doc)
		return VMM_EINPUT;
	code = see_node(&w, xmlDocGetRootElement(doc));
	if (!code) {
		xmlDocDumpMemoryEnc(doc, &bytes, &len, "utf-8");
		*out = bytes ? strdup((const char *)bytes) : NULL;
		if (!*out)
			code = vmm_err_nomem(err);
	}
	xmlFree(bytes);
	xmlFreeDoc(doc);
	return code;
}
