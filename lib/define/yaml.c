/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Variables in YAML. Where one stands is not guessed from the text: each is replaced by a word
 * that can be part of any scalar and stands nowhere else, libyaml parses that, and the scalars
 * in which the words are found again say what the place is. Allowed is a plain scalar that is
 * nothing but the variable, and a part of a double-quoted one; there a value can be escaped
 * whatever it holds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/percent.h"
#include "define/internal.h"

enum place { NOWHERE, WHOLE, QUOTED }; /* nowhere: a comment */

struct hole {
	size_t line; /* from 0 */
	enum place place;
};

/* Items of these lists are run by a shell, unless they are lists themselves. */
static const char *const shells[] = { "runcmd", "bootcmd", NULL };

struct scan {
	const struct vmm__text *text;
	struct vmm_err *err;
	char word[40]; /* with which each stand-in begins */
	struct hole *holes;
	size_t n;
	size_t depth, documents;
	bool key_next; /* of the outermost mapping */
	bool shell;    /* in one of `shells` */
	bool mapping;  /* the outermost thing is one */
	bool copies;   /* something of it stands elsewhere too, first in this line */
	size_t copies_line;
};

static void escape(struct vmm_buf *out, const char *s, unsigned cp, size_t n)
{
	if (cp == '"' || cp == '\\')
		vmm_buf_addf(out, "\\%c", (char)cp);
	else if (cp == '\n')
		vmm_buf_adds(out, "\\n");
	else if (cp > 0xffff && vmm_utf8_hidden(cp))
		vmm_buf_addf(out, "\\U%08X", cp);
	else if (cp == 0xfffe || cp == 0xffff || vmm_utf8_hidden(cp))
		vmm_buf_addf(out, "\\u%04X", cp);
	else
		vmm_buf_add(out, s, n);
}

/* For the inside of double quotes. That it is UTF-8 was seen before. */
static void add_escaped(struct vmm_buf *out, const char *value)
{
	const char *end = value + strlen(value);

	for (size_t n; value < end; value += n) {
		unsigned cp;

		n = vmm_utf8_char(value, end, &cp);
		if (!n)
			return;
		escape(out, value, cp, n);
	}
}

void vmm__yaml_quote(struct vmm_buf *out, const char *value)
{
	vmm_buf_addc(out, '"');
	add_escaped(out, value);
	vmm_buf_addc(out, '"');
}

static size_t count_lines(const char *from, const char *to)
{
	size_t n = 0;

	for (; from < to; from++)
		n += *from == '\n';
	return n;
}

/* A word that the text does not hold. */
static int choose_word(struct scan *s)
{
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(s->word, sizeof(s->word), "vvar%ux", i);
		if (!strstr(s->text->text, s->word))
			return 0;
	}
	return vmm__text_wrong(s->text, 0, s->err, "too many words like %s", s->word);
}

static int add_hole(struct scan *s, size_t line)
{
	struct hole *holes = reallocarray(s->holes, s->n + 1, sizeof(*holes));

	if (!holes)
		return vmm_err_nomem(s->err);
	s->holes = holes;
	holes[s->n++] = (struct hole){ .line = line };
	return 0;
}

/* The text with words where the variables are. */
static int fill_words(struct scan *s, struct vmm_buf *out)
{
	const char *at = s->text->text;
	struct vmm__ref ref;
	size_t line = 0;
	int ret;

	while ((ret = vmm__ref_next(at, &ref)) != 0) {
		line += count_lines(at, ref.start);
		if (ret < 0)
			return vmm__text_wrong(s->text, line, s->err,
					       "'${' without a name and '}'; where it is text, "
					       "write '$${'");
		vmm_buf_add(out, at, (size_t)(ref.start - at));
		at = ref.end;
		if (ref.literal) {
			vmm_buf_adds(out, "${");
			continue;
		}
		if (ref.start > s->text->text && ref.start[-1] == '\\')
			return vmm__text_wrong(s->text, line, s->err, "a backslash before '${'");
		vmm_buf_addf(out, "%s%zuz", s->word, s->n);
		if (add_hole(s, line) < 0)
			return VMM_ENOMEM;
	}
	vmm_buf_adds(out, at);
	return out->failed ? vmm_err_nomem(s->err) : 0;
}

/* The hole of a word that stands at `at`, and where the word ends. */
static struct hole *hole_at(struct scan *s, const char *at, const char **end)
{
	char *z;
	unsigned long nr = strtoul(at + strlen(s->word), &z, 10);

	*end = z + 1;
	return *z == 'z' && nr < s->n ? &s->holes[nr] : NULL;
}

static int refuse_place(struct scan *s, const struct hole *hole, const char *why)
{
	return vmm__text_wrong(s->text, hole->line, s->err,
			       "a variable %s; it can be a whole value, or part of one in double "
			       "quotes; where '${' is text, write '$${'",
			       why);
}

static int see_scalar(struct scan *s, const char *value, yaml_scalar_style_t style, bool shell)
{
	const char *at = value;

	while ((at = strstr(at, s->word))) {
		const char *start = at;
		struct hole *hole = hole_at(s, at, &at);

		if (!hole)
			return vmm__text_wrong(s->text, 0, s->err, "cannot tell variables apart");
		if (shell)
			return refuse_place(s, hole,
					    "in a command for the shell; write that as a list, "
					    "[ program, \"${name}\" ]");
		if (style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
			hole->place = QUOTED;
		else if (style == YAML_PLAIN_SCALAR_STYLE && start == value && !*at)
			hole->place = WHOLE;
		else if (style == YAML_PLAIN_SCALAR_STYLE)
			return refuse_place(s, hole, "in a plain scalar");
		else if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE)
			return refuse_place(s, hole, "in single quotes");
		else
			return refuse_place(s, hole, "in a block scalar");
	}
	return 0;
}

/* In an anchor or a tag nothing can be escaped. */
static int see_name(struct scan *s, const yaml_char_t *name)
{
	const char *at = name ? strstr((const char *)name, s->word) : NULL, *end;
	struct hole *hole = at ? hole_at(s, at, &end) : NULL;

	return hole ? refuse_place(s, hole, "in an anchor or a tag") : 0;
}

/* What is copied can end up in a command for the shell, by whatever way. */
static void see_copy(struct scan *s, const yaml_event_t *e)
{
	bool merge = e->type == YAML_SCALAR_EVENT &&
		     (strcmp((const char *)e->data.scalar.value, "<<") == 0 ||
		      (e->data.scalar.tag && strstr((const char *)e->data.scalar.tag, "merge")));

	if (s->copies || (e->type != YAML_ALIAS_EVENT && !merge))
		return;
	s->copies = true;
	s->copies_line = e->start_mark.line;
}

static int check_copies(struct scan *s)
{
	bool used = false;

	for (size_t i = 0; i < s->n; i++)
		used = used || s->holes[i].place != NOWHERE;
	if (!used || !s->copies)
		return 0;
	return vmm__text_wrong(s->text, s->copies_line, s->err,
			       "an alias or a merge ('<<') in a text with variables; write it out");
}

static bool is_shell(const char *key)
{
	for (size_t i = 0; shells[i]; i++)
		if (strcmp(shells[i], key) == 0)
			return true;
	return false;
}

/* Keeps track of where in the outermost mapping we are. */
static int see_value(struct scan *s, const yaml_event_t *e)
{
	const char *scalar = e->type == YAML_SCALAR_EVENT ? (const char *)e->data.scalar.value : NULL;
	/* An item of the list, or in place of the list a text alone. */
	bool shell = s->shell && (s->depth == 2 || (s->depth == 1 && !s->key_next));
	int code = scalar ? see_scalar(s, scalar, e->data.scalar.style, shell) : 0;

	if (s->depth == 0)
		s->mapping = e->type == YAML_MAPPING_START_EVENT;
	if (s->depth == 1) {
		if (s->key_next)
			s->shell = scalar && is_shell(scalar);
		s->key_next = !s->key_next;
	}
	return code;
}

static int see(struct scan *s, const yaml_event_t *e)
{
	int code = 0;

	see_copy(s, e);
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (s->documents++)
			return vmm__text_wrong(s->text, e->start_mark.line, s->err,
					       "a second YAML document");
		return 0;
	case YAML_ALIAS_EVENT:
		code = see_name(s, e->data.alias.anchor);
		return code ? code : see_value(s, e);
	case YAML_SCALAR_EVENT:
		if (see_name(s, e->data.scalar.anchor) < 0 || see_name(s, e->data.scalar.tag) < 0)
			return VMM_EINPUT;
		return see_value(s, e);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		/* Both kinds of start have the same members in the same places. */
		if (see_name(s, e->data.mapping_start.anchor) < 0 ||
		    see_name(s, e->data.mapping_start.tag) < 0 || see_value(s, e) < 0)
			return VMM_EINPUT;
		s->depth++;
		s->key_next |= s->depth == 1;
		return 0;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		s->depth--;
		return 0;
	default:
		return 0;
	}
}

static int parse_error(struct scan *s, const yaml_parser_t *p)
{
	if (p->error == YAML_MEMORY_ERROR)
		return vmm_err_nomem(s->err);
	return vmm__text_wrong(s->text, p->problem_mark.line, s->err, "YAML: %s%s%s",
			       p->problem ? p->problem : "wrong", p->context ? ", " : "",
			       p->context ? p->context : "");
}

static int parse(struct scan *s, const struct vmm_buf *words)
{
	yaml_parser_t p;
	yaml_event_t e;
	bool end = false;
	int code = 0;

	if (!yaml_parser_initialize(&p))
		return vmm_err_nomem(s->err);
	yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p, (const unsigned char *)words->data, words->len);
	while (!code && !end) {
		if (!yaml_parser_parse(&p, &e)) {
			code = parse_error(s, &p);
			break;
		}
		code = see(s, &e);
		end = e.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	if (!code && !s->mapping)
		code = vmm__text_wrong(s->text, 0, s->err, "YAML: must be a mapping, key: value");
	return code;
}

static int put_value(struct scan *s, const struct hole *hole, const struct vmm__var *v,
		     struct vmm_buf *out)
{
	if (hole->place == QUOTED && v->list)
		return vmm__text_wrong(s->text, hole->line, s->err,
				       "variable '%s' is a list and can only be a whole value",
				       v->name);
	if (hole->place == QUOTED) {
		add_escaped(out, v->values.s[0]);
		return 0;
	}
	if (v->list)
		vmm_buf_addc(out, '[');
	for (size_t i = 0; i < v->values.n; i++) {
		vmm_buf_adds(out, i ? ", " : "");
		vmm__yaml_quote(out, v->values.s[i]);
	}
	if (v->list)
		vmm_buf_addc(out, ']');
	return 0;
}

static int fill_values(struct scan *s, const struct vmm__vars *vars, struct vmm_buf *out)
{
	const char *at = s->text->text;
	const struct hole *hole = s->holes;
	struct vmm__ref ref;

	for (; vmm__ref_next(at, &ref) > 0; at = ref.end) {
		const struct vmm__var *v;

		vmm_buf_add(out, at, (size_t)(ref.start - at));
		if (ref.literal) {
			vmm_buf_adds(out, "${");
			continue;
		}
		if (hole->place == NOWHERE) {
			vmm_buf_add(out, ref.start, (size_t)(ref.end - ref.start));
			hole++;
			continue;
		}
		v = vmm__ref_var(vars, &ref, s->text, hole->line, s->err);
		if (!v || put_value(s, hole, v, out) < 0)
			return VMM_EINPUT;
		hole++;
	}
	vmm_buf_adds(out, at);
	return 0;
}

int vmm__yaml_render(const struct vmm__text *text, const struct vmm__vars *vars, char **out,
		     struct vmm_err *err)
{
	struct scan s = { .text = text, .err = err };
	VMM_BUF_AUTO words = VMM_BUF_INIT;
	VMM_BUF_AUTO result = VMM_BUF_INIT;
	int code = choose_word(&s);

	if (!code)
		code = fill_words(&s, &words);
	if (!code)
		code = parse(&s, &words);
	if (!code)
		code = check_copies(&s);
	if (!code)
		code = fill_values(&s, vars, &result);
	free(s.holes);
	if (code)
		return code;
	if (result.len && result.data[result.len - 1] != '\n')
		vmm_buf_addc(&result, '\n');
	*out = vmm_buf_steal(&result);
	return *out ? 0 : vmm_err_nomem(err);
}
