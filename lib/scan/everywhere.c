/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A visit to every host, for what is not where it was recorded. */
#include <stdlib.h>

#include "base/buf.h"
#include "scan/scan-internal.h"

int vmm__scan_record(struct vmm_store *st, struct vmm_inventory *now,
		     const struct vmm_sighting *seen, size_t n, struct vmm_err *err)
{
	struct vmm_inventory fresh = VMM_INVENTORY_INIT;
	int rc = vmm_inventory_update(st, seen, n, NULL, err);

	if (rc == 0)
		rc = vmm_inventory_read(st, &fresh, err);
	if (rc < 0)
		return rc;
	vmm_inventory_release(now);
	*now = fresh;
	return 0;
}

static int visit(const struct vmm_inventory *inv, const struct vmm_scan_options *opt,
		 struct vmm_scan **scan, struct vmm_err *err)
{
	size_t n = vmm_table_rows(inv->hosts);
	size_t *rows = calloc(n + 1, sizeof(*rows));
	int rc;

	for (size_t i = 0; rows && i < n; i++)
		rows[i] = i;
	rc = rows ? vmm_scan_visit(inv, rows, n, opt, scan, err) : vmm_err_nomem(err);
	free(rows);
	return rc;
}

int vmm_scan_everywhere(struct vmm_store *st, const struct vmm_inventory *inv,
			const struct vmm_scan_options *opt, struct vmm_inventory *now,
			char **silent, struct vmm_err *err)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	struct vmm_scan *scan = NULL;
	size_t n = vmm_table_rows(inv->hosts);
	int rc = visit(inv, opt, &scan, err);

	if (rc < 0)
		return rc;
	if (scan->n < n)
		rc = vmm_err_set(err, VMM_ECANCEL, "cancelled");
	if (rc == 0)
		rc = vmm__scan_record(st, now, scan->seen, scan->n, err);
	for (size_t i = 0; i < scan->n && rc == 0 && !text.len; i++)
		if (!scan->seen[i].answered)
			vmm_buf_addf(&text, "host '%s' does not answer: %s", scan->seen[i].name,
				     scan->seen[i].error);
	vmm_scan_free(scan);
	if (rc == 0 && text.failed)
		rc = vmm_err_nomem(err);
	if (rc == 0)
		*silent = text.len ? vmm_buf_steal(&text) : NULL;
	return rc;
}
