/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/plan.h"

#include "frame/rowsfile.h"

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
	struct vmm_table *rows = NULL;
	const char *name;
	int rc = cmd_read_rows(c, file, &rows, &name);

	return rc < 0 ? rc : vmm_plan_read(rows, name, out, &c->err);
}
