/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows on stdout: which columns, in which format. Used by the frame; commands call cmd_rows(). */
#ifndef CMD_OUT_H
#define CMD_OUT_H

#include "frame/frame.h"

enum cmd_format { CMD_TSV, CMD_JSON, CMD_CSV, CMD_TABLE };

extern const char *const cmd_formats[]; /* their names, in this order */

struct cmd_out {
	enum cmd_format format;
	bool header, human;
	bool started;                   /* the header is out */
	const struct cmd_column *known; /* those to choose from */
	const struct cmd_column **cols; /* the chosen ones, ncols of them */
	size_t ncols;
	bool drawn;             /* a table was, by cmd_rows_end() */
	struct vmm_table *held; /* a terminal's table is drawn at the end, from these rows */
	long *parent;           /* of held, for a tree */
};

/* Reads --format and, where the columns are known by now, -o; VMM_EINPUT where they are wrong. */
int cmd_out_init(struct cmd_run *c);
/* Prints what is still held, or the header if there was no row. */
int cmd_out_end(struct cmd_run *c);
void cmd_out_free(struct cmd_out *out);

/* The cell as it is printed: sizes for people with --human. buf holds a changed one. */
const char *cmd_cell(const struct cmd_out *out, const struct cmd_column *col, const char *value,
		     char buf[32]);
/* Draws out->held on stdout with libsmartcols. */
int cmd_draw(struct cmd_out *out, struct vmm_err *err);

#endif
