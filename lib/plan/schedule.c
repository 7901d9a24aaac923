/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moves in waves. In each, all moves that can be made at once are made, in their order: the target has room while
 * nothing has left it yet, and no host takes part in too many.
 */
#include <stdlib.h>

#include "plan/internal.h"

#define DUST 1e-9

/* What a host may hold: what planners let it, and what it will hold in the end. */
static void set_tops(struct vmm__place *p, const struct vmm__place *end, double *highest,
		     const bool *level)
{
	const struct vmm_fleet *f = p->f;

	for (size_t h = 0; h < f->nhosts; h++) {
		double *most = &highest[f->hosts[h].group];

		if (!f->hosts[h].closed)
			*most = fmax(*most, p->load[h][VMM_MEMORY] / f->hosts[h].cap[VMM_MEMORY]);
	}
	for (size_t h = 0; h < f->nhosts; h++) {
		double memory = highest[f->hosts[h].group] * f->hosts[h].cap[VMM_MEMORY];

		if (level && level[f->hosts[h].group])
			p->top[h][VMM_MEMORY] = fmin(p->top[h][VMM_MEMORY], memory);
		for (int i = 0; i < VMM_RESOURCES; i++)
			p->top[h][i] = fmax(p->top[h][i], end->load[h][i]);
	}
}

/* Room for it there, once `leaver` (VMM__NONE: nobody) is gone. */
bool vmm__waves_room(const struct vmm__waves *w, uint32_t vm, uint32_t to, uint32_t leaver)
{
	const double *use = w->f->vms[vm].use;

	for (int r = 0; r < VMM_RESOURCES; r++) {
		double less = leaver == VMM__NONE ? 0 : w->f->vms[leaver].use[r];

		if (use[r] > 0 && w->p->load[to][r] - less + use[r] >
					  w->p->top[to][r] + DUST * w->f->hosts[to].cap[r])
			return false;
	}
	return true;
}

/* Whether a VM that it is to be apart from is still there, or on its way there, but is to go on; of its name: or not. */
static bool meets(const struct vmm__waves *w, uint32_t vm, uint32_t to)
{
	const struct vmm__fleet *m = w->f->more;

	for (uint32_t i = m->from[vm]; i < m->from[vm + 1]; i++) {
		const struct vmm__rule *r = &m->rules[m->of[i]];

		for (size_t k = 0; r->text->kind == VMM_APART && k < r->nvms; k++) {
			uint32_t other = r->vms[k];

			if (other != vm && (r->names || w->goal[other] != to) &&
			    (w->at[other] == to || w->coming[other] == to))
				return true;
		}
	}
	return false;
}

void vmm__waves_step(struct vmm__waves *w, uint32_t vm, uint32_t to, bool park)
{
	w->out->steps[w->out->n++] = (struct vmm__step){
		.vm = vm, .from = w->at[vm], .to = to, .wave = w->wave, .park = park
	};
	for (int r = 0; r < VMM_RESOURCES; r++)
		w->p->load[to][r] += w->f->vms[vm].use[r];
	w->busy[w->at[vm]]++;
	w->busy[to]++;
	w->coming[vm] = to;
}

static bool can_go(const struct vmm__waves *w, uint32_t vm)
{
	uint32_t to = w->goal[vm];

	return w->busy[w->at[vm]] < w->per_host && w->busy[to] < w->per_host &&
	       vmm__waves_room(w, vm, to, VMM__NONE) && !meets(w, vm, to);
}

/* The wave is over: what has arrived has left where it was. */
static void settle(struct vmm__waves *w, size_t first)
{
	for (size_t i = first; i < w->out->n; i++) {
		const struct vmm__step *s = &w->out->steps[i];

		for (int r = 0; r < VMM_RESOURCES; r++)
			w->p->load[s->from][r] -= w->f->vms[s->vm].use[r];
		w->busy[s->from] = w->busy[s->to] = 0;
		w->at[s->vm] = s->to;
		w->coming[s->vm] = VMM__NONE;
	}
}

/* All that can go now; whether there was anything. */
static bool go(struct vmm__waves *w)
{
	uint32_t kept = 0;
	size_t first = w->out->n;

	w->wave++;
	for (uint32_t i = 0; i < w->nleft; i++) {
		uint32_t vm = w->left[i];

		if (can_go(w, vm))
			vmm__waves_step(w, vm, w->goal[vm], false);
		else
			w->left[kept++] = vm;
	}
	w->nleft = kept;
	if (w->out->n == first && !vmm__park(w)) {
		w->wave--;
		return false;
	}
	settle(w, first);
	return true;
}

/* The last one stays where it is; one that was parked has then come to stay. */
static void drop(struct vmm__waves *w)
{
	uint32_t vm = w->left[--w->nleft];

	w->goal[vm] = w->at[vm];
	w->out->dropped[w->out->ndropped++] = vm;
	for (size_t i = 0; i < w->out->n; i++)
		if (w->out->steps[i].vm == vm)
			w->out->steps[i].park = false;
}

static void find_gains(struct vmm__place *p, struct vmm__schedule *s)
{
	for (size_t i = 0; i < s->n; i++) {
		s->steps[i].gain = vmm__gain(p, s->steps[i].vm, s->steps[i].to);
		vmm__place_move(p, s->steps[i].vm, s->steps[i].to);
	}
}

static int alloc(struct vmm__waves *w, const uint32_t *goal, const uint32_t *vms, size_t n)
{
	size_t nvms = w->f->nvms + 1;

	w->goal = calloc(nvms, sizeof(*w->goal));
	w->left = calloc(n + 1, sizeof(*w->left));
	w->at = calloc(nvms, sizeof(*w->at));
	w->coming = calloc(nvms, sizeof(*w->coming));
	w->busy = calloc(w->f->nhosts + 1, sizeof(*w->busy));
	w->parked = calloc(nvms, sizeof(*w->parked));
	w->out->steps = calloc(2 * n + 1, sizeof(*w->out->steps));
	w->out->dropped = calloc(n + 1, sizeof(*w->out->dropped));
	if (!w->goal || !w->left || !w->at || !w->coming || !w->busy || !w->parked ||
	    !w->out->steps || !w->out->dropped)
		return VMM_ENOMEM;
	for (size_t v = 0; v < w->f->nvms; v++) {
		w->goal[v] = goal[v];
		w->at[v] = (uint32_t)w->f->vms[v].host;
		w->coming[v] = VMM__NONE;
	}
	for (size_t i = 0; i < n; i++)
		w->left[w->nleft++] = vms[i];
	return 0;
}

static void release(struct vmm__waves *w)
{
	free(w->goal);
	free(w->left);
	free(w->at);
	free(w->coming);
	free(w->busy);
	free(w->parked);
}

int vmm__schedule(const struct vmm_fleet *f, const uint32_t *goal, const uint32_t *vms, size_t n,
		  unsigned per_host, const bool *level, struct vmm__schedule *out,
		  struct vmm_err *err)
{
	struct vmm__waves w = { .f = f, .per_host = per_host, .out = out };
	VMM__PLACE_AUTO *now = vmm__place_new(f), *end = vmm__place_new(f);
	double *highest = calloc(f->ngroups + 1, sizeof(*highest));
	int rc;

	*out = (struct vmm__schedule){ .n = 0 };
	rc = now && end && highest ? alloc(&w, goal, vms, n) : VMM_ENOMEM;
	if (rc == 0) {
		for (size_t i = 0; i < n; i++)
			vmm__place_move(end, vms[i], goal[vms[i]]);
		set_tops(now, end, highest, level);
		w.p = now;
		while (w.nleft > 0)
			if (!go(&w))
				drop(&w);
		/* From the end back to the beginning, for another way through it. */
		for (size_t i = 0; i < n; i++)
			vmm__place_move(end, vms[i], (uint32_t)f->vms[vms[i]].host);
		find_gains(end, out);
	}
	free(highest);
	release(&w);
	if (rc == 0)
		return 0;
	vmm__schedule_release(out);
	return vmm_err_nomem(err);
}

void vmm__schedule_release(struct vmm__schedule *s)
{
	free(s->steps);
	free(s->dropped);
	*s = (struct vmm__schedule){ .n = 0 };
}
