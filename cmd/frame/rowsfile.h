/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are named on the command line: their text, or their rows, TSV or JSON. */
#ifndef CMD_ROWSFILE_H
#define CMD_ROWSFILE_H

#include "frame/frame.h"

/* "-" is stdin. *name is what errors call it; it lives as long as `file`. */
int cmd_read_text(struct cmd_run *c, const char *file, char **text, size_t *len, const char **name);
int cmd_read_rows(struct cmd_run *c, const char *file, struct vmm_table **out, const char **name);

#endif
