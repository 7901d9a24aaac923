/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/groups.h"

int cmd_groups(struct cmd_run *c, const struct vmm_inventory *inv, struct vmm_strv *names)
{
	int code = vmm_group_names(inv->hosts, names, &c->err);

	for (size_t i = 0; i < c->args.n && !code; i++)
		if (!vmm_strv_has(names, c->args.s[i]))
			code = vmm_err_set(&c->err, VMM_ENOTFOUND, "there is no group '%s'",
					   c->args.s[i]);
	for (size_t i = names->n; c->args.n && i-- > 0 && !code;)
		if (!vmm_strv_has(&c->args, names->s[i]))
			vmm_strv_del(names, i);
	return code;
}
