/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that is given out piece by piece and freed all at once. For the tables.
 *
 *	struct vmm__arena a = { NULL };
 *
 *	p = vmm__arena_alloc(&a, size);		(NULL: out of memory)
 *	vmm__arena_release(&a);
 *
 * Pieces are not aligned, except those of vmm__arena_words().
 */
#ifndef VMM_BASE_ARENA_H
#define VMM_BASE_ARENA_H

#include <stddef.h>

struct vmm__chunk;

struct vmm__arena {
	struct vmm__chunk *top;
};

void *vmm__arena_alloc(struct vmm__arena *a, size_t size);
/* n times the size of a pointer, aligned for pointers. */
void *vmm__arena_words(struct vmm__arena *a, size_t n);
void vmm__arena_release(struct vmm__arena *a);

#endif
