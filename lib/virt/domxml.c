/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "virt/domxml.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "virt/domxml-internal.h"

const char *vmm__domxml_keep(struct vmm__domxml *x, const char *s)
{
	if (!*s)
		return "";
	if (vmm_strv_add(&x->strings, s) < 0) {
		x->nomem = true;
		return "";
	}
	return x->strings.s[x->strings.n - 1];
}

static const char *keep(struct vmm__domxml *x, xmlChar *s)
{
	const char *kept = s ? vmm__domxml_keep(x, (const char *)s) : "";

	xmlFree(s);
	return kept;
}

const char *vmm__domxml_attr(struct vmm__domxml *x, xmlNodePtr node, const char *attr)
{
	return node ? keep(x, xmlGetNoNsProp(node, (const xmlChar *)attr)) : "";
}

const char *vmm__domxml_text(struct vmm__domxml *x, xmlNodePtr node)
{
	return node ? keep(x, xmlNodeGetContent(node)) : "";
}

/* libvirt's units; it writes KiB itself, people write what they like. */
static bool unit_bytes(const char *unit, uint64_t *bytes)
{
	static const char letters[] = "KMGTPE";
	const char *letter;
	uint64_t base = 1024;

	*bytes = 1;
	if (!strcmp(unit, "b") || !strcmp(unit, "bytes"))
		return true;
	letter = *unit ? strchr(letters, *unit == 'k' ? 'K' : *unit) : NULL;
	if (!letter)
		return false;
	if (!strcmp(unit + 1, "B"))
		base = 1000;
	else if (unit[1] && strcmp(unit + 1, "iB") != 0)
		return false;
	for (const char *l = letters; l <= letter; l++)
		*bytes *= base;
	return true;
}

/* A number in an element or attribute, without the blanks around it. */
static int read_number(const char *what, const char *text, uint64_t max, uint64_t *out,
		       struct vmm_err *err)
{
	static const char blanks[] = " \t\r\n";
	size_t len;
	VMM_STR_AUTO number = NULL;

	text += strspn(text, blanks);
	for (len = strlen(text); len && strchr(blanks, text[len - 1]);)
		len--;
	number = strndup(text, len);
	return number ? vmm_num_u64(what, number, 0, max, out, err) : vmm_err_nomem(err);
}

static int read_memory(struct vmm__domxml *x, xmlNodePtr node, uint64_t *out, struct vmm_err *err)
{
	const char *unit = vmm__domxml_attr(x, node, "unit");
	uint64_t n, factor;
	int rc;

	if (!node)
		return 0;
	rc = read_number("memory", vmm__domxml_text(x, node), UINT64_MAX, &n, err);
	if (rc < 0)
		return rc;
	if (!unit_bytes(*unit ? unit : "KiB", &factor))
		return vmm_err_set(err, VMM_EINPUT, "memory: '%s' is not a unit", unit);
	if (__builtin_mul_overflow(n, factor, out))
		return vmm_err_set(err, VMM_EINPUT, "memory: too much");
	return 0;
}

/* <vcpu current='2'>4</vcpu>: two are there, four may be. */
static int read_vcpus(struct vmm__domxml *x, xmlNodePtr node, struct vmm_err *err)
{
	const char *text = vmm__domxml_attr(x, node, "current");
	uint64_t n = 0;
	int rc = 0;

	if (!*text)
		text = vmm__domxml_text(x, node);
	if (*text)
		rc = read_number("vcpu", text, UINT32_MAX, &n, err);
	x->d.vcpus = (unsigned)n;
	return rc;
}

static void read_os(struct vmm__domxml *x, xmlNodePtr os)
{
	xmlNodePtr type = vmm__xml_child(os, "type");

	x->d.os_type = vmm__domxml_text(x, type);
	x->d.arch = vmm__domxml_attr(x, type, "arch");
	x->d.machine = vmm__domxml_attr(x, type, "machine");
	x->d.nvram = vmm__domxml_text(x, vmm__xml_child(os, "nvram"));
	x->d.kernel = vmm__domxml_text(x, vmm__xml_child(os, "kernel"));
	x->d.initrd = vmm__domxml_text(x, vmm__xml_child(os, "initrd"));
}

static void read_cpu(struct vmm__domxml *x, xmlDocPtr doc, xmlNodePtr cpu)
{
	xmlBufferPtr text = cpu ? xmlBufferCreate() : NULL;

	x->d.cpu_mode = vmm__domxml_attr(x, cpu, "mode");
	x->d.cpu = "";
	if (!cpu)
		return;
	if (text && xmlNodeDump(text, doc, cpu, 0, 0) >= 0)
		x->d.cpu = vmm__domxml_keep(x, (const char *)xmlBufferContent(text));
	else
		x->nomem = true;
	xmlBufferFree(text);
}

static int read_domain(struct vmm__domxml *x, xmlDocPtr doc, xmlNodePtr root, struct vmm_err *err)
{
	struct vmm_domxml *d = &x->d;
	xmlNodePtr devices = vmm__xml_child(root, "devices");
	xmlNodePtr current = vmm__xml_child(root, "currentMemory");
	int rc;

	d->type = vmm__domxml_attr(x, root, "type");
	d->name = vmm__domxml_text(x, vmm__xml_child(root, "name"));
	d->uuid = vmm__domxml_text(x, vmm__xml_child(root, "uuid"));
	d->emulator = vmm__domxml_text(x, vmm__xml_child(devices, "emulator"));
	x->nomem |= vmm__made_read(root, &d->made) == VMM_ENOMEM;
	read_os(x, vmm__xml_child(root, "os"));
	read_cpu(x, doc, vmm__xml_child(root, "cpu"));
	rc = read_vcpus(x, vmm__xml_child(root, "vcpu"), err);
	if (rc == 0)
		rc = read_memory(x, vmm__xml_child(root, "memory"), &d->memory, err);
	d->current_memory = d->memory;
	if (rc == 0)
		rc = read_memory(x, current, &d->current_memory, err);
	if (rc == 0 && (vmm__domxml_devices(x, devices) < 0 || x->nomem))
		rc = vmm_err_nomem(err);
	return rc;
}

int vmm_domxml_parse(const char *xml, struct vmm_domxml **out, struct vmm_err *err)
{
	struct vmm_err unwanted;
	struct vmm__domxml *x;
	xmlNodePtr root;
	xmlDocPtr doc;
	int rc;

	if (!err)
		err = &unwanted;
	doc = vmm__xml_read("domain XML", xml, err);
	if (!doc)
		return err->code;
	root = xmlDocGetRootElement(doc);
	x = calloc(1, sizeof(*x));
	if (!x)
		rc = vmm_err_nomem(err);
	else if (!root || strcmp((const char *)root->name, "domain") != 0)
		rc = vmm_err_set(err, VMM_EINPUT, "its element is not <domain>");
	else
		rc = read_domain(x, doc, root, err);
	xmlFreeDoc(doc);
	if (rc < 0) {
		vmm_err_prefix(err, "domain XML");
		vmm_domxml_free(x ? &x->d : NULL);
		return rc;
	}
	*out = &x->d;
	return 0;
}

void vmm_domxml_free(struct vmm_domxml *d)
{
	struct vmm__domxml *x = (struct vmm__domxml *)d;

	if (!x)
		return;
	vmm_strv_release(&x->strings);
	vmm_made_release(&d->made);
	free(d->disks);
	free(d->nics);
	free(x);
}
