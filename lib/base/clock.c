/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The years 1000 to 9999, which strftime() writes with four digits. */
#define FIRST (-30610224000)
#define LAST 253402300799

void vmm_time_format(time_t t, char out[VMM_TIME_LEN + 1])
{
	struct tm tm;

	if (t < FIRST)
		t = FIRST;
	if (t > LAST)
		t = LAST;
	gmtime_r(&t, &tm);
	strftime(out, VMM_TIME_LEN + 1, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void vmm_time_now(char out[VMM_TIME_LEN + 1])
{
	vmm_time_format(time(NULL), out);
}

static bool has_form(const char *text, const char *form)
{
	for (; *form; form++, text++)
		if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	return !*text;
}

static int number(const char *digits, int n)
{
	int v = 0;

	while (n--)
		v = v * 10 + (*digits++ - '0');
	return v;
}

int vmm_time_parse(const char *text, time_t *out)
{
	char again[VMM_TIME_LEN + 1];
	struct tm tm = { 0 };
	time_t t;

	if (!has_form(text, "0000-00-00T00:00:00Z"))
		return -1;
	tm.tm_year = number(text, 4) - 1900;
	tm.tm_mon = number(text + 5, 2) - 1;
	tm.tm_mday = number(text + 8, 2);
	tm.tm_hour = number(text + 11, 2);
	tm.tm_min = number(text + 14, 2);
	tm.tm_sec = number(text + 17, 2);
	/* timegm() makes 2 March of 30 February: what was no date comes back as another. */
	t = timegm(&tm);
	vmm_time_format(t, again);
	if (strcmp(text, again) != 0)
		return -1;
	*out = t;
	return 0;
}

static uint64_t ms_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t vmm_clock_ms(void)
{
	return ms_of(CLOCK_MONOTONIC);
}

uint64_t vmm_clock_boot_ms(void)
{
	return ms_of(CLOCK_BOOTTIME);
}

void vmm_sleep_ms(uint64_t ms)
{
	struct timespec ts = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}
