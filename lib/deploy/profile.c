/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machine profiles: an image, its disk, what is run and added, users, a role. */
#include <stdlib.h>
#include <string.h>

#include "base/hostlist.h"
#include "base/num.h"
#include "define/define.h"
#include "deploy/internal.h"

#define MINUTE_MS ((uint64_t)60 * 1000)

static const char *const top_keys[] = { "include",  "description", "image",         "role",
					"group",    "domain",      "name",          "timezone",
					"user",     "ssh-keys",    "ssh-keys-file", "zero",
					"firmware", NULL };
static const char *const disk_keys[] = { "size", "serial", "kind", "name", NULL };
static const char *const script_keys[] = { "file", "when", NULL };
static const char *const driver_keys[] = { "file", "match", NULL };
static const char *const first_boot_keys[] = { "file", NULL };
static const char *const nic_keys[] = { "match", "ip4", "ip6", "bond", "bridge", "mtu", NULL };
static const char *const bond_keys[] = { "mode", "ip4", "ip6", "bridge", "mtu", NULL };
static const char *const bridge_keys[] = { "ip4", "ip6", "mtu", NULL };
static const char *const deadline_keys[] = { "boot",    "authorise", "agent", "scripts", "image",
					     "drivers", "customise", "role",  NULL };
static const char *const certificate_keys[] = { "ca", "cert", "key", NULL };
static const struct vmm_conf_form forms[] = {
	{ .section = "", .keys = top_keys },
	{ .section = "disk", .keys = disk_keys },
	{ .section = "script", .keys = script_keys, .many = true, .labels = true },
	{ .section = "driver", .keys = driver_keys, .many = true, .labels = true },
	{ .section = "nic", .keys = nic_keys, .many = true, .labels = true },
	{ .section = "bond", .keys = bond_keys, .many = true, .labels = true },
	{ .section = "bridge", .keys = bridge_keys, .many = true, .labels = true },
	{ .section = "first-boot", .keys = first_boot_keys },
	{ .section = "deadlines", .keys = deadline_keys },
	{ .section = "certificates", .keys = certificate_keys },
	{ .section = "vars" },
	{ .section = NULL },
};
static const struct vmm_conf_kind machines = { VMM_PROFILE_KIND, "machine profile", forms };

/* A server may test its memory for long before it boots, and an image may be large. */
static const uint64_t usual_limits[VMM_STAGES] = {
	0,
	1 * MINUTE_MS,
	15 * MINUTE_MS,
	5 * MINUTE_MS,
	10 * MINUTE_MS,
	60 * MINUTE_MS,
	60 * MINUTE_MS,
	10 * MINUTE_MS,
	10 * MINUTE_MS,
	30 * MINUTE_MS,
};

unsigned vmm_stage_of(const char *name)
{
	for (unsigned s = 1; s < VMM_STAGES; s++)
		if (strcmp(vmm_boot_stage(s), name) == 0)
			return s;
	return 0;
}

/* ---- the disk ---- */

/* MIN-MAX, where one may be missing. */
static int read_size(const struct vmm_conf_entry *e, struct vmm_profile_disk *disk,
		     struct vmm_err *err)
{
	const char *dash = strchr(e->value, '-');
	VMM_STR_AUTO min = strndup(e->value, strcspn(e->value, "-"));

	if (!min)
		return vmm_err_nomem(err);
	if (!dash || (!*min && !dash[1]))
		return vmm_conf_wrong(e, err,
				      "size: '%s' is not MIN-MAX, such as 100G-2T, 100G- or -2T",
				      e->value);
	if ((*min && vmm_num_size("size", min, &disk->min, err) < 0) ||
	    (dash[1] && vmm_num_size("size", dash + 1, &disk->max, err) < 0))
		return vmm_conf_at(e, VMM_EINPUT, err);
	if (disk->max && disk->max < disk->min)
		return vmm_conf_wrong(e, err, "size: '%s' runs backwards", e->value);
	return 0;
}

static int read_disk(struct vmm_profile *p, const struct vmm_conf *c, struct vmm_err *err)
{
	static const char *const kinds[] = { "", "hdd", "ssd", "nvme", "virtio", NULL };
	const struct vmm_conf_section *s = vmm_conf_next(c, "disk", NULL);
	const struct vmm_conf_entry *size = vmm_conf_find(s, "size");
	struct vmm_profile_disk *disk = &p->disk;
	size_t kind = 0;
	int code = vmm_conf_word(s, "kind", kinds, &kind, err);

	disk->kind = kinds[kind];
	disk->serial = vmm_conf_text(s, "serial", "");
	disk->name = vmm_conf_text(s, "name", "");
	if (!code && size)
		code = read_size(size, disk, err);
	if (!code && !size && !kind && !*disk->serial && !*disk->name)
		return vmm_err_set(err, VMM_EINPUT,
				   "%s:%zu: lacks a rule which disk is written: [disk] with size, serial, "
				   "kind or name",
				   s ? s->file : p->file, s ? s->line : 1);
	return code;
}

/* ---- scripts, drivers ---- */

static int library_file(const struct vmm_profile *p, const struct vmm_conf_section *s,
			const char **out, struct vmm_err *err)
{
	int code = vmm_conf_need(s, p->file, "file", out, err);

	return code ? code : vmm_define_image_name(vmm_conf_find(s, "file"), err);
}

static int read_script(struct vmm_profile *p, const struct vmm_conf_section *s,
		       struct vmm_profile_file *f, struct vmm_err *err)
{
	static const char *const moments[] = { "firmware", "raid", "partition", "late", NULL };
	const char *when;
	size_t at = 0;
	int code = library_file(p, s, &f->file, err);

	if (!code)
		code = vmm_conf_need(s, p->file, "when", &when, err);
	if (!code)
		code = vmm_conf_word(s, "when", moments, &at, err);
	f->label = s->label ? s->label : f->file;
	f->when = moments[at];
	return code;
}

static bool is_hex4(const char *s)
{
	return strspn(s, "0123456789abcdef") >= 4;
}

static bool is_match(const char *s)
{
	if (strncmp(s, "pci:", 4) == 0)
		return strlen(s) == 13 && is_hex4(s + 4) && s[8] == ':' && is_hex4(s + 9);
	return strncmp(s, "model:", 6) == 0 && s[6];
}

static int read_driver(struct vmm_profile *p, const struct vmm_conf_section *s,
		       struct vmm_profile_file *f, struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, "match");
	int code = library_file(p, s, &f->file, err);

	f->label = s->label ? s->label : f->file;
	if (!code && e)
		code = vmm_conf_list(e, &f->match, err);
	for (size_t i = 0; i < f->match.n && !code; i++)
		if (!is_match(f->match.s[i]))
			code = vmm_conf_wrong(e, err,
					      "match: '%s' is neither pci:VENDOR:DEVICE, four hexadecimal "
					      "digits each, nor model:PATTERN",
					      f->match.s[i]);
	return code;
}

typedef int file_reader(struct vmm_profile *p, const struct vmm_conf_section *s,
			struct vmm_profile_file *f, struct vmm_err *err);

static int read_files(struct vmm_profile *p, const struct vmm_conf *c, const char *section,
		      file_reader *read, struct vmm_profile_file **out, size_t *n,
		      struct vmm_err *err)
{
	int code = 0;

	*out = calloc(vmm_conf_count(c, section) + 1, sizeof(**out));
	if (!*out)
		return vmm_err_nomem(err);
	for (const struct vmm_conf_section *s = NULL; !code && (s = vmm_conf_next(c, section, s));)
		code = read(p, s, &(*out)[(*n)++], err);
	return code;
}

/* ---- the rest ---- */

static bool is_zone(const char *s)
{
	static const char set[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";

	return s[strspn(s, set)] == '\0' && *s != '/' && !strstr(s, "//");
}

static bool is_user(const char *s)
{
	return ((*s >= 'a' && *s <= 'z') || *s == '_') && strlen(s) <= 32 &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

static int read_names(struct vmm_profile *p, const struct vmm_conf_section *s, struct vmm_err *err)
{
	int code = vmm_conf_name(s, "role", &p->role, err);

	if (!code)
		code = vmm_conf_name(s, "group", &p->group, err);
	if (!code)
		code = vmm_conf_name(s, "domain", &p->domain, err);
	if (!*p->role)
		p->role = "plain";
	p->timezone = vmm_conf_text(s, "timezone", "");
	p->user = vmm_conf_text(s, "user", "root");
	if (!code && !is_zone(p->timezone))
		code = vmm_conf_wrong(vmm_conf_find(s, "timezone"), err, "'%s' is no time zone",
				      p->timezone);
	if (!code && !is_user(p->user))
		code = vmm_conf_wrong(vmm_conf_find(s, "user"), err, "'%s' is no user name", p->user);
	return code;
}

/* A pattern is a range of host names, each of which has to be fit for a machine. */
static int read_pattern(struct vmm_profile *p, const struct vmm_conf_section *s, struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, "name");
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int code;

	p->pattern = e ? e->value : "";
	if (!e)
		return 0;
	code = vmm_hostlist_expand(e->value, &names, err);
	for (size_t i = 0; i < names.n && !code; i++)
		code = vmm_machine_name_check(names.s[i], err);
	return vmm_conf_at(e, code, err);
}

static int read_top(struct vmm_profile *p, const struct vmm_conf_section *s, struct vmm_err *err)
{
	static const char *const zeros[] = { "rest", "trust", NULL };
	static const char *const firmwares[] = { "auto", "bios", "uefi", NULL };
	size_t zero = 0, firmware = 0;
	int code = vmm_conf_need(s, p->file, "image", &p->image, err);

	if (!code)
		code = vmm_define_image_name(vmm_conf_find(s, "image"), err);
	if (!code)
		code = read_names(p, s, err);
	if (!code)
		code = read_pattern(p, s, err);
	if (!code)
		code = vmm_conf_word(s, "zero", zeros, &zero, err);
	if (!code)
		code = vmm_conf_word(s, "firmware", firmwares, &firmware, err);
	p->zero_rest = zero == 0;
	p->firmware = (enum vmm_boot_by)firmware;
	p->description = vmm_conf_text(s, "description", "");
	return code ? code : vmm_define_keys(s, &p->ssh_keys, err);
}

static int read_deadlines(struct vmm_profile *p, const struct vmm_conf *c, struct vmm_err *err)
{
	const struct vmm_conf_section *s = vmm_conf_next(c, "deadlines", NULL);

	memcpy(p->limits, usual_limits, sizeof(p->limits));
	for (size_t i = 0; s && i < s->n; i++) {
		const struct vmm_conf_entry *e = &s->entries[i];
		uint64_t *limit = &p->limits[vmm_stage_of(e->key)];

		if (vmm_num_duration(e->key, e->value, limit, err) < 0)
			return vmm_conf_at(e, VMM_EINPUT, err);
		if (*limit == 0)
			return vmm_conf_wrong(e, err, "%s: no time at all", e->key);
	}
	return 0;
}

/* They are written as shell variables for the role's script. */
static int check_vars(struct vmm_profile *p, struct vmm_err *err)
{
	for (size_t i = 0; p->vars && i < p->vars->n; i++) {
		const char *key = p->vars->entries[i].key;

		if (!is_user(key) || strchr(key, '-'))
			return vmm_conf_wrong(
				&p->vars->entries[i], err,
				"variable '%s': a name has a-z, 0-9 and _, and begins with no digit",
				key);
	}
	return 0;
}

static int read_certificates(struct vmm_profile *p, const struct vmm_conf *c, struct vmm_err *err)
{
	const struct vmm_conf_section *s = vmm_conf_next(c, "certificates", NULL);
	int code = 0;

	p->ca = p->cert = p->key = "";
	if (!s)
		return 0;
	code = vmm_conf_need(s, p->file, "ca", &p->ca, err);
	if (!code)
		code = vmm_conf_need(s, p->file, "cert", &p->cert, err);
	return code ? code : vmm_conf_need(s, p->file, "key", &p->key, err);
}

static int read_first_boot(struct vmm_profile *p, const struct vmm_conf *c, struct vmm_err *err)
{
	const struct vmm_conf_section *s = vmm_conf_next(c, "first-boot", NULL);

	p->first_boot = "";
	return s ? library_file(p, s, &p->first_boot, err) : 0;
}

static int read_profile(struct vmm_profile *p, struct vmm_err *err)
{
	const struct vmm_conf *c = p->def.merged;
	int code = read_top(p, vmm_conf_top(&p->def), err);

	p->vars = vmm_conf_next(c, "vars", NULL);
	if (!code)
		code = read_disk(p, c, err);
	if (!code)
		code = read_files(p, c, "script", read_script, &p->scripts, &p->nscripts, err);
	if (!code)
		code = read_files(p, c, "driver", read_driver, &p->drivers, &p->ndrivers, err);
	if (!code)
		code = vmm__links_read(p, c, err);
	if (!code)
		code = read_first_boot(p, c, err);
	if (!code)
		code = read_deadlines(p, c, err);
	if (!code)
		code = read_certificates(p, c, err);
	return code ? code : check_vars(p, err);
}

int vmm_profile_load(const char *folder, const char *name, struct vmm_profile **out,
		     struct vmm_err *err)
{
	VMM_PROFILE_AUTO *p = calloc(1, sizeof(*p));
	int code;

	if (!p)
		return vmm_err_nomem(err);
	code = vmm_conf_def_load(folder, &machines, name, NULL, &p->def, err);
	if (code)
		return code;
	p->file = p->def.files[0]->file;
	if (vmm_strv_add(&p->def.texts, name) < 0)
		return vmm_err_nomem(err);
	p->name = p->def.texts.s[p->def.texts.n - 1];
	code = read_profile(p, err);
	if (code)
		return code;
	*out = p;
	p = NULL;
	return 0;
}

void vmm_profile_free(struct vmm_profile *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->ndrivers; i++)
		vmm_strv_release(&p->drivers[i].match);
	free(p->scripts);
	free(p->drivers);
	free(p->links);
	vmm_strv_release(&p->ssh_keys);
	vmm_conf_def_release(&p->def);
	free(p);
}

void vmm_profile_cleanup(struct vmm_profile **p)
{
	vmm_profile_free(*p);
}

/* As in DNS: it becomes the host's name, and a name of files. */
int vmm_machine_name_check(const char *name, struct vmm_err *err)
{
	size_t n = strlen(name);

	if (n == 0 || n > 63 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != n ||
	    name[0] == '-' || name[n - 1] == '-')
		return vmm_err_set(err, VMM_EINPUT,
				   "'%s' cannot be a host name: 1 to 63 of a-z, 0-9 and '-', which is "
				   "neither first nor last",
				   name);
	return 0;
}
