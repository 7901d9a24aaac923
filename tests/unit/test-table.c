/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <stdio.h>

#include "base/table.h"

static const char *const columns[] = { "name", "host", NULL };

static struct vmm_table *table(const char *const (*rows)[2], size_t n)
{
	struct vmm_table *t = vmm_table_new(columns);

	for (size_t i = 0; i < n; i++) {
		long r = vmm_table_add(t);

		assert_int_equal(vmm_table_set(t, (size_t)r, 0, rows[i][0]), 0);
		assert_int_equal(vmm_table_put(t, (size_t)r, "host", rows[i][1]), 0);
	}
	return t;
}

static const char *const three[][2] = { { "b", "h1" }, { "a", "h2" }, { "b", "h0" } };

static void cells_are_found(void **state)
{
	VMM_TABLE_AUTO *t = table(three, 3);

	(void)state;
	assert_int_equal(vmm_table_cols(t), 2);
	assert_int_equal(vmm_table_rows(t), 3);
	assert_string_equal(vmm_table_colname(t, 1), "host");
	assert_int_equal(vmm_table_col(t, "host"), 1);
	assert_int_equal(vmm_table_col(t, "nope"), -1);
	assert_string_equal(vmm_table_get(t, 1, 1), "h2");
	assert_string_equal(vmm_table_at(t, 2, "host"), "h0");
	assert_int_equal(vmm_table_find(t, 0, "b"), 0);
	assert_int_equal(vmm_table_find(t, 1, "h0"), 2);
	assert_int_equal(vmm_table_find(t, 1, "h"), -1);
}

static void what_is_not_there_reads_as_empty(void **state)
{
	VMM_TABLE_AUTO *t = table(three, 3);

	(void)state;
	assert_string_equal(vmm_table_get(t, 0, -1), "");
	assert_string_equal(vmm_table_get(t, (size_t)-1, 0), "");
	assert_string_equal(vmm_table_at(t, 0, "nope"), "");
	assert_int_equal(vmm_table_set(t, 0, -1, "x"), VMM_ENOMEM);
	assert_int_equal(vmm_table_set(t, (size_t)-1, 0, "x"), VMM_ENOMEM);
	vmm_table_del(t, 3);
	assert_int_equal(vmm_table_rows(t), 3);
}

static void empty_table_is_harmless(void **state)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	struct vmm_index *ix = vmm_index_new(t, 0);

	(void)state;
	assert_int_equal(vmm_table_cols(t), 0);
	vmm_table_sort(t);
	vmm_table_sort_by(t, NULL, NULL);
	assert_int_equal(vmm_table_find(t, 0, ""), -1);
	assert_int_equal(vmm_index_find(ix, ""), -1);
	vmm_index_free(ix);
	vmm_table_free(NULL);
}

static void columns_can_be_added_to_rows(void **state)
{
	VMM_TABLE_AUTO *t = table(three, 3);
	char name[16];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		assert_int_equal(vmm_table_need(t, name), 2 + i);
		assert_int_equal(vmm_table_need(t, name), 2 + i);
		assert_string_equal(vmm_table_at(t, 2, name), "");
		assert_int_equal(vmm_table_put(t, 2, name, name), 0);
	}
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		assert_string_equal(vmm_table_get(t, 2, 2 + i), name);
		assert_string_equal(vmm_table_get(t, 1, 2 + i), "");
	}
	assert_string_equal(vmm_table_get(t, 2, 1), "h0");
}

static void deleting_moves_rows_up(void **state)
{
	VMM_TABLE_AUTO *t = table(three, 3);

	(void)state;
	vmm_table_del(t, 0);
	assert_int_equal(vmm_table_rows(t), 2);
	assert_string_equal(vmm_table_get(t, 0, 0), "a");
	vmm_table_del(t, 1);
	vmm_table_del(t, 0);
	assert_int_equal(vmm_table_rows(t), 0);
	assert_int_equal(vmm_table_add(t), 0);
	assert_string_equal(vmm_table_get(t, 0, 0), "");
}

static void rows_are_copied_by_name(void **state)
{
	static const char *const other[] = { "x", "host", "more", NULL };
	VMM_TABLE_AUTO *from = table(three, 3);
	VMM_TABLE_AUTO *t = vmm_table_new(other);

	(void)state;
	assert_int_equal(vmm_table_copy_row(t, from, 1), 0);
	assert_int_equal(vmm_table_cols(t), 4);
	assert_string_equal(vmm_table_at(t, 0, "name"), "a");
	assert_string_equal(vmm_table_at(t, 0, "host"), "h2");
	assert_string_equal(vmm_table_at(t, 0, "x"), "");
	assert_int_equal(vmm_table_copy_row(from, from, 0), 3);
	assert_string_equal(vmm_table_get(from, 3, 1), "h1");
}

static void sorts_by_all_columns(void **state)
{
	VMM_TABLE_AUTO *t = table(three, 3);

	(void)state;
	vmm_table_sort(t);
	assert_string_equal(vmm_table_get(t, 0, 0), "a");
	assert_string_equal(vmm_table_get(t, 1, 1), "h0");
	assert_string_equal(vmm_table_get(t, 2, 1), "h1");
}

static int by_column(const struct vmm_table *t, size_t a, size_t b, void *arg)
{
	return strcmp(vmm_table_get(t, a, *(int *)arg), vmm_table_get(t, b, *(int *)arg));
}

static void sorting_is_stable(void **state)
{
	VMM_TABLE_AUTO *t = vmm_table_new(columns);
	int name = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char text[16];
		size_t r = (size_t)vmm_table_add(t);

		snprintf(text, sizeof(text), "%u", test_random(10));
		vmm_table_set(t, r, 0, text);
		snprintf(text, sizeof(text), "%04d", i);
		vmm_table_set(t, r, 1, text);
	}
	vmm_table_sort_by(t, by_column, &name);
	for (size_t r = 1; r < 1000; r++) {
		int c = by_column(t, r - 1, r, &name);

		assert_true(c <= 0);
		if (!c)
			assert_true(strcmp(vmm_table_get(t, r - 1, 1), vmm_table_get(t, r, 1)) < 0);
	}
}

static void index_finds_what_find_finds(void **state)
{
	VMM_TABLE_AUTO *t = vmm_table_new(columns);
	struct vmm_index *ix;
	char text[4];

	(void)state;
	for (int i = 0; i < 500; i++) {
		size_t r = (size_t)vmm_table_add(t);

		test_random_text(text, sizeof(text), "abcdefg");
		vmm_table_set(t, r, 1, text);
	}
	ix = vmm_index_new(t, 1);
	for (int i = 0; i < 2000; i++) {
		test_random_text(text, sizeof(text), "abcdefgh");
		assert_int_equal(vmm_index_find(ix, text), vmm_table_find(t, 1, text));
	}
	vmm_index_free(ix);
}

static void adopted_cells_are_not_copied(void **state)
{
	VMM_TABLE_AUTO *t = table(three, 3);
	char *big = vmm_table_alloc(t, 3 << 20);

	(void)state;
	memcpy(big, "x", 2);
	vmm_table_adopt(t, 0, 0, big);
	assert_ptr_equal(vmm_table_get(t, 0, 0), big);
	vmm_table_adopt(t, 0, -1, big);
	for (size_t i = 1; i < 2000; i++)
		memset(vmm_table_alloc(t, i), 1, i);
	assert_string_equal(vmm_table_get(t, 0, 0), "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_found),
		cmocka_unit_test(what_is_not_there_reads_as_empty),
		cmocka_unit_test(empty_table_is_harmless),
		cmocka_unit_test(columns_can_be_added_to_rows),
		cmocka_unit_test(deleting_moves_rows_up),
		cmocka_unit_test(rows_are_copied_by_name),
		cmocka_unit_test(sorts_by_all_columns),
		cmocka_unit_test(sorting_is_stable),
		cmocka_unit_test(index_finds_what_find_finds),
		cmocka_unit_test(adopted_cells_are_not_copied),
	};

	return RUN(tests);
}
