/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every command has in common: options, columns and formats, operands, messages,
 * progress, Ctrl-C, exit status. A command is a `struct cmd` and a function:
 *
 *	static int run(struct cmd_run *c)
 *	{
 *		struct vmm_store *st = cmd_store(c);
 *		…library calls; on failure `return` their code, the sentence is in c->err…
 *		return cmd_rows(c, table);
 *	}
 *
 *	static const struct cmd host_frob = { .name = "host-frob", .operands = "HOST...", … };
 *
 *	int main(int argc, char **argv)
 *	{
 *		return cmd_main(&host_frob, argc, argv);
 *	}
 *
 * A command that is several has a `struct cmd` for each, with the same name and a verb, and one more
 * that lists them. It is that one which is given to cmd_main(); the first argument chooses:
 *
 *	static const struct cmd *const commands[] = { &frob_add, &frob_rm, NULL };
 *	static const struct cmd frob = { .name = "frob", .summary = "…", .commands = commands };
 *
 * Text that an option stores lives until the end of the process. What run() returns decides
 * the exit status (vmm_err_exit); a negative code is reported as "NAME: sentence" unless the
 * sentence is empty, which means that rows or messages have said it already.
 */
#ifndef CMD_FRAME_H
#define CMD_FRAME_H

#include <popt.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/jobs.h"
#include "base/progress.h"
#include "base/rows.h"
#include "base/strv.h"
#include "base/table.h"
#include "store/store.h"

struct cmd_column {
	const char *name;
	enum vmm_type type;
	bool extra; /* printed only when asked for */
	const char *help;
};
/* clang-format off */
#define CMD_COLUMNS_END { NULL, VMM_TEXT, false, NULL }
/* clang-format on */

/* What a command uses: each adds its options. */
enum cmd_uses {
	CMD_ROWS = 1,        /* prints rows: -o, --format, --json, -n, -H */
	CMD_BATCH = 2,       /* works on many: --jobs; Ctrl-C in two steps */
	CMD_PER_HOST = 4,    /* --per-host */
	CMD_PROGRESS = 8,    /* --progress */
	CMD_STDIN = 16,      /* operands from stdin: - and -0 */
	CMD_DRY_RUN = 32,    /* --dry-run */
	CMD_TIMEOUT = 64,    /* --timeout, for each host or item */
	CMD_FAIL_FAST = 128, /* --fail-fast */
	CMD_CANCEL = 256,    /* Ctrl-C in two steps, for one long piece of work */
};

/* Other columns, printed instead when an option of the command's own is set: a flag, or one with a value. */
struct cmd_alt {
	const int *when;
	const char *option; /* its name, for --help: "--diff"; NULL ends the list */
	const struct cmd_column *columns;
	char *const *given; /* with `when` NULL */
};

/* An option whose value is one of these words, the last one NULL. */
struct cmd_words {
	const char *option; /* its long name */
	const char *const *words;
};

struct cmd_run;

struct cmd {
	const char *name;
	const char *verb;                  /* "add", of a command that is several; else NULL */
	const struct cmd *const *commands; /* the several, then NULL; there is no run() then */
	const char *operands;              /* as in usage: "[HOST...]" */
	const char *summary;               /* one line, for --help */
	const struct poptOption *options;  /* the command's own; may be NULL */
	const struct cmd_column *columns;  /* with CMD_ROWS; NULL: run() calls cmd_columns() */
	const struct cmd_alt *alts;        /* ends with a NULL `option`; may be NULL */
	const struct cmd_words *words; /* for the completions; ends with a NULL option; may be NULL */
	unsigned uses;
	size_t min_args, max_args; /* max 0: any number */
	int (*run)(struct cmd_run *c);
};

struct cmd_out;

struct cmd_run {
	const struct cmd *cmd;
	struct vmm_strv args; /* operands; with CMD_STDIN "-" and -0 are still to be read */
	struct vmm_err err;
	struct vmm_cancel *cancel;
	struct vmm_progress_sink *progress; /* NULL: silence */
	unsigned jobs, per_host;            /* 0: the library's default */
	uint64_t timeout_ms;                /* 0: the library's default */
	bool fail_fast, dry_run;

	struct vmm_store *store; /* from cmd_store() */
	struct cmd_out *out;
	int write_errno;     /* why the output could not be written; 0: it was */
	size_t done, failed; /* the tally */
	int worst;
};

int cmd_main(const struct cmd *cmd, int argc, char **argv);

/* The state, opened at first use; NULL on failure (the sentence is in c->err). */
struct vmm_store *cmd_store(struct cmd_run *c);

/* A message on stderr, "NAME: …", after stdout was flushed. */
void cmd_say(struct cmd_run *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * For a command whose columns depend on its input: those to choose from. They are used until
 * the end of the process.
 */
int cmd_columns(struct cmd_run *c, const struct cmd_column *columns);
/* What is printed this time is a text and no rows: there is no header. */
void cmd_no_rows(struct cmd_run *c);
/* Whether a column will be printed, so that what it needs is fetched. */
bool cmd_wants(const struct cmd_run *c, const char *column);
/*
 * Prints the chosen columns: of all rows, of n of them, of one. Each call is flushed, so that
 * a reader sees the results of a batch as they come; a terminal's table is drawn at the end.
 */
int cmd_rows(struct cmd_run *c, const struct vmm_table *t);
int cmd_rows_at(struct cmd_run *c, const struct vmm_table *t, const size_t *rows, size_t n);
int cmd_row(struct cmd_run *c, const struct vmm_table *t, size_t row);
/* The rows so far are a table of their own on a terminal, which is drawn now. */
int cmd_rows_end(struct cmd_run *c);
/* As a tree on a terminal: parent[i] is a row above i, or -1; branches are drawn in the first column. */
int cmd_tree(struct cmd_run *c, const struct vmm_table *t, const long *parent);
/* One object whole, all columns unless -o chooses: a JSON object, else a line for each: field, value. Once a command. */
int cmd_object(struct cmd_run *c, const struct vmm_table *t, size_t row);

/*
 * Selectors of VMs from the operands: "-", which has to be the only one, reads rows from stdin (TSV or JSON) and takes
 * column uuid, else vm or name, with host where there is one; -0 reads NUL-separated ones. *rows, where not NULL, gets
 * the rows that came by "-", for what other columns they hold (the caller's), NULL without.
 */
int cmd_selectors(struct cmd_run *c, struct vmm_strv *out, struct vmm_table **rows);

/*
 * Rows from stdin, as they come: work() gets those that can be read without waiting, so that many are
 * one batch, and a program that waits for the answer to each row gets it. JSON is one batch.
 */
int cmd_stream(struct cmd_run *c, int (*work)(struct cmd_run *c, const struct vmm_table *rows));

/*
 * The exit status of a batch: cmd_tally() for each item, then `return cmd_status(c)`. All well: 0.
 * All failed the same way: that code. Some failed: VMM_EPART.
 */
void cmd_tally(struct cmd_run *c, int code);
#define CMD_SECONDS_LEN 32
/* A column of seconds: "1.234". Returns out. */
const char *cmd_seconds(uint64_t ms, char out[CMD_SECONDS_LEN]);
int cmd_status(struct cmd_run *c);

/* Strict values of options; err names the option. NULL text leaves *out alone. */
int cmd_opt_u64(struct cmd_run *c, const char *opt, const char *text, uint64_t min, uint64_t max,
		uint64_t *out);
/* Which of the words it is, from 0 on; else a negative code. */
int cmd_opt_word(const char *opt, const char *const *words, const char *text, struct vmm_err *err);
/* The values of a POPT_ARG_ARGV option, each taken apart at commas. */
int cmd_opt_list(struct cmd_run *c, char **values, struct vmm_strv *out);

#endif
