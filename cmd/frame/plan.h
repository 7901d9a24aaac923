/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans (plan/steps.h): the operand that is one, and the columns of one that is printed. */
#ifndef CMD_PLAN_H
#define CMD_PLAN_H

#include "frame/frame.h"
#include "plan/steps.h"

/* "-": stdin. */
int cmd_plan(struct cmd_run *c, const char *file, struct vmm_plan **out);

extern const struct cmd_column cmd_plan_columns[];

#endif
