/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of lib/define. */
#ifndef VMM_DEFINE_INTERNAL_H
#define VMM_DEFINE_INTERNAL_H

#include <libxml/tree.h>

#include "base/buf.h"
#include "base/conf-def.h"
#include "define/define.h"

extern const struct vmm_conf_kind vmm__templates, vmm__hardware, vmm__guests;

/* A text with variables, and where it stands. */
struct vmm__text {
	char *text;       /* NULL: none */
	const char *file; /* owned, if from a file of its own */
	char *own_file;
	size_t line; /* of its first line */
};

struct vmm__definitions {
	struct vmm_conf_def template, hardware, guest;
	struct vmm__text user_data, meta_data, network_config, unattend;
	const struct vmm_conf_entry *xml; /* of the hardware profile; may be NULL */
};

/* Empty; for the readers below. */
struct vmm_template *vmm__template_new(void);
int vmm__hardware_read(struct vmm_template *t, struct vmm_err *err);
int vmm__guest_read(struct vmm_template *t, struct vmm_err *err);
/* The profile's `xml`, below a <domain>; errors have file and line. NULL: none (code 0), or an error. */
int vmm__extra_xml(const struct vmm_template *t, xmlDocPtr *doc, struct vmm_err *err);
/* Merges what stands below the root of `extra` into `domain`; e is where it came from. */
int vmm__xml_merge(xmlNodePtr domain, xmlDocPtr extra, const struct vmm_conf_entry *e,
		   struct vmm_err *err);

/* Variables: a text or a list of texts each. */
struct vmm__var {
	char *name;
	struct vmm_strv values;
	bool list;
};
struct vmm__vars {
	struct vmm__var *v;
	size_t n, cap;
};
int vmm__vars_fill(struct vmm__vars *vars, const struct vmm_template *t,
		   const struct vmm_instance *vm, struct vmm_err *err);
void vmm__vars_release(struct vmm__vars *vars);
const char *vmm__vars_text(const struct vmm__vars *vars, const char *name); /* "" if it has none */

/*
 * The next "${NAME}" at or behind `at`. 1: found; 0: no more; -1: a "${" that is none. "$${" stands for
 * a "${" that is text: found too, with literal set.
 */
struct vmm__ref {
	const char *start, *end; /* of the whole */
	const char *name;
	size_t len;
	bool literal;
};
int vmm__ref_next(const char *at, struct vmm__ref *ref);
/* The variable it names, or NULL with err set: "FILE:LINE: …". */
const struct vmm__var *vmm__ref_var(const struct vmm__vars *vars, const struct vmm__ref *ref,
				    const struct vmm__text *text, size_t line, struct vmm_err *err);
int vmm__text_wrong(const struct vmm__text *text, size_t line, struct vmm_err *err, const char *fmt,
		    ...) __attribute__((format(printf, 4, 5)));

/* The text with its variables replaced, each escaped for its place; *out is the caller's. */
int vmm__yaml_render(const struct vmm__text *text, const struct vmm__vars *vars, char **out,
		     struct vmm_err *err);
int vmm__xml_render(const struct vmm__text *text, const struct vmm__vars *vars, char **out,
		    struct vmm_err *err);
/* A double-quoted scalar. */
void vmm__yaml_quote(struct vmm_buf *out, const char *value);

/* The texts of a cloud-init seed where the profile has none. */
void vmm__default_user_data(struct vmm_buf *out, const struct vmm_template *t,
			    const struct vmm__vars *vars);
void vmm__default_meta_data(struct vmm_buf *out, const struct vmm__vars *vars);
void vmm__default_network(struct vmm_buf *out, const struct vmm_template *t,
			  const struct vmm_instance *vm);

/* Building a tree. An element with text (may be NULL); attributes as pairs. */
xmlNodePtr vmm__el(xmlNodePtr parent, const char *name, const char *text);
xmlNodePtr vmm__el_attrs(xmlNodePtr parent, const char *name, const char *const *attrs);
#define vmm__el_with(parent, name, ...) \
	vmm__el_attrs((parent), (name), (const char *const[]){ __VA_ARGS__, NULL })
void vmm__attr(xmlNodePtr node, const char *name, const char *value);
bool vmm__is_x86(const struct vmm_template *t, const struct vmm_instance *vm);
void vmm__devices(xmlNodePtr domain, const struct vmm_template *t, const struct vmm_instance *vm);
void vmm__metadata(xmlNodePtr domain, const struct vmm_template *t, const struct vmm_instance *vm);

#endif
