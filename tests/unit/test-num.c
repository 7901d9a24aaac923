/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "base/num.h"

struct sample {
	const char *text;
	uint64_t want;
};

static void whole_numbers(void **state)
{
	static const struct sample good[] = {
		{ "0", 0 },
		{ "007", 7 },
		{ "18446744073709551615", UINT64_MAX },
	};
	static const char *const bad[] = {
		"",   " 1",       "1 ",  "+1",  "-1",
		"-0", "1.0",      "0x1", "1e3", "18446744073709551616",
		"1k", "\xd9\xa1",
	};
	struct vmm_err err;
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(vmm_num_u64("n", good[i].text, 0, UINT64_MAX, &n, &err), 0);
		assert_int_equal(n, good[i].want);
	}
	n = 42;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(vmm_num_u64("n", bad[i], 0, UINT64_MAX, &n, &err), VMM_EINPUT);
	assert_int_equal(n, 42);
}

static void range_is_kept(void **state)
{
	struct vmm_err err;
	uint64_t n;

	(void)state;
	assert_int_equal(vmm_num_u64("vcpus", "1", 1, 512, &n, &err), 0);
	assert_int_equal(vmm_num_u64("vcpus", "512", 1, 512, &n, &err), 0);
	assert_int_equal(vmm_num_u64("vcpus", "0", 1, 512, &n, &err), VMM_EINPUT);
	assert_int_equal(vmm_num_u64("vcpus", "513", 1, 512, &n, &err), VMM_EINPUT);
	assert_string_equal(err.text, "vcpus: 513 is not from 1 to 512");
	assert_int_equal(vmm_num_u64("vcpus", "x", 1, 512, &n, NULL), VMM_EINPUT);
}

static void sizes(void **state)
{
	static const struct sample good[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "10B", 10 },
		{ "64K", 65536 },
		{ "4GiB", 1ull << 32 },
		{ "1T", 1ull << 40 },
		{ "15E", 15ull << 60 },
		{ "16383P", 16383ull << 50 },
	};
	static const char *const bad[] = { "",    "K",     "1kB", "1KB",  "1MB",
					   "1k",  "1 K",   "-1K", "1.5G", "16E",
					   "1Ki", "1KiBB", "1iB", "0x10", "1BB" };
	uint64_t n = 42;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(vmm_num_size("n", bad[i], &n, NULL), VMM_EINPUT);
	assert_int_equal(n, 42);
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(vmm_num_size("n", good[i].text, &n, NULL), 0);
		assert_int_equal(n, good[i].want);
	}
}

static void durations(void **state)
{
	static const struct sample good[] = {
		{ "0", 0 },
		{ "90", 90000 },
		{ "1.5s", 1500 },
		{ "1.5", 1500 },
		{ "250ms", 250 },
		{ "2h", 7200000 },
		{ "0.25d", 21600000 },
		{ "0.001", 1 },
		{ "1.000000000s", 1000 },
		{ "18446744073709551615ms", UINT64_MAX },
	};
	static const char *const bad[] = {
		"",
		"s",
		".5s",
		"5.s",
		"1,5s",
		"0.5ms",
		"1.0001s",
		"1h30m",
		"1 s",
		"-1",
		"1S",
		"1us",
		"1.s",
		"1..5",
		"18446744073709551616ms",
		"213503982335d",
		"1.0000000000s",
	};
	uint64_t n = 42;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(vmm_num_duration("n", bad[i], &n, NULL), VMM_EINPUT);
	assert_int_equal(n, 42);
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(vmm_num_duration("n", good[i].text, &n, NULL), 0);
		assert_int_equal(n, good[i].want);
	}
}

static void human_sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *want;
	} samples[] = {
		{ 0, "0" },
		{ 999, "999" },
		{ 1000, "1K" },
		{ 1024, "1K" },
		{ 1536, "1.5K" },
		{ 655360, "640K" },
		{ 10188, "9.9K" },
		{ 10189, "10K" },
		{ 1022975, "999K" },
		{ 1023488, "1M" },
		{ 1610612736, "1.5G" },
		{ 12ull << 30, "12G" },
		{ UINT64_MAX, "16E" },
	};
	char buf[5];

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++)
		assert_string_equal(vmm_num_human(samples[i].bytes, buf, sizeof(buf)),
				    samples[i].want);
	for (int bit = 0; bit < 64; bit++)
		for (int i = 0; i < 1000; i++) {
			uint64_t bytes = (1ull << bit) + test_random(1u << (bit < 30 ? bit : 30));
			char wide[32];

			vmm_num_human(bytes, wide, sizeof(wide));
			assert_in_range(strlen(wide), 1, 4);
		}
}

static void uuids(void **state)
{
	static const char *const bad[] = {
		"",
		"123e4567-e89b-12d3-a456-42661417400",
		"123e4567-e89b-12d3-a456-4266141740000",
		"123e4567e89b12d3a456426614174000",
		"123e4567-e89b-12d3-a456-42661417400g",
		"123e4567-e89b-12d3-a456_426614174000",
		"{123e4567-e89b-12d3-a456-426614174000}",
	};
	char out[VMM_UUID_LEN + 1] = "x";

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(vmm_uuid_parse(bad[i], out));
	assert_string_equal(out, "x");
	assert_true(vmm_uuid_parse("123E4567-e89b-12D3-a456-426614174000", out));
	assert_string_equal(out, "123e4567-e89b-12d3-a456-426614174000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers), cmocka_unit_test(range_is_kept),
		cmocka_unit_test(sizes),         cmocka_unit_test(durations),
		cmocka_unit_test(human_sizes),   cmocka_unit_test(uuids),
	};

	return RUN(tests);
}
