/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All definitions of a folder, each for itself and in what uses it. */
#include <string.h>

#include "define/internal.h"

struct checking {
	const char *folder;
	const struct vmm_table *images, *pools;
	vmm_define_found *found;
	void *arg;
	struct vmm_strv said; /* a profile's error shows in each template that uses it */
	struct vmm_err *err;
};

static int say(const char *what, bool warning, void *arg)
{
	struct checking *c = arg;

	if (vmm_strv_has(&c->said, what))
		return 0;
	if (vmm_strv_add(&c->said, what) < 0)
		return vmm_err_nomem(c->err);
	return c->found(what, warning, c->arg);
}

/* What is wrong with a definition is a finding, what keeps us from looking is not. */
static int finding(struct checking *c, int code, const struct vmm_err *what)
{
	if (code == VMM_ENOMEM || code == VMM_ECANCEL) {
		*c->err = *what;
		return code;
	}
	return say(what->text, false, c);
}

/* A template around a profile that may have none of its own yet. */
static int read_profile(const char *folder, const struct vmm_conf_kind *kind, const char *name,
			struct vmm_err *err)
{
	VMM_TEMPLATE_AUTO *t = vmm__template_new();
	struct vmm_conf_def *def;
	bool hardware = kind == &vmm__hardware;
	xmlDocPtr extra = NULL;
	int code;

	if (!t)
		return vmm_err_nomem(err);
	def = hardware ? &t->files->hardware : &t->files->guest;
	code = vmm_conf_def_load(folder, kind, name, NULL, def, err);
	if (code)
		return code;
	code = hardware ? vmm__hardware_read(t, err) : vmm__guest_read(t, err);
	if (!code && hardware)
		code = vmm__extra_xml(t, &extra, err);
	xmlFreeDoc(extra);
	return code;
}

/* "_NAME" is only there to be included: what it lacks, another has. */
static int read_part(const char *folder, const struct vmm_conf_kind *kind, const char *name,
		     struct vmm_err *err)
{
	struct vmm_conf_def def = { NULL };
	int code = vmm_conf_def_load(folder, kind, name, NULL, &def, err);

	vmm_conf_def_release(&def);
	return code;
}

static int check_profiles(struct checking *c, const struct vmm_conf_kind *kind)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int code = vmm_conf_names(c->folder, kind->folder, &names, c->err);

	for (size_t i = 0; i < names.n && !code; i++) {
		struct vmm_err err;
		int bad = *names.s[i] == '_' ? read_part(c->folder, kind, names.s[i], &err)
					     : read_profile(c->folder, kind, names.s[i], &err);

		if (bad)
			code = finding(c, bad, &err);
	}
	return code;
}

/* NAME stands for any of its versions. */
static bool has_image(const struct vmm_table *images, const char *image)
{
	size_t len = strlen(image);
	int col = vmm_table_col(images, "image");

	for (size_t r = 0; r < vmm_table_rows(images); r++) {
		const char *have = vmm_table_get(images, r, col);

		if (strncmp(have, image, len) == 0 && (!have[len] || have[len] == ':'))
			return true;
	}
	return false;
}

static int check_image(struct checking *c, const struct vmm_template *t)
{
	const struct vmm_conf_entry *e = vmm_conf_find(vmm_conf_top(&t->files->template), "image");
	bool unknown = !vmm_table_cols(c->images);
	struct vmm_err what;

	if (has_image(c->images, t->image))
		return 0;
	vmm_conf_wrong(e, &what,
		       unknown ? "image '%s': there is no library yet to look for it in"
			       : "image '%s' is not in the library",
		       t->image);
	return say(what.text, unknown, c);
}

int vmm_define_check_pool(const struct vmm_conf_entry *e, const struct vmm_table *pools,
			  vmm_define_found *found, void *arg)
{
	bool warning = !vmm_table_cols(pools);
	const char *type;
	struct vmm_err what;
	long row;

	if (!e || !*e->value)
		return 0;
	row = vmm_table_find(pools, vmm_table_col(pools, "pool"), e->value);
	type = row < 0 ? "" : vmm_table_at(pools, (size_t)row, "type");
	if (row < 0)
		vmm_conf_wrong(e, &what,
			       warning ? "pool '%s': there are no pools yet to look for it in"
				       : "there is no pool '%s'",
			       e->value);
	else if (strcmp(type, e->key) != 0 && (strcmp(type, "vip") != 0 || strcmp(e->key, "mac") == 0))
		vmm_conf_wrong(e, &what, "pool '%s' has addresses of type %s, not %s", e->value,
			       type, e->key);
	else if (strcmp(type, "mac") != 0 && !*vmm_table_at(pools, (size_t)row, "prefix")) {
		vmm_conf_wrong(e, &what,
			       "pool '%s' has no prefix: nobody is told of the network of its addresses",
			       e->value);
		warning = true;
	} else
		return 0;
	return found(what.text, warning, arg);
}

static int check_pools(struct checking *c, const struct vmm_template *t)
{
	static const char *const keys[] = { "ip4", "ip6", "mac" };
	const struct vmm_conf *merged = t->files->template.merged;
	int code = 0;

	for (const struct vmm_conf_section *s = NULL; (s = vmm_conf_next(merged, "nic", s));)
		for (size_t i = 0; i < 3 && !code; i++)
			code = vmm_define_check_pool(vmm_conf_find(s, keys[i]), c->pools, say, c);
	return code;
}

static int check_templates(struct checking *c)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int code = vmm_conf_names(c->folder, vmm__templates.folder, &names, c->err);

	for (size_t i = 0; i < names.n && !code; i++) {
		VMM_TEMPLATE_AUTO *t = NULL;
		struct vmm_err err;
		int bad = *names.s[i] == '_'
				  ? read_part(c->folder, &vmm__templates, names.s[i], &err)
				  : vmm_template_load(c->folder, names.s[i], NULL, &t, &err);

		if (bad)
			code = finding(c, bad, &err);
		else if (t && c->images)
			code = check_image(c, t);
		if (!code && t && c->pools)
			code = check_pools(c, t);
	}
	return code;
}

int vmm_define_check(const char *folder, const struct vmm_table *images,
		     const struct vmm_table *pools, vmm_define_found *found, void *arg,
		     struct vmm_err *err)
{
	struct checking c = {
		.folder = folder, .images = images, .pools = pools, .found = found, .arg = arg, .err = err
	};
	int code = check_profiles(&c, &vmm__hardware);

	if (!code)
		code = check_profiles(&c, &vmm__guests);
	if (!code)
		code = check_templates(&c);
	vmm_strv_release(&c.said);
	return code;
}
