/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A qcow2 file without anything in it, and all that makes it doubtful. */
#include "test.h"

#include <string.h>

#include "migrate/internal.h"

#define L1_AT 0x200
#define SIZE 0x400

/* Version 3, four entries in its table of tables. */
static void make_blank(unsigned char file[SIZE])
{
	memset(file, 0, SIZE);
	memcpy(file, "QFI\xfb\0\0\0\3", 8);
	file[39] = 4;
	file[46] = L1_AT >> 8;
}

static void test_blank(void **state)
{
	unsigned char file[SIZE];

	(void)state;
	make_blank(file);
	assert_true(vmm__qcow2_blank(file, SIZE));
	assert_true(vmm__qcow2_blank(file, L1_AT + 32));
	file[7] = 2;
	file[79] = 1; /* no feature in version 2 */
	assert_true(vmm__qcow2_blank(file, SIZE));
}

static void test_not_blank(void **state)
{
	/* magic, backing file, size of the table, its place, snapshots, features, first and last entry */
	static const size_t at[] = { 3, 15, 36, 40, 63, 79, L1_AT, L1_AT + 31 };
	unsigned char file[SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		make_blank(file);
		file[at[i]] ^= 1;
		assert_false(vmm__qcow2_blank(file, SIZE));
	}
	make_blank(file);
	assert_false(vmm__qcow2_blank(file, L1_AT + 31));
	assert_false(vmm__qcow2_blank(file, 79));
	assert_false(vmm__qcow2_blank(file, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blank),
		cmocka_unit_test(test_not_blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
