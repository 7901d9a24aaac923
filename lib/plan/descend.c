/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steepest step down: of all moves the one that gains most beyond what it costs. */
#include "plan/internal.h"

/* Less than that is the rounding of sums. */
#define LEAST 1e-9

static const struct vmm__broken whole = { 0, 0, 0 };

struct search {
	struct vmm__balance *b;
	struct vmm__try best;
	uint32_t vm;
};

/* Of moves that gain the same, the first VM's is better, and the first host's in the order of hosts. */
static bool better(const struct search *s, double value, uint32_t to)
{
	const struct vmm__try *t = &s->best;

	if (value <= LEAST || value != t->value)
		return value > LEAST && value > t->value;
	return t->vm[0] == s->vm && s->b->rank[to] < s->b->rank[t->to[0]];
}

static void consider(struct search *s, uint32_t to)
{
	struct vmm__balance *b = s->b;
	struct vmm__try t = { .vm = { s->vm }, .to = { to }, .n = 1 };
	struct vmm__broken broken;

	if (to == b->p->at[s->vm])
		return;
	t.value = vmm__gain(b->p, s->vm, to) - vmm__balance_fee(b, s->vm, to);
	if (!better(s, t.value, to) || !vmm__place_fits(b->p, s->vm, to) ||
	    !vmm__balance_affords(b, &t))
		return;
	broken = vmm__broken_by(b->p, s->vm, to);
	if (b->p->f->more->from[s->vm] < b->p->f->more->from[s->vm + 1] &&
	    (vmm__broken_compare(&broken, &whole) > 0 ||
	     !vmm__rules_allow(b->p, VMM__NONE, s->vm, to)))
		return;
	s->best = t;
}

/* To go home, which gets the toll back, is another matter. */
static double bound(const struct search *s, uint32_t at)
{
	return vmm__tree_gain(s->b, s->vm, at) - (s->b->order[s->vm] ? 0 : s->b->toll[s->vm]);
}

static void visit(struct search *s, uint32_t at, double most)
{
	const struct vmm__tree *t = &s->b->tree;
	const struct vmm__node *node = &t->nodes[at];
	double left, right;

	if (most <= LEAST || most < s->best.value ||
	    (most == s->best.value && s->best.vm[0] != s->vm))
		return;
	for (uint32_t i = 0; !node->right && i < node->n; i++)
		consider(s, t->hosts[node->from + i]);
	if (!node->right)
		return;
	left = bound(s, at + 1);
	right = bound(s, node->right);
	if (left >= right)
		visit(s, at + 1, left);
	visit(s, node->right, right);
	if (left < right)
		visit(s, at + 1, left);
}

struct vmm__try vmm__best_single(struct vmm__balance *b, size_t group)
{
	struct search s = { .b = b, .best = { .n = 0, .value = 0 } };

	vmm__tree_update(b, group);
	for (uint32_t i = b->vms_from[group]; i < b->vms_from[group + 1]; i++) {
		uint32_t home = (uint32_t)b->p->f->vms[b->vms[i]].host;

		s.vm = b->vms[i];
		if (!vmm__balance_movable(b, s.vm))
			continue;
		for (uint32_t k = 0; k < b->tree.nroots; k++)
			visit(&s, b->tree.roots[k], bound(&s, b->tree.roots[k]));
		if (b->order[s.vm] && vmm__place_open(b->p, home))
			consider(&s, home);
	}
	return s.best;
}
