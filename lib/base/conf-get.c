/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands in a definition file: whether it may, and as which value. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/num.h"

int vmm_conf_at(const struct vmm_conf_entry *e, int code, struct vmm_err *err)
{
	if (code && e->line)
		vmm_err_prefix(err, "%s:%zu", e->file, e->line);
	else if (code)
		vmm_err_prefix(err, "%s", e->file);
	return code;
}

int vmm_conf_wrong(const struct vmm_conf_entry *e, struct vmm_err *err, const char *fmt, ...)
{
	char what[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return vmm_conf_at(e, vmm_err_set(err, VMM_EINPUT, "%s", what), err);
}

static bool has_word(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

static void join(struct vmm_buf *out, const char *const *words)
{
	for (; *words; words++)
		vmm_buf_addf(out, "%s%s", out->len ? ", " : "", *words);
}

static int check_keys(const struct vmm_conf_section *s, const struct vmm_conf_form *form,
		      struct vmm_err *err)
{
	VMM_BUF_AUTO known = VMM_BUF_INIT;

	for (size_t i = 0; i < s->n && form->keys; i++) {
		if (has_word(form->keys, s->entries[i].key))
			continue;
		join(&known, form->keys);
		return vmm_conf_wrong(&s->entries[i], err, "unknown key '%s'; known here: %s",
				      s->entries[i].key, known.data);
	}
	return 0;
}

static bool same_section(const struct vmm_conf_section *a, const struct vmm_conf_section *b)
{
	return strcmp(a->name, b->name) == 0 &&
	       strcmp(a->label ? a->label : "", b->label ? b->label : "") == 0;
}

/* Twice where it may be there once, or two of one label. */
static int check_again(const struct vmm_conf *c, size_t at, const struct vmm_conf_form *form,
		       struct vmm_err *err)
{
	const struct vmm_conf_section *s = &c->sections[at];

	if (form->many && !s->label)
		return 0;
	for (size_t i = 0; i < at; i++)
		if (same_section(&c->sections[i], s))
			return vmm_err_set(err, VMM_EINPUT,
					   "%s:%zu: section [%s%s%s] is there twice, also in line %zu",
					   s->file, s->line, s->name, s->label ? " " : "",
					   s->label ? s->label : "", c->sections[i].line);
	return 0;
}

static int unknown_section(const struct vmm_conf_section *s, const struct vmm_conf_form *forms,
			   struct vmm_err *err)
{
	VMM_BUF_AUTO known = VMM_BUF_INIT;

	for (; forms->section; forms++)
		if (*forms->section)
			vmm_buf_addf(&known, "%s[%s]", known.len ? ", " : "", forms->section);
	return vmm_err_set(err, VMM_EINPUT, "%s:%zu: unknown section [%s]; known here: %s", s->file,
			   s->line, s->name, known.len ? known.data : "none");
}

static int check_section(const struct vmm_conf *c, size_t at, const struct vmm_conf_form *forms,
			 struct vmm_err *err)
{
	const struct vmm_conf_section *s = &c->sections[at];
	const struct vmm_conf_form *form = forms;
	int code;

	while (form->section && strcmp(form->section, s->name) != 0)
		form++;
	if (!form->section)
		return unknown_section(s, forms, err);
	if (s->label && !form->labels)
		return vmm_err_set(err, VMM_EINPUT, "%s:%zu: section [%s] takes no label", s->file,
				   s->line, s->name);
	code = check_again(c, at, form, err);
	return code ? code : check_keys(s, form, err);
}

int vmm_conf_check(const struct vmm_conf *c, const struct vmm_conf_form *forms, struct vmm_err *err)
{
	int code = 0;

	for (size_t i = 0; i < c->n && !code; i++)
		if (i || c->sections[i].n)
			code = check_section(c, i, forms, err);
	return code;
}

const struct vmm_conf_section *vmm_conf_next(const struct vmm_conf *c, const char *name,
					     const struct vmm_conf_section *after)
{
	for (size_t i = after ? (size_t)(after - c->sections) + 1 : 0; i < c->n; i++)
		if (strcmp(c->sections[i].name, name) == 0)
			return &c->sections[i];
	return NULL;
}

size_t vmm_conf_count(const struct vmm_conf *c, const char *name)
{
	size_t n = 0;

	for (const struct vmm_conf_section *s = NULL; (s = vmm_conf_next(c, name, s));)
		n++;
	return n;
}

const struct vmm_conf_entry *vmm_conf_find(const struct vmm_conf_section *s, const char *key)
{
	for (size_t i = 0; s && i < s->n; i++)
		if (strcmp(s->entries[i].key, key) == 0)
			return &s->entries[i];
	return NULL;
}

const char *vmm_conf_text(const struct vmm_conf_section *s, const char *key, const char *otherwise)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, key);

	return e ? e->value : otherwise;
}

int vmm_conf_u64(const struct vmm_conf_section *s, const char *key, uint64_t min, uint64_t max,
		 uint64_t *out, struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, key);

	return e ? vmm_conf_at(e, vmm_num_u64(key, e->value, min, max, out, err), err) : 0;
}

int vmm_conf_size(const struct vmm_conf_section *s, const char *key, uint64_t *bytes,
		  struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, key);

	return e ? vmm_conf_at(e, vmm_num_size(key, e->value, bytes, err), err) : 0;
}

int vmm_conf_word(const struct vmm_conf_section *s, const char *key, const char *const *words,
		  size_t *out, struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, key);
	VMM_BUF_AUTO known = VMM_BUF_INIT;

	if (!e)
		return 0;
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], e->value) == 0) {
			*out = i;
			return 0;
		}
	join(&known, words);
	return vmm_conf_wrong(e, err, "%s: '%s' is none of: %s", key, e->value, known.data);
}

int vmm_conf_bool(const struct vmm_conf_section *s, const char *key, bool *out, struct vmm_err *err)
{
	static const char *const words[] = { "no", "yes", NULL };
	size_t word = *out;
	int code = vmm_conf_word(s, key, words, &word, err);

	*out = word;
	return code;
}

int vmm_conf_list(const struct vmm_conf_entry *e, struct vmm_strv *items, struct vmm_err *err)
{
	const char *s = e->value;

	while (*s) {
		size_t len, next;

		s += strspn(s, " \t\n");
		len = next = strcspn(s, ",\n");
		while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
			len--;
		if (!len)
			return vmm_conf_wrong(e, err, "%s: an empty item", e->key);
		if (vmm_strv_addn(items, s, len) < 0)
			return vmm_err_nomem(err);
		s += next;
		if (*s == ',' && !*++s)
			return vmm_conf_wrong(e, err, "%s: an empty item", e->key);
	}
	return 0;
}

int vmm_conf_need(const struct vmm_conf_section *s, const char *file, const char *key,
		  const char **out, struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, key);

	if (!e && s && s->line)
		return vmm_err_set(err, VMM_EINPUT, "%s:%zu: [%s] lacks %s", s->file, s->line,
				   s->name, key);
	if (!e)
		return vmm_err_set(err, VMM_EINPUT, "%s:1: lacks %s", file, key);
	*out = e->value;
	return 0;
}

int vmm_conf_name(const struct vmm_conf_section *s, const char *key, const char **out,
		  struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, key);

	*out = e ? e->value : "";
	if (e && !vmm_conf_is_name(e->value))
		return vmm_conf_wrong(e, err, "%s: '%s' is no name: letters, digits, _ . -", key,
				      e->value);
	return 0;
}
