/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans of 10,000 random fleets. Whatever order the moves of a wave end in: all fits, the fullest host does not become
 * fuller, no rule is newly broken; the order of rows means nothing, and a second run has nothing to do.
 *	FLEETS=100000 FIRST=7 build/tests/unit/test-plan-random	more of them
 *	KEEP=1 FLEETS=1 FIRST=7 …	one that failed; leaves it in the files hosts, vms, g0.conf, g1.conf
 */
#include "random-world.h"

#include "plan/balance.h"
#include "plan/drain.h"
#include "plan/pack.h"

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
