/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>

#define CHUNK_MIN (size_t)4096
#define CHUNK_MAX (size_t)(1 << 20)

struct vmm__chunk {
	struct vmm__chunk *below;
	size_t used, size;
	char bytes[];
};

/* Chunks grow with the arena, so that a small table stays small and a big one is quick. */
static struct vmm__chunk *push(struct vmm__arena *a, size_t need)
{
	size_t size = a->top ? a->top->size * 2 : CHUNK_MIN;
	struct vmm__chunk *c;

	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	if (size < need)
		size = need;
	if (size > SIZE_MAX - sizeof(*c))
		return NULL;
	c = malloc(sizeof(*c) + size);
	if (!c)
		return NULL;
	*c = (struct vmm__chunk){ .below = a->top, .size = size };
	a->top = c;
	return c;
}

void *vmm__arena_alloc(struct vmm__arena *a, size_t size)
{
	struct vmm__chunk *c = a->top;
	void *p;

	if (!c || c->size - c->used < size)
		c = push(a, size);
	if (!c)
		return NULL;
	p = c->bytes + c->used;
	c->used += size;
	return p;
}

void *vmm__arena_words(struct vmm__arena *a, size_t n)
{
	const size_t word = sizeof(void *);
	uintptr_t at;
	char *p;

	if (n >= SIZE_MAX / word)
		return NULL;
	p = vmm__arena_alloc(a, (n + 1) * word);
	if (!p)
		return NULL;
	at = (uintptr_t)p % word;
	return at ? p + word - at : p;
}

void vmm__arena_release(struct vmm__arena *a)
{
	while (a->top) {
		struct vmm__chunk *c = a->top;

		a->top = c->below;
		free(c);
	}
}
