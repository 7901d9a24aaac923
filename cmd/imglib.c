/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library: images, scripts, drivers and answer files are added, listed, verified, exported, removed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/rows.h"
#include "frame/frame.h"
#include "inventory/inventory.h"
#include "library/library.h"

/* ---- add ---- */

static const char *kind, *disk_format, *sha256, *max_size;
static char **labels;

/* clang-format off */
#define IMAGE_COLUMNS \
	{ "name", VMM_TEXT, false, "its name" }, \
	{ "version", VMM_TEXT, false, "its version" }, \
	{ "kind", VMM_TEXT, false, "image, script, driver or answer" }, \
	{ "format", VMM_TEXT, false, "raw, qcow2, vmdk, vpc, vhdx, iso or file" }, \
	{ "size", VMM_BYTES, false, "of the file" }, \
	{ "virtual_size", VMM_BYTES, false, "of the disk that a guest sees" }, \
	{ "labels", VMM_LIST, false, "what people say about it" }, \
	{ "added", VMM_TEXT, false, "when" }

static const struct cmd_column columns[] = {
	IMAGE_COLUMNS,
	{ "sha256", VMM_TEXT, true, "of the content" },
	{ "image", VMM_TEXT, true, "NAME:VERSION" },
	{ "path", VMM_TEXT, true, "where the content lies" },
	CMD_COLUMNS_END
};

static const struct poptOption add_options[] = {
	{ "kind", 'k', POPT_ARG_STRING, &kind, 0, "image (usual), script, driver or answer", "KIND" },
	{ "disk-format", 'f', POPT_ARG_STRING, &disk_format, 0,
		"raw, qcow2, vmdk, vhd, vhdx or iso (usual: told by its content)", "FORMAT" },
	{ "sha256", 0, POPT_ARG_STRING, &sha256, 0, "what its sha256 must be; needed for http", "HEX" },
	{ "label", 'l', POPT_ARG_ARGV, &labels, 0, "a label; may be given again", "KEY=VALUE" },
	{ "max-size", 0, POPT_ARG_STRING, &max_size, 0,
		"refuse more (usual: 64G from stdin or a URL)", "SIZE" },
	POPT_TABLEEND
};
/* clang-format on */

static const char *const kinds[] = { "image", "script", "driver", "answer", NULL };
static const char *const formats[] = { "raw", "qcow2", "vmdk", "vhd", "vhdx", "iso", NULL };

static int read_labels(struct cmd_run *c, struct vmm_buf *cell)
{
	for (char **l = labels; l && *l; l++) {
		VMM_BUF_AUTO next = VMM_BUF_INIT;

		if (vmm_labels_set(cell->data, *l, &next, &c->err) < 0)
			return c->err.code;
		vmm_buf_reset(cell);
		vmm_buf_adds(cell, next.data);
	}
	return cell->failed ? vmm_err_nomem(&c->err) : 0;
}

/* Prints and releases it. */
static int print_image(struct cmd_run *c, struct vmm_image *img)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	int ret = t ? vmm_image_put(t, img, &c->err) : vmm_err_nomem(&c->err);

	vmm_image_release(img);
	return ret < 0 ? ret : cmd_rows(c, t);
}

static int run_add(struct cmd_run *c)
{
	struct vmm_image_source src = { .spec = c->args.s[0],
					.from = c->args.s[1],
					.kind = kind,
					.format = disk_format,
					.sha256 = sha256,
					.limit_ms = c->timeout_ms,
					.dry_run = c->dry_run,
					.cancel = c->cancel,
					.progress = c->progress };
	struct vmm_image img = VMM_IMAGE_INIT;
	VMM_BUF_AUTO cell = VMM_BUF_INIT;

	if (strcmp(src.from, "-") == 0)
		src.from = NULL;
	if (max_size && vmm_num_size("--max-size", max_size, &src.max, &c->err) < 0)
		return c->err.code;
	if (read_labels(c, &cell) < 0 || !cmd_store(c))
		return c->err.code;
	src.fd = STDIN_FILENO;
	src.labels = labels ? cell.data : NULL;
	if (vmm_image_add(c->store, &src, &img, &c->err) < 0)
		return c->err.code;
	return print_image(c, &img);
}

static const struct cmd add = {
	.name = "imglib",
	.verb = "add",
	.operands = "NAME[:VERSION] FILE|URL|-",
	.summary = "Add an image, script, driver or answer file, and print its row.",
	.options = add_options,
	.columns = columns,
	.words = (const struct cmd_words[]){ { "kind", kinds },
					     { "disk-format", formats },
					     { NULL, NULL } },
	.uses = CMD_ROWS | CMD_PROGRESS | CMD_DRY_RUN | CMD_TIMEOUT | CMD_CANCEL,
	.min_args = 2,
	.max_args = 2,
	.run = run_add,
};

/* ---- list, show ---- */

static const char *list_kind;
static int latest;

/* clang-format off */
static const struct poptOption list_options[] = {
	{ "kind", 'k', POPT_ARG_STRING, &list_kind, 0, "only of this kind", "KIND" },
	{ "latest", 0, POPT_ARG_NONE, &latest, 0, "only the latest version of each name", NULL },
	POPT_TABLEEND
};
/* clang-format on */

/* Reads all and calls work() with the rows that the operands name. */
static int with_images(struct cmd_run *c, bool last,
		       int (*work)(struct cmd_run *c, const struct vmm_table *images, size_t *rows,
				   size_t n))
{
	struct vmm_store *st = cmd_store(c);
	VMM_TABLE_AUTO *images = NULL;
	size_t *rows, n;
	int ret;

	if (!st || vmm_images_read(st, &images, &c->err) < 0)
		return c->err.code;
	rows = calloc(vmm_table_rows(images) + 1, sizeof(*rows));
	if (!rows)
		return vmm_err_nomem(&c->err);
	ret = vmm_images_select(images, &c->args, last, rows, &n, &c->err);
	if (ret == 0)
		ret = work(c, images, rows, n);
	free(rows);
	return ret;
}

static int print_rows(struct cmd_run *c, const struct vmm_table *images, size_t *rows, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!list_kind || strcmp(vmm_table_at(images, rows[i], "kind"), list_kind) == 0)
			rows[kept++] = rows[i];
	return cmd_rows_at(c, images, rows, kept);
}

static int run_list(struct cmd_run *c)
{
	return with_images(c, latest, print_rows);
}

static const struct cmd list = {
	.name = "imglib",
	.verb = "list",
	.operands = "[NAME[:VERSION]...]",
	.summary = "List what is in the library, a row for each version.",
	.options = list_options,
	.columns = columns,
	.words = (const struct cmd_words[]){ { "kind", kinds }, { NULL, NULL } },
	.uses = CMD_ROWS,
	.run = run_list,
};

/* clang-format off */
static const struct cmd_column show_columns[] = {
	IMAGE_COLUMNS,
	{ "sha256", VMM_TEXT, false, "of the content" },
	{ "image", VMM_TEXT, false, "NAME:VERSION" },
	{ "path", VMM_TEXT, false, "where the content lies" },
	{ "used_by", VMM_LIST, false, "who uses it" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int put_users(struct cmd_run *c, struct vmm_table *t, const struct vmm_image *img)
{
	VMM_STRV_AUTO users = VMM_STRV_INIT;
	int ret = vmm_image_users(c->store, img, &users, &c->err);

	if (ret == 0 && vmm_list_put(t, 0, "used_by", &users) < 0)
		ret = vmm_err_nomem(&c->err);
	return ret;
}

static int run_show(struct cmd_run *c)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	VMM_IMAGE_AUTO img = VMM_IMAGE_INIT;

	if (!cmd_store(c) || vmm_image_find(c->store, c->args.s[0], &img, &c->err) < 0)
		return c->err.code;
	if (!t)
		return vmm_err_nomem(&c->err);
	if (vmm_image_put(t, &img, &c->err) < 0 || put_users(c, t, &img) < 0)
		return c->err.code;
	return cmd_object(c, t, 0);
}

static const struct cmd show = {
	.name = "imglib",
	.verb = "show",
	.operands = "NAME[:VERSION]",
	.summary = "Show all about one, and who uses it.",
	.columns = show_columns,
	.uses = CMD_ROWS,
	.min_args = 1,
	.max_args = 1,
	.run = run_show,
};

/* ---- verify ---- */

/* clang-format off */
static const struct cmd_column verify_columns[] = {
	{ "name", VMM_TEXT, false, "its name" },
	{ "version", VMM_TEXT, false, "its version" },
	{ "result", VMM_TEXT, false, "ok or failed; skipped after Ctrl-C or with --fail-fast" },
	{ "error", VMM_TEXT, false, "why" },
	{ "image", VMM_TEXT, true, "NAME:VERSION" },
	{ "sha256", VMM_TEXT, true, "what it should be" },
	CMD_COLUMNS_END
};
/* clang-format on */

struct verify {
	struct cmd_run *c;
	const struct vmm_table *images;
};

static int print_result(size_t row, int code, const char *error, void *ctx)
{
	struct verify *v = ctx;
	struct cmd_run *c = v->c;
	bool skipped = strcmp(error, "skipped") == 0;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);

	cmd_tally(c, code);
	if (!t || vmm_table_copy_row(t, v->images, row) < 0 ||
	    vmm_table_put(t, 0, "result",
			  code == 0 ? "ok"
			  : skipped ? "skipped"
				    : "failed") < 0 ||
	    vmm_table_put(t, 0, "error", skipped ? "" : error) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int verify_rows(struct cmd_run *c, const struct vmm_table *images, size_t *rows, size_t n)
{
	struct verify v = { c, images };
	struct vmm_images_verify how = { .jobs = c->jobs,
					 .fail_fast = c->fail_fast,
					 .cancel = c->cancel,
					 .progress = c->progress,
					 .done = print_result,
					 .ctx = &v };

	if (vmm_images_verify(images, rows, n, &how, &c->err) < 0)
		return c->err.code;
	return cmd_status(c);
}

static int run_verify(struct cmd_run *c)
{
	return with_images(c, false, verify_rows);
}

static const struct cmd verify = {
	.name = "imglib",
	.verb = "verify",
	.operands = "[NAME[:VERSION]...]",
	.summary = "Read the content and compare it with its sha256.",
	.columns = verify_columns,
	.uses = CMD_ROWS | CMD_BATCH | CMD_PROGRESS | CMD_FAIL_FAST,
	.run = run_verify,
};

/* ---- rm ---- */

static int run_rm(struct cmd_run *c)
{
	if (!cmd_store(c))
		return c->err.code;
	for (size_t i = 0; i < c->args.n; i++) {
		struct vmm_image img = VMM_IMAGE_INIT;
		int ret = vmm_image_rm(c->store, c->args.s[i], c->dry_run, &img, &c->err);

		if (ret < 0 && c->args.n == 1)
			return ret;
		cmd_tally(c, ret);
		if (ret < 0)
			cmd_say(c, "%s", c->err.text);
		else if (print_image(c, &img) < 0)
			return c->err.code;
	}
	c->err.text[0] = '\0';
	return cmd_status(c);
}

static const struct cmd rm = {
	.name = "imglib",
	.verb = "rm",
	.operands = "NAME[:VERSION]...",
	.summary = "Remove what nobody uses, and print its row.",
	.columns = columns,
	.uses = CMD_ROWS | CMD_DRY_RUN,
	.min_args = 1,
	.run = run_rm,
};

/* ---- export ---- */

static const char *const disk_formats[] = { "raw", "qcow2", "vmdk", "vhd", "vhdx", NULL };
static const char *export_format;
static int force;

/* clang-format off */
static const struct poptOption export_options[] = {
	{ "disk-format", 'f', POPT_ARG_STRING, &export_format, 0,
		"convert to raw, qcow2, vmdk, vhd or vhdx", "FORMAT" },
	{ "force", 0, POPT_ARG_NONE, &force, 0, "over a file that exists", NULL },
	POPT_TABLEEND
};
/* clang-format on */

static int run_export(struct cmd_run *c)
{
	const char *file = c->args.s[1];
	struct vmm_image_export to = { .fd = STDOUT_FILENO,
				       .format = export_format,
				       .force = force,
				       .cancel = c->cancel,
				       .progress = c->progress };
	VMM_IMAGE_AUTO img = VMM_IMAGE_INIT;

	if (strcmp(file, "-") != 0)
		to.file = file;
	else if (isatty(STDOUT_FILENO))
		return vmm_err_set(&c->err, VMM_EINPUT, "an image is nothing for a terminal");
	if (!cmd_store(c) || vmm_image_find(c->store, c->args.s[0], &img, &c->err) < 0)
		return c->err.code;
	return vmm_image_export(c->store, &img, &to, &c->err);
}

static const struct cmd export = {
	.name = "imglib",
	.verb = "export",
	.operands = "NAME[:VERSION] FILE|-",
	.summary = "Write the content to a file, or converted to another format.",
	.options = export_options,
	.words = (const struct cmd_words[]){ { "disk-format", disk_formats }, { NULL, NULL } },
	.uses = CMD_PROGRESS | CMD_CANCEL,
	.min_args = 2,
	.max_args = 2,
	.run = run_export,
};

static const struct cmd *const commands[] = { &add, &list, &show, &verify, &rm, &export, NULL };

static const struct cmd imglib = {
	.name = "imglib",
	.operands = "",
	.summary = "Images, scripts, drivers and answer files: the library.",
	.commands = commands,
};

int main(int argc, char **argv)
{
	return cmd_main(&imglib, argc, argv);
}
