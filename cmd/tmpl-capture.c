/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An image of a stopped VM, without what makes it that one machine; prints its row. */
#include <inttypes.h>
#include <stdio.h>

#include "frame/frame.h"
#include "provision/capture.h"

static const char *disk;
static int keep_identity, compress;

/* clang-format off */
static const struct poptOption options[] = {
	{ "disk", 0, POPT_ARG_STRING, &disk, 0, "this disk of the VM (usual: its first)", "TARGET" },
	{ "keep-identity", 0, POPT_ARG_NONE, &keep_identity, 0,
		"take the disk as it is, whatever is on it", NULL },
	{ "compress", 0, POPT_ARG_NONE, &compress, 0, "a smaller image, which is slower to read", NULL },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "image", VMM_TEXT, false, "NAME:VERSION" },
	{ "vm", VMM_TEXT, false, "what it was made of" },
	{ "host", VMM_TEXT, false, "where that is" },
	{ "os", VMM_TEXT, false, "what was found on the disk" },
	{ "result", VMM_TEXT, false, "done, possible, refused, failed, aborted, unknown" },
	{ "format", VMM_TEXT, false, "of the image: qcow2" },
	{ "size", VMM_BYTES, false, "of its file" },
	{ "sha256", VMM_TEXT, false, "of its content" },
	{ "seconds", VMM_NUMBER, false, "how long it took" },
	{ "error", VMM_TEXT, false, "why not" },
	{ "uuid", VMM_TEXT, true, "the VM" },
	{ "virtual_size", VMM_BYTES, true, "of the disk that a guest sees" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int put_image(struct vmm_table *t, const struct vmm_image *img)
{
	char size[24], virtual_size[24];
	VMM_BUF_AUTO name = VMM_BUF_INIT;

	snprintf(size, sizeof(size), "%" PRIu64, img->size);
	snprintf(virtual_size, sizeof(virtual_size), "%" PRIu64, img->virtual_size);
	vmm_buf_addf(&name, "%s:%s", img->name, img->version);
	if (name.failed || vmm_table_put(t, 0, "image", name.data) < 0 ||
	    vmm_table_put(t, 0, "format", img->format) < 0 || vmm_table_put(t, 0, "size", size) < 0 ||
	    vmm_table_put(t, 0, "virtual_size", virtual_size) < 0 ||
	    vmm_table_put(t, 0, "sha256", img->sha256) < 0)
		return VMM_ENOMEM;
	return 0;
}

static int print(struct cmd_run *c, const struct vmm_capture_result *r, const char *error)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%" PRIu64 ".%03u", r->ms / 1000,
		 (unsigned)(r->ms % 1000));
	if (!t || vmm_table_add(t) < 0 || vmm_table_put(t, 0, "image", c->args.s[1]) < 0 ||
	    vmm_table_put(t, 0, "vm", r->vm ? r->vm : c->args.s[0]) < 0 ||
	    vmm_table_put(t, 0, "host", vmm_str_or_empty(r->host)) < 0 ||
	    vmm_table_put(t, 0, "os", vmm_str_or_empty(r->os)) < 0 ||
	    vmm_table_put(t, 0, "result", r->result) < 0 ||
	    vmm_table_put(t, 0, "seconds", seconds) < 0 || vmm_table_put(t, 0, "error", error) < 0 ||
	    vmm_table_put(t, 0, "uuid", vmm_str_or_empty(r->uuid)) < 0 ||
	    (r->image.name && put_image(t, &r->image) < 0))
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int run(struct cmd_run *c)
{
	const struct vmm_capture_options opt = { .disk = disk,
						 .keep_identity = keep_identity,
						 .compress = compress,
						 .dry_run = c->dry_run,
						 .timeout_ms = c->timeout_ms,
						 .cancel = c->cancel,
						 .progress = c->progress };
	struct vmm_capture_result r = VMM_CAPTURE_RESULT_INIT;
	struct vmm_err why = { 0 };
	int ret;

	if (!cmd_store(c))
		return c->err.code;
	ret = vmm_capture(c->store, c->args.s[0], c->args.s[1], &opt, &r, &why);
	cmd_tally(c, ret);
	ret = print(c, &r, why.text);
	vmm_capture_result_release(&r);
	return ret < 0 ? ret : cmd_status(c);
}

static const struct cmd tmpl_capture = {
	.name = "tmpl-capture",
	.operands = "VM IMAGE[:VERSION]",
	.summary = "Make an image of a stopped VM, without its identity.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS | CMD_PROGRESS | CMD_DRY_RUN | CMD_TIMEOUT | CMD_CANCEL,
	.min_args = 2,
	.max_args = 2,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&tmpl_capture, argc, argv);
}
