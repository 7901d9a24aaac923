/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a VM finds no home, in a line. */
#include <stdlib.h>
#include <string.h>

#include "base/strv.h"
#include "plan/home-internal.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int collect(const struct vmm__homes *h, uint32_t vm, struct vmm_strv *reasons)
{
	const struct vmm_fleet *f = h->p->f;
	const char *why;

	for (uint32_t to = 0; to < f->nhosts; to++) {
		if (f->hosts[to].group != vmm__vm_group(f, vm) || h->gone[to] ||
		    !vmm__home_refused(h, vm, to, &why))
			continue;
		if (vmm_strv_add(reasons, why) < 0)
			return VMM_ENOMEM;
	}
	if (reasons->n > 0)
		qsort(reasons->s, reasons->n, sizeof(*reasons->s), by_text);
	return 0;
}

int vmm__home_none(const struct vmm__homes *h, uint32_t vm, struct vmm_buf *out)
{
	VMM_STRV_AUTO reasons = VMM_STRV_INIT;
	size_t end;

	if (collect(h, vm, &reasons) < 0)
		return VMM_ENOMEM;
	if (vmm__home_best(h, vm, VMM__HOMES_TIGHT) != VMM__NONE) {
		vmm_buf_adds(out, "no host takes all that have to be together or come with it");
		return out->failed ? VMM_ENOMEM : 0;
	}
	vmm_buf_adds(out, reasons.n ? "no host takes it: " : "there is no other host");
	for (size_t i = 0; i < reasons.n; i = end) {
		for (end = i + 1; end < reasons.n && strcmp(reasons.s[i], reasons.s[end]) == 0;)
			end++;
		vmm_buf_addf(out, "%s%s (%zu)", i ? ", " : "", reasons.s[i], end - i);
	}
	return out->failed ? VMM_ENOMEM : 0;
}
