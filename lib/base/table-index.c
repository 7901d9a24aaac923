/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Open addressing over at least twice as many slots as there are rows. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"

struct vmm_index {
	const struct vmm_table *t;
	int col;
	size_t mask;
	size_t slot[]; /* row + 1; 0: free */
};

static size_t hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return (size_t)(h ^ h >> 32);
}

/* The slot that holds value, or the free one where it would go. */
static size_t probe(const struct vmm_index *ix, const char *value)
{
	size_t i = hash(value) & ix->mask;

	while (ix->slot[i] && strcmp(vmm_table_get(ix->t, ix->slot[i] - 1, ix->col), value) != 0)
		i = (i + 1) & ix->mask;
	return i;
}

struct vmm_index *vmm_index_new(const struct vmm_table *t, int col)
{
	size_t rows = vmm_table_rows(t), slots = 8;
	struct vmm_index *ix;

	while (slots < rows * 2)
		slots *= 2;
	ix = calloc(1, sizeof(*ix) + slots * sizeof(ix->slot[0]));
	if (!ix)
		return NULL;
	ix->t = t;
	ix->col = col;
	ix->mask = slots - 1;
	for (size_t r = 0; r < rows; r++) {
		size_t i = probe(ix, vmm_table_get(t, r, col));

		if (!ix->slot[i])
			ix->slot[i] = r + 1;
	}
	return ix;
}

void vmm_index_free(struct vmm_index *ix)
{
	free(ix);
}

long vmm_index_find(const struct vmm_index *ix, const char *value)
{
	return (long)ix->slot[probe(ix, value)] - 1;
}
