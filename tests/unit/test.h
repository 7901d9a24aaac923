/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the unit tests share: cmocka's headers in their order, TAP, and random text. */
#ifndef VMM_TEST_H
#define VMM_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define RUN(tests) \
	(cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests(tests, NULL, NULL))

/* The same numbers in each run (xorshift), so that a failure can be looked at again. */
static inline unsigned test_random(unsigned below)
{
	static uint64_t x = 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (unsigned)(x >> 20) % below;
}

/* Up to size - 1 random bytes from `set`, or any but NUL where it is NULL. */
static inline void test_random_text(char *out, size_t size, const char *set)
{
	size_t n = test_random((unsigned)size);

	for (size_t i = 0; i < n; i++)
		out[i] = set ? set[test_random((unsigned)strlen(set))] : (char)(1 + test_random(255));
	out[n] = '\0';
}

#endif
