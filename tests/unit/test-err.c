/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>

#include "base/err.h"
#include "base/percent.h"

static void set_keeps_code_and_text(void **state)
{
	struct vmm_err err;

	(void)state;
	assert_int_equal(vmm_err_set(&err, VMM_EINPUT, "no '%s' in %d", "a", 3), VMM_EINPUT);
	assert_int_equal(err.code, VMM_EINPUT);
	assert_string_equal(err.text, "no 'a' in 3");
}

static void null_is_accepted(void **state)
{
	(void)state;
	errno = ENOMEM;
	assert_int_equal(vmm_err_errno(NULL, "x"), VMM_ENOMEM);
	assert_int_equal(vmm_err_set(NULL, VMM_EPART, "x"), VMM_EPART);
	assert_int_equal(vmm_err_nomem(NULL), VMM_ENOMEM);
	assert_int_equal(vmm_err_prefix(NULL, "x"), VMM_EFAIL);
}

static void errno_is_told_and_kept(void **state)
{
	struct vmm_err err;

	(void)state;
	errno = ENOENT;
	assert_int_equal(vmm_err_errno(&err, "cannot open '%s'", "f"), VMM_EFAIL);
	assert_string_equal(err.text, "cannot open 'f': No such file or directory");
	assert_int_equal(errno, ENOENT);
}

static void prefix_stands_in_front(void **state)
{
	struct vmm_err err;

	(void)state;
	vmm_err_set(&err, VMM_EAGAIN, "busy");
	assert_int_equal(vmm_err_prefix(&err, "host '%s'", "h\n"), VMM_EAGAIN);
	vmm_err_prefix(&err, "%s", err.text); /* of itself */
	assert_string_equal(err.text, "host 'h%0a': busy: host 'h%0a': busy");
}

static void text_is_one_visible_line(void **state)
{
	struct vmm_err err;

	(void)state;
	vmm_err_set(&err, VMM_EFAIL, "%s", "a\n\t\x1b[2J\x7f\xff\xc3\xa4\xc2\x9b\xe2\x80\xae%");
	assert_string_equal(err.text, "a%0a%09%1b[2J%7f%ff\xc3\xa4%c2%9b%e2%80%ae%");
}

static void long_text_is_cut_between_characters(void **state)
{
	struct vmm_err err;
	char text[4096];

	(void)state;
	for (size_t shift = 0; shift < 6; shift++) {
		memset(text, 'x', shift);
		for (size_t i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 4);
		vmm_err_set(&err, VMM_EFAIL, "%s", text);
		assert_in_range(strlen(err.text), sizeof(err.text) - 4, sizeof(err.text) - 1);
		assert_null(strchr(err.text, '%'));
		assert_true(vmm_utf8_valid(err.text, strlen(err.text)));
		vmm_err_prefix(&err, "a");
		assert_true(vmm_utf8_valid(err.text, strlen(err.text)));
	}
}

static void random_bytes_never_break_the_line(void **state)
{
	struct vmm_err err;
	char text[2000];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		test_random_text(text, sizeof(text), NULL);
		vmm_err_set(&err, VMM_EFAIL, "%s", text);
		assert_true(vmm_utf8_valid(err.text, strlen(err.text)));
		for (const char *s = err.text; *s; s++)
			assert_true((unsigned char)*s >= ' ' && *s != 0x7f);
	}
}

static void exit_statuses(void **state)
{
	static const int want[][2] = {
		{ VMM_OK, 0 },        { VMM_EFAIL, 1 },    { VMM_EINPUT, 2 },
		{ VMM_EPART, 3 },     { VMM_EREFUSED, 4 }, { VMM_EAGAIN, 75 },
		{ VMM_ENOTFOUND, 4 }, { VMM_ECANCEL, 1 },  { VMM_ENOMEM, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(want); i++)
		assert_int_equal(vmm_err_exit(want[i][0]), want[i][1]);
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(vmm_err_word(VMM_OK, "done"), "done");
	assert_string_equal(vmm_err_word(VMM_EREFUSED, "done"), "refused");
	assert_string_equal(vmm_err_word(VMM_ENOTFOUND, "done"), "refused");
	assert_string_equal(vmm_err_word(VMM_EINPUT, "done"), "refused");
	assert_string_equal(vmm_err_word(VMM_ECANCEL, "done"), "aborted");
	assert_string_equal(vmm_err_word(VMM_EAGAIN, "done"), "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_keeps_code_and_text),
		cmocka_unit_test(null_is_accepted),
		cmocka_unit_test(errno_is_told_and_kept),
		cmocka_unit_test(prefix_stands_in_front),
		cmocka_unit_test(text_is_one_visible_line),
		cmocka_unit_test(long_text_is_cut_between_characters),
		cmocka_unit_test(random_bytes_never_break_the_line),
		cmocka_unit_test(exit_statuses),
		cmocka_unit_test(words),
	};

	return RUN(tests);
}
