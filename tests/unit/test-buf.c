/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "base/buf.h"

static void empty_is_a_string(void **state)
{
	struct vmm_buf b = VMM_BUF_INIT;
	char *text;

	(void)state;
	assert_string_equal(b.data, "");
	vmm_buf_add(&b, "", 0);
	vmm_buf_reset(&b);
	text = vmm_buf_steal(&b);
	assert_string_equal(text, "");
	free(text);
	vmm_buf_release(&b);
}

static void no_text_is_empty(void **state)
{
	(void)state;
	assert_string_equal(vmm_str_or_empty(NULL), "");
	assert_string_equal(vmm_str_or_empty("a"), "a");
}

static void additions_follow_each_other(void **state)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	(void)state;
	vmm_buf_adds(&b, "ab");
	vmm_buf_addc(&b, 'c');
	vmm_buf_addf(&b, "%03d", 7);
	vmm_buf_add(&b, "x\0y", 3);
	assert_int_equal(b.len, 9);
	assert_memory_equal(b.data, "abc007x\0y", 10);
	vmm_buf_reset(&b);
	assert_string_equal(b.data, "");
	assert_int_equal(b.len, 0);
}

static void grows_by_any_step(void **state)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	(void)state;
	for (size_t i = 0; i < 5000; i++) {
		vmm_buf_addf(&b, "%*s", (int)(i % 70), "");
		assert_int_equal(b.data[b.len], '\0');
		assert_true(b.len < b.cap);
	}
}

static void failure_is_remembered(void **state)
{
	struct vmm_buf b = VMM_BUF_INIT;

	(void)state;
	vmm_buf_adds(&b, "a");
	vmm_buf_reserve(&b, SIZE_MAX);
	assert_true(b.failed);
	vmm_buf_adds(&b, "b");
	vmm_buf_addf(&b, "%d", 1);
	assert_string_equal(b.data, "a");
	assert_null(vmm_buf_steal(&b));
	assert_false(b.failed);
	vmm_buf_adds(&b, "c");
	assert_string_equal(b.data, "c");
	vmm_buf_release(&b);
	assert_string_equal(b.data, "");
}

static void steal_leaves_an_empty_one(void **state)
{
	struct vmm_buf b = VMM_BUF_INIT;
	VMM_STR_AUTO text = NULL;

	(void)state;
	vmm_buf_adds(&b, "a");
	text = vmm_buf_steal(&b);
	assert_string_equal(text, "a");
	assert_int_equal(b.cap, 0);
	assert_string_equal(b.data, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_is_a_string),
		cmocka_unit_test(no_text_is_empty),
		cmocka_unit_test(additions_follow_each_other),
		cmocka_unit_test(grows_by_any_step),
		cmocka_unit_test(failure_is_remembered),
		cmocka_unit_test(steal_leaves_an_empty_one),
	};

	return RUN(tests);
}
