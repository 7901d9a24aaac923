/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the VMs of a host that is emptied go. */
#include "test.h"

#include <stdio.h>

#include "base/rows.h"
#include "run/maint-internal.h"

static const char hosts[] = "name\tgroup\thypervisor\tstate\tmaint\tmem_total\tmem_used\n"
			    "a\tg\tqemu\tnormal\tyes\t1000000000\t0\n"
			    "b\tg\tqemu\tnormal\tno\t1000000000\t100000000\n"
			    "c\tg\tqemu\tnormal\t\t1000000000\t0\n"
			    "d\tother\tqemu\tnormal\tno\t9000000000\t0\n"
			    "e\tg\txen\tnormal\tno\t9000000000\t0\n"
			    "f\tg\tqemu\tunknown\tno\t9000000000\t0\n"
			    "g\tg\tqemu\tnormal\tyes\t9000000000\t0\n"
			    "h\tother\tqemu\tnormal\tno\t9000000000\t0\n";
static const char vms[] = "uuid\thost\tname\tmem\n"
			  "00000000-0000-4000-8000-000000000001\ta\tsmall\t100000000\n"
			  "00000000-0000-4000-8000-000000000002\ta\tlarge\t600000000\n"
			  "00000000-0000-4000-8000-000000000003\ta\tmiddle\t400000000\n"
			  "00000000-0000-4000-8000-000000000004\ta\thuge\t950000000\n"
			  "00000000-0000-4000-8000-000000000005\th\tlonely\t100000000\n";

static char told[256];

static void none(size_t vm, const char *why, void *ctx)
{
	(void)ctx;
	snprintf(told, sizeof(told), "%zu: %s", vm, why);
}

static struct vmm_table *table(const char *text)
{
	struct vmm_table *t = NULL;

	assert_int_equal(vmm_tsv_parse("t", text, strlen(text), &t, NULL), 0);
	return t;
}

static struct vmm_plan *drain(const bool *drained, size_t *rows, size_t n)
{
	struct vmm_inventory inv = { table(hosts), table(vms) };
	struct vmm_plan *plan = NULL;

	*told = '\0';
	assert_int_equal(vmm__drain(&inv, drained, rows, n, &plan, none, NULL, NULL), 0);
	vmm_inventory_release(&inv);
	return plan;
}

/* large to c (1000 MB free), middle to b (900), small to b (436 less overhead is more than c's). */
static void the_largest_first_to_the_most_room(void **state)
{
	static const struct {
		const char *vm, *to;
	} want[] = { { "large", "c" }, { "middle", "b" }, { "small", "b" } };
	const bool drained[8] = { true };
	size_t rows[] = { 0, 1, 2 };
	VMM_PLAN_AUTO *p = drain(drained, rows, 3);

	(void)state;
	assert_int_equal(p->n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(p->steps[i].vm, want[i].vm);
		assert_string_equal(p->steps[i].to, want[i].to);
		assert_string_equal(p->steps[i].from, "a");
		assert_int_equal(p->steps[i].wave, 1);
	}
	assert_string_equal(told, "");
}

static void what_has_no_place_is_told(void **state)
{
	const bool drained[8] = { true };
	size_t rows[] = { 3 };
	VMM_PLAN_AUTO *p = drain(drained, rows, 1);

	(void)state;
	assert_int_equal(p->n, 0);
	assert_string_equal(told, "3: no other host of its group has room for 970M");
}

/* d is drained as well: then there is nobody in its group. */
static void hosts_that_are_drained_are_no_places(void **state)
{
	const bool drained[8] = { [3] = true, [7] = true };
	size_t rows[] = { 4 };
	VMM_PLAN_AUTO *p = drain(drained, rows, 1);

	(void)state;
	assert_int_equal(p->n, 0);
	assert_string_equal(told, "4: its group has no other host that could take it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_first_to_the_most_room),
		cmocka_unit_test(what_has_no_place_is_told),
		cmocka_unit_test(hosts_that_are_drained_are_no_places),
	};

	return RUN(tests);
}
