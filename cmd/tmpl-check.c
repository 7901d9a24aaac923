/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks definitions over, a row for each finding; or shows what would be made of a template. */
#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "define/define.h"
#include "deploy/profile.h"
#include "frame/frame.h"

static char *render;

/* clang-format off */
static const struct poptOption options[] = {
	{ "render", 0, POPT_ARG_STRING, &render, 0,
		"print the domain XML and the seed of this template, with example values", "TEMPLATE" },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "finding", VMM_TEXT, false, "FILE:LINE: what is wrong" },
	{ "level", VMM_TEXT, false, "error or warning" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int found(const char *what, bool warning, void *arg)
{
	struct cmd_run *c = arg;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);

	cmd_tally(c, warning ? VMM_OK : VMM_EINPUT);
	if (!t || vmm_table_add(t) < 0 || vmm_table_put(t, 0, "finding", what) < 0 ||
	    vmm_table_put(t, 0, "level", warning ? "warning" : "error") < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int check_folder(struct cmd_run *c, const char *folder, struct vmm_table **known)
{
	int code = vmm_define_check(folder, known[0], known[1], found, c, &c->err);

	return code ? code : vmm_profiles_check(folder, known[0], known[1], found, c, &c->err);
}

static int check_all(struct cmd_run *c)
{
	static const char *const names[] = { "images", "pools", NULL };
	struct vmm_store *st = cmd_store(c);
	struct vmm_table *known[2] = { NULL };
	int code = st ? vmm_store_read(st, names, known, &c->err) : c->err.code;

	if (!code && !c->args.n)
		code = check_folder(c, vmm_conf_folder(), known);
	for (size_t i = 0; i < c->args.n && !code; i++)
		code = check_folder(c, c->args.s[i], known);
	vmm_table_free(known[0]);
	vmm_table_free(known[1]);
	if (code)
		return code;
	/* A warning beside an error does not make the error half as bad. */
	*c->err.text = '\0';
	return c->failed ? VMM_EINPUT : VMM_OK;
}

static void print_file(const char *name, const char *text)
{
	size_t len = strlen(text);

	printf("==> %s <==\n%s%s\n", name, text, len && text[len - 1] == '\n' ? "" : "\n");
}

static int print_example(struct cmd_run *c, const struct vmm_template *t,
			 const struct vmm_instance *vm)
{
	VMM_SEED_AUTO seed = { 0 };
	VMM_STR_AUTO xml = NULL;

	if (vmm_define_domain(t, vm, &xml, &c->err) < 0 || vmm_define_seed(t, vm, &seed, &c->err) < 0)
		return c->err.code;
	print_file("domain.xml", xml);
	for (size_t i = 0; i < seed.n; i++)
		print_file(seed.files[i].name, seed.files[i].text);
	return 0;
}

static int show(struct cmd_run *c)
{
	const char *folder = c->args.n ? c->args.s[0] : vmm_conf_folder();
	VMM_TEMPLATE_AUTO *t = NULL;
	struct vmm_example ex = { 0 };
	int code;

	cmd_no_rows(c);
	if (c->args.n > 1)
		return vmm_err_set(&c->err, VMM_EINPUT, "--render takes one FOLDER");
	if (vmm_template_load(folder, render, NULL, &t, &c->err) < 0)
		return c->err.code;
	code = vmm_example_init(&ex, t, &c->err);
	if (!code)
		code = print_example(c, t, &ex.vm);
	vmm_example_release(&ex);
	return code;
}

static int run(struct cmd_run *c)
{
	return render ? show(c) : check_all(c);
}

static const struct cmd tmpl_check = {
	.name = "tmpl-check",
	.operands = "[FOLDER...]",
	.summary = "Check templates, profiles and machine profiles, those of $VMM_CONF or of a FOLDER like it.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&tmpl_check, argc, argv);
}
