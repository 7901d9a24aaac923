/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Open hosts by how full they are, as trees, one for each class. A node knows the least that any of its hosts uses of
 * each resource, and between what their capacities are; a host of that kind would be the best target among them, so that
 * what it would gain bounds what they do.
 */
#include <stdlib.h>

#include "plan/internal.h"

#define LEAF 4
/* A tree whose hosts have changed since it was made still bounds, but no longer tightly. */
#define AGE 64

struct order {
	const struct vmm__place *p;
	int resource;
};

static int compare(const void *x, const void *y, void *arg)
{
	const struct order *o = arg;
	const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	double fill = o->p->x[a][o->resource] - o->p->x[b][o->resource];

	return fill != 0 ? (fill < 0 ? -1 : 1) : (a > b) - (a < b);
}

/* The resource of which they use most differently, as far as that counts. */
static int widest(const struct vmm__balance *b, const uint32_t *hosts, uint32_t n)
{
	const double *weight = b->p->f->groups[b->p->f->hosts[hosts[0]].group]->weight;
	double most = -1;
	int which = 0;

	for (int r = 0; r < VMM_RESOURCES; r++) {
		double low = INFINITY, high = -INFINITY;

		for (uint32_t i = 0; i < n; i++) {
			low = fmin(low, b->p->x[hosts[i]][r]);
			high = fmax(high, b->p->x[hosts[i]][r]);
		}
		if (weight[r] * (high - low) <= most)
			continue;
		most = weight[r] * (high - low);
		which = r;
	}
	return which;
}

/* Children follow their parent, the left one at once. */
static void build(struct vmm__balance *b, uint32_t from, uint32_t n)
{
	struct vmm__tree *t = &b->tree;
	struct vmm__node *node = &t->nodes[t->n++];
	struct order o = { .p = b->p };

	*node = (struct vmm__node){ .from = from, .n = n };
	if (n <= LEAF)
		return;
	o.resource = widest(b, t->hosts + from, n);
	qsort_r(t->hosts + from, n, sizeof(*t->hosts), compare, &o);
	build(b, from, n / 2);
	node->right = t->n;
	build(b, from + n / 2, n - n / 2);
}

static void build_all(struct vmm__balance *b, size_t group)
{
	struct vmm__tree *t = &b->tree;
	uint32_t n = 0, from;

	t->n = t->nroots = 0;
	for (uint32_t i = b->hosts_from[group]; i < b->hosts_from[group + 1]; i++)
		if (vmm__place_open(b->p, b->hosts[i]))
			t->hosts[n++] = b->hosts[i];
	for (uint32_t i = from = 0; i < n; i++) {
		if (i + 1 < n && b->class[t->hosts[i + 1]] == b->class[t->hosts[i]])
			continue;
		t->roots[t->nroots++] = t->n;
		build(b, from, i + 1 - from);
		from = i + 1;
	}
	t->group = group;
	t->age = 0;
}

static void take_in(struct vmm__range *all, const struct vmm__range *one)
{
	for (int r = 0; r < VMM_RESOURCES; r++) {
		all->per[0][r] = fmin(all->per[0][r], one->per[0][r]);
		all->per[1][r] = fmax(all->per[1][r], one->per[1][r]);
		all->x[r] = fmin(all->x[r], one->x[r]);
	}
}

static void bound(const struct vmm__balance *b, struct vmm__node *node)
{
	const struct vmm__tree *t = &b->tree;

	if (node->right) {
		node->range = node[1].range;
		take_in(&node->range, &t->nodes[node->right].range);
		return;
	}
	node->range = vmm__range_of(b->p, t->hosts[node->from]);
	for (uint32_t i = 1; i < node->n; i++) {
		struct vmm__range one = vmm__range_of(b->p, t->hosts[node->from + i]);

		take_in(&node->range, &one);
	}
}

void vmm__tree_update(struct vmm__balance *b, size_t group)
{
	struct vmm__tree *t = &b->tree;

	if (t->n == 0 || t->group != group || ++t->age >= AGE)
		build_all(b, group);
	for (uint32_t i = t->n; i-- > 0;)
		bound(b, &t->nodes[i]);
}

double vmm__tree_gain(const struct vmm__balance *b, uint32_t vm, uint32_t at)
{
	return vmm__gain_in(b->p, vm, &b->tree.nodes[at].range);
}
