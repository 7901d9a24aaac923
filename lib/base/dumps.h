/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Core dumps, which write what is in memory into a file: forbidden for the rest of the process by whoever brings
 * a secret into it, before that. Another user's rights, or another program, make it anew.
 *
 *	if (vmm_dumps_forbid(err) < 0)
 *		return err->code;
 */
#ifndef VMM_BASE_DUMPS_H
#define VMM_BASE_DUMPS_H

#include "base/err.h"

/* 0 or VMM_EFAIL. Also, none but root can trace the process then. May be called again. */
int vmm_dumps_forbid(struct vmm_err *err);

#endif
