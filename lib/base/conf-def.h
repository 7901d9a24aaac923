/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A definition with all that it includes (vmm-definitions(5)): files of one kind, each in the kind's
 * folder, become one vmm_conf in which the file itself wins over what it includes.
 *
 *	static const struct vmm_conf_kind templates = { "templates", "template", forms };
 *	struct vmm_conf_def def = { NULL };
 *
 *	if (vmm_conf_def_load(folder, &templates, "web", NULL, &def, err) < 0) …;
 *	puts(vmm_conf_text(vmm_conf_top(&def), "image", ""));
 *	vmm_conf_def_release(&def);
 *
 * Each error begins with "FILE:LINE: ", except that the definition asked for isn't there:
 * VMM_ENOTFOUND. All text is borrowed from the definition. To be released after a failure too.
 */
#ifndef VMM_BASE_CONF_DEF_H
#define VMM_BASE_CONF_DEF_H

#include "base/conf.h"

/* A kind of definition: its folder and what its files may hold. */
struct vmm_conf_kind {
	const char *folder; /* "templates" */
	const char *noun;   /* "template" */
	const struct vmm_conf_form *forms;
};

/* One vmm_conf, which borrows from the files. */
struct vmm_conf_def {
	struct vmm_conf *merged;
	struct vmm_conf **files; /* the first is the definition itself */
	size_t n;
	struct vmm_strv texts; /* what was set */
};

/* `from`: the key that names it, for the error; NULL: a person did. */
int vmm_conf_def_load(const char *folder, const struct vmm_conf_kind *kind, const char *name,
		      const struct vmm_conf_entry *from, struct vmm_conf_def *out,
		      struct vmm_err *err);
void vmm_conf_def_release(struct vmm_conf_def *d);
/* Replaces or adds a value; `where` is what errors name in place of file and line. 0 or VMM_ENOMEM. */
int vmm_conf_def_set(struct vmm_conf_def *d, const char *section, const char *key,
		     const char *value, const char *where);
/* The section above all others. */
static inline const struct vmm_conf_section *vmm_conf_top(const struct vmm_conf_def *d)
{
	return &d->merged->sections[0];
}

#endif
