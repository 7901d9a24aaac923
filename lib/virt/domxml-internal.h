/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files domxml*.c. */
#ifndef VMM_VIRT_DOMXML_INTERNAL_H
#define VMM_VIRT_DOMXML_INTERNAL_H

#include "base/strv.h"
#include "virt/domxml.h"
#include "virt/xmlread.h"

/* What vmm_domxml_parse() hands out is the first member of this. */
struct vmm__domxml {
	struct vmm_domxml d;
	struct vmm_strv strings; /* all that d points to */
	bool nomem;
};

/* Copies that live as long as x; "" where there is nothing. */
const char *vmm__domxml_attr(struct vmm__domxml *x, xmlNodePtr node, const char *attr);
const char *vmm__domxml_text(struct vmm__domxml *x, xmlNodePtr node);
const char *vmm__domxml_keep(struct vmm__domxml *x, const char *s);

int vmm__domxml_devices(struct vmm__domxml *x, xmlNodePtr devices);

/* As vmm_made_parse(), without words. */
int vmm__made_read(xmlNodePtr domain, struct vmm_made *out);

#endif
