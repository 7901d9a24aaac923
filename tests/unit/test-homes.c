/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drain, place, pack and capacity on small random fleets, compared with trying everything: who finds no place
 * could have none, what is planned fits and breaks no rule, and the order of rows means nothing.
 */
#include "test.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/rows.h"
#include "plan/drain.h"
#include "plan/newcomers.h"
#include "plan/pack.h"
#include "plan/steps.h"

#define HOSTS 4
#define VMS_MAX 9
#define ROOM 16
#define ROUNDS 300

/* A fleet as the test knows it: apart[i][j], never[i][h], together. */
struct toy {
	unsigned nvms, mem[VMS_MAX + 8], at[VMS_MAX + 8];
	bool apart[VMS_MAX][VMS_MAX], together[VMS_MAX][VMS_MAX], never[VMS_MAX][HOSTS];
	struct vmm_table *hosts, *vms;
	struct vmm_group *group;
	struct vmm_fleet *fleet;
};

static bool fits_together(const struct toy *t, const unsigned *at, bool with_together)
{
	unsigned used[HOSTS] = { 0 };

	for (unsigned i = 0; i < t->nvms; i++) {
		used[at[i]] += t->mem[i];
		if (used[at[i]] > ROOM || (i < VMS_MAX && t->never[i][at[i]]))
			return false;
		for (unsigned j = 0; j < i && i < VMS_MAX; j++)
			if ((t->apart[i][j] && at[i] == at[j]) ||
			    (with_together && t->together[i][j] && at[i] != at[j]))
				return false;
	}
	return true;
}

/* Any VM anywhere, until all rules are kept at the start. */
static void invent(struct toy *t, bool rules)
{
	do {
		memset(t, 0, sizeof(*t));
		t->nvms = 2 + test_random(VMS_MAX - 1);
		for (unsigned i = 0; i < t->nvms; i++) {
			t->mem[i] = 1 + test_random(7);
			t->at[i] = test_random(HOSTS);
		}
		for (unsigned n = rules ? test_random(4) : 0; n > 0; n--) {
			unsigned a = test_random(t->nvms), b = test_random(t->nvms);

			if (a != b && test_random(3) == 0)
				t->together[a][b] = t->together[b][a] = true;
			else if (a != b)
				t->apart[a][b] = t->apart[b][a] = true;
			else
				t->never[a][test_random(HOSTS)] = true;
		}
	} while (!fits_together(t, t->at, true));
}

static void write_rules(const struct toy *t, FILE *f)
{
	for (unsigned i = 0; i < t->nvms && i < VMS_MAX; i++) {
		for (unsigned j = 0; j < i; j++) {
			if (t->apart[i][j])
				fprintf(f, "[apart a%u-%u]\nvms = v%u, v%u\n", i, j, i, j);
			if (t->together[i][j])
				fprintf(f, "[together t%u-%u]\nvms = v%u, v%u\n", i, j, i, j);
		}
		for (unsigned h = 0; h < HOSTS; h++)
			if (t->never[i][h])
				fprintf(f, "[never n%u-%u]\nvms = v%u\nhosts = h%u\n", i, h, i, h);
	}
}

static struct vmm_group *load_rules(const struct toy *t)
{
	char path[] = "/tmp/vmm-rules.XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	struct vmm_group *g = NULL;
	struct vmm_err err;

	assert_non_null(f);
	write_rules(t, f);
	fclose(f);
	assert_int_equal(vmm_group_load(path, "g", &g, &err), 0);
	unlink(path);
	return g;
}

static void set(struct vmm_table *t, long row, const char *column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void set(struct vmm_table *t, long row, const char *column, const char *format, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	assert_true(row >= 0 && vmm_table_put(t, (size_t)row, column, text) == 0);
}

static void add_vm(struct toy *t, unsigned i)
{
	long row = vmm_table_add(t->vms);

	set(t->vms, row, "name", "v%u", i);
	set(t->vms, row, "uuid", "00000000-0000-4000-8000-%012u", i);
	set(t->vms, row, "host", "h%u", t->at[i]);
	set(t->vms, row, "state", "normal");
	set(t->vms, row, "vcpus", "1");
	set(t->vms, row, "mem", "%u", t->mem[i]);
}

static void make_tables(struct toy *t, bool backwards)
{
	t->hosts = vmm_table_new(NULL);
	t->vms = vmm_table_new(NULL);
	for (unsigned i = 0; i < HOSTS; i++) {
		long row = vmm_table_add(t->hosts);

		set(t->hosts, row, "name", "h%u", backwards ? HOSTS - 1 - i : i);
		set(t->hosts, row, "group", "g");
		set(t->hosts, row, "state", "normal");
		set(t->hosts, row, "cpus", "8");
		set(t->hosts, row, "mem_total", "%u", ROOM);
	}
	for (unsigned i = 0; i < t->nvms; i++)
		add_vm(t, backwards ? t->nvms - 1 - i : i);
}

static struct vmm_fleet_input input(struct toy *t)
{
	return (struct vmm_fleet_input){ t->hosts, t->vms, "hosts", "vms", &t->group, 1 };
}

static void build(struct toy *t, bool backwards)
{
	struct vmm_fleet_input in;
	struct vmm_err err;

	make_tables(t, backwards);
	t->group = load_rules(t);
	in = input(t);
	assert_int_equal(vmm_fleet_read(&in, &t->fleet, &err), 0);
}

static void destroy(struct toy *t)
{
	vmm_fleet_free(t->fleet);
	vmm_group_free(t->group);
	vmm_table_free(t->hosts);
	vmm_table_free(t->vms);
}

static unsigned number(const char *name)
{
	return (unsigned)strtoul(name + strcspn(name, "0123456789"), NULL, 10);
}

static void follow(const struct toy *t, const struct vmm_table *plan, unsigned *at)
{
	memcpy(at, t->at, sizeof(t->at));
	for (size_t i = 0; i < vmm_table_rows(plan); i++) {
		unsigned vm;

		if (strcmp(vmm_table_at(plan, i, "action"), "migrate") != 0)
			continue;
		vm = number(vmm_table_at(plan, i, "vm"));
		assert_int_equal(at[vm], number(vmm_table_at(plan, i, "from")));
		at[vm] = number(vmm_table_at(plan, i, "to"));
	}
}

/* Whether there is any way to leave a host, the others staying where they are. */
static bool can_leave(const struct toy *t, unsigned *at, unsigned vm, unsigned gone,
		      bool with_together)
{
	while (vm < t->nvms && t->at[vm] != gone)
		vm++;
	if (vm == t->nvms)
		return fits_together(t, at, with_together);
	for (unsigned h = 0; h < HOSTS; h++) {
		at[vm] = h;
		if (h != gone && can_leave(t, at, vm + 1, gone, with_together))
			return true;
	}
	at[vm] = t->at[vm];
	return false;
}

static void a_drain_is_whole_when_it_can_be(void **state)
{
	unsigned left_some = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		VMM_TABLE_AUTO *plan = NULL, *left = NULL;
		VMM_STRV_AUTO hosts = VMM_STRV_INIT;
		unsigned at[VMS_MAX + 8], gone = test_random(HOSTS);
		struct vmm_err err;
		struct toy t;
		char name[8];

		invent(&t, true);
		build(&t, false);
		snprintf(name, sizeof(name), "h%u", gone);
		assert_int_equal(vmm_strv_add(&hosts, name), 0);
		assert_int_equal(vmm_plan_drain(t.fleet, &hosts, 2, &plan, &left, &err), 0);
		follow(&t, plan, at);
		for (unsigned i = 0; i < t.nvms; i++)
			assert_true(at[i] == t.at[i] || (t.at[i] == gone && at[i] != gone));
		assert_true(vmm_table_rows(left) > 0 || fits_together(&t, at, true));
		memcpy(at, t.at, sizeof(at));
		assert_int_equal(vmm_table_rows(left) == 0, can_leave(&t, at, 0, gone, true));
		left_some += vmm_table_rows(left) > 0;
		destroy(&t);
	}
	assert_in_range(left_some, 1, ROUNDS - 1);
}

static void failures_are_those_that_everything_tried_finds(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		VMM_TABLE_AUTO *rows = NULL;
		struct vmm_err err;
		struct toy t;
		char name[8];

		invent(&t, true);
		build(&t, false);
		assert_int_equal(vmm_plan_failures(t.fleet, 1, &rows, &err), 0);
		for (unsigned h = 0; h < HOSTS; h++) {
			unsigned at[VMS_MAX + 8];
			bool found;

			memcpy(at, t.at, sizeof(at));
			snprintf(name, sizeof(name), "h%u", h);
			found = vmm_table_find(rows, vmm_table_col(rows, "failed"), name) >= 0;
			assert_int_equal(found, !can_leave(&t, at, 0, h, true));
			bad += found;
		}
		destroy(&t);
	}
	assert_in_range(bad, 1, ROUNDS * HOSTS - 1);
}

/* One more VM where plan-place says; false: nowhere. */
static bool add_newcomer(struct toy *t, unsigned mem)
{
	VMM_TABLE_AUTO *one = vmm_table_new(NULL), *rows = NULL;
	struct vmm_fleet_input in = input(t);
	struct vmm_err err;
	long row = vmm_table_add(one);

	set(one, row, "name", "new%u", t->nvms + VMS_MAX);
	set(one, row, "vcpus", "1");
	set(one, row, "mem", "%u", mem);
	assert_int_equal(vmm_plan_place(&in, one, "sizes", &rows, &err), 0);
	assert_int_equal(vmm_table_rows(rows), HOSTS);
	if (strcmp(vmm_table_at(rows, 0, "ok"), "yes") != 0)
		return false;
	row = vmm_table_add(t->vms);
	set(t->vms, row, "name", "new%u", t->nvms + VMS_MAX);
	set(t->vms, row, "host", "h%u", number(vmm_table_at(rows, 0, "host")));
	set(t->vms, row, "state", "normal");
	set(t->vms, row, "vcpus", "1");
	set(t->vms, row, "mem", "%u", mem);
	t->nvms++;
	return true;
}

static bool survives(struct toy *t)
{
	VMM_TABLE_AUTO *rows = NULL;
	struct vmm_fleet_input in = input(t);
	VMM_FLEET_AUTO *f = NULL;
	struct vmm_err err;

	assert_int_equal(vmm_fleet_read(&in, &f, &err), 0);
	assert_int_equal(vmm_plan_failures(f, 1, &rows, &err), 0);
	return vmm_table_rows(rows) == 0;
}

static void as_many_fit_as_can_be_placed(void **state)
{
	unsigned some = 0, fewer = 0;

	(void)state;
	for (int round = 0; round < ROUNDS / 3; round++) {
		VMM_TABLE_AUTO *size = vmm_table_new(NULL), *rows = NULL;
		unsigned mem = 2 + test_random(5), fits, safe, n = 0, best = 0;
		struct vmm_fleet_input in;
		struct vmm_err err;
		struct toy t;
		bool alive;
		long row = vmm_table_add(size);

		invent(&t, false);
		build(&t, false);
		set(size, row, "name", "s");
		set(size, row, "vcpus", "1");
		set(size, row, "mem", "%u", mem);
		in = input(&t);
		assert_int_equal(vmm_plan_capacity(&in, size, "sizes", 1, &rows, &err), 0);
		assert_int_equal(vmm_table_rows(rows), 1);
		fits = number(vmm_table_at(rows, 0, "fits"));
		safe = number(vmm_table_at(rows, 0, "fits_safe"));
		for (alive = survives(&t); add_newcomer(&t, mem); n++) {
			if (alive && n == best && survives(&t))
				best = n + 1;
		}
		assert_int_equal(fits, n);
		assert_int_equal(safe, alive ? best : 0);
		some += safe > 0;
		fewer += safe < fits;
		destroy(&t);
	}
	assert_true(some > 0 && fewer > 0);
}

static void a_packing_keeps_room(void **state)
{
	unsigned off = 0, on = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		enum vmm_pack_may may[HOSTS] = { VMM_PACK_OFF, VMM_PACK_OFF, VMM_PACK_OFF,
						 VMM_PACK_OFF };
		struct vmm_pack_options opt = VMM_PACK_OPTIONS;
		VMM_TABLE_AUTO *plan = NULL;
		unsigned at[VMS_MAX + 8], used[HOSTS] = { 0 }, was[HOSTS] = { 0 };
		bool is_off[HOSTS] = { false };
		struct vmm_err err;
		struct toy t;

		invent(&t, true);
		build(&t, false);
		opt.may = may;
		opt.failures = (long)test_random(2);
		assert_int_equal(vmm_plan_pack(t.fleet, &opt, &plan, &err), 0);
		follow(&t, plan, at);
		assert_true(fits_together(&t, at, true));
		for (unsigned i = 0; i < t.nvms; i++) {
			used[at[i]] += t.mem[i];
			was[t.at[i]] += t.mem[i];
		}
		for (size_t i = 0; i < vmm_table_rows(plan); i++)
			if (strcmp(vmm_table_at(plan, i, "action"), "power-off") == 0)
				is_off[number(vmm_table_at(plan, i, "from"))] = true;
		for (unsigned h = 0; h < HOSTS; h++) {
			assert_true(!is_off[h] || used[h] == 0);
			assert_true(used[h] <= was[h] || used[h] <= 0.81 * ROOM);
			off += is_off[h];
			on += !is_off[h];
		}
		destroy(&t);
	}
	assert_true(off > 0 && on > 0);
}

/* Two hosts above the range, a third one is off. */
static void a_host_comes_on_when_others_are_full(void **state)
{
	enum vmm_pack_may may[HOSTS] = { VMM_PACK_OFF, VMM_PACK_OFF, VMM_PACK_ON, VMM_PACK_ON };
	struct vmm_pack_options opt = VMM_PACK_OPTIONS;
	struct toy t = { .nvms = 6, .mem = { 5, 5, 5, 5, 5, 5 }, .at = { 0, 0, 0, 1, 1, 1 } };
	VMM_TABLE_AUTO *plan = NULL;
	struct vmm_err err;

	(void)state;
	build(&t, false);
	t.fleet->hosts[2].closed = t.fleet->hosts[3].closed = "off";
	opt.may = may;
	assert_int_equal(vmm_plan_pack(t.fleet, &opt, &plan, &err), 0);
	assert_string_equal(vmm_table_at(plan, 0, "action"), "power-on");
	assert_string_equal(vmm_table_at(plan, 0, "to"), "h2");
	assert_int_equal(vmm_table_rows(plan), 3);
	for (size_t i = 1; i < 3; i++) {
		assert_string_equal(vmm_table_at(plan, i, "action"), "migrate");
		assert_string_equal(vmm_table_at(plan, i, "to"), "h2");
		assert_string_equal(vmm_table_at(plan, i, "wave"), "2");
	}
	destroy(&t);
}

static void the_order_of_rows_means_nothing(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS / 3; round++) {
		struct vmm_buf text[2] = { VMM_BUF_INIT, VMM_BUF_INIT };
		VMM_STRV_AUTO hosts = VMM_STRV_INIT;
		struct toy t;

		invent(&t, true);
		assert_int_equal(vmm_strv_add(&hosts, "h1"), 0);
		for (int i = 0; i < 2; i++) {
			VMM_TABLE_AUTO *plan = NULL, *left = NULL, *failures = NULL;
			struct vmm_err err;

			build(&t, i == 1);
			assert_int_equal(vmm_plan_failures(t.fleet, 2, &failures, &err), 0);
			assert_int_equal(vmm_plan_drain(t.fleet, &hosts, 1, &plan, &left, &err), 0);
			vmm_tsv_format(&text[i], plan);
			vmm_tsv_format(&text[i], left);
			vmm_tsv_format(&text[i], failures);
			destroy(&t);
		}
		assert_string_equal(text[0].data, text[1].data);
		vmm_buf_release(&text[0]);
		vmm_buf_release(&text[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drain_is_whole_when_it_can_be),
		cmocka_unit_test(failures_are_those_that_everything_tried_finds),
		cmocka_unit_test(as_many_fit_as_can_be_placed),
		cmocka_unit_test(a_packing_keeps_room),
		cmocka_unit_test(a_host_comes_on_when_others_are_full),
		cmocka_unit_test(the_order_of_rows_means_nothing),
	};

	return RUN(tests);
}
