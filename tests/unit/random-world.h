/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of a random fleet when a plan is carried out, wave after wave: whatever order the moves of a wave end in,
 * all fits, the fullest host does not become fuller, no rule is newly broken.
 */
#ifndef VMM_RANDOM_WORLD_H
#define VMM_RANDOM_WORLD_H

#include "random-input.h"

#define DUST 1e-6

/* ---- a plan, and what becomes of the fleet ---- */

struct step {
	unsigned wave, vm, from, to;
	bool park, mends;
};
struct world {
	const struct model *m;
	unsigned at[VMS], home[VMS], to[VMS]; /* to: where it arrives in this wave */
	double load[HOSTS][RES], start[HOSTS][RES], highest[GROUPS];
	bool mends[GROUPS]; /* whether the plan mends anything there */
	const char *what;
};

#define WRONG(w, ...) wrong(w, __LINE__, __VA_ARGS__)
static void wrong(const struct world *w, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));
static void wrong(const struct world *w, int line, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	keep(w->m);
	fail_msg("FIRST=%u: %s: %s (line %d)", w->m->seed, w->what, text, line);
	abort();
}

static void add(struct world *w, unsigned v, unsigned host, int sign)
{
	for (int r = 0; w->m->vms[v].running && r < RES; r++)
		w->load[host][r] += sign * w->m->vms[v].use[r];
}

static void world_init(struct world *w, const struct model *m, const char *what)
{
	*w = (struct world){ .m = m, .what = what };
	for (unsigned h = 0; h < m->nhosts; h++)
		memcpy(w->load[h], m->hosts[h].own, sizeof(w->load[h]));
	for (unsigned v = 0; v < m->nvms; v++) {
		w->at[v] = w->home[v] = w->to[v] = m->vms[v].host;
		add(w, v, w->at[v], 1);
	}
	memcpy(w->start, w->load, sizeof(w->start));
	for (unsigned h = 0; h < m->nhosts; h++)
		if (!m->hosts[h].closed)
			w->highest[m->hosts[h].group] = fmax(w->highest[m->hosts[h].group],
							     w->load[h][1] / m->hosts[h].cap[1]);
}

static double score(const struct world *w, unsigned group)
{
	const struct model *m = w->m;
	double sum = 0;

	for (int r = 0; r < RES; r++) {
		double n = 0, x = 0, xx = 0;

		for (unsigned h = 0; h < m->nhosts; h++) {
			double share = w->load[h][r] / m->hosts[h].cap[r];

			if (m->hosts[h].group != group || m->hosts[h].closed ||
			    m->hosts[h].cap[r] <= 0)
				continue;
			n++;
			x += share;
			xx += share * share;
		}
		if (n > 0)
			sum += m->groups[group].weight[r] * sqrt(fmax(0, xx / n - x / n * x / n));
	}
	return sum;
}

/* ---- rules: none is broken that was not, and none more than it was ---- */

static bool is(const struct rule *r, const char *kind)
{
	return strcmp(r->kind, kind) == 0;
}

static bool rule_has(const struct world *w, const struct rule *r, unsigned v)
{
	return (r->vms >> v & 1) && v < w->m->nvms && w->m->vms[v].running &&
	       w->m->hosts[w->home[v]].group == r->group;
}

/* VMs less hosts that they are on: apart, all are one too many; together, all hosts but one. */
static unsigned hosts_of(const struct world *w, const struct rule *r, const unsigned *at,
			 unsigned *vms)
{
	unsigned on[HOSTS] = { 0 }, hosts = 0, crowd = 0;

	*vms = 0;
	for (unsigned v = 0; v < w->m->nvms; v++) {
		if (!rule_has(w, r, v))
			continue;
		++*vms;
		hosts += on[at[v]]++ == 0;
		crowd = on[at[v]] > crowd ? on[at[v]] : crowd;
	}
	return is(r, "apart") ? hosts : crowd;
}

static unsigned broken(const struct world *w, const struct rule *r, const unsigned *at)
{
	unsigned n = 0, vms;

	if (is(r, "apart") || is(r, "together")) {
		unsigned kept = hosts_of(w, r, at, &vms);

		return vms - kept;
	}
	for (unsigned v = 0; v < w->m->nvms; v++)
		n += rule_has(w, r, v) && is(r, "must") != means_host(w->m, r, at[v]);
	return n;
}

/* On the way: where it comes from and where it goes to, it may meet another one. */
static bool meets(const struct world *w, const struct rule *r, unsigned v)
{
	for (unsigned u = 0; u < v; u++)
		if (rule_has(w, r, u) && (w->at[u] == w->to[v] || w->to[u] == w->at[v] ||
					  w->at[u] == w->at[v] || w->to[u] == w->to[v]))
			return true;
	return false;
}

static void check_meetings(const struct world *w, const struct rule *r)
{
	for (unsigned v = 0; v < w->m->nvms; v++)
		if (rule_has(w, r, v) && meets(w, r, v))
			WRONG(w, "v%u meets another one", v);
}

/*
 * VMs that are together may move together, and are apart on their way then. Where not all can be apart, others may meet
 * for a while.
 */
static void check_rules(const struct world *w, bool end)
{
	static const char *const hard[] = { "must", "never", "apart", "together" };

	for (unsigned i = 0; i < w->m->nrules; i++) {
		const struct rule *r = &w->m->rules[i];
		unsigned before = broken(w, r, w->home);

		if (is(r, "apart") && before == 0)
			check_meetings(w, r);
		for (size_t k = 0; k < COUNT(hard); k++)
			if (is(r, hard[k]) && (end || k < 2) && broken(w, r, w->to) > before)
				WRONG(w, "%s r%u is broken", r->kind, i);
	}
}

/* ---- steps ---- */

static void check_step(const struct world *w, const struct step *s)
{
	const struct model *m = w->m;

	if (!m->vms[s->vm].running || m->vms[s->vm].fixed)
		WRONG(w, "v%u is not to be moved", s->vm);
	if (w->at[s->vm] != s->from || w->to[s->vm] != s->from || s->from == s->to)
		WRONG(w, "v%u is on h%u and goes from h%u", s->vm, w->at[s->vm], s->from);
	if (m->hosts[s->to].closed || m->hosts[s->to].group != m->hosts[s->from].group)
		WRONG(w, "v%u goes to h%u", s->vm, s->to);
}

/* All that arrives has come, and nothing has left. */
static void check_room(const struct world *w, const struct step *s)
{
	const struct host *h = &w->m->hosts[s->to];

	for (int r = 0; r < RES; r++) {
		double most = fmax(h->room[r], w->start[s->to][r]);

		if (w->m->vms[s->vm].use[r] > 0 && h->cap[r] > 0 &&
		    w->load[s->to][r] > most + DUST * h->cap[r])
			WRONG(w, "wave %u: no %s for v%u on h%u", s->wave, vmm_resource_names[r],
			      s->vm, s->to);
	}
}

static void check_highest(const struct world *w, const struct step *s)
{
	const struct host *h = &w->m->hosts[s->to];

	if (!w->mends[h->group] && w->load[s->to][1] / h->cap[1] > w->highest[h->group] + DUST)
		WRONG(w, "wave %u: h%u becomes the fullest", s->wave, s->to);
}

static void run_wave(struct world *w, const struct step *s, size_t n, unsigned per_host, bool level)
{
	unsigned busy[HOSTS] = { 0 };

	for (size_t i = 0; i < n; i++) {
		check_step(w, &s[i]);
		w->to[s[i].vm] = s[i].to;
		add(w, s[i].vm, s[i].to, 1);
		if (++busy[s[i].from] > per_host || ++busy[s[i].to] > per_host)
			WRONG(w, "wave %u: too many moves of one host", s[i].wave);
	}
	check_rules(w, false);
	for (size_t i = 0; i < n; i++) {
		check_room(w, &s[i]);
		if (level)
			check_highest(w, &s[i]);
	}
	for (size_t i = 0; i < n; i++) {
		add(w, s[i].vm, s[i].from, -1);
		w->at[s[i].vm] = s[i].to;
	}
}

static const char *cell(const struct vmm_table *t, size_t row, const char *column)
{
	return vmm_table_at(t, row, column);
}

static unsigned number(const char *name)
{
	return (unsigned)strtoul(name + 1, NULL, 10);
}

static size_t read_steps(struct world *w, const struct vmm_table *plan, struct step *s)
{
	size_t n = 0;

	for (size_t row = 0; row < vmm_table_rows(plan); row++) {
		const char *action = cell(plan, row, "action"), *why = cell(plan, row, "reason");

		if (strncmp(action, "power", 5) == 0)
			continue;
		assert_true(n < 2 * VMS);
		s[n] = (struct step){ .wave = (unsigned)strtoul(cell(plan, row, "wave"), NULL, 10),
				      .vm = number(cell(plan, row, "vm")),
				      .from = number(cell(plan, row, "from")),
				      .to = number(cell(plan, row, "to")),
				      .park = strcmp(action, "park") == 0,
				      .mends = strncmp(why, "mends", 5) == 0 ||
					       strstr(why, "too full") };
		w->mends[w->m->hosts[s[n].to].group] |= s[n].mends;
		n++;
	}
	return n;
}

/* A VM arrives once; on its way it may be parked. */
static void check_visits(const struct world *w, const struct step *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool moved_on = false;

		for (size_t k = i + 1; k < n; k++)
			moved_on |= s[k].vm == s[i].vm;
		if (moved_on != s[i].park)
			WRONG(w, "v%u moves %s", s[i].vm, moved_on ? "twice" : "only to be parked");
	}
}

static void run_plan(struct world *w, const struct vmm_table *plan, unsigned per_host, bool level)
{
	struct step s[2 * VMS];
	size_t n = read_steps(w, plan, s), end;
	unsigned wave = 0;

	check_visits(w, s, n);
	for (size_t i = 0; i < n; i = end) {
		for (end = i; end < n && s[end].wave == s[i].wave;)
			end++;
		if (s[i].wave <= wave)
			WRONG(w, "wave %u comes after wave %u", s[i].wave, wave);
		wave = s[i].wave;
		run_wave(w, s + i, end - i, per_host, level);
	}
	check_rules(w, true);
}

#endif
