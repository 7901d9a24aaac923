/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plan does not bring about. */
#include "base/buf.h"
#include "plan/internal.h"

static int add(struct vmm_strv *left, struct vmm_buf *text)
{
	int rc = text->failed ? VMM_ENOMEM : vmm_strv_add(left, text->data);

	vmm_buf_reset(text);
	return rc;
}

int vmm__left_banned(const struct vmm_fleet *f, const bool *banned, struct vmm_strv *left)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	int rc = 0;

	for (size_t v = 0; rc == 0 && v < f->nvms; v++) {
		if (!banned[v])
			continue;
		vmm_buf_addf(&text, "VM '%s' stays: no order of moves has room for it on its way",
			     f->vms[v].name);
		rc = add(left, &text);
	}
	return rc;
}

int vmm__left_broken(const struct vmm__place *p, struct vmm_strv *left)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < p->f->more->nrules; i++) {
		const struct vmm_rule *r = p->f->more->rules[i].text;

		if (vmm__rule_broken(p, i) == 0)
			continue;
		vmm_buf_addf(&text, "group '%s': %s%s%s stays broken",
			     p->f->groups[p->f->more->rules[i].group]->name,
			     vmm_rule_names[r->kind], r->label ? " " : "", r->label ? r->label : "");
		rc = add(left, &text);
	}
	for (uint32_t h = 0; rc == 0 && h < p->f->nhosts; h++) {
		if (vmm__host_over(p, h) <= 0)
			continue;
		vmm_buf_addf(&text, "host '%s' stays fuller than it may be", p->f->hosts[h].name);
		rc = add(left, &text);
	}
	return rc;
}
