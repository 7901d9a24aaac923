/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans of random fleets: every prefix fits, no rule is newly broken, a second run has nothing to do, no move is missed. */
#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/rows.h"
#include "plan/internal.h"

#define FLEETS 1500

struct sample {
	struct vmm_table *hosts, *vms;
	struct vmm_group *group;
	struct vmm_fleet *fleet;
	unsigned nhosts, nvms;
};

static struct vmm_table *parse(struct vmm_buf *text)
{
	struct vmm_table *t;
	struct vmm_err err;

	if (vmm_tsv_parse("rows", text->data, text->len, &t, &err) < 0)
		fail_msg("%s", err.text);
	vmm_buf_release(text);
	return t;
}

static void random_tables(struct sample *s)
{
	VMM_BUF_AUTO hosts = VMM_BUF_INIT, vms = VMM_BUF_INIT;
	unsigned used[16] = { 0 };

	s->nhosts = 1 + test_random(6);
	s->nvms = test_random(16);
	vmm_buf_adds(&hosts, "name\tgroup\tcpus\tmem_total\tmaint\n");
	for (unsigned h = 0; h < s->nhosts; h++)
		vmm_buf_addf(&hosts, "h%u\tg\t%u\t%u\t%s\n", h, 8 + 8 * test_random(2), 64,
			     test_random(8) ? "no" : "yes");
	vmm_buf_adds(&vms, "uuid\tname\thost\tstate\tvcpus\tmem\n");
	for (unsigned v = 0; v < s->nvms; v++) {
		unsigned mem = 1 + test_random(16), h = test_random(s->nhosts);

		if (used[h] + mem > 64)
			continue;
		used[h] += mem;
		vmm_buf_addf(&vms, "u%u\tv%u\th%u\t%s\t%u\t%u\n", v, v, h,
			     test_random(12) ? "normal" : "paused", 1 + test_random(8), mem);
	}
	s->hosts = parse(&hosts);
	s->vms = parse(&vms);
}

static void random_rules(struct sample *s, unsigned n)
{
	static const char *const kinds[] = { "apart", "together", "must", "never", "should", "pin" };
	char path[] = "rules-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");
	struct vmm_err err;

	assert_non_null(file);
	for (unsigned i = 0; i < n; i++) {
		const char *kind = kinds[test_random(COUNT(kinds))];

		fprintf(file, "[%s r%u]\nvms = v%u, v%u\n", kind, i, test_random(s->nvms + 1),
			test_random(s->nvms + 1) + 1);
		if (strcmp(kind, "must") == 0 || strcmp(kind, "never") == 0 ||
		    strcmp(kind, "should") == 0)
			fprintf(file, "hosts = h%u\n", test_random(s->nhosts));
	}
	fclose(file);
	if (vmm_group_load(path, "g", &s->group, &err) < 0)
		fail_msg("%s", err.text);
	unlink(path);
}

static void read_fleet(struct sample *s)
{
	struct vmm_fleet_input in = { .hosts = s->hosts,
				      .vms = s->vms,
				      .hosts_file = "hosts",
				      .vms_file = "vms",
				      .groups = &s->group,
				      .ngroups = 1 };
	struct vmm_err err;

	if (vmm_fleet_read(&in, &s->fleet, &err) < 0)
		fail_msg("%s", err.text);
}

static void release(struct sample *s)
{
	vmm_fleet_free(s->fleet);
	vmm_group_free(s->group);
	vmm_table_free(s->hosts);
	vmm_table_free(s->vms);
}

static struct vmm_table *balance(const struct vmm_fleet *f)
{
	struct vmm_balance_options opt = VMM_BALANCE_OPTIONS;
	struct vmm_table *plan;
	struct vmm_err err;

	opt.aggressiveness = 1 + test_random(5);
	if (vmm_balance(f, &opt, &plan, NULL, &err) < 0)
		fail_msg("%s", err.text);
	return plan;
}

static uint32_t vm_at(const struct vmm_fleet *f, const char *name)
{
	uint32_t v = 0;

	while (strcmp(f->vms[v].name, name) != 0)
		v++;
	return v;
}

static double fullest(const struct vmm__place *p)
{
	double most = 0;

	for (size_t h = 0; h < p->f->nhosts; h++)
		if (!p->f->hosts[h].closed)
			most = fmax(most, p->load[h][VMM_MEMORY] / p->f->hosts[h].cap[VMM_MEMORY]);
	return most;
}

/* Each wave on paper, by the engine's own books: memory with arrivals first. */
static void check_steps(const struct sample *s, const struct vmm_table *plan)
{
	const struct vmm_fleet *f = s->fleet;
	VMM__PLACE_AUTO *p = vmm__place_new(f);
	struct vmm__broken start = vmm__broken_now(p, 0), end;
	size_t n = vmm_table_rows(plan);
	double most = fullest(p), leaving[16] = { 0 };

	for (size_t i = 0; i < n; i++) {
		uint32_t v = vm_at(f, vmm_table_at(plan, i, "vm"));
		uint32_t from = vmm__fleet_host(f, vmm_table_at(plan, i, "from"));
		uint32_t to = vmm__fleet_host(f, vmm_table_at(plan, i, "to"));

		if (i > 0 &&
		    strcmp(vmm_table_at(plan, i, "wave"), vmm_table_at(plan, i - 1, "wave")) != 0)
			memset(leaving, 0, sizeof(leaving));
		assert_int_equal(p->at[v], from);
		assert_null(f->vms[v].fixed);
		assert_null(f->hosts[to].closed);
		vmm__place_move(p, v, to);
		leaving[from] += f->vms[v].use[VMM_MEMORY];
		assert_true(p->load[to][VMM_MEMORY] + leaving[to] <= f->hosts[to].room[VMM_MEMORY]);
		end = vmm__broken_now(p, 0);
		if (start.hard == 0 && start.soft == 0) {
			assert_true(end.hard <= start.hard);
			assert_true(p->load[to][VMM_MEMORY] / f->hosts[to].cap[VMM_MEMORY] <=
				    most + 1e-9);
		}
	}
	end = vmm__broken_now(p, 0);
	assert_true(vmm__broken_compare(&end, &start) <= 0);
}

static void plans_hold(void **state)
{
	(void)state;
	for (int i = 0; i < FLEETS; i++) {
		struct sample s = { NULL };
		struct vmm_table *plan;

		random_tables(&s);
		random_rules(&s, test_random(5));
		read_fleet(&s);
		plan = balance(s.fleet);
		check_steps(&s, plan);
		vmm_table_free(plan);
		release(&s);
	}
}

/* The VMs where the plan puts them, in rows of another order. */
static void apply(struct sample *s, const struct vmm_table *plan)
{
	struct vmm_table *vms = vmm_table_new(NULL);

	for (size_t i = 0; i < vmm_table_rows(plan); i++) {
		long row = vmm_table_find(s->vms, vmm_table_col(s->vms, "name"),
					  vmm_table_at(plan, i, "vm"));

		assert_int_equal(vmm_table_put(s->vms, (size_t)row, "host",
					       vmm_table_at(plan, i, "to")),
				 0);
	}
	for (size_t c = 0; c < vmm_table_cols(s->vms); c++)
		vmm_table_need(vms, vmm_table_colname(s->vms, c));
	for (size_t row = vmm_table_rows(s->vms); row-- > 0;)
		vmm_table_copy_row(vms, s->vms, row);
	vmm_table_free(s->vms);
	s->vms = vms;
}

static bool stays(const struct vmm_strv *left)
{
	for (size_t i = 0; i < left->n; i++)
		if (strncmp(left->s[i], "VM ", 3) == 0)
			return true;
	return false;
}

static void a_second_run_is_idle(void **state)
{
	(void)state;
	for (int i = 0; i < FLEETS; i++) {
		struct vmm_balance_options opt = VMM_BALANCE_OPTIONS;
		struct sample s = { NULL };
		struct vmm_strv left[2] = { VMM_STRV_INIT, VMM_STRV_INIT };
		struct vmm_table *plan;

		random_tables(&s);
		random_rules(&s, test_random(5));
		for (int run = 0; run < 2; run++) {
			read_fleet(&s);
			assert_int_equal(vmm_balance(s.fleet, &opt, &plan, &left[run], NULL), 0);
			/* What had no room on its way may have it now. */
			if (run == 1 && !stays(&left[0]) && vmm_table_rows(plan) > 0) {
				VMM_BUF_AUTO b = VMM_BUF_INIT;

				vmm_tsv_format(&b, s.hosts);
				vmm_tsv_format(&b, s.vms);
				vmm_tsv_format(&b, plan);
				fail_msg("fleet %d:\n%s", i, b.data);
			}
			apply(&s, plan);
			vmm_table_free(plan);
			vmm_fleet_free(s.fleet);
			s.fleet = NULL;
		}
		vmm_strv_release(&left[0]);
		vmm_strv_release(&left[1]);
		release(&s);
	}
}

/* Servers of two models, no two of which have quite the same memory. */
static void many_hosts(struct sample *s)
{
	VMM_BUF_AUTO hosts = VMM_BUF_INIT, vms = VMM_BUF_INIT;
	unsigned used[40] = { 0 };

	vmm_buf_adds(&hosts, "name\tgroup\tcpus\tmem_total\n");
	for (unsigned h = 0; h < COUNT(used); h++)
		vmm_buf_addf(&hosts, "h%u\tg\t%u\t%u\n", h, h % 2 ? 16 : 24,
			     (h % 2 ? 64000 : 96000) + test_random(900));
	vmm_buf_adds(&vms, "name\thost\tvcpus\tmem\n");
	for (unsigned v = 0; v < 200; v++) {
		unsigned mem = 1000 + test_random(16000),
			 h = test_random(1 + test_random(COUNT(used)));

		if (used[h] + mem > 56000)
			continue;
		used[h] += mem;
		vmm_buf_addf(&vms, "v%u\th%u\t%u\t%u\n", v, h, 1 + test_random(8), mem);
	}
	s->hosts = parse(&hosts);
	s->vms = parse(&vms);
}

/* What the best move of all gains, each having been tried. */
static double most_of_all(const struct vmm__balance *b)
{
	double most = 0;

	for (uint32_t v = 0; v < b->p->f->nvms; v++)
		for (uint32_t h = 0; h < b->p->f->nhosts; h++)
			if (h != b->p->at[v] && vmm__place_fits(b->p, v, h))
				most = fmax(most, vmm__gain(b->p, v, h) - vmm__balance_fee(b, v, h));
	return most;
}

/* Somewhere between two hosts: neither of them, nor one of a capacity between theirs, gains more than that says. */
static void check_range(const struct vmm__balance *b, uint32_t vm, uint32_t h1, uint32_t h2)
{
	const struct vmm__range one = vmm__range_of(b->p, h1), two = vmm__range_of(b->p, h2);
	struct vmm__range all;

	for (int r = 0; r < VMM_RESOURCES; r++) {
		all.per[0][r] = fmin(one.per[0][r], two.per[0][r]);
		all.per[1][r] = fmax(one.per[0][r], two.per[0][r]);
		all.x[r] = fmin(one.x[r], two.x[r]);
	}
	for (double at = 0; at <= 1; at += 0.25) {
		struct vmm__range point;

		for (int r = 0; r < VMM_RESOURCES; r++) {
			point.per[0][r] = point.per[1][r] =
				all.per[0][r] + at * (all.per[1][r] - all.per[0][r]);
			point.x[r] = at < 0.5 ? one.x[r] : two.x[r];
		}
		assert_true(vmm__gain_in(b->p, vm, &all) >= vmm__gain_in(b->p, vm, &point) - 1e-12);
	}
}

static void bounds_hide_no_move(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++) {
		struct vmm_balance_options opt = VMM_BALANCE_OPTIONS;
		struct sample s = { NULL };
		struct vmm__balance b;
		struct vmm__try t;
		unsigned moves = 0;

		many_hosts(&s);
		random_rules(&s, 0);
		read_fleet(&s);
		opt.min_gain = 0;
		assert_int_equal(vmm__balance_init(&b, s.fleet, &opt, NULL), 0);
		for (;;) {
			double most = most_of_all(&b);

			for (int k = 0; k < 50; k++)
				check_range(&b, test_random((unsigned)s.fleet->nvms),
					    test_random((unsigned)s.fleet->nhosts),
					    test_random((unsigned)s.fleet->nhosts));
			t = vmm__best_single(&b, 0);
			if (t.n == 0)
				break;
			assert_true(fabs(t.value - most) < 1e-12);
			vmm__balance_apply(&b, &t, (struct vmm__reason){ VMM__EVEN, VMM_CPU });
			moves++;
		}
		assert_true(most_of_all(&b) < 1e-8 && moves > 0);
		vmm__balance_release(&b);
		release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_hold),
		cmocka_unit_test(a_second_run_is_idle),
		cmocka_unit_test(bounds_hide_no_move),
	};

	return RUN(tests);
}
