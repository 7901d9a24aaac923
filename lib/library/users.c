/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who uses an image: definitions, VMs, and work under way. */
#include <stdlib.h>

#include "base/conf.h"
#include "base/rows.h"
#include "library/internal.h"

struct search {
	const struct vmm_table *images;
	const struct vmm_image *img;
	bool alone; /* no other image has the same content */
	struct vmm_strv *users;
	struct vmm_err *err;
};

static int add_user(const struct search *s, const char *what, const char *name, const char *uuid)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_addf(&b, "%s '%s'", what, name);
	if (uuid)
		vmm_buf_addf(&b, " (%s)", uuid);
	if (b.failed || vmm_strv_add(s->users, b.data) < 0)
		return vmm_err_nomem(s->err);
	return 0;
}

/* Whether these words of a definition mean this image now. */
static bool means(const struct search *s, const char *text)
{
	struct vmm__spec spec;
	long row;

	if (vmm__spec_parse(text, &spec, NULL) < 0)
		return false;
	row = vmm__images_row(s->images, spec.name, spec.version);
	vmm__spec_release(&spec);
	return row >= 0 && strcmp(vmm_table_at(s->images, (size_t)row, "name"), s->img->name) == 0 &&
	       strcmp(vmm_table_at(s->images, (size_t)row, "version"), s->img->version) == 0;
}

/* As it stands in tables and journals. */
static bool is_named(const struct search *s, const char *word)
{
	size_t n = strlen(s->img->name);

	if (s->alone && strcmp(word, s->img->sha256) == 0)
		return true;
	return strncmp(word, s->img->name, n) == 0 && word[n] == ':' &&
	       strcmp(word + n + 1, s->img->version) == 0;
}

/* ---- definitions ---- */

static const char *const kinds[] = { "templates", "guests", "hardware", "networks", "machines" };
static const char *const kind_words[] = { "template", "guest", "hardware", "network",
					  "machine profile" };
/* Profiles of machines have sections [script] and [driver], in which it is `file`. */
static const char *const keys[] = { "image", "script", "driver", "answer", "file" };

static bool entry_means(const struct search *s, const struct vmm_conf_entry *e)
{
	VMM_STRV_AUTO items = VMM_STRV_INIT;
	bool known = false;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		known = known || strcmp(e->key, keys[i]) == 0;
	/* What is no list of names is a text that stands there itself. */
	if (!known || vmm_conf_list(e, &items, NULL) < 0)
		return false;
	for (size_t i = 0; i < items.n; i++)
		if (means(s, items.s[i]))
			return true;
	return false;
}

static bool conf_means(const struct search *s, const struct vmm_conf *c)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->sections[i].n; k++)
			if (entry_means(s, &c->sections[i].entries[k]))
				return true;
	return false;
}

/* A definition that can't be read may well name it. */
static int search_definition(const struct search *s, size_t kind, const char *name)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	VMM_CONF_AUTO *c = NULL;
	int ret;

	vmm_buf_addf(&path, "%s/%s/%s.conf", vmm_conf_folder(), kinds[kind], name);
	if (path.failed)
		return vmm_err_nomem(s->err);
	ret = vmm_conf_load(path.data, &c, s->err);
	if (ret < 0)
		return ret;
	return conf_means(s, c) ? add_user(s, kind_words[kind], name, NULL) : 0;
}

static int search_definitions(const struct search *s)
{
	int ret = 0;

	for (size_t k = 0; ret == 0 && k < sizeof(kinds) / sizeof(*kinds); k++) {
		VMM_STRV_AUTO names = VMM_STRV_INIT;

		ret = vmm_conf_names(vmm_conf_folder(), kinds[k], &names, s->err);
		for (size_t i = 0; ret == 0 && i < names.n; i++)
			ret = search_definition(s, k, names.s[i]);
	}
	return ret;
}

/* ---- VMs and work ---- */

static int search_vms(const struct search *s, const struct vmm_table *vms)
{
	int ret = 0;

	for (size_t r = 0; ret == 0 && r < vmm_table_rows(vms); r++) {
		VMM_STRV_AUTO images = VMM_STRV_INIT;
		bool uses = false;

		if (vmm_list_split(&images, vmm_table_at(vms, r, "image")) < 0)
			return vmm_err_nomem(s->err);
		for (size_t i = 0; i < images.n; i++)
			uses = uses || is_named(s, images.s[i]);
		if (uses)
			ret = add_user(s, "VM", vmm_table_at(vms, r, "name"),
				       vmm_table_at(vms, r, "uuid"));
	}
	return ret;
}

static int search_work(const struct search *s, const struct vmm_table *intents)
{
	int ret = 0;

	for (size_t r = 0; ret == 0 && r < vmm_table_rows(intents); r++) {
		VMM_STRV_AUTO words = VMM_STRV_INIT;
		bool uses = false;

		if (vmm_strv_split(&words, vmm_table_at(intents, r, "detail"), " ,;='\"\t\n{}") < 0)
			return vmm_err_nomem(s->err);
		for (size_t i = 0; i < words.n; i++)
			uses = uses || is_named(s, words.s[i]);
		if (uses)
			ret = add_user(s, vmm_table_at(intents, r, "op"),
				       vmm_table_at(intents, r, "subject"), NULL);
	}
	return ret;
}

static size_t count_content(const struct vmm_table *images, const char *sha256)
{
	size_t n = 0;

	for (size_t r = 0; r < vmm_table_rows(images); r++)
		n += strcmp(vmm_table_at(images, r, "sha256"), sha256) == 0;
	return n;
}

int vmm_image_users(struct vmm_store *st, const struct vmm_image *img, struct vmm_strv *users,
		    struct vmm_err *err)
{
	static const char *const tables[] = { "vms", NULL };
	VMM_TABLE_AUTO *images = NULL;
	VMM_TABLE_AUTO *vms = NULL;
	VMM_TABLE_AUTO *intents = NULL;
	struct search s = { .img = img, .users = users, .err = err };
	int ret = vmm_images_read(st, &images, err);

	/* The journal first: what ends its intent now has told the table before. */
	if (ret == 0)
		ret = vmm_intent_list(st, &intents, err);
	if (ret == 0)
		ret = vmm_store_read(st, tables, &vms, err);
	if (ret < 0)
		return ret;
	s.images = images;
	s.alone = count_content(images, img->sha256) <= 1;
	ret = search_definitions(&s);
	if (ret == 0)
		ret = search_vms(&s, vms);
	return ret < 0 ? ret : search_work(&s, intents);
}
