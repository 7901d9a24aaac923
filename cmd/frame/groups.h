/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For commands whose operands are groups; none means all. */
#ifndef CMD_GROUPS_H
#define CMD_GROUPS_H

#include "frame/frame.h"
#include "group/state.h"

/* The groups that the operands name, in the order of their names. VMM_ENOTFOUND: there is no such group. */
int cmd_groups(struct cmd_run *c, const struct vmm_inventory *inv, struct vmm_strv *names);

#endif
