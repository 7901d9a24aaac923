/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/plan.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/rows.h"

#define PLAN_MAX ((size_t)256 << 20)

/* clang-format off */
const struct cmd_column cmd_plan_columns[] = {
	{ "step", VMM_NUMBER, false, "which one it is" },
	{ "wave", VMM_NUMBER, false, "all of a wave may run at once" },
	{ "action", VMM_TEXT, false, "migrate, park, start, stop, power-on, power-off" },
	{ "vm", VMM_TEXT, false, "its name" },
	{ "uuid", VMM_TEXT, false, "the VM" },
	{ "from", VMM_TEXT, false, "the host it is on before" },
	{ "to", VMM_TEXT, false, "the host it is on afterwards" },
	{ "cost_bytes", VMM_BYTES, false, "what has to be copied" },
	{ "gain", VMM_NUMBER, false, "by how much the score gets better" },
	{ "reason", VMM_TEXT, false, "why" },
	{ "group", VMM_TEXT, false, "of the hosts" },
	CMD_COLUMNS_END
};
/* clang-format on */

int cmd_plan(struct cmd_run *c, const char *file, struct vmm_plan **out)
{
	bool is_stdin = strcmp(file, "-") == 0;
	const char *name = is_stdin ? "stdin" : file;
	int fd = is_stdin ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC), rc;
	struct vmm_table *rows = NULL;
	VMM_STR_AUTO text = NULL;
	size_t len;

	if (fd < 0)
		return vmm_err_unreadable(&c->err, "cannot read '%s'", file);
	rc = vmm_read_fd(name, fd, PLAN_MAX, &text, &len, &c->err);
	if (!is_stdin)
		close(fd);
	if (rc == 0)
		rc = vmm_rows_parse(name, text, len, &rows, &c->err);
	return rc < 0 ? rc : vmm_plan_read(rows, name, out, &c->err);
}
