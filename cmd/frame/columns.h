/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The columns of hosts and VMs, which several commands print (inventory/inventory.h). */
#ifndef CMD_COLUMNS_H
#define CMD_COLUMNS_H

#include "frame/frame.h"

extern const struct cmd_column host_columns[];
extern const struct cmd_column vm_columns[];
/* The same with their load (load/load.h). */
extern const struct cmd_column host_load_columns[];
extern const struct cmd_column vm_load_columns[];

#endif
