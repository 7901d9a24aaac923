/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/percent.h"
#include "base/rows.h"

#define LINE_MAX_BYTES (64u << 10)
#define FILE_MAX_BYTES (4u << 20)

static const char name_chars[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

/* The copied text is taken apart where it stands: a NUL takes the place of each line's end. */
struct reader {
	struct vmm_conf *c;
	char *at, *end; /* what is still to be read; *end is NUL */
	size_t line;
	struct vmm_conf_entry *open; /* the entry that an indented line would go on with */
	struct vmm_buf value;        /* what it has so far, once there was such a line */
	const char *indent;          /* of the first such line; NULL: there was none */
	size_t indent_len, indent_line;
	size_t blanks; /* lines that belong to the value only if it goes on */
	struct vmm_err *err;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct reader *r, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return vmm_err_set(r->err, VMM_EINPUT, "%s:%zu: %s", r->c->file, r->line, what);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static char *skip_blanks(char *s)
{
	while (blank(*s))
		s++;
	return s;
}

static void trim_end(char *s)
{
	size_t len = strlen(s);

	while (len && blank(s[len - 1]))
		s[--len] = '\0';
}

/* Control characters, and what is not UTF-8: no file that a person wrote has them. */
static int check_bytes(struct reader *r, const char *s, const char *end)
{
	for (size_t n; s < end; s += n) {
		unsigned cp = 0;

		n = vmm_utf8_char(s, end, &cp);
		if (!n)
			return refuse(r, "not UTF-8");
		if (cp == '\0')
			return refuse(r, "a NUL byte");
		if (cp == '\r')
			return refuse(r, "a carriage return; lines end with a line feed alone");
		if (cp == 0xfeff)
			return refuse(r, "a byte order mark");
		if ((cp < 0x20 && cp != '\t') || (cp >= 0x7f && cp < 0xa0))
			return refuse(r, "a control character, %%%02x", cp);
	}
	return 0;
}

/* The next line, as a string. 1: there is one; 0: the end. */
static int next_line(struct reader *r, char **line)
{
	char *lf;
	int code;

	if (r->at == r->end)
		return 0;
	r->line++;
	lf = memchr(r->at, '\n', (size_t)(r->end - r->at));
	if (!lf)
		lf = r->end; /* where a NUL stands */
	if ((size_t)(lf - r->at) > LINE_MAX_BYTES)
		return refuse(r, "a line of more than 64 KiB");
	code = check_bytes(r, r->at, lf);
	if (code)
		return code;
	*line = r->at;
	r->at = lf < r->end ? lf + 1 : lf;
	*lf = '\0';
	return 1;
}

struct vmm_conf_section *vmm_conf_add_section(struct vmm_conf *c)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 8;
		struct vmm_conf_section *s = reallocarray(c->sections, cap, sizeof(*s));

		if (!s)
			return NULL;
		c->sections = s;
		c->cap = cap;
	}
	c->sections[c->n] = (struct vmm_conf_section){ .file = c->file, .name = "" };
	return &c->sections[c->n++];
}

struct vmm_conf_entry *vmm_conf_add_entry(struct vmm_conf_section *s)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 8;
		struct vmm_conf_entry *e = reallocarray(s->entries, cap, sizeof(*e));

		if (!e)
			return NULL;
		s->entries = e;
		s->cap = cap;
	}
	s->entries[s->n] = (struct vmm_conf_entry){ .file = s->file };
	return &s->entries[s->n++];
}

static bool is_name(const char *s)
{
	return *s && !s[strspn(s, name_chars)];
}

/* The value, if one is open, is complete. */
static int close_value(struct reader *r)
{
	int code = 0;

	if (r->open && r->indent) {
		code = r->value.failed ? VMM_ENOMEM : vmm_strv_add(&r->c->values, r->value.data);
		if (!code)
			r->open->value = r->c->values.s[r->c->values.n - 1];
		vmm_buf_reset(&r->value);
	}
	r->open = NULL;
	r->indent = NULL;
	r->blanks = 0;
	return code ? vmm_err_nomem(r->err) : 0;
}

/* "[name]" or "[name label]" */
static int read_header(struct reader *r, char *line)
{
	struct vmm_conf_section *s;
	char *name = skip_blanks(line + 1), *close = strchr(line, ']'), *label;

	if (!close || *skip_blanks(close + 1))
		return refuse(r, "a section is [name] or [name label], alone on its line");
	*close = '\0';
	trim_end(name);
	label = name + strcspn(name, " \t");
	if (*label) {
		*label++ = '\0';
		label = skip_blanks(label);
	} else {
		label = NULL;
	}
	if (!is_name(name) || (label && !is_name(label)))
		return refuse(r, "'%s' is no name of a section: letters, digits, _ . -",
			      is_name(name) && label ? label : name);
	if (close_value(r) < 0)
		return VMM_ENOMEM;
	s = vmm_conf_add_section(r->c);
	if (!s)
		return vmm_err_nomem(r->err);
	s->name = name;
	s->label = label;
	s->line = r->line;
	return 0;
}

/* "key = value" */
static int read_entry(struct reader *r, char *line)
{
	struct vmm_conf_section *s = &r->c->sections[r->c->n - 1];
	char *eq = strchr(line, '='), *value;
	const struct vmm_conf_entry *same;

	if (!eq)
		return refuse(r, "neither 'key = value' nor [section] nor a comment: '%s'", line);
	*eq = '\0';
	trim_end(line);
	if (!is_name(line))
		return refuse(r, "'%s' is no key: letters, digits, _ . -", line);
	same = vmm_conf_find(s, line);
	if (same)
		return refuse(r, "'%s' is there twice, also in line %zu", line, same->line);
	if (close_value(r) < 0)
		return VMM_ENOMEM;
	value = skip_blanks(eq + 1);
	trim_end(value);
	r->open = vmm_conf_add_entry(s);
	if (!r->open)
		return vmm_err_nomem(r->err);
	r->open->key = line;
	r->open->value = value;
	r->open->line = r->line;
	r->open->text_line = r->line;
	return 0;
}

/* The first of a value's indented lines: text of the key's own line stands before it. */
static void begin_more(struct reader *r, const char *line)
{
	r->indent = line;
	r->indent_len = strspn(line, " \t");
	r->indent_line = r->line;
	if (*r->open->value)
		vmm_buf_addf(&r->value, "%s\n", r->open->value);
	else
		r->open->text_line = r->line;
}

static int read_more(struct reader *r, char *line)
{
	if (!r->open)
		return refuse(r, "an indented line, but no value right above it that would go on");
	trim_end(line);
	if (!r->indent) {
		begin_more(r, line);
	} else {
		if (strncmp(line, r->indent, r->indent_len) != 0)
			return refuse(r, "not indented as the value's line %zu is", r->indent_line);
		vmm_buf_addc(&r->value, '\n');
	}
	for (; r->blanks; r->blanks--)
		vmm_buf_addc(&r->value, '\n');
	vmm_buf_adds(&r->value, line + r->indent_len);
	return 0;
}

static int read_line(struct reader *r, char *line)
{
	if (!*skip_blanks(line)) {
		/* Between the key and the first indented line it would shift the lines. */
		if (r->open && r->indent)
			r->blanks++;
		else if (close_value(r) < 0)
			return VMM_ENOMEM;
		return 0;
	}
	if (*line == '#')
		return close_value(r);
	if (blank(*line))
		return read_more(r, line);
	if (*line == '[')
		return read_header(r, line);
	return read_entry(r, line);
}

static int read_all(struct reader *r)
{
	char *line = NULL;
	int ret;

	while ((ret = next_line(r, &line)) > 0) {
		ret = read_line(r, line);
		if (ret < 0)
			return ret;
	}
	return ret < 0 ? ret : close_value(r);
}

int vmm_conf_parse(const char *file, const char *text, size_t len, struct vmm_conf **out,
		   struct vmm_err *err)
{
	VMM_CONF_AUTO *c = calloc(1, sizeof(*c));
	struct reader r = { .c = c, .value = VMM_BUF_INIT, .err = err };
	int code;

	if (!c)
		return vmm_err_nomem(err);
	c->file = strdup(file);
	c->text = malloc(len + 1);
	if (!c->file || !c->text || !vmm_conf_add_section(c))
		return vmm_err_nomem(err);
	memcpy(c->text, text, len);
	c->text[len] = '\0';
	r.at = c->text;
	r.end = c->text + len;
	code = read_all(&r);
	vmm_buf_release(&r.value);
	if (code)
		return code;
	*out = c;
	c = NULL;
	return 0;
}

int vmm_conf_load(const char *path, struct vmm_conf **out, struct vmm_err *err)
{
	VMM_STR_AUTO text = NULL;
	size_t len = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC), code;

	if (fd < 0) {
		code = vmm_err_errno(err, "cannot read '%s'", path);
		return errno == ENOENT ? vmm_err_set(err, VMM_ENOTFOUND, "no file '%s'", path) : code;
	}
	code = vmm_read_fd(path, fd, FILE_MAX_BYTES, &text, &len, err);
	close(fd);
	return code ? code : vmm_conf_parse(path, text, len, out, err);
}

void vmm_conf_free(struct vmm_conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		free(c->sections[i].entries);
	free(c->sections);
	vmm_strv_release(&c->values);
	free(c->text);
	free(c->file);
	free(c);
}

void vmm_conf_cleanup(struct vmm_conf **c)
{
	vmm_conf_free(*c);
}
