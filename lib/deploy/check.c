/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All machine profiles of a folder. */
#include <string.h>

#include "define/define.h"
#include "deploy/internal.h"

struct checking {
	const char *folder;
	const struct vmm_table *images, *pools;
	vmm_profile_found *found;
	void *arg;
	struct vmm_err *err;
};

/* NAME stands for any of its versions. */
static bool has_file(const struct vmm_table *images, const char *file, const char *kind)
{
	size_t len = strlen(file);

	for (size_t r = 0; r < vmm_table_rows(images); r++) {
		const char *have = vmm_table_at(images, r, "image");

		if (strncmp(have, file, len) == 0 && (!have[len] || have[len] == ':') &&
		    strcmp(vmm_table_at(images, r, "kind"), kind) == 0)
			return true;
	}
	return false;
}

static int check_file(struct checking *c, const char *kind, const struct vmm_conf_entry *e)
{
	bool unknown = !vmm_table_cols(c->images);
	struct vmm_err what;

	if (!e || has_file(c->images, e->value, kind))
		return 0;
	vmm_conf_wrong(e, &what,
		       unknown ? "%s '%s': there is no library yet to look for it in"
			       : "%s '%s' is not in the library",
		       kind, e->value);
	return c->found(what.text, unknown, c->arg);
}

static int check_files(struct checking *c, const struct vmm_profile *p)
{
	static const char *const sections[][2] = { { "script", "script" },
						   { "driver", "driver" },
						   { "first-boot", "script" } };
	int code = check_file(c, "image", vmm_conf_find(vmm_conf_top(&p->def), "image"));

	for (size_t i = 0; i < 3; i++)
		for (const struct vmm_conf_section *s = NULL;
		     !code && (s = vmm_conf_next(p->def.merged, sections[i][0], s));)
			code = check_file(c, sections[i][1], vmm_conf_find(s, "file"));
	return code;
}

int vmm__profile_pools(const struct vmm_profile *p, const struct vmm_table *pools,
		       vmm_profile_found *found, void *arg)
{
	static const char *const sections[] = { "nic", "bond", "bridge" };
	static const char *const keys[] = { "ip4", "ip6" };
	int code = 0;

	for (size_t i = 0; i < 6 && !code; i++)
		for (const struct vmm_conf_section *s = NULL;
		     !code && (s = vmm_conf_next(p->def.merged, sections[i / 2], s));)
			code = vmm_define_check_pool(vmm_conf_find(s, keys[i % 2]), pools, found,
						     arg);
	return code;
}

static int check_role(struct checking *c, const struct vmm_profile *p)
{
	const struct vmm_conf_entry *e = vmm_conf_find(vmm_conf_top(&p->def), "role");
	VMM_STR_AUTO text = NULL;
	struct vmm_err what;

	if (!e || strcmp(p->role, "plain") == 0 ||
	    vmm__role_read(c->folder, p->role, &text, &what) == 0)
		return 0;
	vmm_conf_at(e, VMM_EINPUT, &what);
	return c->found(what.text, false, c->arg);
}

static int check_profile(struct checking *c, const struct vmm_profile *p)
{
	int code = check_role(c, p);

	if (!code && c->images)
		code = check_files(c, p);
	return code || !c->pools ? code : vmm__profile_pools(p, c->pools, c->found, c->arg);
}

int vmm_profiles_check(const char *folder, const struct vmm_table *images,
		       const struct vmm_table *pools, vmm_profile_found *found, void *arg,
		       struct vmm_err *err)
{
	struct checking c = { folder, images, pools, found, arg, err };
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int code = vmm_conf_names(folder, VMM_PROFILE_KIND, &names, err);

	for (size_t i = 0; i < names.n && !code; i++) {
		VMM_PROFILE_AUTO *p = NULL;
		struct vmm_err what;

		if (*names.s[i] == '_') /* a part: what it lacks, another has */
			continue;
		code = vmm_profile_load(folder, names.s[i], &p, &what);
		if (code == VMM_ENOMEM)
			return vmm_err_nomem(err);
		if (code)
			code = found(what.text, false, arg);
		else
			code = check_profile(&c, p);
	}
	return code;
}
