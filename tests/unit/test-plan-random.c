/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans of 10,000 random fleets. Whatever order the moves of a wave end in: all fits, the fullest host does not become
 * fuller, no rule is newly broken; the order of rows means nothing, and a second run has nothing to do.
 *	FLEETS=100000 FIRST=7 build/tests/unit/test-plan-random	more of them
 *	KEEP=1 FLEETS=1 FIRST=7 …	one that failed; leaves it in the files hosts, vms, g0.conf, g1.conf
 */
#include "random-fleet.h"

#include "plan/balance.h"
#include "plan/drain.h"
#include "plan/pack.h"

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

static void keep_text(const char *file, const struct vmm_table *t)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	FILE *f = fopen(file, "w");

	vmm_tsv_format(&text, t);
	if (f && fputs(text.data, f) >= 0)
		fclose(f);
}

static void keep(const struct model *m)
{
	struct vmm_table *hosts = hosts_table(m, false), *vms = vms_table(m, false);

	if (!getenv("KEEP"))
		return;
	keep_text("hosts", hosts);
	keep_text("vms", vms);
	for (unsigned g = 0; g < m->ngroups; g++) {
		char path[24];
		FILE *f;

		snprintf(path, sizeof(path), "g%u.conf", g);
		f = fopen(path, "w");
		write_rules(f, m, g);
		fclose(f);
	}
}

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

/* ---- planners ---- */

static char *text_of(const struct vmm_table *t)
{
	struct vmm_buf text = VMM_BUF_INIT;

	vmm_tsv_format(&text, t);
	return text.data;
}

static struct vmm_table *balance(const struct model *m, bool shuffled, unsigned per_host, bool *stuck)
{
	struct vmm_balance_options opt = VMM_BALANCE_OPTIONS;
	VMM_STRV_AUTO words = VMM_STRV_INIT;
	struct vmm_table *plan = NULL;
	struct input in;
	struct vmm_err err;
	char *text;

	opt.per_host = per_host;
	input_init(&in, m, shuffled);
	if (vmm_balance(in.fleet, &opt, &plan, &words, &err) < 0)
		fail_msg("FIRST=%u: %s", m->seed, err.text);
	*stuck = false;
	for (size_t i = 0; i < words.n; i++)
		*stuck |= strncmp(words.s[i], "VM ", 3) == 0;
	/* The plan outlives its input only as text. */
	text = text_of(plan);
	vmm_table_free(plan);
	if (vmm_tsv_parse("plan", text, strlen(text), &plan, &err) < 0)
		fail_msg("FIRST=%u: %s", m->seed, err.text);
	free(text);
	input_release(&in, m);
	return plan;
}

static void check_order(const struct world *w, const struct vmm_table *plan, unsigned per_host)
{
	bool stuck;
	struct vmm_table *other = balance(w->m, true, per_host, &stuck);
	char *a = text_of(plan), *b = text_of(other);

	if (strcmp(a, b) != 0)
		WRONG(w, "the order of rows matters");
	free(a);
	free(b);
	vmm_table_free(other);
}

static void check_second(const struct world *w, unsigned per_host)
{
	struct model after = *w->m;
	struct vmm_table *plan;
	bool stuck;

	for (unsigned v = 0; v < after.nvms; v++)
		after.vms[v].host = w->at[v];
	plan = balance(&after, false, per_host, &stuck);
	if (vmm_table_rows(plan) > 0)
		WRONG(w, "a second run moves %s to %s: %s", cell(plan, 0, "vm"),
		      cell(plan, 0, "to"), cell(plan, 0, "reason"));
	vmm_table_free(plan);
}

static size_t moves;

static void check_balance(const struct model *m)
{
	unsigned per_host = 1 + below(3);
	double before[GROUPS] = { 0 };
	struct vmm_table *plan;
	struct world w;
	bool stuck;

	world_init(&w, m, "balance");
	for (unsigned g = 0; g < m->ngroups; g++)
		before[g] = score(&w, g);
	plan = balance(m, false, per_host, &stuck);
	run_plan(&w, plan, per_host, true);
	moves += vmm_table_rows(plan);
	for (unsigned g = 0; g < m->ngroups; g++)
		if (!w.mends[g] && score(&w, g) > before[g] + DUST)
			WRONG(&w, "the score of g%u rises", g);
	check_order(&w, plan, per_host);
	/* What no order of moves had room for may have it afterwards. */
	if (!stuck)
		check_second(&w, per_host);
	vmm_table_free(plan);
}

static void check_left(const struct world *w, unsigned v, bool drained, const struct vmm_table *left)
{
	char name[16];
	bool told;

	snprintf(name, sizeof(name), "v%u", v);
	told = vmm_table_find(left, vmm_table_col(left, "vm"), name) >= 0;
	if (told != (drained && w->m->vms[v].running && w->at[v] == w->home[v]))
		WRONG(w, "v%u is %s", v, told ? "told of and moved" : "neither moved nor told of");
}

static void check_drain(const struct model *m)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	struct model closed = *m;
	struct vmm_table *plan, *left;
	struct vmm_err err;
	struct input in;
	struct world w;
	uint64_t drained = 1 + below((1u << m->nhosts) - 1);

	for (unsigned h = 0; h < m->nhosts; h++) {
		char name[16];

		snprintf(name, sizeof(name), "h%u", h);
		if ((drained >> h & 1) && vmm_strv_add(&names, name) == 0)
			closed.hosts[h].closed = true;
	}
	input_init(&in, m, false);
	if (vmm_plan_drain(in.fleet, &names, 2, &plan, &left, &err) < 0)
		fail_msg("FIRST=%u: %s", m->seed, err.text);
	world_init(&w, &closed, "drain");
	run_plan(&w, plan, 2, false);
	for (unsigned v = 0; v < m->nvms; v++)
		check_left(&w, v, drained >> m->vms[v].host & 1, left);
	vmm_table_free(plan);
	vmm_table_free(left);
	input_release(&in, m);
}

/* What goes off is empty and may go off; what comes on may. */
static void check_power(const struct world *w, const struct vmm_table *plan,
			const enum vmm_pack_may *may)
{
	for (size_t row = 0; row < vmm_table_rows(plan); row++) {
		const char *action = cell(plan, row, "action");
		unsigned off = number(cell(plan, row, "from")), on = number(cell(plan, row, "to"));

		if (strcmp(action, "power-on") == 0 && may[on] != VMM_PACK_ON)
			WRONG(w, "h%u is switched on", on);
		if (strcmp(action, "power-off") != 0)
			continue;
		if (may[off] != VMM_PACK_OFF)
			WRONG(w, "h%u is switched off", off);
		for (unsigned v = 0; v < w->m->nvms; v++)
			if (w->m->vms[v].running && w->at[v] == off)
				WRONG(w, "h%u is switched off with v%u on it", off, v);
	}
}

static void check_pack(const struct model *m)
{
	struct vmm_pack_options opt = VMM_PACK_OPTIONS;
	enum vmm_pack_may may[HOSTS];
	struct model on = *m;
	struct vmm_table *plan;
	struct vmm_err err;
	struct input in;
	struct world w;

	for (unsigned h = 0; h < m->nhosts; h++) {
		bool empty = true;

		for (unsigned v = 0; v < m->nvms; v++)
			empty &= m->vms[v].host != h || !m->vms[v].running;
		may[h] = m->hosts[h].excluded               ? VMM_PACK_NOTHING
			 : m->hosts[h].closed && empty      ? VMM_PACK_ON
			 : m->hosts[h].closed || once_in(6) ? VMM_PACK_NOTHING
							    : VMM_PACK_OFF;
		on.hosts[h].closed &= may[h] != VMM_PACK_ON;
	}
	opt.may = may;
	opt.failures = below(3);
	input_init(&in, m, false);
	if (vmm_plan_pack(in.fleet, &opt, &plan, &err) < 0)
		fail_msg("FIRST=%u: %s", m->seed, err.text);
	world_init(&w, &on, "pack");
	run_plan(&w, plan, 2, false);
	check_power(&w, plan, may);
	vmm_table_free(plan);
	input_release(&in, m);
}

static unsigned setting(const char *name, unsigned usual)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : usual;
}

static void random_fleets(void **state)
{
	unsigned first = setting("FIRST", 0), n = setting("FLEETS", 10000);

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		struct model m;

		random_model(&m, first + i);
		check_balance(&m);
		check_drain(&m);
		check_pack(&m);
	}
	print_message("# fleets %u to %u, %zu moves\n", first, first + n - 1, moves);
	assert_true(n < 1000 || moves > n);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_fleets) };

	return RUN(tests);
}
