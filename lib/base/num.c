/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/num.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Reads the digits at *s and goes behind them. False: there are none, or too many for 64 bits. */
static bool digits(const char **s, uint64_t *out)
{
	const char *start = *s;
	uint64_t n = 0;

	for (; **s >= '0' && **s <= '9'; (*s)++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(**s - '0'), &n))
			return false;
	*out = n;
	return *s > start;
}

int vmm_num_u64(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *out,
		struct vmm_err *err)
{
	const char *s = text;
	uint64_t n;

	if (!*text || text[strspn(text, "0123456789")])
		return vmm_err_set(err, VMM_EINPUT, "%s: '%s' is not a whole number", what, text);
	if (!digits(&s, &n) || n < min || n > max)
		return vmm_err_set(err, VMM_EINPUT, "%s: %s is not from %" PRIu64 " to %" PRIu64,
				   what, text, min, max);
	*out = n;
	return 0;
}

/* The power of two that a unit stands for, or -1. */
static int size_shift(const char *unit)
{
	static const char units[] = "KMGTPE";
	const char *u;

	if (!*unit || strcmp(unit, "B") == 0)
		return 0;
	u = strchr(units, *unit);
	if (!u || (unit[1] && strcmp(unit + 1, "iB") != 0))
		return -1;
	return 10 * (int)(u - units + 1);
}

int vmm_num_size(const char *what, const char *text, uint64_t *bytes, struct vmm_err *err)
{
	const char *s = text;
	uint64_t n;
	int shift = -1;

	if (digits(&s, &n))
		shift = size_shift(s);
	if (shift < 0)
		return vmm_err_set(err, VMM_EINPUT,
				   "%s: '%s' is not a size such as 4096, 512M or 2G (K, M, G, T, "
				   "P, E are powers of 1024)",
				   what, text);
	if (n > UINT64_MAX >> shift)
		return vmm_err_set(err, VMM_EINPUT, "%s: '%s' is too large", what, text);
	*bytes = n << shift;
	return 0;
}

/* The milliseconds that a unit stands for, or 0. */
static uint64_t duration_unit(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {
		{ "", 1000 },   { "ms", 1 },      { "s", 1000 },
		{ "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i].name) == 0)
			return units[i].ms;
	return 0;
}

/* The digits behind a point, as a numerator over 10^n: *scale. None: 0 over 1. */
static bool fraction(const char **s, uint64_t *n, uint64_t *scale)
{
	const char *start = *s + 1;

	*n = 0;
	*scale = 1;
	if (**s != '.')
		return true;
	*s = start;
	if (!digits(s, n) || *s - start > 9)
		return false;
	for (ptrdiff_t i = *s - start; i > 0; i--)
		*scale *= 10;
	return true;
}

int vmm_num_duration(const char *what, const char *text, uint64_t *ms, struct vmm_err *err)
{
	const char *s = text;
	uint64_t whole, part, scale, unit = 0, n;

	if (digits(&s, &whole) && fraction(&s, &part, &scale))
		unit = duration_unit(s);
	if (!unit)
		return vmm_err_set(err, VMM_EINPUT,
				   "%s: '%s' is not a duration such as 90, 1.5s, 250ms or 2h", what,
				   text);
	if (part * unit % scale)
		return vmm_err_set(err, VMM_EINPUT, "%s: '%s' is finer than a millisecond", what,
				   text);
	if (__builtin_mul_overflow(whole, unit, &n) ||
	    __builtin_add_overflow(n, part * unit / scale, &n))
		return vmm_err_set(err, VMM_EINPUT, "%s: '%s' is too long", what, text);
	*ms = n;
	return 0;
}

/* Of v in 1/1024 of a unit: how many tenths of the unit, rounded. */
static uint64_t in_tenths(uint64_t v)
{
	return v / 1024 * 10 + (v % 1024 * 10 + 512) / 1024;
}

const char *vmm_num_human(uint64_t bytes, char *buf, size_t size)
{
	static const char units[] = "KMGTPE";
	uint64_t v = bytes, tenths;
	size_t u = 0;

	if (bytes < 1000) {
		snprintf(buf, size, "%" PRIu64, bytes);
		return buf;
	}
	/* On to the next unit as long as this one would need four digits. */
	while ((tenths = in_tenths(v)) + 5 >= 10000) {
		v >>= 10;
		u++;
	}
	if (tenths < 100 && tenths % 10)
		snprintf(buf, size, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10, units[u]);
	else
		snprintf(buf, size, "%" PRIu64 "%c", (tenths + 5) / 10, units[u]);
	return buf;
}

/* More digits than that are no longer exact as a double. */
#define DIGITS_MAX 15

int vmm_num_decimal(const char *what, const char *text, double *out, struct vmm_err *err)
{
	size_t whole = strspn(text, "0123456789"), places = 0, len = strlen(text);
	uint64_t n = 0, scale = 1;

	if (whole > 0 && text[whole] == '.')
		places = strspn(text + whole + 1, "0123456789");
	if (whole == 0 || whole + places > DIGITS_MAX || whole + (places ? places + 1 : 0) != len)
		return vmm_err_set(err, VMM_EINPUT, "%s: '%s' is not a number such as 1 or 0.25",
				   what, text);
	for (const char *p = text; *p; p++)
		n = *p == '.' ? n : n * 10 + (uint64_t)(*p - '0');
	while (places-- > 0)
		scale *= 10;
	*out = (double)n / (double)scale;
	return 0;
}
