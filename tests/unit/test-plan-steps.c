/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans: what is read, what is none and on which line, what is written. */
#include "test.h"

#include "base/rows.h"
#include "plan/steps.h"

#define HEADER "step\twave\taction\tvm\tuuid\tfrom\tto\tcost_bytes\tgain\treason\tgroup\n"
#define U1 "00000000-0000-4000-8000-000000000001"
#define U2 "00000000-0000-4000-8000-000000000002"

static int read_text(const char *text, struct vmm_plan **out, struct vmm_err *err)
{
	struct vmm_table *t;

	assert_int_equal(vmm_tsv_parse("p", text, strlen(text), &t, err), 0);
	return vmm_plan_read(t, "p", out, err);
}

static void steps_are_read(void **state)
{
	static const char text[] = HEADER "1\t1\tmigrate\tweb\t" U1
					  "\th1\th2\t4096\t0.25\teven\tprod\n"
					  "2\t1\tpark\tdb\t" U2 "\th2\th3\t\t\t\t\n"
					  "4\t2\tmigrate\tdb\t" U2 "\th3\th1\t0\t\t\t\n"
					  "5\t2\tstop\told\t\th1\t\t\t\t\t\n"
					  "7\t3\tstart\told\t\t\th2\t\t\t\t\n"
					  "8\t3\tpower-off\t\t\th1\t\t\t\t\t\n"
					  "9\t3\tpower-on\t\t\t\th4\t\t\t\t\n";
	VMM_PLAN_AUTO *p = NULL;
	struct vmm_err err;

	(void)state;
	assert_int_equal(read_text(text, &p, &err), 0);
	assert_int_equal(p->n, 7);
	assert_int_equal(p->steps[0].action, VMM_ACTION_MIGRATE);
	assert_int_equal(p->steps[0].cost_bytes, 4096);
	assert_string_equal(p->steps[0].gain, "0.25");
	assert_string_equal(p->steps[1].reason, "");
	assert_int_equal(p->steps[2].step, 4);
	assert_int_equal(p->steps[2].wave, 2);
	assert_int_equal(p->steps[0].before, -1);
	assert_int_equal(p->steps[2].before, 1);
	assert_int_equal(p->steps[4].before, 3);
	assert_int_equal(p->steps[6].before, -1);
}

static void what_is_none_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "step\twave\taction\tvm\tfrom\n", "p:1: no column 'to'" },
		{ HEADER "0\t1\tmigrate\tweb\t\th1\th2\t\t\t\t\n", "p:2: " },
		{ HEADER "1\t\tmigrate\tweb\t\th1\th2\t\t\t\t\n", "p:2: " },
		{ HEADER "1\t1\tmove\tweb\t\th1\th2\t\t\t\t\n", "p:2: no such action: 'move'" },
		{ HEADER "1\t1\tmigrate\tweb\t\th1\th2\t-1\t\t\t\n", "p:2: " },
		{ HEADER "1\t1\tmigrate\t\t\th1\th2\t\t\t\t\n", "p:2: migrate without a VM" },
		{ HEADER "1\t1\tmigrate\tweb\t\t\th2\t\t\t\t\n",
		  "p:2: migrate without the host `from`" },
		{ HEADER "1\t1\tpark\tweb\t\th1\t\t\t\t\t\n", "p:2: park without the host `to`" },
		{ HEADER "1\t1\tmigrate\tweb\t\th1\th1\t\t\t\t\n",
		  "p:2: migrate from 'h1' to itself" },
		{ HEADER "1\t1\tmigrate\tweb\tx\th1\th2\t\t\t\t\n", "p:2: uuid 'x' is none" },
		{ HEADER "1\t1\tpower-off\tweb\t\th1\t\t\t\t\t\n",
		  "p:2: power-off is for a host, not for a VM" },
		{ HEADER "2\t1\tmigrate\ta\t\th1\th2\t\t\t\t\n2\t1\tmigrate\tb\t\th1\th2\t\t\t\t\n",
		  "p:3: step 2 comes after step 2" },
		{ HEADER "1\t2\tmigrate\ta\t\th1\th2\t\t\t\t\n2\t1\tmigrate\tb\t\th1\th2\t\t\t\t\n",
		  "p:3: wave 1 comes after wave 2" },
		{ HEADER "1\t1\tmigrate\ta\t\th1\th2\t\t\t\t\n2\t1\tmigrate\ta\t\th2\th3\t\t\t\t\n",
		  "p:3: 'a' has two steps in wave 1" },
		{ HEADER "1\t1\tmigrate\ta\t\th1\th2\t\t\t\t\n2\t2\tmigrate\ta\t\th1\th3\t\t\t\t\n",
		  "p:3: 'a' is not on 'h1' but on 'h2' after step 1" },
		{ HEADER "1\t1\tstop\ta\t\th1\t\t\t\t\t\n2\t2\tmigrate\ta\t\th1\th3\t\t\t\t\n",
		  "p:3: 'a' is not on 'h1' but stopped after step 1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct vmm_plan *p = NULL;
		struct vmm_err err = { 0 };

		if (read_text(cases[i].text, &p, &err) != VMM_EINPUT)
			fail_msg("case %zu is read", i);
		if (strncmp(err.text, cases[i].error, strlen(cases[i].error)) != 0)
			fail_msg("case %zu: '%s' is not '%s'", i, err.text, cases[i].error);
		assert_null(p);
	}
}

static void nothing_is_a_plan(void **state)
{
	static const char *const texts[] = { "", HEADER };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		VMM_PLAN_AUTO *p = NULL;

		assert_int_equal(read_text(texts[i], &p, NULL), 0);
		assert_int_equal(p->n, 0);
	}
}

static void what_is_written_is_read(void **state)
{
	VMM_PLAN_AUTO *p = vmm_plan_new(), *again = NULL;
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	struct vmm_step s = { .wave = 1,
			      .action = VMM_ACTION_PARK,
			      .vm = "a\tb",
			      .uuid = U1,
			      .from = "h1",
			      .to = "h2",
			      .cost_bytes = 1ull << 40 };

	(void)state;
	assert_int_equal(vmm_plan_add(p, &s, NULL), 0);
	s = (struct vmm_step){ .wave = 2,
			       .action = VMM_ACTION_MIGRATE,
			       .vm = "a\tb",
			       .uuid = U1,
			       .from = "h2",
			       .to = "h3",
			       .gain = "0.1" };
	assert_int_equal(vmm_plan_add(p, &s, NULL), 0);
	assert_int_equal(vmm_plan_link(p, NULL), 0);
	assert_int_equal(p->steps[1].before, 0);
	vmm_tsv_format(&text, p->rows);
	assert_string_equal(text.data, HEADER "1\t1\tpark\ta\\tb\t" U1 "\th1\th2\t1099511627776\t\t\t\n"
					      "2\t2\tmigrate\ta\\tb\t" U1 "\th2\th3\t0\t0.1\t\t\n");
	assert_int_equal(read_text(text.data, &again, NULL), 0);
	assert_int_equal(again->n, 2);
	assert_string_equal(again->steps[0].vm, "a\tb");
	assert_string_equal(again->steps[1].gain, "0.1");
}

/* The text of steps stays where it is when there are many. */
static void many_are_written(void **state)
{
	VMM_PLAN_AUTO *p = vmm_plan_new();

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(vmm_plan_add(p,
					      &(struct vmm_step){ .wave = i + 1,
								  .action = VMM_ACTION_START,
								  .vm = "a",
								  .to = "h1" },
					      NULL),
				 0);
	assert_int_equal(p->n, 1000);
	assert_string_equal(p->steps[0].vm, "a");
	assert_int_equal(p->steps[999].step, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_read),    cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(nothing_is_a_plan), cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(many_are_written),
	};

	return RUN(tests);
}
