/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A definition and what it includes become one. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/conf-def.h"

#define DEPTH_MAX 16

/* The way from the first file to the one being read. */
struct chain {
	const struct chain *up;
	const char *name;
	size_t depth;
};

struct loading {
	const char *folder;
	const struct vmm_conf_kind *kind;
	struct vmm_conf_def *def;
	struct vmm_err *err;
};

static struct vmm_conf_section *add_section(struct vmm_conf *to, const struct vmm_conf_section *like)
{
	struct vmm_conf_section *s = vmm_conf_add_section(to);

	if (s)
		*s = (struct vmm_conf_section){ .file = like->file,
						.name = like->name,
						.label = like->label,
						.line = like->line };
	return s;
}

static void remove_entry(struct vmm_conf_section *s, size_t at)
{
	s->n--;
	memmove(&s->entries[at], &s->entries[at + 1], (s->n - at) * sizeof(*s->entries));
}

/* Later wins. An empty value takes the key away, except that a variable may well be empty. */
static int put_entry(struct vmm_conf_section *s, const struct vmm_conf_entry *e)
{
	size_t at = 0;

	while (at < s->n && strcmp(s->entries[at].key, e->key) != 0)
		at++;
	if (!*e->value && strcmp(s->name, "vars") != 0) {
		if (at < s->n)
			remove_entry(s, at);
		return 0;
	}
	if (at == s->n && !vmm_conf_add_entry(s))
		return VMM_ENOMEM;
	s->entries[at] = *e;
	return 0;
}

static bool repeats(const struct vmm_conf_kind *kind, const char *section)
{
	const struct vmm_conf_form *form = kind->forms;

	while (form->section && strcmp(form->section, section) != 0)
		form++;
	return form->many;
}

/* The section that s overrides: of the same name and label; one that repeats needs a label for it. */
static struct vmm_conf_section *overridden(const struct vmm_conf_kind *kind, struct vmm_conf *in,
					   const struct vmm_conf_section *s)
{
	if (!s->label && repeats(kind, s->name))
		return NULL;
	for (size_t i = 0; i < in->n; i++) {
		const char *label = in->sections[i].label;

		if (strcmp(in->sections[i].name, s->name) == 0 &&
		    (s->label ? label && strcmp(label, s->label) == 0 : !label))
			return &in->sections[i];
	}
	return NULL;
}

static int merge(struct loading *l, const struct vmm_conf *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct vmm_conf_section *s = &c->sections[i];
		struct vmm_conf_section *to = overridden(l->kind, l->def->merged, s);

		if (!to)
			to = add_section(l->def->merged, s);
		for (size_t k = 0; to && k < s->n; k++)
			if (strcmp(s->entries[k].key, "include") != 0 &&
			    put_entry(to, &s->entries[k]) < 0)
				to = NULL;
		if (!to)
			return vmm_err_nomem(l->err);
	}
	return 0;
}

static int keep_file(struct loading *l, struct vmm_conf *c)
{
	struct vmm_conf **files = reallocarray(l->def->files, l->def->n + 1, sizeof(*files));

	if (!files) {
		vmm_conf_free(c);
		return vmm_err_nomem(l->err);
	}
	l->def->files = files;
	files[l->def->n++] = c;
	return 0;
}

static int read_file(struct loading *l, const char *name, const struct vmm_conf_entry *from,
		     struct vmm_conf **out)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	struct vmm_conf *c = NULL;
	int code;

	if (!vmm_conf_is_name(name)) {
		code = vmm_err_set(l->err, VMM_EINPUT, "'%s' is no name of a %s", name,
				   l->kind->noun);
	} else {
		vmm_buf_addf(&path, "%s/%s/%s.conf", l->folder, l->kind->folder, name);
		if (path.failed)
			return vmm_err_nomem(l->err);
		code = vmm_conf_load(path.data, &c, l->err);
	}
	if (code == VMM_ENOTFOUND)
		vmm_err_set(l->err, code, "no %s '%s': no file '%s'", l->kind->noun, name, path.data);
	/* What is wrong in the file has its line; that there is none is said where it is named. */
	if (code && from && (code == VMM_ENOTFOUND || !path.len))
		vmm_conf_at(from, code, l->err);
	if (code)
		return code;
	*out = c;
	return keep_file(l, c);
}

static bool was_read(const struct loading *l, const char *name)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;

	vmm_buf_addf(&path, "%s/%s/%s.conf", l->folder, l->kind->folder, name);
	for (size_t i = 0; i < l->def->n; i++)
		if (strcmp(l->def->files[i]->file, path.data) == 0)
			return true;
	return false;
}

static int refuse_cycle(const struct chain *chain, const char *name,
			const struct vmm_conf_entry *from, struct vmm_err *err)
{
	VMM_BUF_AUTO way = VMM_BUF_INIT;

	for (const struct chain *c = chain; c; c = c->up) {
		vmm_buf_addf(&way, "%s%s", way.len ? ", which is included by " : "", c->name);
		if (strcmp(c->name, name) == 0)
			return vmm_conf_wrong(from, err,
					      "include: '%s' includes itself: it is included by %s",
					      name, way.data);
	}
	if (chain && chain->depth >= DEPTH_MAX)
		return vmm_conf_wrong(from, err, "include: more than %d files deep", DEPTH_MAX);
	return 0;
}

static int load_one(struct loading *l, const char *name, const struct vmm_conf_entry *from,
		    const struct chain *up);

/* What is included comes first, so that the file itself wins. */
static int load_includes(struct loading *l, const struct vmm_conf *c, const struct chain *chain)
{
	const struct vmm_conf_entry *e = vmm_conf_find(&c->sections[0], "include");
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int code = e ? vmm_conf_list(e, &names, l->err) : 0;

	for (size_t i = 0; i < names.n && !code; i++) {
		code = refuse_cycle(chain, names.s[i], e, l->err);
		/* Once by each of two ways is once: its repeated sections would be there twice. */
		if (!code && !was_read(l, names.s[i]))
			code = load_one(l, names.s[i], e, chain);
	}
	return code;
}

static int load_one(struct loading *l, const char *name, const struct vmm_conf_entry *from,
		    const struct chain *up)
{
	struct chain chain = { up, name, up ? up->depth + 1 : 1 };
	struct vmm_conf *c = NULL;
	int code = read_file(l, name, from, &c);

	if (!code)
		code = vmm_conf_check(c, l->kind->forms, l->err);
	if (!code)
		code = load_includes(l, c, &chain);
	return code ? code : merge(l, c);
}

int vmm_conf_def_load(const char *folder, const struct vmm_conf_kind *kind, const char *name,
		      const struct vmm_conf_entry *from, struct vmm_conf_def *out,
		      struct vmm_err *err)
{
	struct loading l = { folder, kind, out, err };
	struct vmm_conf_section top = { .name = "" };

	out->merged = calloc(1, sizeof(*out->merged));
	if (!out->merged || !add_section(out->merged, &top))
		return vmm_err_nomem(err);
	return load_one(&l, name, from, NULL);
}

void vmm_conf_def_release(struct vmm_conf_def *d)
{
	vmm_conf_free(d->merged);
	for (size_t i = 0; i < d->n; i++)
		vmm_conf_free(d->files[i]);
	free(d->files);
	vmm_strv_release(&d->texts);
	*d = (struct vmm_conf_def){ NULL };
}

static const char *keep_text(struct vmm_conf_def *d, const char *text)
{
	return vmm_strv_add(&d->texts, text) < 0 ? NULL : d->texts.s[d->texts.n - 1];
}

int vmm_conf_def_set(struct vmm_conf_def *d, const char *section, const char *key,
		     const char *value, const char *where)
{
	struct vmm_conf_section *s =
		(struct vmm_conf_section *)vmm_conf_next(d->merged, section, NULL);
	struct vmm_conf_section fresh = { .file = "", .name = section };
	struct vmm_conf_entry e = {
		.file = keep_text(d, where),
		.key = keep_text(d, key),
		.value = keep_text(d, value),
	};

	if (!e.file || !e.key || !e.value)
		return VMM_ENOMEM;
	if (!s) {
		fresh.name = keep_text(d, section);
		s = fresh.name ? add_section(d->merged, &fresh) : NULL;
	}
	return s ? put_entry(s, &e) : VMM_ENOMEM;
}
