/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/dumps.h"

#include <sys/prctl.h>
#include <sys/resource.h>

int vmm_dumps_forbid(struct vmm_err *err)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return vmm_err_errno(err, "cannot forbid core dumps");
	return 0;
}
