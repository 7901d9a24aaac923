/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/hostlist.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	const char *text, *at;
	size_t had; /* names that were there before */
	struct vmm_err *err;
};

static int wrong(const struct parser *p, const char *at, const char *what)
{
	return vmm_err_set(p->err, VMM_EINPUT, "'%s': %s at byte %zu", p->text, what,
			   (size_t)(at - p->text) + 1);
}

static int too_many(const struct parser *p)
{
	return vmm_err_set(p->err, VMM_EINPUT, "'%s': more than %d names", p->text, VMM_HOSTLIST_MAX);
}

struct number {
	const char *digits;
	int len;
	uint64_t value;
};

static int parse_number(struct parser *p, struct number *n)
{
	n->digits = p->at;
	n->value = 0;
	for (; isdigit((unsigned char)*p->at); p->at++) {
		if (p->at - n->digits == VMM_HOSTLIST_DIGITS)
			return wrong(p, n->digits, "number too long");
		n->value = n->value * 10 + (uint64_t)(*p->at - '0');
	}
	n->len = (int)(p->at - n->digits);
	return n->len ? 0 : wrong(p, p->at, "no number");
}

static bool padded(const struct number *n)
{
	return n->len > 1 && n->digits[0] == '0';
}

/* Whether both ends say the same about leading zeros; what has none may be longer. */
static bool same_width(const struct number *lo, const struct number *hi)
{
	if (padded(hi))
		return hi->len == lo->len;
	return !padded(lo) || hi->len >= lo->len;
}

static int add_range(struct parser *p, const struct number *lo, const struct number *hi,
		     struct vmm_strv *out)
{
	int width = padded(lo) ? lo->len : 0;

	if (hi->value < lo->value)
		return wrong(p, lo->digits, "range runs backwards");
	if (!same_width(lo, hi))
		return wrong(p, lo->digits, "ends of the range differ in width");
	if (hi->value - lo->value >= VMM_HOSTLIST_MAX - out->n)
		return too_many(p);
	for (uint64_t v = lo->value; v <= hi->value; v++) {
		char digits[VMM_HOSTLIST_DIGITS + 3];

		snprintf(digits, sizeof(digits), "%0*" PRIu64, width, v);
		if (vmm_strv_add(out, digits) < 0)
			return vmm_err_nomem(p->err);
	}
	return 0;
}

static int parse_range(struct parser *p, struct vmm_strv *out)
{
	struct number lo, hi;
	int code = parse_number(p, &lo);

	if (code)
		return code;
	hi = lo;
	if (*p->at == '-') {
		p->at++;
		code = parse_number(p, &hi);
	}
	return code ? code : add_range(p, &lo, &hi, out);
}

/* From behind '[' to behind ']'. */
static int parse_brackets(struct parser *p, struct vmm_strv *out)
{
	for (;;) {
		int code = parse_range(p, out);

		if (code)
			return code;
		if (*p->at != ',' && *p->at != ']')
			return wrong(p, p->at, "neither ',' nor ']'");
		if (*p->at++ == ']')
			return 0;
	}
}

static bool is_plain(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && c != '[' && c != ']' && c != ',';
}

bool vmm_hostlist_is_name(const char *text)
{
	const char *s = text;

	while (is_plain(*s))
		s++;
	return !*s && s > text && s - text <= VMM_HOSTLIST_NAME;
}

static int parse_plain(struct parser *p, struct vmm_strv *out)
{
	const char *start = p->at;

	while (is_plain(*p->at))
		p->at++;
	if (p->at == start)
		return wrong(p, start,
			     *start == ']' ? "']' without '['" : "blank or control character");
	return vmm_strv_addn(out, start, (size_t)(p->at - start)) < 0 ? vmm_err_nomem(p->err) : 0;
}

static int add_joined(const struct parser *p, struct vmm_strv *out, const char *a, const char *b)
{
	char name[VMM_HOSTLIST_NAME + 1];
	int n = snprintf(name, sizeof(name), "%s%s", a, b);

	if (n < 0 || (size_t)n >= sizeof(name))
		return vmm_err_set(p->err, VMM_EINPUT, "'%s': a name longer than %d bytes", p->text,
				   VMM_HOSTLIST_NAME);
	return vmm_strv_add(out, name) < 0 ? vmm_err_nomem(p->err) : 0;
}

/* names becomes each of them followed by each of the parts. */
static int multiply(const struct parser *p, struct vmm_strv *names, const struct vmm_strv *parts)
{
	VMM_STRV_AUTO heads = *names;
	int code = 0;

	*names = (struct vmm_strv)VMM_STRV_INIT;
	if (parts->n > VMM_HOSTLIST_MAX / heads.n)
		return too_many(p);
	for (size_t h = 0; h < heads.n; h++)
		for (size_t i = 0; i < parts->n && !code; i++)
			code = add_joined(p, names, heads.s[h], parts->s[i]);
	return code;
}

/* One word between commas: plain parts and brackets in any order. */
static int parse_word(struct parser *p, struct vmm_strv *names)
{
	int code = 0;

	if (!*p->at || *p->at == ',')
		return wrong(p, p->at, "no name");
	if (vmm_strv_add(names, "") < 0)
		return vmm_err_nomem(p->err);
	while (!code && *p->at && *p->at != ',') {
		VMM_STRV_AUTO parts = VMM_STRV_INIT;

		if (*p->at == '[') {
			p->at++;
			code = parse_brackets(p, &parts);
		} else {
			code = parse_plain(p, &parts);
		}
		if (!code)
			code = multiply(p, names, &parts);
	}
	return code;
}

static int append(const struct parser *p, struct vmm_strv *out, const struct vmm_strv *more)
{
	if (out->n - p->had + more->n > VMM_HOSTLIST_MAX)
		return too_many(p);
	for (size_t i = 0; i < more->n; i++)
		if (vmm_strv_add(out, more->s[i]) < 0)
			return vmm_err_nomem(p->err);
	return 0;
}

static int parse_words(struct parser *p, struct vmm_strv *out)
{
	for (;;) {
		VMM_STRV_AUTO names = VMM_STRV_INIT;
		int code = parse_word(p, &names);

		if (!code)
			code = append(p, out, &names);
		if (code || !*p->at)
			return code;
		p->at++;
	}
}

int vmm_hostlist_expand(const char *text, struct vmm_strv *out, struct vmm_err *err)
{
	struct parser p = { .text = text, .at = text, .had = out->n, .err = err };
	int code = parse_words(&p, out);

	while (code && out->n > p.had) {
		free(out->s[--out->n]);
		out->s[out->n] = NULL;
	}
	return code;
}
