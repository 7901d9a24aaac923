/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What several files of this folder do with rows. */
#include <string.h>

#include "inventory/internal.h"

int vmm__put(struct vmm_table *t, size_t row, const char *column, const char *value,
	     struct vmm_err *err)
{
	if (strcmp(vmm_table_at(t, row, column), value) == 0)
		return 0;
	return vmm_table_put(t, row, column, value) < 0 ? vmm_err_nomem(err) : 0;
}

void vmm__del_rows(struct vmm_table *t, const bool *marked, size_t n)
{
	/* From the end, so that the numbers of those still to go stay right. */
	while (n-- > 0)
		if (marked[n])
			vmm_table_del(t, n);
}
