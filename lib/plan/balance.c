/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/balance.h"

#include <stdlib.h>

#include "plan/internal.h"

/*
 * What a move must gain at least, times the number of hosts, by the aggressiveness; and what copying all the
 * memory of a group would have to gain.
 */
static const double least_gain[] = { 0, INFINITY, 0.3, 0.07, 0.02, 0 };
static const double copy_gain[] = { 0, 0, 0.1, 0.02, 0.01, 0 };

static unsigned level(const struct vmm__balance *b, size_t group)
{
	return b->opt->aggressiveness ? b->opt->aggressiveness
				      : b->p->f->groups[group]->aggressiveness;
}

double vmm__balance_toll(const struct vmm__balance *b, size_t group, uint64_t cost)
{
	const struct vmm__sums *s = &b->p->sums[group];
	double least = b->opt->min_gain >= 0 ? b->opt->min_gain : least_gain[level(b, group)];
	double copy = b->opt->min_gain >= 0 ? 0 : copy_gain[level(b, group)];

	if (b->opt->only_rules && b->opt->only_rules[group])
		least = INFINITY;
	return least / fmax(1, (double)s->open) + copy * (double)cost / fmax(1, s->memory);
}

bool vmm__balance_mendable(const struct vmm__balance *b, uint32_t vm)
{
	const struct vmm_fleet_vm *v = &b->p->f->vms[vm];

	return v->running && !v->fixed && !(b->banned && b->banned[vm]);
}

/* A closed host is left alone; emptying it is no matter of balance. */
bool vmm__balance_movable(const struct vmm__balance *b, uint32_t vm)
{
	const struct vmm_fleet_vm *v = &b->p->f->vms[vm];

	return vmm__balance_mendable(b, vm) && !v->held && vmm__place_open(b->p, b->p->at[vm]);
}

double vmm__balance_fee(const struct vmm__balance *b, uint32_t vm, uint32_t to)
{
	bool now = b->order[vm] != 0, then = to != b->p->f->vms[vm].host;

	return now == then ? 0 : then ? b->toll[vm] : -b->toll[vm];
}

bool vmm__balance_affords(const struct vmm__balance *b, const struct vmm__try *t)
{
	uint64_t moves = b->moved, bytes = b->bytes;

	for (size_t i = 0; i < t->n; i++) {
		const struct vmm_fleet_vm *v = &b->p->f->vms[t->vm[i]];

		if (b->order[t->vm[i]]) {
			moves--;
			bytes -= v->cost;
		}
		if (t->to[i] != v->host) {
			moves++;
			bytes += v->cost;
		}
	}
	return (moves <= b->opt->max_moves || moves <= b->moved) &&
	       (bytes <= b->opt->max_bytes || bytes <= b->bytes);
}

static void move(struct vmm__balance *b, uint32_t vm, uint32_t to, struct vmm__reason why)
{
	const struct vmm_fleet_vm *v = &b->p->f->vms[vm];

	if (b->order[vm]) {
		b->moved--;
		b->bytes -= v->cost;
	}
	vmm__place_move(b->p, vm, to);
	if (to == v->host) {
		b->order[vm] = 0;
		return;
	}
	b->moved++;
	b->bytes += v->cost;
	if (!b->order[vm]) {
		b->order[vm] = ++b->turn;
		b->reason[vm] = why;
	}
}

void vmm__balance_apply(struct vmm__balance *b, const struct vmm__try *t, struct vmm__reason why)
{
	for (size_t i = 0; i < t->n; i++)
		move(b, t->vm[i], t->to[i], why);
	if (b->changed)
		b->changed(b, b->arg);
}

/* The resource that becomes more even by a move, most of all. */
static struct vmm__reason evens(const struct vmm__balance *b, size_t group,
				const struct vmm__sums *before)
{
	const struct vmm__sums *after = &b->p->sums[group];
	struct vmm__reason why = { VMM__EVEN, VMM_CPU };
	double most = 0;

	for (int r = 0; r < VMM_RESOURCES; r++) {
		double gain = b->p->f->groups[group]->weight[r] *
			      (vmm__deviation(before, r) - vmm__deviation(after, r));

		if (gain <= most)
			continue;
		most = gain;
		why.of = (uint32_t)r;
	}
	return why;
}

/* Those that go instead of one whose move mended something mend it in its place. */
static bool inherits(const struct vmm__balance *b, const struct vmm__try *t, struct vmm__reason *why)
{
	for (size_t i = 0; i < t->n; i++) {
		uint32_t vm = t->vm[i];

		if (b->order[vm] == 0 || t->to[i] != b->p->f->vms[vm].host ||
		    b->reason[vm].motive == VMM__EVEN)
			continue;
		*why = b->reason[vm];
		return true;
	}
	return false;
}

static void even(struct vmm__balance *b, size_t group, const struct vmm__try *t)
{
	struct vmm__sums before = b->p->sums[group];
	struct vmm__reason why = { VMM__EVEN, VMM_CPU };
	bool again[4] = { false }, instead = inherits(b, t, &why);

	for (size_t i = 0; i < t->n; i++)
		again[i] = b->order[t->vm[i]] != 0;
	vmm__balance_apply(b, t, why);
	for (size_t i = 0; i < t->n; i++)
		vmm__rules_keep(b->p, t->vm[i]);
	for (size_t i = 0; i < t->n && !instead; i++)
		if (!again[i])
			b->reason[t->vm[i]] = evens(b, group, &before);
}

/* No host becomes fuller of memory than the fullest one was, or has become where a rule wanted that. */
static void set_tops(struct vmm__balance *b, const double *highest)
{
	for (size_t h = 0; h < b->p->f->nhosts; h++) {
		const struct vmm_fleet_host *host = &b->p->f->hosts[h];

		b->p->top[h][VMM_MEMORY] =
			fmin(host->room[VMM_MEMORY], highest[host->group] * host->cap[VMM_MEMORY]);
	}
}

static void find_highest(const struct vmm__balance *b, double *highest)
{
	for (size_t h = 0; h < b->p->f->nhosts; h++) {
		const struct vmm_fleet_host *host = &b->p->f->hosts[h];

		if (!host->closed)
			highest[host->group] =
				fmax(highest[host->group],
				     b->p->load[h][VMM_MEMORY] / host->cap[VMM_MEMORY]);
	}
}

static struct vmm__try best_of(struct vmm__balance *b, size_t group)
{
	struct vmm__try best = { .n = 0 };

	/* Nothing is worth moving there; and infinite tolls can't be weighed against each other. */
	if (isinf(vmm__balance_toll(b, group, 0)))
		return best;
	best = vmm__best_single(b, group);
	if (best.n == 0)
		best = vmm__best_exchange(b, group, &b->budget.exchanges);
	if (best.n == 0)
		best = vmm__best_pair(b, group, &b->budget.pairs);
	if (best.n == 0)
		best = vmm__best_instead(b, group, &b->budget.others);
	return best;
}

/* The steepest steps of all groups in turn, the best of them first: limits count for all together. */
static void descend(struct vmm__balance *b, struct vmm__try *best)
{
	const struct vmm_fleet *f = b->p->f;

	for (size_t g = 0; g < f->ngroups; g++)
		best[g] = best_of(b, g);
	for (;;) {
		size_t top = 0;

		for (size_t g = 1; g < f->ngroups; g++)
			if (best[g].value > best[top].value)
				top = g;
		if (f->ngroups == 0 || best[top].n == 0)
			return;
		even(b, top, &best[top]);
		best[top] = best_of(b, top);
		/* What the limits allowed before, they may allow no more. */
		for (size_t g = 0; g < f->ngroups; g++)
			if (g != top && best[g].n && !vmm__balance_affords(b, &best[g]))
				best[g] = best_of(b, g);
	}
}

static void clear_tops(struct vmm__balance *b)
{
	for (size_t h = 0; h < b->p->f->nhosts; h++)
		b->p->top[h][VMM_MEMORY] = b->p->f->hosts[h].room[VMM_MEMORY];
}

static int mend_all(struct vmm__balance *b, struct vmm_err *err)
{
	int rc = 0;

	clear_tops(b);
	for (size_t g = 0; rc == 0 && g < b->p->f->ngroups; g++)
		rc = vmm__mend(b, g, err);
	return rc;
}

/* What is even leaves room to mend what could not be mended before: so in turns, until nothing is mended. */
static int take_turns(struct vmm__balance *b, struct vmm__try *best, double *highest,
		      struct vmm_err *err)
{
	uint32_t before;

	find_highest(b, highest);
	do {
		if (mend_all(b, err) < 0)
			return VMM_ENOMEM;
		find_highest(b, highest);
		set_tops(b, highest);
		before = b->mended;
		descend(b, best);
		if (mend_all(b, err) < 0)
			return VMM_ENOMEM;
	} while (b->mended > before);
	return 0;
}

int vmm__balance_run(struct vmm__balance *b, struct vmm_err *err)
{
	size_t n = b->p->f->ngroups;
	struct vmm__try *best = calloc(n + 1, sizeof(*best));
	double *highest = calloc(n + 1, sizeof(*highest));
	int rc = best && highest ? take_turns(b, best, highest, err) : vmm_err_nomem(err);

	free(best);
	free(highest);
	return rc;
}
