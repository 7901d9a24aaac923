/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Moves off hosts that are emptied: their waves, their rows. */
#include <stdlib.h>

#include "plan/home-internal.h"

/* The latest wave in which a host takes part, and in how many moves of it. */
struct turn {
	unsigned wave, n;
};

static void advance(struct turn *t, unsigned wave)
{
	t->n = t->wave == wave ? t->n + 1 : 1;
	t->wave = wave;
}

static unsigned free_from(const struct turn *t, unsigned per_host)
{
	return t->wave + (t->n >= per_host);
}

struct entry {
	struct vmm__move move;
	size_t at;
};

static int by_wave(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->move.wave != y->move.wave)
		return x->move.wave < y->move.wave ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static int sort(struct vmm__move *moves, size_t n)
{
	struct entry *e = calloc(n + 1, sizeof(*e));

	if (!e)
		return VMM_ENOMEM;
	for (size_t i = 0; i < n; i++)
		e[i] = (struct entry){ moves[i], i };
	qsort(e, n, sizeof(*e), by_wave);
	for (size_t i = 0; i < n; i++)
		moves[i] = e[i].move;
	free(e);
	return 0;
}

int vmm__moves_wave(struct vmm__move *moves, size_t n, size_t nhosts, unsigned per_host,
		    unsigned first)
{
	struct turn *turns = calloc(nhosts + 1, sizeof(*turns));

	if (!turns)
		return VMM_ENOMEM;
	for (size_t i = 0; i < nhosts; i++)
		turns[i].wave = first;
	for (size_t i = 0; i < n; i++) {
		struct turn *from = &turns[moves[i].from], *to = &turns[moves[i].to];
		unsigned a = free_from(from, per_host), b = free_from(to, per_host);

		moves[i].wave = a > b ? a : b;
		advance(from, moves[i].wave);
		advance(to, moves[i].wave);
	}
	free(turns);
	return sort(moves, n);
}

static int print_move(const struct vmm_fleet *f, const struct vmm__move *move,
		      struct vmm_plan *plan, struct vmm_err *err)
{
	const struct vmm_fleet_vm *v = &f->vms[move->vm];
	const struct vmm_fleet_host *from = &f->hosts[move->from];
	VMM_BUF_AUTO name = VMM_BUF_INIT;

	vmm__vm_row(f, move->vm, &name);
	const struct vmm_step s = { .wave = move->wave,
				    .action = VMM_ACTION_MIGRATE,
				    .vm = name.data,
				    .uuid = v->uuid,
				    .from = from->name,
				    .to = f->hosts[move->to].name,
				    .reason = move->reason,
				    .group = f->groups[from->group]->name,
				    .cost_bytes = v->cost };

	return name.failed ? vmm_err_nomem(err) : vmm_plan_add(plan, &s, err);
}

int vmm__moves_print(const struct vmm_fleet *f, const struct vmm__move *moves, size_t n,
		     struct vmm_plan *plan, struct vmm_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = print_move(f, &moves[i], plan, err);
	return rc;
}
