/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What vm-top shows: hosts and running VMs in one table, and that as lines with bars. */
#ifndef CMD_TOP_H
#define CMD_TOP_H

#include "frame/frame.h"
#include "inventory/inventory.h"

extern const struct cmd_column cmd_top_columns[];

enum cmd_top_order { CMD_TOP_CPU, CMD_TOP_MEMORY, CMD_TOP_DISK, CMD_TOP_NET, CMD_TOP_NAME };
extern const char *const cmd_top_orders[]; /* the words of --sort: columns */

/*
 * The hosts whose names are in `hosts`, and the VMs that are there and not off, out of tables that a round
 * has filled (load/load.h). The caller's; NULL: out of memory.
 */
struct vmm_table *cmd_top_table(const struct vmm_inventory *inv, const struct vmm_strv *hosts);
/* Hosts first; by that column, the most at the top, or by name. */
void cmd_top_sort(struct vmm_table *t, enum cmd_top_order order);

/* At most `height` lines of at most `width` characters. */
struct cmd_top_view {
	const struct vmm_table *t;
	enum cmd_top_order order;
	const char *time; /* of the newest round */
	unsigned width, height;
};
void cmd_top_paint(const struct cmd_top_view *v, struct vmm_buf *out);

#endif
