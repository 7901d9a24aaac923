/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* After something was done on hosts: the inventory is to tell the new state. */
#include <stdlib.h>

#include "scan/scan.h"

static bool among(const size_t *rows, size_t n, size_t row)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i] == row)
			return true;
	return false;
}

void vmm_scan_refresh(struct vmm_store *st, const struct vmm_inventory *inv,
		      const struct vmm_strv *hosts, uint64_t limit_ms)
{
	struct vmm_scan_options opt = { .timeout_ms = limit_ms };
	size_t *rows = calloc(hosts->n + 1, sizeof(*rows)), n = 0;
	struct vmm_scan *scan = NULL;

	for (size_t i = 0; rows && i < hosts->n; i++) {
		long row = vmm_inventory_host(inv, hosts->s[i]);

		if (row >= 0 && !among(rows, n, (size_t)row))
			rows[n++] = (size_t)row;
	}
	if (n > 0 && vmm_scan_visit(inv, rows, n, &opt, &scan, NULL) == 0)
		vmm_inventory_update(st, scan->seen, scan->n, NULL, NULL);
	vmm_scan_free(scan);
	free(rows);
}
