/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "pool/internal.h"

static void swap(struct vmm__heap *h, size_t a, size_t b)
{
	struct vmm__heap_item item = h->items[a];

	h->items[a] = h->items[b];
	h->items[b] = item;
}

int vmm__heap_push(struct vmm__heap *h, vmm__num key, uint32_t of)
{
	if (h->n == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 16;
		struct vmm__heap_item *items = reallocarray(h->items, cap, sizeof(*items));

		if (!items)
			return VMM_ENOMEM;
		h->items = items;
		h->cap = cap;
	}
	h->items[h->n] = (struct vmm__heap_item){ key, of };
	for (size_t i = h->n++; i > 0 && h->items[i].key < h->items[(i - 1) / 2].key; i = (i - 1) / 2)
		swap(h, i, (i - 1) / 2);
	return 0;
}

void vmm__heap_pop(struct vmm__heap *h)
{
	h->items[0] = h->items[--h->n];
	for (size_t i = 0;;) {
		size_t low = 2 * i + 1;

		if (low + 1 < h->n && h->items[low + 1].key < h->items[low].key)
			low++;
		if (low >= h->n || h->items[i].key <= h->items[low].key)
			return;
		swap(h, i, low);
		i = low;
	}
}
