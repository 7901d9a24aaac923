/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hardware profiles. */
#include <string.h>

#include "define/internal.h"
#include "virt/xmlread.h"

static const char *const keys[] = {
	"include", "description", "vcpus",   "memory",   "cpu",   "cpu-model", "firmware",
	"tpm",     "arch",        "machine", "graphics", "video", "xml",       NULL,
};
static const struct vmm_conf_form forms[] = { { .section = "", .keys = keys }, { .section = NULL } };
const struct vmm_conf_kind vmm__hardware = { "hardware", "hardware profile", forms };

/* A word of libvirt's, one that it may know and we need not. */
static int plain_word(const struct vmm_conf_section *s, const char *key, const char **out,
		      struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, key);

	*out = e ? e->value : "";
	if (e && !vmm_conf_is_name(e->value))
		return vmm_conf_wrong(e, err, "%s: '%s' is not one word", key, e->value);
	return 0;
}

static int read_cpu(struct vmm_hardware *hw, const struct vmm_conf_section *s, struct vmm_err *err)
{
	static const char *const modes[] = { "host-model", "host-passthrough", "maximum", "custom",
					     NULL };
	size_t mode = 0;
	const struct vmm_conf_entry *e;

	if (plain_word(s, "cpu-model", &hw->cpu_model, err) < 0 ||
	    vmm_conf_word(s, "cpu", modes, &mode, err) < 0)
		return VMM_EINPUT;
	hw->cpu = modes[mode];
	e = vmm_conf_find(s, "cpu");
	if (mode == 3 && !*hw->cpu_model)
		return vmm_conf_wrong(e, err, "cpu = custom needs a cpu-model");
	e = vmm_conf_find(s, "cpu-model");
	if (e && mode != 3)
		return vmm_conf_wrong(e, err, "cpu-model is for cpu = custom only");
	return 0;
}

static int read_screen(struct vmm_hardware *hw, const struct vmm_conf_section *s, struct vmm_err *err)
{
	static const char *const graphics[] = { "none", "vnc", "spice", NULL };
	size_t word = 0;

	if (vmm_conf_word(s, "graphics", graphics, &word, err) < 0 ||
	    plain_word(s, "video", &hw->video, err) < 0)
		return VMM_EINPUT;
	hw->graphics = graphics[word];
	return 0;
}

static int read_firmware(struct vmm_hardware *hw, const struct vmm_conf_section *s,
			 struct vmm_err *err)
{
	static const char *const firmware[] = { "bios", "uefi", "uefi-secure", NULL };
	size_t word = VMM_BIOS;

	if (vmm_conf_word(s, "firmware", firmware, &word, err) < 0)
		return VMM_EINPUT;
	hw->firmware = (enum vmm_firmware)word;
	return vmm_conf_bool(s, "tpm", &hw->tpm, err);
}

int vmm__hardware_read(struct vmm_template *t, struct vmm_err *err)
{
	const struct vmm_conf_section *s = vmm_conf_top(&t->files->hardware);
	struct vmm_hardware *hw = &t->hardware;
	int code;

	t->files->xml = vmm_conf_find(s, "xml");
	hw->vcpus = 1;
	hw->memory = 1ull << 30;
	code = vmm_conf_u64(s, "vcpus", 1, 4096, &hw->vcpus, err);
	if (!code)
		code = vmm_conf_size(s, "memory", &hw->memory, err);
	if (!code && (hw->memory < 1 << 20 || hw->memory % 1024))
		code = vmm_conf_wrong(vmm_conf_find(s, "memory"), err,
				      "memory: at least 1M, in whole KiB");
	if (!code)
		code = read_cpu(hw, s, err);
	if (!code)
		code = read_firmware(hw, s, err);
	if (!code)
		code = plain_word(s, "arch", &hw->arch, err);
	if (!code)
		code = plain_word(s, "machine", &hw->machine, err);
	return code ? code : read_screen(hw, s, err);
}

/* The name that libvirt's own XML may use besides its own. */
#define WRAP "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"

int vmm__extra_xml(const struct vmm_template *t, xmlDocPtr *doc, struct vmm_err *err)
{
	const struct vmm_conf_entry *e = t->files->xml;
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	*doc = NULL;
	if (!e)
		return 0;
	vmm_buf_addf(&text, WRAP "%s</domain>", e->value);
	if (text.failed)
		return vmm_err_nomem(err);
	*doc = vmm__xml_read_at(e->file, e->text_line, text.data, err);
	return *doc ? 0 : VMM_EINPUT;
}
