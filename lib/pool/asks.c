/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several asks in one change. */
#include "pool/internal.h"

static int failed_row(struct vmm_table *rows, const struct vmm_pool_ask *ask, const char *why)
{
	long r = vmm_table_add(rows);

	if (r < 0 || vmm_table_put(rows, (size_t)r, "pool", ask->pool ? ask->pool : "") < 0 ||
	    vmm_table_put(rows, (size_t)r, "holder", ask->holder ? ask->holder : "") < 0 ||
	    vmm_table_put(rows, (size_t)r, "error", why) < 0)
		return VMM_ENOMEM;
	return 0;
}

/* The log may call it again, when another change came between. */
static int change(void *arg, struct vmm_err *err)
{
	struct vmm__asks *a = arg;
	struct vmm_err why = { .text = "" };
	int rc;

	vmm_table_free(a->rows);
	a->rows = vmm__lease_table();
	rc = a->rows ? vmm__pools_begin(a->p, err) : vmm_err_nomem(err);
	for (size_t i = 0; i < a->n && rc == 0; i++) {
		int code = a->asks[i].code = a->meet(a, &a->asks[i], &why);

		if (code < 0 && (a->mode == VMM_POOL_ALL || code == VMM_ENOMEM))
			rc = vmm_err_set(err, why.code, "%s", why.text);
		else if (code < 0 && failed_row(a->rows, &a->asks[i], why.text) < 0)
			rc = vmm_err_nomem(err);
	}
	return rc;
}

int vmm__asks_meet(struct vmm__asks *a, struct vmm_table **rows, struct vmm_err *err)
{
	int rc = vmm_log_change(a->p->log, change, a, err);

	if (rc < 0)
		vmm_table_free(a->rows);
	else
		*rows = a->rows;
	return rc;
}
