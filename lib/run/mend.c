/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What others that were killed have left halfway, which else would be refused. */
#include "migrate/migrate.h"
#include "power/batch.h"
#include "run/internal.h"

#define MEND_MS (30 * 60 * 1000)

static void found(const char *vm, const char *what, bool mended, void *ctx)
{
	(void)vm;
	(void)what;
	(void)mended;
	(void)ctx;
}

int vmm__run_mend(struct vmm_store *st, uint64_t timeout_ms, struct vmm_err *err)
{
	int rc = vmm_migrate_mend(st, true, false, timeout_ms ? timeout_ms : MEND_MS, found, NULL,
				  err);

	return rc == 0 || rc == VMM_EPART ? vmm_power_mend(st, true, found, NULL, err) : rc;
}
