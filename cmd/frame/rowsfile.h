/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows from a file that is named on the command line, TSV or JSON. */
#ifndef CMD_ROWSFILE_H
#define CMD_ROWSFILE_H

#include "frame/frame.h"

/* "-" is stdin. *name is what errors call it; it lives as long as `file`. */
int cmd_read_rows(struct cmd_run *c, const char *file, struct vmm_table **out, const char **name);

#endif
