/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Definition files, which people write: sections of keys and values (vmm-definitions(5)).
 *
 *	# A comment: a '#' as a line's first character.
 *	include = base
 *
 *	[nic front]
 *	network = prod
 *	addresses = 10.0.0.5,
 *	    10.0.0.9
 *
 * Reading:
 *
 *	struct vmm_conf *c;
 *	static const struct vmm_conf_form forms[] = {
 *		{ .section = "", .keys = top_keys },
 *		{ .section = "nic", .keys = nic_keys, .many = true, .labels = true },
 *		{ 0 },
 *	};
 *
 *	if (vmm_conf_load(path, &c, err) < 0 || vmm_conf_check(c, forms, err) < 0) …;
 *	for (const struct vmm_conf_section *s = NULL; (s = vmm_conf_next(c, "nic", s));)
 *		puts(vmm_conf_text(s, "network", ""));
 *	vmm_conf_free(c);
 *
 * A section is `[name]` or `[name label]`; the one above the first header is always there and
 * has the name "". Sections may repeat, a key only in another section. Blanks around a value are
 * dropped; '#', quotes and backslashes in it mean nothing.
 *
 * A value goes on in the indented lines that follow at once. They are joined by line feeds,
 * each without the indentation of the first of them, which all must begin with; a '#' there is
 * text. Blank lines between them are kept. When the key's own line has no value, the text
 * begins with the first indented line. So line n of a value is line text_line + n of the file.
 *
 * Refused: what is none of these, a key twice, NUL and other control characters, a carriage
 * return, what is not UTF-8, a byte order mark, a line of more than 64 KiB, a file of more than
 * 4 MiB. Each error begins with "FILE:LINE: ".
 *
 * All text is borrowed from the vmm_conf and never NULL, but a section's label may be.
 */
#ifndef VMM_BASE_CONF_H
#define VMM_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strv.h"

struct vmm_conf_entry {
	const char *file, *key, *value;
	size_t line, text_line; /* of the key; of the value's first line; 0: from no file, which
				   `file` then says in words */
};

struct vmm_conf_section {
	const char *file, *name, *label; /* label: NULL without one */
	size_t line;
	struct vmm_conf_entry *entries;
	size_t n, cap;
};

struct vmm_conf {
	char *file;
	struct vmm_conf_section *sections; /* the first is "" */
	size_t n, cap;
	char *text;             /* what names, keys and values of one line point into */
	struct vmm_strv values; /* those of several lines */
};

/* `file` is what errors name. */
int vmm_conf_parse(const char *file, const char *text, size_t len, struct vmm_conf **out,
		   struct vmm_err *err);
int vmm_conf_load(const char *path, struct vmm_conf **out, struct vmm_err *err);
void vmm_conf_free(struct vmm_conf *c);
void vmm_conf_cleanup(struct vmm_conf **c);
#define VMM_CONF_AUTO __attribute__((cleanup(vmm_conf_cleanup))) struct vmm_conf

/*
 * Where definitions lie: $VMM_CONF, else /etc/vmm. In it a folder for each kind ("templates"),
 * in that NAME.conf. A name has letters, digits, '_', '.', '-', and begins with none of the last two.
 */
const char *vmm_conf_folder(void);
bool vmm_conf_is_name(const char *name);
/* The names of a kind, sorted, appended; other files are passed over. No such folder: none. */
int vmm_conf_names(const char *folder, const char *kind, struct vmm_strv *names, struct vmm_err *err);

/* What may stand in a file. The list of forms ends with a NULL section, that of keys with NULL. */
struct vmm_conf_form {
	const char *section;
	const char *const *keys; /* NULL: any */
	bool many;               /* the section may be there more than once (but each label once) */
	bool labels;             /* it may have a label */
};
int vmm_conf_check(const struct vmm_conf *c, const struct vmm_conf_form *forms, struct vmm_err *err);

/* The section of that name behind `after` (NULL: the first); NULL: no more. */
const struct vmm_conf_section *vmm_conf_next(const struct vmm_conf *c, const char *name,
					     const struct vmm_conf_section *after);
/* How many sections have that name. */
size_t vmm_conf_count(const struct vmm_conf *c, const char *name);
/* NULL: no such key. Section s may be NULL. */
const struct vmm_conf_entry *vmm_conf_find(const struct vmm_conf_section *s, const char *key);
const char *vmm_conf_text(const struct vmm_conf_section *s, const char *key, const char *otherwise);

/*
 * Strict values (base/num.h); a missing key leaves *out alone and is no error. A number in
 * min to max; bytes; "yes" or "no"; one of `words` (which ends with NULL): its position. A list:
 * what stands between commas and line feeds, without blanks around, appended; "" has no items,
 * an empty item elsewhere is an error.
 */
int vmm_conf_u64(const struct vmm_conf_section *s, const char *key, uint64_t min, uint64_t max,
		 uint64_t *out, struct vmm_err *err);
int vmm_conf_size(const struct vmm_conf_section *s, const char *key, uint64_t *bytes,
		  struct vmm_err *err);
int vmm_conf_bool(const struct vmm_conf_section *s, const char *key, bool *out, struct vmm_err *err);
int vmm_conf_word(const struct vmm_conf_section *s, const char *key, const char *const *words,
		  size_t *out, struct vmm_err *err);
int vmm_conf_list(const struct vmm_conf_entry *e, struct vmm_strv *items, struct vmm_err *err);

/*
 * To build one: a section without a label, an entry to be filled in by the caller, each of the file of what
 * it is added to. NULL: out of memory. What was added before may move. The text stays the caller's.
 */
struct vmm_conf_section *vmm_conf_add_section(struct vmm_conf *c);
struct vmm_conf_entry *vmm_conf_add_entry(struct vmm_conf_section *s);
/* A key that must be there; `file` is named where the section has no line of its own. */
int vmm_conf_need(const struct vmm_conf_section *s, const char *file, const char *key,
		  const char **out, struct vmm_err *err);
/* A name as vmm_conf_is_name() has it, which can stand in other texts: no blanks, no markup; "" without. */
int vmm_conf_name(const struct vmm_conf_section *s, const char *key, const char **out,
		  struct vmm_err *err);

/* "FILE:LINE: …" of the key. Returns VMM_EINPUT. */
int vmm_conf_wrong(const struct vmm_conf_entry *e, struct vmm_err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same in front of a sentence that is there already; returns code, and does nothing for 0. */
int vmm_conf_at(const struct vmm_conf_entry *e, int code, struct vmm_err *err);

#endif
