/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was done to a VM behind our back, in words. */
#include <string.h>

#include "base/buf.h"
#include "scan/scan.h"

static void phrase(struct vmm_buf *text, const char *verb, const char *from, const char *to)
{
	if (strcmp(from, to) != 0)
		vmm_buf_addf(text, "%s%s from %s to %s", text->len ? ", " : "", verb, from, to);
}

int vmm_scan_changes(const struct vmm_scan_seen *was, const struct vmm_scan_seen *now,
		     char **changed, struct vmm_err *err)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	if (!was) {
		vmm_buf_addf(&text, "found on %s, where it was not seen before", now->host);
	} else {
		phrase(&text, "moved", was->host, now->host);
		phrase(&text, "renamed", was->name, now->name);
		phrase(&text, "changed", was->state, now->state);
		if (text.len)
			vmm_buf_adds(&text, " since it was last seen");
	}
	if (text.failed)
		return vmm_err_nomem(err);
	*changed = text.len ? vmm_buf_steal(&text) : NULL;
	return 0;
}
