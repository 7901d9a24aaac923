/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates: an image, the two profiles, networks, disks, a place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "define/internal.h"

static const char *const top_keys[] = { "include", "description", "image", "hardware",
					"guest",   "domain",      NULL };
static const char *const nic_keys[] = { "network", "ip4", "ip6", "mac", "model", NULL };
static const char *const disk_keys[] = { "size", "bus", "pool", "format", "full", NULL };
static const char *const place_keys[] = { "host", "hosts", "group", "rule", NULL };
static const struct vmm_conf_form forms[] = {
	{ .section = "", .keys = top_keys },
	{ .section = "nic", .keys = nic_keys, .many = true, .labels = true },
	{ .section = "disk", .keys = disk_keys, .many = true, .labels = true },
	{ .section = "place", .keys = place_keys },
	{ .section = "vars" },
	{ .section = NULL },
};
const struct vmm_conf_kind vmm__templates = { "templates", "template", forms };

/* What an override replaces. */
static const struct target {
	const char *key;
	const struct vmm_conf_kind *kind;
	const char *section;
} targets[] = {
	{ "image", &vmm__templates, "" },      { "hardware", &vmm__templates, "" },
	{ "guest", &vmm__templates, "" },      { "domain", &vmm__templates, "" },
	{ "host", &vmm__templates, "place" },  { "hosts", &vmm__templates, "place" },
	{ "group", &vmm__templates, "place" }, { "rule", &vmm__templates, "place" },
	{ "size", &vmm__templates, "disk" },   { "pool", &vmm__templates, "disk" },
	{ "format", &vmm__templates, "disk" }, { "full", &vmm__templates, "disk" },
	{ "vcpus", &vmm__hardware, "" },       { "memory", &vmm__hardware, "" },
	{ "cpu", &vmm__hardware, "" },         { "cpu-model", &vmm__hardware, "" },
	{ "firmware", &vmm__hardware, "" },    { "tpm", &vmm__hardware, "" },
	{ "machine", &vmm__hardware, "" },     { "user", &vmm__guests, "" },
};

static const struct target *find_target(const char *key)
{
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (strcmp(targets[i].key, key) == 0)
			return &targets[i];
	return NULL;
}

static bool is_var(const char *key)
{
	return strncmp(key, "var.", 4) == 0 && key[4];
}

bool vmm_override_known(const char *key)
{
	return find_target(key) || is_var(key);
}

/* Those that concern one kind of definition, once it is loaded. */
static int override(const struct vmm_override *o, const struct vmm_conf_kind *kind,
		    struct vmm_conf_def *def, struct vmm_err *err)
{
	for (; o && o->key; o++) {
		const struct target *to = find_target(o->key);
		const char *section = to ? to->section : "vars";
		char where[128];
		int code = 0;

		if (!vmm_override_known(o->key))
			return vmm_err_set(err, VMM_EINPUT, "unknown override '%s'", o->key);
		snprintf(where, sizeof(where), "override '%s'", o->key);
		if ((to ? to->kind : &vmm__templates) == kind)
			code = vmm_conf_def_set(def, section, to ? o->key : o->key + 4, o->value,
						where);
		if (code)
			return vmm_err_nomem(err);
	}
	return 0;
}

static int load(const char *folder, const struct vmm_conf_kind *kind, const char *name,
		const struct vmm_conf_entry *from, const struct vmm_override *o,
		struct vmm_conf_def *def, struct vmm_err *err)
{
	int code = vmm_conf_def_load(folder, kind, name, from, def, err);

	return code ? code : override(o, kind, def, err);
}

static int read_nic(const struct vmm_template *t, const struct vmm_conf_section *s,
		    struct vmm_template_nic *nic, struct vmm_err *err)
{
	int code = vmm_conf_need(s, t->file, "network", &nic->network, err);

	nic->label = s->label ? s->label : "";
	if (!code)
		code = vmm_conf_name(s, "network", &nic->network, err);
	if (!code)
		code = vmm_conf_name(s, "ip4", &nic->ip4, err);
	if (!code)
		code = vmm_conf_name(s, "ip6", &nic->ip6, err);
	if (!code)
		code = vmm_conf_name(s, "mac", &nic->mac, err);
	if (!code)
		code = vmm_conf_name(s, "model", &nic->model, err);
	if (!code && !*nic->model)
		nic->model = "virtio";
	return code;
}

static int read_disk(const struct vmm_conf_section *s, struct vmm_template_disk *disk,
		     struct vmm_err *err)
{
	static const char *const buses[] = { "virtio", "scsi", "sata", NULL };
	static const char *const formats[] = { "qcow2", "raw", NULL };
	size_t bus = 0, format = 0;
	int code = vmm_conf_size(s, "size", &disk->size, err);

	if (!code)
		code = vmm_conf_word(s, "bus", buses, &bus, err);
	if (!code)
		code = vmm_conf_word(s, "format", formats, &format, err);
	if (!code)
		code = vmm_conf_bool(s, "full", &disk->full, err);
	if (!code)
		code = vmm_conf_name(s, "pool", &disk->pool, err);
	disk->label = s && s->label ? s->label : "";
	disk->bus = buses[bus];
	disk->format = formats[format];
	if (!code && !*disk->pool)
		disk->pool = "default";
	return code;
}

/* The first disk is the image's, the others are empty. */
static int check_disk(const struct vmm_conf_section *s, const struct vmm_template_disk *disk,
		      bool first, struct vmm_err *err)
{
	const struct vmm_conf_entry *full = vmm_conf_find(s, "full");

	if (first && !disk->full && strcmp(disk->format, "raw") == 0)
		return vmm_conf_wrong(vmm_conf_find(s, "format"), err,
				      "a linked clone is qcow2; format = raw needs full = yes");
	if (!first && full)
		return vmm_conf_wrong(full, err, "full is for the first disk, the image's");
	if (!first && !disk->size)
		return vmm_err_set(err, VMM_EINPUT, "%s:%zu: [disk] lacks size", s->file, s->line);
	return 0;
}

static int read_nics(struct vmm_template *t, const struct vmm_conf *c, struct vmm_err *err)
{
	size_t n = vmm_conf_count(c, "nic");
	int code = 0;

	t->nics = calloc(n ? n : 1, sizeof(*t->nics));
	if (!t->nics)
		return vmm_err_nomem(err);
	for (const struct vmm_conf_section *s = NULL; !code && (s = vmm_conf_next(c, "nic", s));)
		code = read_nic(t, s, &t->nics[t->nnics++], err);
	return code;
}

static int read_disks(struct vmm_template *t, const struct vmm_conf *c, struct vmm_err *err)
{
	const struct vmm_conf_section *s = vmm_conf_next(c, "disk", NULL);
	size_t n = vmm_conf_count(c, "disk");
	int code = 0;

	t->disks = calloc(n ? n : 1, sizeof(*t->disks));
	if (!t->disks)
		return vmm_err_nomem(err);
	do {
		struct vmm_template_disk *disk = &t->disks[t->ndisks++];

		code = read_disk(s, disk, err);
		if (!code)
			code = check_disk(s, disk, t->ndisks == 1, err);
	} while (!code && s && (s = vmm_conf_next(c, "disk", s)));
	return code;
}

static int read_place(struct vmm_template *t, const struct vmm_conf *c, struct vmm_err *err)
{
	static const char *const rules[] = { "room", NULL };
	const struct vmm_conf_section *s = vmm_conf_next(c, "place", NULL);
	const struct vmm_conf_entry *host = vmm_conf_find(s, "host");
	const struct vmm_conf_entry *hosts = vmm_conf_find(s, "hosts");
	size_t rule = 0;
	int code = vmm_conf_word(s, "rule", rules, &rule, err);

	t->rule = rules[rule];
	t->group = vmm_conf_text(s, "group", "");
	/* One that is given for a VM replaces a list that the template has. */
	if (!code && host)
		return vmm_strv_add(&t->hosts, host->value) < 0 ? vmm_err_nomem(err) : 0;
	if (!code && hosts)
		code = vmm_conf_list(hosts, &t->hosts, err);
	return code;
}

static int check_vars(const struct vmm_conf *c, struct vmm_err *err)
{
	static const char *const taken[] = { "name",     "uuid",  "hostname", "fqdn",     "domain",
					     "template", "image", "user",     "ssh_keys", NULL };
	const struct vmm_conf_section *s = vmm_conf_next(c, "vars", NULL);

	for (size_t i = 0; s && i < s->n; i++) {
		if (strchr(s->entries[i].key, '.'))
			return vmm_conf_wrong(&s->entries[i], err,
					      "variable '%s': a name with a dot is not yours",
					      s->entries[i].key);
		for (size_t k = 0; taken[k]; k++)
			if (strcmp(s->entries[i].key, taken[k]) == 0)
				return vmm_conf_wrong(&s->entries[i], err,
						      "variable '%s' is there already", taken[k]);
	}
	return 0;
}

int vmm_define_image_name(const struct vmm_conf_entry *e, struct vmm_err *err)
{
	const char *colon = strchr(e->value, ':');
	VMM_STR_AUTO name = strndup(e->value, strcspn(e->value, ":"));

	if (!name)
		return vmm_err_nomem(err);
	if (!vmm_conf_is_name(name) || (colon && !vmm_conf_is_name(colon + 1)))
		return vmm_conf_wrong(e, err, "%s: '%s' is neither NAME nor NAME:VERSION", e->key,
				      e->value);
	return 0;
}

static int read_top(struct vmm_template *t, const struct vmm_conf_section *s, struct vmm_err *err)
{
	int code = vmm_conf_need(s, t->file, "image", &t->image, err);

	if (!code)
		code = vmm_define_image_name(vmm_conf_find(s, "image"), err);
	if (!code)
		code = vmm_conf_need(s, t->file, "hardware", &t->hardware_name, err);
	if (!code)
		code = vmm_conf_need(s, t->file, "guest", &t->guest_name, err);
	t->description = vmm_conf_text(s, "description", "");
	return code ? code : vmm_conf_name(s, "domain", &t->domain, err);
}

static int read_template(struct vmm_template *t, struct vmm_err *err)
{
	const struct vmm_conf *c = t->files->template.merged;
	int code = read_top(t, &c->sections[0], err);

	if (!code)
		code = read_nics(t, c, err);
	if (!code)
		code = read_disks(t, c, err);
	if (!code)
		code = read_place(t, c, err);
	return code ? code : check_vars(c, err);
}

/* The template says which profiles; each is read after its overrides. */
static int load_all(struct vmm_template *t, const char *folder, const struct vmm_override *o,
		    const char *name, struct vmm_err *err)
{
	struct vmm__definitions *f = t->files;
	const struct vmm_conf_section *top;
	int code = load(folder, &vmm__templates, name, NULL, o, &f->template, err);

	if (code)
		return code;
	t->file = f->template.files[0]->file;
	if (vmm_strv_add(&f->template.texts, name) < 0)
		return vmm_err_nomem(err);
	t->name = f->template.texts.s[f->template.texts.n - 1];
	top = vmm_conf_top(&f->template);
	code = read_template(t, err);
	if (!code)
		code = load(folder, &vmm__hardware, t->hardware_name,
			    vmm_conf_find(top, "hardware"), o, &f->hardware, err);
	if (!code)
		code = vmm__hardware_read(t, err);
	if (!code)
		code = load(folder, &vmm__guests, t->guest_name, vmm_conf_find(top, "guest"), o,
			    &f->guest, err);
	return code ? code : vmm__guest_read(t, err);
}

/* What can be wrong in a text shows when it is rendered. */
static int try_out(const struct vmm_template *t, struct vmm_err *err)
{
	struct vmm_example ex = { 0 };
	VMM_SEED_AUTO seed = { 0 };
	VMM_STR_AUTO xml = NULL;
	int code = vmm_example_init(&ex, t, err);

	if (!code)
		code = vmm_define_seed(t, &ex.vm, &seed, err);
	if (!code)
		code = vmm_define_domain(t, &ex.vm, &xml, err);
	vmm_example_release(&ex);
	return code;
}

struct vmm_template *vmm__template_new(void)
{
	struct vmm_template *t = calloc(1, sizeof(*t));

	if (t && !(t->files = calloc(1, sizeof(*t->files)))) {
		free(t);
		t = NULL;
	}
	return t;
}

int vmm_template_load(const char *folder, const char *name, const struct vmm_override *overrides,
		      struct vmm_template **out, struct vmm_err *err)
{
	VMM_TEMPLATE_AUTO *t = vmm__template_new();
	int code;

	if (!t)
		return vmm_err_nomem(err);
	code = load_all(t, folder, overrides, name, err);
	if (!code)
		code = try_out(t, err);
	if (code)
		return code;
	*out = t;
	t = NULL;
	return 0;
}

static void release_text(struct vmm__text *text)
{
	free(text->text);
	free(text->own_file);
}

void vmm_template_free(struct vmm_template *t)
{
	if (!t)
		return;
	vmm_conf_def_release(&t->files->template);
	vmm_conf_def_release(&t->files->hardware);
	vmm_conf_def_release(&t->files->guest);
	release_text(&t->files->user_data);
	release_text(&t->files->meta_data);
	release_text(&t->files->network_config);
	release_text(&t->files->unattend);
	free(t->files);
	vmm_strv_release(&t->guest.ssh_keys);
	vmm_strv_release(&t->hosts);
	free(t->nics);
	free(t->disks);
	free(t);
}

void vmm_template_cleanup(struct vmm_template **t)
{
	vmm_template_free(*t);
}
