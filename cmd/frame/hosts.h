/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For commands whose operands are hosts: names, ranges, @GROUP; none means all. */
#ifndef CMD_HOSTS_H
#define CMD_HOSTS_H

#include "frame/frame.h"
#include "inventory/inventory.h"

/* Reads the inventory and calls work() with the rows of inv->hosts that the operands name. */
int cmd_hosts(struct cmd_run *c, int (*work)(struct cmd_run *c, struct vmm_inventory *inv,
					     const size_t *rows, size_t n));

#endif
