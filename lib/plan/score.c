/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The score of a group: the standard deviations of its open hosts' use, each as a share of what the host has,
 * weighted and added. A move changes two terms of two sums, so it is tried in a few operations.
 */
#include "plan/internal.h"

static const double *weights(const struct vmm__place *p, size_t group)
{
	return p->f->groups[group]->weight;
}

double vmm__deviation(const struct vmm__sums *s, int r)
{
	double mean;

	if (s->n[r] <= 0)
		return 0;
	mean = s->sum[r] / s->n[r];
	return sqrt(fmax(0, s->squares[r] / s->n[r] - mean * mean));
}

static double score(const struct vmm__sums *s, const double *weight)
{
	double all = 0;

	for (int r = 0; r < VMM_RESOURCES; r++)
		if (weight[r] > 0)
			all += weight[r] * vmm__deviation(s, r);
	return all;
}

static void count_hosts(struct vmm__place *p)
{
	for (size_t h = 0; h < p->f->nhosts; h++) {
		const struct vmm_fleet_host *host = &p->f->hosts[h];
		struct vmm__sums *s = &p->sums[host->group];

		if (host->closed)
			continue;
		s->open++;
		s->memory += host->cap[VMM_MEMORY];
		for (int r = 0; r < VMM_RESOURCES; r++) {
			if (host->cap[r] <= 0)
				continue;
			p->per[h][r] = 1 / host->cap[r];
			s->n[r]++;
			s->mid[r] += p->load[h][r] * p->per[h][r];
		}
	}
}

void vmm__score_begin(struct vmm__place *p)
{
	count_hosts(p);
	for (size_t g = 0; g < p->f->ngroups; g++)
		for (int r = 0; r < VMM_RESOURCES; r++)
			p->sums[g].mid[r] /= fmax(1, p->sums[g].n[r]);
	for (size_t h = 0; h < p->f->nhosts; h++) {
		struct vmm__sums *s = &p->sums[p->f->hosts[h].group];

		for (int r = 0; r < VMM_RESOURCES; r++) {
			if (p->per[h][r] <= 0)
				continue;
			p->x[h][r] = p->load[h][r] * p->per[h][r] - s->mid[r];
			s->sum[r] += p->x[h][r];
			s->squares[r] += p->x[h][r] * p->x[h][r];
		}
	}
	for (size_t g = 0; g < p->f->ngroups; g++)
		p->sums[g].score = score(&p->sums[g], weights(p, g));
}

static void add(struct vmm__place *p, struct vmm__sums *s, uint32_t host, int r, double use)
{
	double share = use * p->per[host][r], *x = &p->x[host][r];

	s->sum[r] += share;
	s->squares[r] += share * (share + 2 * *x);
	*x += share;
}

void vmm__score_move(struct vmm__place *p, uint32_t vm, uint32_t from, uint32_t to)
{
	size_t g = vmm__vm_group(p->f, vm);
	struct vmm__sums *s = &p->sums[g];

	for (int r = 0; r < VMM_RESOURCES; r++) {
		add(p, s, from, r, -p->f->vms[vm].use[r]);
		add(p, s, to, r, p->f->vms[vm].use[r]);
	}
	s->score = score(s, weights(p, g));
}

struct vmm__range vmm__range_of(const struct vmm__place *p, uint32_t host)
{
	struct vmm__range one;

	for (int r = 0; r < VMM_RESOURCES; r++) {
		one.per[0][r] = one.per[1][r] = p->per[host][r];
		one.x[r] = p->x[host][r];
	}
	return one;
}

/*
 * What a VM adds to a host whose capacity is not known but in bounds: the share that leaves the least variance. That is a
 * convex function of the share, least where the host comes to the mean.
 */
static double best_share(const struct vmm__sums *s, int r, double less, double use,
			 const struct vmm__range *range)
{
	double low = use * range->per[0][r], high = use * range->per[1][r];
	double mean = ((s->sum[r] - less) / s->n[r] - range->x[r]) / (1 - 1 / s->n[r]);

	return low == high ? low : fmax(low, fmin(high, mean));
}

double vmm__gain_in(const struct vmm__place *p, uint32_t vm, const struct vmm__range *range)
{
	uint32_t from = p->at[vm];
	size_t g = p->f->hosts[from].group;
	const struct vmm__sums *s = &p->sums[g];
	const double *weight = weights(p, g), *use = p->f->vms[vm].use;
	double after = 0;

	for (int r = 0; r < VMM_RESOURCES; r++) {
		double less = use[r] * p->per[from][r], n = s->n[r];
		double more, mean, squares, rest;

		if (weight[r] <= 0 || n <= 0)
			continue;
		more = best_share(s, r, less, use[r], range);
		mean = (s->sum[r] - less + more) / n;
		squares = s->squares[r] + less * (less - 2 * p->x[from][r]) +
			  more * (more + 2 * range->x[r]);
		rest = squares / n - mean * mean;
		if (rest > 0)
			after += weight[r] * sqrt(rest);
	}
	return s->score - after;
}

double vmm__gain(const struct vmm__place *p, uint32_t vm, uint32_t to)
{
	struct vmm__range one = vmm__range_of(p, to);

	return vmm__gain_in(p, vm, &one);
}
