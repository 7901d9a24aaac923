/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "base/strv.h"

static void grows_and_ends_with_null(void **state)
{
	VMM_STRV_AUTO v = VMM_STRV_INIT;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		assert_int_equal(vmm_strv_addn(&v, "abc", i % 4), 0);
		assert_int_equal(v.n, i + 1);
		assert_null(v.s[v.n]);
	}
	assert_string_equal(v.s[2], "ab");
	assert_true(vmm_strv_has(&v, "abc"));
	assert_false(vmm_strv_has(&v, "b"));
}

static void split_keeps_empty_parts(void **state)
{
	VMM_STRV_AUTO v = VMM_STRV_INIT;

	(void)state;
	assert_int_equal(vmm_strv_split(&v, ",a;,b", ",;"), 0);
	assert_int_equal(v.n, 4);
	assert_string_equal(v.s[0], "");
	assert_string_equal(v.s[1], "a");
	assert_string_equal(v.s[2], "");
	assert_string_equal(v.s[3], "b");
	assert_int_equal(vmm_strv_split(&v, "", ","), 0);
	assert_int_equal(v.n, 5);
}

static void sort_keeps_what_is_before(void **state)
{
	VMM_STRV_AUTO v = VMM_STRV_INIT;

	(void)state;
	vmm_strv_sort(&v, 0);
	assert_int_equal(vmm_strv_split(&v, "z,b,B,a", ","), 0);
	vmm_strv_sort(&v, 4);
	vmm_strv_sort(&v, 1);
	assert_string_equal(v.s[0], "z");
	assert_string_equal(v.s[1], "B");
	assert_string_equal(v.s[2], "a");
	assert_string_equal(v.s[3], "b");
	assert_null(v.s[4]);
}

static void release_leaves_it_usable(void **state)
{
	struct vmm_strv v = VMM_STRV_INIT;

	(void)state;
	assert_false(vmm_strv_has(&v, ""));
	assert_int_equal(vmm_strv_add(&v, "a"), 0);
	vmm_strv_release(&v);
	assert_int_equal(vmm_strv_add(&v, "b"), 0);
	assert_int_equal(v.n, 1);
	vmm_strv_release(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_ends_with_null),
		cmocka_unit_test(split_keeps_empty_parts),
		cmocka_unit_test(sort_keeps_what_is_before),
		cmocka_unit_test(release_leaves_it_usable),
	};

	return RUN(tests);
}
