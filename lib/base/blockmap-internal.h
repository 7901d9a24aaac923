/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VMM_BASE_BLOCKMAP_INTERNAL_H
#define VMM_BASE_BLOCKMAP_INTERNAL_H

#include "base/blockmap.h"

/* Appends a range as it is; 0 or VMM_ENOMEM. */
int vmm__blockmap_add(struct vmm_blockmap *m, const struct vmm_range *r);

#endif
