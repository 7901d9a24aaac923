/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The domain XML: a server's, without what only a desktop needs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "define/internal.h"
#include "virt/xmlread.h"

static const char *arch_of(const struct vmm_template *t, const struct vmm_instance *vm)
{
	if (*t->hardware.arch)
		return t->hardware.arch;
	return vm->arch ? vm->arch : "x86_64";
}

bool vmm__is_x86(const struct vmm_template *t, const struct vmm_instance *vm)
{
	const char *arch = arch_of(t, vm);

	return strcmp(arch, "x86_64") == 0 || strcmp(arch, "i686") == 0;
}

/* What libvirt would take by itself for x86 is a machine of 1996. */
static const char *machine_of(const struct vmm_template *t, const struct vmm_instance *vm)
{
	if (*t->hardware.machine)
		return t->hardware.machine;
	return vmm__is_x86(t, vm) ? "q35" : NULL;
}

static void add_number(xmlNodePtr parent, const char *name, uint64_t n, const char *unit)
{
	char text[24];
	xmlNodePtr node;

	snprintf(text, sizeof(text), "%" PRIu64, n);
	node = vmm__el(parent, name, text);
	vmm__attr(node, "unit", unit);
}

static void add_os(xmlNodePtr domain, const struct vmm_template *t, const struct vmm_instance *vm)
{
	xmlNodePtr os = vmm__el(domain, "os", NULL), type, firmware;
	bool secure = t->hardware.firmware == VMM_UEFI_SECURE;

	if (t->hardware.firmware != VMM_BIOS)
		vmm__attr(os, "firmware", "efi");
	type = vmm__el(os, "type", "hvm");
	vmm__attr(type, "arch", arch_of(t, vm));
	vmm__attr(type, "machine", machine_of(t, vm));
	if (t->hardware.firmware != VMM_BIOS) {
		firmware = vmm__el(os, "firmware", NULL);
		vmm__el_with(firmware, "feature", "enabled", secure ? "yes" : "no", "name",
			     "secure-boot");
		if (secure)
			vmm__el_with(firmware, "feature", "enabled", "yes", "name", "enrolled-keys");
	}
	vmm__el_with(os, "boot", "dev", "hd");
}

static void add_features(xmlNodePtr domain, const struct vmm_template *t,
			 const struct vmm_instance *vm)
{
	xmlNodePtr features, hyperv;

	if (!vmm__is_x86(t, vm))
		return;
	features = vmm__el(domain, "features", NULL);
	vmm__el(features, "acpi", NULL);
	vmm__el(features, "apic", NULL);
	if (t->hardware.firmware == VMM_UEFI_SECURE)
		vmm__el_with(features, "smm", "state", "on");
	/* Windows idles badly without these; QEMU's emulation has none of them. */
	if (t->guest.kind != VMM_GUEST_UNATTEND || strcmp(vm->type, "kvm") != 0)
		return;
	hyperv = vmm__el_with(features, "hyperv", "mode", "custom");
	vmm__el_with(hyperv, "relaxed", "state", "on");
	vmm__el_with(hyperv, "vapic", "state", "on");
	vmm__el_with(hyperv, "spinlocks", "state", "on", "retries", "8191");
}

static void add_cpu(xmlNodePtr domain, const struct vmm_template *t, const struct vmm_instance *vm)
{
	const char *mode = t->hardware.cpu;
	xmlNodePtr cpu, model;

	/* Emulation has no host CPU to pass through; what comes nearest is all that it can do. */
	if (strcmp(vm->type, "kvm") != 0 && strcmp(mode, "host-passthrough") == 0)
		mode = "maximum";
	cpu = vmm__el_with(domain, "cpu", "mode", mode);
	if (strcmp(mode, "custom") != 0)
		return;
	vmm__attr(cpu, "match", "exact");
	model = vmm__el(cpu, "model", t->hardware.cpu_model);
	vmm__attr(model, "fallback", "forbid");
}

static void add_clock(xmlNodePtr domain, const struct vmm_template *t, const struct vmm_instance *vm)
{
	xmlNodePtr clock =
		vmm__el_with(domain, "clock", "offset", t->guest.localtime ? "localtime" : "utc");

	if (!vmm__is_x86(t, vm))
		return;
	vmm__el_with(clock, "timer", "name", "rtc", "tickpolicy", "catchup");
	vmm__el_with(clock, "timer", "name", "pit", "tickpolicy", "delay");
	vmm__el_with(clock, "timer", "name", "hpet", "present", "no");
	if (t->guest.kind == VMM_GUEST_UNATTEND && strcmp(vm->type, "kvm") == 0)
		vmm__el_with(clock, "timer", "name", "hypervclock", "present", "yes");
}

static void fill(xmlNodePtr domain, const struct vmm_template *t, const struct vmm_instance *vm)
{
	vmm__attr(domain, "type", vm->type);
	vmm__el(domain, "name", vm->name);
	vmm__el(domain, "uuid", vm->uuid);
	if (*t->description)
		vmm__el(domain, "description", t->description);
	vmm__metadata(domain, t, vm);
	add_number(domain, "memory", t->hardware.memory / 1024, "KiB");
	add_number(domain, "vcpu", t->hardware.vcpus, NULL);
	add_os(domain, t, vm);
	add_features(domain, t, vm);
	add_cpu(domain, t, vm);
	add_clock(domain, t, vm);
	vmm__devices(domain, t, vm);
}

static int merge_extra(xmlNodePtr domain, const struct vmm_template *t, struct vmm_err *err)
{
	xmlDocPtr extra = NULL;
	int code = vmm__extra_xml(t, &extra, err);

	if (!code && extra)
		code = vmm__xml_merge(domain, extra, t->files->xml, err);
	xmlFreeDoc(extra);
	return code;
}

/* Read again: what a name or a path holds that XML can't shows here, and not on a host. */
static int dump(xmlDocPtr doc, char **out, struct vmm_err *err)
{
	xmlNodePtr root = xmlDocGetRootElement(doc);
	xmlBufferPtr b = xmlBufferCreate();
	xmlDocPtr again = NULL;
	int code = 0;

	if (!b || xmlNodeDump(b, doc, root, 0, 1) < 0)
		code = vmm_err_set(err, VMM_EINPUT, "the domain XML can't be written");
	if (!code) {
		again = vmm__xml_read("the domain XML that was made",
				      (const char *)xmlBufferContent(b), err);
		code = again ? 0 : VMM_EINPUT;
	}
	if (!code && !(*out = strdup((const char *)xmlBufferContent(b))))
		code = vmm_err_nomem(err);
	xmlFreeDoc(again);
	xmlBufferFree(b);
	return code;
}

int vmm_define_domain(const struct vmm_template *t, const struct vmm_instance *vm, char **xml,
		      struct vmm_err *err)
{
	xmlDocPtr doc = xmlNewDoc((const xmlChar *)"1.0");
	xmlNodePtr domain = xmlNewDocNode(doc, NULL, (const xmlChar *)"domain", NULL);
	int code;

	if (!doc || !domain) {
		xmlFreeDoc(doc);
		return vmm_err_nomem(err);
	}
	xmlDocSetRootElement(doc, domain);
	fill(domain, t, vm);
	code = merge_extra(domain, t, err);
	if (!code)
		code = dump(doc, xml, err);
	xmlFreeDoc(doc);
	return code;
}
