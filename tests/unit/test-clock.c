/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <signal.h>
#include <sys/time.h>

#include "base/clock.h"

static void formats_and_parses_back(void **state)
{
	static const struct {
		const char *text;
		time_t t;
	} samples[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "2024-02-29T12:00:00Z", 1709208000 },
		{ "1000-01-01T00:00:00Z", -30610224000 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
	};
	char out[VMM_TIME_LEN + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		time_t t;

		vmm_time_format(samples[i].t, out);
		assert_string_equal(out, samples[i].text);
		assert_int_equal(vmm_time_parse(samples[i].text, &t), 0);
		assert_int_equal(t, samples[i].t);
	}
	vmm_time_format(253402300800, out);
	assert_string_equal(out, "9999-12-31T23:59:59Z");
	vmm_time_format(-30610224001, out);
	assert_string_equal(out, "1000-01-01T00:00:00Z");
	vmm_time_now(out);
	assert_int_equal(strlen(out), VMM_TIME_LEN);
}

static void refuses_other_texts(void **state)
{
	static const char *const bad[] = {
		"",
		"now",
		"0999-12-31T23:59:59Z",
		"2026-11-22",
		"2026-11-22T03:04:05",
		"2026-11-22T03:04:05z",
		"2026-11-22 03:04:05Z",
		"2026-11-22T03:04:05ZZ",
		"2026-11-22T03:04:05+00:00",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-02-30T00:00:00Z",
		"2025-02-29T00:00:00Z",
		"2026-11-00T00:00:00Z",
		"2026-11-22T24:00:00Z",
		"2026-11-22T23:60:00Z",
		"2016-12-31T23:59:60Z",
		"2026-11-2 T03:04:05Z",
		"+026-11-22T03:04:05Z",
	};
	time_t t = 42;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(vmm_time_parse(bad[i], &t), -1);
	assert_int_equal(t, 42);
}

static void sleep_lasts(void **state)
{
	uint64_t start = vmm_clock_ms();

	(void)state;
	vmm_sleep_ms(30);
	assert_in_range(vmm_clock_ms() - start, 29, 5000);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void signal_ends_sleep(void **state)
{
	struct sigaction act = { .sa_handler = on_alarm };
	struct itimerval soon = { .it_value = { 0, 20000 } };
	uint64_t start = vmm_clock_ms();

	(void)state;
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	vmm_sleep_ms(30000);
	assert_in_range(vmm_clock_ms() - start, 0, 10000);
}

/* Of a machine that was never suspended both are the same; that the right one is asked can be told. */
static void boot_clock(void **state)
{
	struct timespec ts;
	uint64_t now = vmm_clock_boot_ms();

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &ts), 0);
	assert_in_range((uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000 - now, 0, 5000);
	assert_true(now >= vmm_clock_ms() - 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_and_parses_back),
		cmocka_unit_test(refuses_other_texts),
		cmocka_unit_test(boot_clock),
		cmocka_unit_test(sleep_lasts),
		cmocka_unit_test(signal_ends_sleep),
	};

	return RUN(tests);
}
