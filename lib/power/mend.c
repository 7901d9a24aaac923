/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* After a crash: claims of starts. There is nothing to undo, but a claim keeps the VM from being moved. */
#include <string.h>

#include "base/table.h"
#include "power/batch.h"

static int give_up(struct vmm_store *st, const struct vmm_table *open, size_t row, struct vmm_err *err)
{
	uint64_t id;

	if (vmm_intent_id(open, row, &id, err) < 0 || vmm_intent_take(st, id, err) < 0)
		return err->code;
	return vmm_intent_end(st, id, "mended", err);
}

int vmm_power_mend(struct vmm_store *st, bool repair, vmm_power_found *found, void *ctx,
		   struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = NULL;

	if (vmm_intent_list(st, &t, err) < 0)
		return err->code;
	for (size_t r = 0; r < vmm_table_rows(t); r++) {
		const char *vm = vmm_table_at(t, r, "subject");
		struct vmm_err why;

		if (strcmp(vmm_table_at(t, r, "op"), VMM_POWER_START) != 0 ||
		    strcmp(vmm_table_at(t, r, "alive"), "yes") == 0)
			continue;
		if (!repair)
			found(vm, "its start was cut short", false, ctx);
		else if (give_up(st, t, r, &why) < 0)
			found(vm, why.text, false, ctx);
		else
			found(vm, "its start was cut short; it may be started or moved again", true,
			      ctx);
	}
	return 0;
}
