/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Round after round, at a steady pace. */
#include "load/load-internal.h"

#define SLICE_MS 100

static bool cancelled(const struct vmm_load_options *opt)
{
	return opt->cancel && opt->cancel->level > 0;
}

static void wait_until(const struct vmm_load_options *opt, uint64_t until)
{
	uint64_t now;

	/* Whoever cancels may be another thread, which no signal tells this one of. */
	while ((now = vmm_clock_ms()) < until && !cancelled(opt))
		vmm_sleep_ms(until - now < SLICE_MS ? until - now : SLICE_MS);
}

static int one_round(struct vmm_store *st, struct vmm_load *load,
		     const struct vmm_load_watch *watch, struct vmm_err *err)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct vmm_load_result result;
	int rc = vmm_inventory_read(st, &inv, err);

	if (rc == 0)
		rc = vmm_load_round(load, &inv, &result, err);
	return rc < 0 ? rc : watch->round(&inv, &result, watch->arg, err);
}

int vmm_load_watch(struct vmm_store *st, const struct vmm_inventory *inv, const size_t *rows,
		   size_t n, const struct vmm_load_options *opt, const struct vmm_load_watch *watch,
		   struct vmm_err *err)
{
	struct vmm_load *load;
	uint64_t next;
	int rc = vmm_load_new(inv, rows, n, opt, &load, err);

	if (rc < 0)
		return rc;
	rc = one_round(st, load, watch, err);
	for (next = vmm_clock_ms() + watch->every_ms; rc == 0 && watch->every_ms;) {
		wait_until(opt, next);
		if (cancelled(opt))
			break;
		/* Rounds that took too long are not made up for. */
		next += watch->every_ms;
		if (next < vmm_clock_ms())
			next = vmm_clock_ms();
		rc = one_round(st, load, watch, err);
		if (rc == VMM_ECANCEL && cancelled(opt)) {
			rc = 0;
			break;
		}
	}
	vmm_load_free(load);
	return rc;
}
