/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "base/percent.h"

static void what_is_not_seen_is_encoded(void **state)
{
	static const char *const samples[][2] = {
		{ "", "" },
		{ "web 1", "web 1" },
		{ " a ", "%20a%20" },
		{ " ", "%20" },
		{ "a\\b%", "a%5cb%25" },
		{ "\t\n\x1b\x7f", "%09%0a%1b%7f" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\xc3", "%c3" },
		{ "\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80", "%c0%af%ed%a0%80%f4%90%80%80" },
		{ "a\xe2\x80\xae"
		  "b",
		  "a%e2%80%aeb" },
		{ "\xe2\x80\x8b\xef\xbb\xbf\xc2\x9b", "%e2%80%8b%ef%bb%bf%c2%9b" },
		{ "\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", "%ef%bf%be%ef%bf%bf\xef\xbf\xbd" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		VMM_BUF_AUTO b = VMM_BUF_INIT;

		vmm_percent_encode(&b, samples[i][0]);
		assert_string_equal(b.data, samples[i][1]);
	}
}

static void nothing_but_ascii(void **state)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	(void)state;
	vmm_percent_encode_ascii(&b, " x\xc3\xa4%~\x7f\xff");
	assert_string_equal(b.data, "%20x%c3%a4%25~%7f%ff");
}

static void bad_codes_add_nothing(void **state)
{
	static const char *const bad[] = { "%", "a%4", "%zz", "%4g", "%00", "ok%41%", "%%41" };
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(vmm_percent_decode(&b, bad[i]));
	assert_int_equal(b.len, 0);
	assert_true(vmm_percent_decode(&b, "x%5C%5cy%c3%A4"));
	assert_string_equal(b.data, "x\\\\y\xc3\xa4");
}

static void random_bytes_come_back(void **state)
{
	char text[64];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		VMM_BUF_AUTO shown = VMM_BUF_INIT;
		VMM_BUF_AUTO back = VMM_BUF_INIT;

		test_random_text(text, sizeof(text), i % 2 ? NULL : " %\\a\xc3\xa4\xe2\x80\xae");
		vmm_percent_encode(&shown, text);
		assert_true(vmm_utf8_valid(shown.data, shown.len));
		assert_true(vmm_percent_decode(&back, shown.data));
		assert_string_equal(back.data, text);
	}
}

static void utf8_boundaries(void **state)
{
	static const struct {
		const char *s;
		size_t n;
		unsigned cp;
	} samples[] = {
		{ "a", 1, 'a' },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xee\x80\x80", 3, 0xe000 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "\x80", 0, 0 },
		{ "\xc1\xbf", 0, 0 },
		{ "\xe0\x9f\xbf", 0, 0 },
		{ "\xed\xa0\x80", 0, 0 },
		{ "\xf0\x8f\xbf\xbf", 0, 0 },
		{ "\xf4\x90\x80\x80", 0, 0 },
		{ "\xf5\x80\x80\x80", 0, 0 },
		{ "\xe2\x82", 0, 0 },
		{ "\xe2\x82x", 0, 0 },
		{ "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		unsigned cp = 0;
		const char *end = samples[i].s + strlen(samples[i].s);

		assert_int_equal(vmm_utf8_char(samples[i].s, end, &cp), samples[i].n);
		assert_int_equal(cp, samples[i].cp);
	}
	assert_true(vmm_utf8_valid("", 0));
	assert_false(vmm_utf8_valid("a\xe2\x82\xac", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_seen_is_encoded),
		cmocka_unit_test(nothing_but_ascii),
		cmocka_unit_test(bad_codes_add_nothing),
		cmocka_unit_test(random_bytes_come_back),
		cmocka_unit_test(utf8_boundaries),
	};

	return RUN(tests);
}
