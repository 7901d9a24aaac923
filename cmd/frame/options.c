/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The common options, and the walk over option tables that help and completions are made from. */
#include "frame/options.h"

#include <stdlib.h>
#include <string.h>

#include "frame/bars.h"
#include "frame/filter.h"
#include "frame/out.h"

struct cmd_options cmd_options;

/* clang-format off */
static const struct {
	unsigned uses;
	struct poptOption opt;
} common[] = {
	{ CMD_ROWS, { "columns", 'o', POPT_ARG_STRING, &cmd_options.columns, 0,
		"print these columns; +COL,... adds to the usual ones", "COL,..." } },
	{ CMD_ROWS, { "format", 0, POPT_ARG_STRING, &cmd_options.format, 0,
		"tsv, json, csv or table (usual: table on a terminal, else tsv)", "FORMAT" } },
	{ CMD_ROWS, { "json", 0, POPT_ARG_NONE, &cmd_options.json, 0,
		"one JSON object a line, as --format json", NULL } },
	{ CMD_ROWS, { "no-header", 'n', POPT_ARG_NONE, &cmd_options.no_header, 0,
		"leave the header line out", NULL } },
	{ CMD_ROWS, { "human", 'H', POPT_ARG_NONE, &cmd_options.human, 0,
		"sizes like 1.5G instead of bytes", NULL } },
	{ CMD_STDIN, { "null", '0', POPT_ARG_NONE, &cmd_options.null, 0,
		"read operands from stdin, separated by NUL", NULL } },
	{ CMD_BATCH, { "jobs", 0, POPT_ARG_STRING, &cmd_options.jobs, 0,
		"work on at most N at a time", "N" } },
	{ CMD_PER_HOST, { "per-host", 0, POPT_ARG_STRING, &cmd_options.per_host, 0,
		"at most N at a time on any one host", "N" } },
	{ CMD_FAIL_FAST, { "fail-fast", 0, POPT_ARG_NONE, &cmd_options.fail_fast, 0,
		"start nothing more after the first failure", NULL } },
	{ CMD_TIMEOUT, { "timeout", 0, POPT_ARG_STRING, &cmd_options.timeout, 0,
		"time limit for each (10, 1.5s, 5m)", "TIME" } },
	{ CMD_PROGRESS, { "progress", 0, POPT_ARG_STRING, &cmd_options.progress, 0,
		"bars, json or none (usual: bars on a terminal)", "HOW" } },
	{ CMD_DRY_RUN, { "dry-run", 0, POPT_ARG_NONE, &cmd_options.dry_run, 0,
		"say what would be done, and do nothing", NULL } },
	{ 0, { "help", 'h', POPT_ARG_NONE, &cmd_options.help, 0, "print this", NULL } },
	{ 0, { "version", 'V', POPT_ARG_NONE, &cmd_options.version, 0, "print the version", NULL } },
	{ 0, { "list-options", 0, POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &cmd_options.list, 0,
		NULL, NULL } },
	{ 0, { "list-commands", 0, POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN,
		&cmd_options.list_commands, 0, NULL, NULL } },
};
/* clang-format on */

static bool is_end(const struct poptOption *o)
{
	return !o->longName && !o->shortName && !o->arg;
}

/* A letter that the command has taken for itself is not the common option's. */
static bool is_taken(const struct cmd *cmd, char letter)
{
	for (const struct poptOption *o = cmd->options; letter && o && !is_end(o); o++)
		if (o->shortName == letter)
			return true;
	return false;
}

struct poptOption *cmd_options_table(const struct cmd *cmd)
{
	size_t own = 0, n = 0;
	struct poptOption *t;

	while (cmd->options && !is_end(&cmd->options[own]))
		own++;
	t = calloc(own + sizeof(common) / sizeof(*common) + 1, sizeof(*t));
	if (!t)
		return NULL;
	for (size_t i = 0; i < own; i++)
		t[n++] = cmd->options[i];
	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++) {
		if (common[i].uses && !(cmd->uses & common[i].uses))
			continue;
		t[n] = common[i].opt;
		if (is_taken(cmd, t[n].shortName))
			t[n].shortName = '\0';
		n++;
	}
	return t;
}

static void help_option(const struct poptOption *o, FILE *to)
{
	char left[64];
	char sname[5] = "    ";

	if (o->shortName)
		snprintf(sname, sizeof(sname), "-%c, ", o->shortName);
	snprintf(left, sizeof(left), "%s--%s%s%s", sname, o->longName, o->argDescrip ? "=" : "",
		 o->argDescrip ? o->argDescrip : "");
	fprintf(to, "  %-30s %s\n", left, o->descrip ? o->descrip : "");
}

static void help_columns(const char *with, const struct cmd_column *columns, FILE *to)
{
	fprintf(to, "\ncolumns%s%s (those marked * only on request):\n", *with ? " with " : "", with);
	for (const struct cmd_column *col = columns; col->name; col++)
		fprintf(to, "  %c %-14s %s\n", col->extra ? '*' : ' ', col->name, col->help);
}

void cmd_usage(const struct cmd *cmd, struct vmm_buf *out)
{
	vmm_buf_addf(out, "%s%s%s [options]%s%s", cmd->name, cmd->verb ? " " : "",
		     cmd->verb ? cmd->verb : "", *cmd->operands ? " " : "", cmd->operands);
}

static void usage_line(const char *before, const struct cmd *cmd, FILE *to)
{
	VMM_BUF_AUTO usage = VMM_BUF_INIT;

	cmd_usage(cmd, &usage);
	fprintf(to, "%s%s\n", before, usage.data);
}

static void usage(const struct cmd *cmd, FILE *to)
{
	if (!cmd->commands)
		usage_line("usage: ", cmd, to);
	for (size_t i = 0; cmd->commands && cmd->commands[i]; i++)
		usage_line(i == 0 ? "usage: " : "       ", cmd->commands[i], to);
	fprintf(to, "%s\n", cmd->summary);
}

void cmd_help(const struct cmd *cmd, const struct poptOption *table, FILE *to)
{
	usage(cmd, to);
	if (cmd->commands)
		fprintf(to, "\ncommands ('%s COMMAND --help' tells of each):\n", cmd->name);
	for (size_t i = 0; cmd->commands && cmd->commands[i]; i++)
		fprintf(to, "  %-10s %s\n", cmd->commands[i]->verb, cmd->commands[i]->summary);
	fputs("\noptions:\n", to);
	for (; !is_end(table); table++)
		if (!(table->argInfo & POPT_ARGFLAG_DOC_HIDDEN))
			help_option(table, to);
	if (cmd->columns)
		help_columns("", cmd->columns, to);
	for (const struct cmd_alt *a = cmd->alts; a && a->option; a++)
		help_columns(a->option, a->columns, to);
	fprintf(to, "\nMore in the manual: man %s\n", cmd->name);
}

static void list_words(const struct cmd_words *w, const char *option, FILE *to)
{
	for (; w && w->option; w++)
		for (const char *const *s = w->words; strcmp(w->option, option) == 0 && *s; s++)
			fprintf(to, "%s%s", s == w->words ? "" : " ", *s);
}

static bool among(const struct cmd_column *columns, const char *name)
{
	for (; columns && columns->name; columns++)
		if (strcmp(columns->name, name) == 0)
			return true;
	return false;
}

static bool among_before(const struct cmd_alt *alts, const struct cmd_alt *end, const char *name)
{
	for (const struct cmd_alt *a = alts; a < end; a++)
		if (among(a->columns, name))
			return true;
	return false;
}

/* Those that some other option brings stand behind the usual ones. */
static void list_columns(const struct cmd *cmd, FILE *to)
{
	const char *blank = "";

	for (const struct cmd_column *col = cmd->columns; col && col->name; col++, blank = " ")
		fprintf(to, "%s%s", blank, col->name);
	for (const struct cmd_alt *a = cmd->alts; a && a->option; a++)
		for (const struct cmd_column *col = a->columns; col->name; col++) {
			if (among(cmd->columns, col->name) || among_before(cmd->alts, a, col->name))
				continue;
			fprintf(to, "%s%s", blank, col->name);
			blank = " ";
		}
}

void cmd_list_options(const struct cmd *cmd, const struct poptOption *table, FILE *to)
{
	static const struct cmd_words shared[] = {
		{ "format", cmd_formats },
		{ "progress", cmd_bars_ways },
		{ "state", cmd_filter_states },
		{ NULL, NULL },
	};

	fputs("long\tshort\targ\thelp\tvalues\n", to);
	for (; !is_end(table); table++) {
		if (table->argInfo & POPT_ARGFLAG_DOC_HIDDEN)
			continue;
		fprintf(to, "%s\t%.1s\t%s\t%s\t", table->longName,
			table->shortName ? &table->shortName : "",
			table->argDescrip ? table->argDescrip : "",
			table->descrip ? table->descrip : "");
		list_words(cmd->words, table->longName, to);
		list_words(shared, table->longName, to);
		if (table->arg == &cmd_options.columns)
			list_columns(cmd, to);
		fputc('\n', to);
	}
}

void cmd_list_commands(const struct cmd *cmd, FILE *to)
{
	fputs("command\thelp\n", to);
	for (size_t i = 0; cmd->commands && cmd->commands[i]; i++)
		fprintf(to, "%s\t%s\n", cmd->commands[i]->verb, cmd->commands[i]->summary);
}
