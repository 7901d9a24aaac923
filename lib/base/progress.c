/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/progress.h"

#include <stddef.h>

void vmm_progress_report(struct vmm_progress_sink *sink, const struct vmm_progress *p)
{
	if (sink)
		sink->report(sink, p);
}
