/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shows what a plan makes of the hosts: before and after. */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "frame/options.h"
#include "frame/plan.h"
#include "frame/planner.h"
#include "plan/view.h"

static int svg, html, as_rows;

/* clang-format off */
static const struct poptOption options[] = {
	{ "svg", 0, POPT_ARG_NONE, &svg, 0, "a drawing", NULL },
	{ "html", 0, POPT_ARG_NONE, &html, 0, "a page: the drawing and the steps", NULL },
	{ "rows", 0, POPT_ARG_NONE, &as_rows, 0, "rows; with --json, --format and -o, too", NULL },
	CMD_PLANNER_OPTIONS,
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "group", VMM_TEXT, false, "of the host" },
	{ "host", VMM_TEXT, false, "its name" },
	{ "resource", VMM_TEXT, false, "cpu, memory, disk, net" },
	{ "capacity", VMM_NUMBER, false, "what it has: processors, bytes, bytes a second" },
	{ "before", VMM_NUMBER, false, "what is used of it" },
	{ "after", VMM_NUMBER, false, "what is used of it when the plan has been carried out" },
	CMD_COLUMNS_END
};
/* clang-format on */

static const struct cmd_words words[] = { CMD_PLANNER_WORDS, { NULL, NULL } };

static unsigned terminal_width(void)
{
	struct winsize ws;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 ? ws.ws_col : 0;
}

static bool wants_colour(void)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

static int print(struct cmd_run *c, const struct vmm_view *view)
{
	struct vmm_view_look look = { .width = terminal_width(), .colour = wants_colour() };
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	setlocale(LC_CTYPE, ""); /* for the characters alone */
	look.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	cmd_no_rows(c);
	if (svg)
		vmm_view_svg(view, &text);
	else if (html)
		vmm_view_html(view, &text);
	else
		vmm_view_text(view, &look, &text);
	if (text.failed)
		return vmm_err_nomem(&c->err);
	fwrite(text.data, 1, text.len, stdout);
	return 0;
}

static int print_rows(struct cmd_run *c, const struct vmm_view *view)
{
	VMM_TABLE_AUTO *rows = vmm_view_rows(view);

	return rows ? cmd_rows(c, rows) : vmm_err_nomem(&c->err);
}

static bool wants_rows(void)
{
	return as_rows || cmd_options.json || cmd_options.format || cmd_options.columns;
}

static int check_options(struct cmd_run *c)
{
	if (svg + html + wants_rows() > 1)
		return vmm_err_set(&c->err, VMM_EINPUT, "--svg, --html and rows exclude each other");
	return 0;
}

static bool is_stdin(const char *file)
{
	return file && strcmp(file, "-") == 0;
}

static int read_plan(struct cmd_run *c, struct vmm_plan **out)
{
	const char *file = c->args.n ? c->args.s[0] : "-";

	if (c->args.n > 1)
		return vmm_err_set(&c->err, VMM_EINPUT, "one PLAN is enough");
	if (is_stdin(file) && (is_stdin(cmd_planner_text.hosts) || is_stdin(cmd_planner_text.vms)))
		return vmm_err_set(&c->err, VMM_EINPUT, "only one of the files can be stdin");
	return cmd_plan(c, file, out);
}

static int show(struct cmd_run *c, const struct vmm_fleet *fleet)
{
	VMM_PLAN_AUTO *plan = NULL;
	VMM_VIEW_AUTO *view = NULL;

	if (read_plan(c, &plan) < 0 || vmm_view_new(fleet, plan, &view, &c->err) < 0)
		return c->err.code;
	return wants_rows() ? print_rows(c, view) : print(c, view);
}

static int run(struct cmd_run *c)
{
	struct cmd_planner p = { NULL };
	int ret = check_options(c);

	if (ret == 0)
		ret = cmd_planner_read(c, &p);
	if (ret == 0)
		ret = show(c, p.fleet);
	cmd_planner_release(&p);
	return ret;
}

static const struct cmd plan_show = {
	.name = "plan-show",
	.operands = "[FILE]",
	.summary = "Show what a plan makes of the hosts, before and after; the plan is FILE, else stdin.",
	.options = options,
	.columns = columns,
	.words = words,
	.uses = CMD_ROWS,
	.max_args = 2,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&plan_show, argc, argv);
}
