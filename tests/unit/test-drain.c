/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the VMs of a host that is emptied go. */
#include "test.h"

#include <stdio.h>

#include "base/rows.h"
#include "run/maint-internal.h"

static const char hosts[] = "name\tgroup\tstate\tmaint\tcpus\tmem_total\n"
			    "a\t\tnormal\tyes\t4\t1000000000\n"
			    "b\t\tnormal\tno\t4\t1000000000\n"
			    "c\t\tnormal\t\t4\t1000000000\n"
			    "d\tother\tnormal\tno\t4\t9000000000\n"
			    "f\t\tunknown\tno\t4\t9000000000\n"
			    "g\t\tnormal\tyes\t4\t9000000000\n"
			    "h\tother\tnormal\tno\t4\t9000000000\n";
static const char vms[] = "uuid\thost\tname\tstate\tvcpus\tmem\n"
			  "00000000-0000-4000-8000-000000000001\ta\tsmall\tnormal\t1\t100000000\n"
			  "00000000-0000-4000-8000-000000000002\ta\tlarge\tstop\t1\t600000000\n"
			  "00000000-0000-4000-8000-000000000003\ta\tmiddle\tpaused\t1\t500000000\n"
			  "00000000-0000-4000-8000-000000000004\ta\thuge\tnormal\t1\t1050000000\n"
			  "00000000-0000-4000-8000-000000000005\th\tlonely\tnormal\t1\t100000000\n"
			  "00000000-0000-4000-8000-000000000006\ta\toff\tstop\t1\t100000000\n";

static char told[256];

static void none(size_t vm, const char *why, void *ctx)
{
	(void)ctx;
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%zu: %s", vm, why);
}

static struct vmm_table *table(const char *text)
{
	struct vmm_table *t = NULL;

	assert_int_equal(vmm_tsv_parse("t", text, strlen(text), &t, NULL), 0);
	return t;
}

static struct vmm_plan *drain(const bool *drained, const size_t *rows, size_t n)
{
	struct vmm_inventory inv = { table(hosts), table(vms) };
	struct vmm_plan *plan = NULL;

	*told = '\0';
	assert_int_equal(vmm__drain(&inv, drained, rows, n, &plan, none, NULL, NULL), 0);
	vmm_inventory_release(&inv);
	return plan;
}

static const char *target(const struct vmm_plan *p, const char *vm)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->steps[i].vm, vm) == 0)
			return p->steps[i].to;
	return "nowhere";
}

/* 600 and 500 MB don't fit on one of b and c; one that is stopped goes if it is named, another one stays. */
static void those_named_go_at_once(void **state)
{
	const bool drained[7] = { true };
	const size_t rows[] = { 0, 1, 2 };
	VMM_PLAN_AUTO *p = drain(drained, rows, 3);

	(void)state;
	assert_int_equal(p->n, 3);
	assert_string_not_equal(target(p, "large"), target(p, "middle"));
	assert_string_equal(target(p, "off"), "nowhere");
	for (size_t i = 0; i < p->n; i++) {
		assert_string_equal(p->steps[i].from, "a");
		assert_true(strcmp(p->steps[i].to, "b") == 0 || strcmp(p->steps[i].to, "c") == 0);
		assert_int_equal(p->steps[i].wave, 1);
	}
	assert_string_equal(told, "");
}

static void what_has_no_place_is_told(void **state)
{
	const bool drained[7] = { true };
	const size_t rows[] = { 3 };
	VMM_PLAN_AUTO *p = drain(drained, rows, 1);

	(void)state;
	assert_string_equal(target(p, "huge"), "nowhere");
	assert_non_null(strstr(told, "3: "));
}

/* d is drained as well: then there is nobody in its group. */
static void hosts_that_are_drained_are_no_places(void **state)
{
	const bool drained[7] = { [3] = true, [6] = true };
	const size_t rows[] = { 4 };
	VMM_PLAN_AUTO *p = drain(drained, rows, 1);

	(void)state;
	assert_int_equal(p->n, 0);
	assert_non_null(strstr(told, "4: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_named_go_at_once),
		cmocka_unit_test(what_has_no_place_is_told),
		cmocka_unit_test(hosts_that_are_drained_are_no_places),
	};

	return RUN(tests);
}
