/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the metadata of a domain say of how the VM was made, if it was by this toolkit: who removes it
 * later, or lists it, needs no other record.
 *
 *	VMM_MADE_AUTO made = { NULL };
 *
 *	if (vmm_made_parse(xml, &made, err) == 0) puts(made.template);
 */
#ifndef VMM_VIRT_MADE_H
#define VMM_VIRT_MADE_H

#include "base/err.h"
#include "base/strv.h"

#define VMM_MADE_XMLNS "urn:vmm-utils:1"

/* Texts are "" where nothing is said. */
struct vmm_made {
	char *template;
	char *image; /* NAME:VERSION */
	char *image_sha256;
	struct vmm_strv disks; /* paths of what was made for it, the seed too */
	struct vmm_strv pools; /* address pools that it holds leases of */
};

/* VMM_ENOTFOUND: it was not made by this toolkit. */
int vmm_made_parse(const char *domain_xml, struct vmm_made *out, struct vmm_err *err);
void vmm_made_release(struct vmm_made *m);
#define VMM_MADE_AUTO __attribute__((cleanup(vmm_made_release))) struct vmm_made

#endif
