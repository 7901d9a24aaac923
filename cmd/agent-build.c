/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the kernel and the initramfs that machines without a system boot; prints what is in them. */
#include <inttypes.h>
#include <stdlib.h>

#include "boot/spool.h"
#include "deploy/agent-image.h"
#include "frame/frame.h"

static const char *kernel, *modules, *package, *output;

/* clang-format off */
static const struct poptOption options[] = {
	{ "kernel", 0, POPT_ARG_STRING, &kernel, 0, "this kernel, with --modules (usual: the newest in /boot)", "FILE" },
	{ "modules", 0, POPT_ARG_STRING, &modules, 0, "its modules: …/lib/modules/VERSION", "FOLDER" },
	{ "package", 0, POPT_ARG_STRING, &package, 0, "the kernel of this package, by apt-get", "PACKAGE" },
	{ "output", 0, POPT_ARG_STRING, &output, 0, "where to (usual: where boot-serve looks)", "FOLDER" },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "kernel", VMM_TEXT, false, "its version" },
	{ "kernel_size", VMM_BYTES, false, "of vmlinuz" },
	{ "initrd_size", VMM_BYTES, false, "of initrd" },
	{ "missing", VMM_LIST, false, "drivers that this kernel lacks" },
	{ "without", VMM_LIST, false, "programs that are not on this machine" },
	{ "drivers", VMM_LIST, true, "those in it" },
	{ "folder", VMM_TEXT, true, "where both are" },
	CMD_COLUMNS_END
};
/* clang-format on */

static int print(struct cmd_run *c, const struct vmm_agent_made *made, const char *folder)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	char kernel_size[24], initrd_size[24];

	snprintf(kernel_size, sizeof(kernel_size), "%" PRIu64, made->kernel_bytes);
	snprintf(initrd_size, sizeof(initrd_size), "%" PRIu64, made->initrd_bytes);
	if (!t || vmm_table_add(t) < 0 || vmm_table_put(t, 0, "kernel", made->version) < 0 ||
	    vmm_table_put(t, 0, "kernel_size", kernel_size) < 0 ||
	    vmm_table_put(t, 0, "initrd_size", initrd_size) < 0 ||
	    vmm_list_put(t, 0, "missing", &made->missing) < 0 ||
	    vmm_list_put(t, 0, "without", &made->without) < 0 ||
	    vmm_list_put(t, 0, "drivers", &made->modules) < 0 ||
	    vmm_table_put(t, 0, "folder", folder) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_rows(c, t);
}

/* The boot folder's, which is made if need be. */
static int find_output(struct cmd_run *c, char **folder)
{
	VMM_STR_AUTO path = NULL;
	struct vmm_boot *boot = NULL;
	int ret;

	if (!cmd_store(c))
		return c->err.code;
	path = vmm_boot_path(vmm_store_folder(c->store), &c->err);
	ret = path ? vmm_boot_open(path, true, &boot, &c->err) : c->err.code;
	if (ret < 0)
		return ret;
	*folder = vmm_boot_at(boot, "agent");
	vmm_boot_close(boot);
	return *folder ? 0 : vmm_err_nomem(&c->err);
}

static int check_options(struct cmd_run *c)
{
	if (!kernel != !modules)
		return vmm_err_set(&c->err, VMM_EINPUT, "--kernel and --modules go together");
	if (kernel && package)
		return vmm_err_set(&c->err, VMM_EINPUT, "--kernel and --package don't go together");
	return 0;
}

static int run(struct cmd_run *c)
{
	VMM_STR_AUTO agent = NULL;
	VMM_STR_AUTO scripts = NULL;
	VMM_STR_AUTO folder = NULL;
	struct vmm_agent_made made = { NULL };
	struct vmm_agent_image what = {
		.package = package, .kernel = kernel, .modules = modules, .cancel = c->cancel
	};
	int ret = check_options(c);

	if (ret == 0)
		ret = vmm_agent_parts_find(&agent, &scripts, &c->err);
	if (ret == 0 && !output)
		ret = find_output(c, &folder);
	what.agent = agent;
	what.scripts = scripts;
	what.to = output ? output : folder;
	if (ret == 0)
		ret = vmm_agent_image_make(&what, &made, &c->err);
	if (ret == 0)
		ret = print(c, &made, what.to);
	vmm_agent_made_release(&made);
	return ret;
}

static const struct cmd agent_build = {
	.name = "agent-build",
	.operands = "",
	.summary = "Build what machines without a system boot from the network.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS | CMD_CANCEL,
	.max_args = 0,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&agent_build, argc, argv);
}
