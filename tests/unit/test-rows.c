/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/percent.h"
#include "base/rows.h"

typedef int parser(const char *source, const char *text, size_t len, struct vmm_table **out,
		   struct vmm_err *err);

static struct vmm_table *parse(parser *parse_text, const char *text)
{
	struct vmm_table *t = NULL;
	struct vmm_err err = { 0 };

	if (parse_text("f", text, strlen(text), &t, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

static void assert_refused(parser *parse_text, const char *text, size_t len, const char *why)
{
	struct vmm_table *t = NULL;
	struct vmm_err err = { 0 };

	assert_int_equal(parse_text("f", text, len, &t, &err), VMM_EINPUT);
	assert_null(t);
	if (strncmp(err.text, why, strlen(why)) != 0)
		fail_msg("'%s' where '%s' was expected", err.text, why);
}

static void assert_same(const struct vmm_table *a, const struct vmm_table *b)
{
	assert_int_equal(vmm_table_cols(a), vmm_table_cols(b));
	assert_int_equal(vmm_table_rows(a), vmm_table_rows(b));
	for (size_t c = 0; c < vmm_table_cols(a); c++) {
		assert_string_equal(vmm_table_colname(a, c), vmm_table_colname(b, c));
		for (size_t r = 0; r < vmm_table_rows(a); r++)
			assert_string_equal(vmm_table_get(a, r, (int)c), vmm_table_get(b, r, (int)c));
	}
}

static void tsv_is_taken_apart(void **state)
{
	VMM_TABLE_AUTO *t = parse(vmm_tsv_parse, "name\tnote\na\t\n\\t\\n\\r\\\\n\tx y\n");

	(void)state;
	assert_int_equal(vmm_table_rows(t), 2);
	assert_string_equal(vmm_table_colname(t, 1), "note");
	assert_string_equal(vmm_table_get(t, 0, 0), "a");
	assert_string_equal(vmm_table_get(t, 0, 1), "");
	assert_string_equal(vmm_table_get(t, 1, 0), "\t\n\r\\n");
	assert_string_equal(vmm_table_get(t, 1, 1), "x y");
}

static void tsv_of_nothing(void **state)
{
	VMM_TABLE_AUTO *none = parse(vmm_rows_parse, "");
	VMM_TABLE_AUTO *header = parse(vmm_rows_parse, "a\n");
	VMM_TABLE_AUTO *empty_cell = parse(vmm_rows_parse, "a\n\n");

	(void)state;
	assert_int_equal(vmm_table_cols(none), 0);
	assert_int_equal(vmm_table_cols(header), 1);
	assert_int_equal(vmm_table_rows(header), 0);
	assert_int_equal(vmm_table_rows(empty_cell), 1);
}

static void malformed_tsv(void **state)
{
	static const char *const bad[][2] = {
		{ "a\tb\n1\t2\n3\n", "f:3: 1 cell where the header has 2" },
		{ "a\tb\n1\t2\t3\n", "f:2: 3 cells where the header has 2" },
		{ "a\n\n\nx\ty\n", "f:4: 2 cells" },
		{ "a\nb", "f:2: no line feed at the end" },
		{ "a", "f:1: no line feed at the end" },
		{ "a\r\nb\r\n", "f:1: a carriage return" },
		{ "a\nb\rc\n", "f:2: a carriage return" },
		{ "a\n\\x\n", "f:2: '\\x' is none of" },
		{ "a\nx\\\n", "f:2: '\\' is none of" },
		{ "a\\q\n", "f:1: '\\q' is none of" },
		{ "\n", "f:1: column name '' is empty" },
		{ "a\t\n", "f:1: column name '' is empty" },
		{ "a\tb\ta\n", "f:1: column name 'a' is there twice" },
		{ "a%\n", "f:1: column name 'a%' ends with" },
		{ "\xff\n", "f:1: column name '%ff' is not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_refused(vmm_rows_parse, bad[i][0], strlen(bad[i][0]), bad[i][1]);
	assert_refused(vmm_tsv_parse, "a\nb\0\n", 5, "f:2: a NUL byte");
}

static void tsv_text_is_the_same_again(void **state)
{
	static const char text[] = "name\tn\\tote\na\\\\\t\n\\n\\r\\t\tb\n";
	VMM_TABLE_AUTO *t = parse(vmm_tsv_parse, text);
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	(void)state;
	vmm_tsv_format(&b, t);
	assert_string_equal(b.data, text);
}

static void json_is_taken_apart(void **state)
{
	VMM_TABLE_AUTO *t = parse(vmm_rows_parse,
				  " {\"a\":\"x\\n\",\"n\":12,\"r\":0.1}\n"
				  "{\"b\":true,\"a\":null,\n \"c\":false} {\"o\":{\"k\":[1,2.5]}}\n"
				  "{\"l\":[\"a,b\",1,\"\",null,[1],{\"x\":1}],\"e\":[]}\n{}\n");
	static const char *const names[] = { "a", "n", "r", "b", "c", "o", "l", "e" };

	(void)state;
	assert_int_equal(vmm_table_cols(t), COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(vmm_table_colname(t, i), names[i]);
	assert_int_equal(vmm_table_rows(t), 5);
	assert_string_equal(vmm_table_at(t, 0, "a"), "x\n");
	assert_string_equal(vmm_table_at(t, 0, "n"), "12");
	assert_string_equal(vmm_table_at(t, 0, "r"), "0.1");
	assert_string_equal(vmm_table_at(t, 0, "b"), "");
	assert_string_equal(vmm_table_at(t, 1, "a"), "");
	assert_string_equal(vmm_table_at(t, 1, "b"), "yes");
	assert_string_equal(vmm_table_at(t, 1, "c"), "no");
	assert_string_equal(vmm_table_at(t, 2, "o"), "{\"k\":[1,2.5]}");
	assert_string_equal(vmm_table_at(t, 3, "l"), "a\\,b,1,\\e,\\e,[1],{\"x\":1}");
	assert_string_equal(vmm_table_at(t, 3, "e"), "");
}

static void json_list_of_rows(void **state)
{
	VMM_TABLE_AUTO *t = parse(vmm_rows_parse, "[\n {\"a\":\"1\"},\n {\"a\":\"2\"}\n]\n");
	VMM_TABLE_AUTO *empty = parse(vmm_rows_parse, "[]");
	VMM_TABLE_AUTO *nothing = parse(vmm_json_parse, " \n");

	(void)state;
	assert_int_equal(vmm_table_rows(t), 2);
	assert_string_equal(vmm_table_at(t, 1, "a"), "2");
	assert_int_equal(vmm_table_rows(empty), 0);
	assert_int_equal(vmm_table_rows(nothing), 0);
}

static void exact_bytes_win(void **state)
{
	VMM_TABLE_AUTO *t = parse(vmm_json_parse, "{\"a\":\"?\",\"a%\":\"%ff\"}\n"
						  "{\"a%\":\"%25\",\"a\":\"?\",\"b%\":\"x\"}");

	(void)state;
	assert_int_equal(vmm_table_cols(t), 2);
	assert_string_equal(vmm_table_at(t, 0, "a"), "\xff");
	assert_string_equal(vmm_table_at(t, 1, "a"), "%");
	assert_string_equal(vmm_table_at(t, 1, "b"), "x");
}

static void malformed_json(void **state)
{
	static const char *const bad[][2] = {
		{ "{\"a\":1}\n{\"a\":1,\"a\":2}\n", "f:2: duplicate object key" },
		{ "{\"a\":1", "f:1: " },
		{ "{\n\n\"a\":}", "f:3: " },
		{ "{} x", "f:1: " },
		{ "{}\n7\n", "f:2: " },
		{ "[1]", "f:1: a list of something else" },
		{ "[[{}]]", "f:1: a list of something else" },
		{ "[{}", "f:1: " },
		{ "{\"a\":\"\\u0000\"}", "f:1: a NUL character" },
		{ "{\"a\\u0000b\":1}", "f:1: a NUL character" },
		{ "{\"a\":\"\xff\"}", "f:1: unable to decode byte" },
		{ "{\"a\":1e999}", "f:1: " },
		{ "{\"a\":01}", "f:1: " },
		{ "{\"a\":NaN}", "f:1: " },
		{ "{\"\":1}", "f:1: '' can't be a column name" },
		{ "{\"%\":\"x\"}", "f:1: '%' can't be a column name" },
		{ "{\"a%%\":\"x\"}", "f:1: 'a%%' can't be a column name" },
		{ "{\"a%\":\"%f\"}", "f:1: 'a%' is not percent-encoded" },
		{ "{\"a%\":1}", "f:1: 'a%' is not percent-encoded" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_refused(vmm_rows_parse, bad[i][0], strlen(bad[i][0]), bad[i][1]);
	assert_refused(vmm_json_parse, "{}\0", 3, "f:1: ");
}

static void json_values_by_type(void **state)
{
	static const struct {
		enum vmm_type type;
		const char *cell, *want;
	} samples[] = {
		{ VMM_TEXT, "", "\"\"" },
		{ VMM_TEXT, "1", "\"1\"" },
		{ VMM_TEXT, "\"\\\t\n\r\x1b\x7f", "\"\\\"\\\\\\t\\n\\r\\u001b\\u007f\"" },
		{ VMM_TEXT, "\xc3\xa4\xf0\x9f\x98\x80", "\"\xc3\xa4\xf0\x9f\x98\x80\"" },
		{ VMM_TEXT, "\xe2\x80\xae\xc2\x9b", "\"\\u202e\\u009b\"" },
		{ VMM_TEXT, "a\xff", "\"a\xef\xbf\xbd\",\"c%\":\"a%ff\"" },
		{ VMM_NUMBER, "", "null" },
		{ VMM_NUMBER, "0", "0" },
		{ VMM_NUMBER, "-1.50", "-1.50" },
		{ VMM_NUMBER, "999999999999999999", "999999999999999999" },
		{ VMM_NUMBER, "1000000000000000000", "\"1000000000000000000\"" },
		{ VMM_NUMBER, "007", "\"007\"" },
		{ VMM_NUMBER, "-", "\"-\"" },
		{ VMM_NUMBER, "1.", "\"1.\"" },
		{ VMM_NUMBER, ".5", "\".5\"" },
		{ VMM_NUMBER, "+1", "\"+1\"" },
		{ VMM_NUMBER, "1e5", "\"1e5\"" },
		{ VMM_NUMBER, "0x1", "\"0x1\"" },
		{ VMM_NUMBER, "nan", "\"nan\"" },
		{ VMM_NUMBER, "\xff", "\"\xef\xbf\xbd\",\"c%\":\"%ff\"" },
		{ VMM_BYTES, "", "null" },
		{ VMM_BYTES, "4096", "4096" },
		{ VMM_BOOL, "", "null" },
		{ VMM_BOOL, "yes", "true" },
		{ VMM_BOOL, "no", "false" },
		{ VMM_BOOL, "maybe", "\"maybe\"" },
		{ VMM_LIST, "", "[]" },
		{ VMM_LIST, "\\e", "[\"\"]" },
		{ VMM_LIST, ",", "[\"\",\"\"]" },
		{ VMM_LIST, "a,b\\,c,d\\\\", "[\"a\",\"b,c\",\"d\\\\\"]" },
		{ VMM_LIST, "a,\xff", "[\"a\",\"\xef\xbf\xbd\"],\"c%\":\"a,%ff\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		VMM_BUF_AUTO got = VMM_BUF_INIT;
		VMM_BUF_AUTO want = VMM_BUF_INIT;

		vmm_json_member(&got, i % 2, "c", samples[i].cell, samples[i].type);
		vmm_buf_addf(&want, "%s\"c\":%s", i % 2 ? "," : "", samples[i].want);
		assert_string_equal(got.data, want.data);
	}
}

/* Any table, as either format, comes back cell by cell. */
static void random_tables_come_back(void **state)
{
	static const char *const columns[] = { "a", "b\tc", "\xc3\xa4", NULL };
	static const char nasty[] = "\t\n\r\\,\"%e{}[] \xff\xc3\xa4";

	(void)state;
	for (int i = 0; i < 3000; i++) {
		VMM_TABLE_AUTO *t = vmm_table_new(columns);
		VMM_TABLE_AUTO *from_tsv = NULL;
		VMM_TABLE_AUTO *from_json = NULL;
		VMM_BUF_AUTO tsv = VMM_BUF_INIT;
		VMM_BUF_AUTO json = VMM_BUF_INIT;
		char cell[24];

		for (size_t r = 0; r < 1 + test_random(4); r++) {
			vmm_table_add(t);
			for (int c = 0; c < 3; c++) {
				test_random_text(cell, sizeof(cell), i % 2 ? NULL : nasty);
				vmm_table_set(t, r, c, cell);
			}
		}
		vmm_tsv_format(&tsv, t);
		for (size_t r = 0; r < vmm_table_rows(t); r++)
			vmm_json_row(&json, t, r, NULL);
		assert_true(vmm_utf8_valid(json.data, json.len));
		from_tsv = parse(vmm_rows_parse, tsv.data);
		from_json = parse(vmm_rows_parse, json.data);
		assert_same(t, from_tsv);
		assert_same(t, from_json);
	}
}

/* Whatever the bytes: a table or a refusal, and the same table again from what it prints. */
static void random_input_is_survived(void **state)
{
	static const char *const sets[] = { "a\t\n\\t%", "{}[]\":,a%01\\u\n ", NULL };
	int good = 0;
	char text[40];

	(void)state;
	for (int i = 0; i < 60000; i++) {
		VMM_TABLE_AUTO *t = NULL;
		VMM_TABLE_AUTO *again = NULL;
		VMM_BUF_AUTO b = VMM_BUF_INIT;
		struct vmm_err err = { 0 };

		test_random_text(text, sizeof(text), sets[i % 3]);
		if (vmm_rows_parse("f", text, strlen(text), &t, &err) < 0)
			continue;
		good++;
		vmm_tsv_format(&b, t);
		again = parse(vmm_tsv_parse, b.data);
		if (vmm_table_cols(t))
			assert_same(t, again);
	}
	assert_true(good > 100);
}

static void random_lists_come_back(void **state)
{
	char item[6];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		VMM_STRV_AUTO items = VMM_STRV_INIT;
		VMM_STRV_AUTO back = VMM_STRV_INIT;
		VMM_BUF_AUTO cell = VMM_BUF_INIT;
		VMM_BUF_AUTO joined = VMM_BUF_INIT;

		for (unsigned n = test_random(5); n; n--) {
			test_random_text(item, sizeof(item), i % 2 ? NULL : ",\\ea");
			vmm_strv_add(&items, item);
			vmm_list_add(&cell, item);
		}
		vmm_list_join(&joined, &items);
		assert_string_equal(joined.data, cell.data);
		assert_int_equal(vmm_list_split(&back, cell.data), 0);
		assert_int_equal(back.n, items.n);
		for (size_t k = 0; k < items.n; k++)
			assert_string_equal(back.s[k], items.s[k]);
	}
}

static void a_list_as_a_cell(void **state)
{
	static const char *const columns[] = { "name", "macs", NULL };
	VMM_TABLE_AUTO *t = vmm_table_new(columns);
	VMM_STRV_AUTO items = VMM_STRV_INIT;

	(void)state;
	vmm_strv_add(&items, "a,b");
	vmm_strv_add(&items, "c");
	vmm_table_add(t);
	vmm_table_add(t);
	assert_int_equal(vmm_list_put(t, 1, "macs", &items), 0);
	assert_string_equal(vmm_table_at(t, 1, "macs"), "a\\,b,c");
	assert_string_equal(vmm_table_at(t, 0, "macs"), "");
}

static void list_takes_stray_backslashes(void **state)
{
	VMM_STRV_AUTO v = VMM_STRV_INIT;

	(void)state;
	assert_int_equal(vmm_list_split(&v, "C:\\x,\\"), 0);
	assert_int_equal(v.n, 2);
	assert_string_equal(v.s[0], "C:\\x");
	assert_string_equal(v.s[1], "\\");
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A pipe that a child fills byte by byte, while signals come. */
static void read_is_not_stopped_by_signals(void **state)
{
	struct itimerval often = { { 0, 3000 }, { 0, 3000 } }, never = { 0 };
	struct sigaction act = { .sa_handler = on_alarm };
	VMM_STR_AUTO text = NULL;
	size_t len;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	if (fork() == 0) {
		for (int i = 0; i < 50; i++) {
			usleep(1000);
			if (write(p[1], "x", 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	close(p[1]);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	assert_int_equal(vmm_read_fd("pipe", p[0], 50, &text, &len, NULL), 0);
	setitimer(ITIMER_REAL, &never, NULL);
	assert_int_equal(len, 50);
	assert_int_equal(strlen(text), 50);
	close(p[0]);
}

static void read_stops_at_max(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 100000 };
	struct vmm_err err;
	char *text = NULL;
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		FILE *f = tmpfile();

		for (size_t n = 0; n < sizes[i]; n++)
			fputc('x', f);
		rewind(f);
		assert_int_equal(vmm_read_fd("f", fileno(f), sizes[i], &text, &len, &err), 0);
		assert_int_equal(len, sizes[i]);
		assert_int_equal(text[len], '\0');
		free(text);
		rewind(f);
		if (sizes[i])
			assert_int_equal(vmm_read_fd("f", fileno(f), sizes[i] - 1, &text, &len, &err),
					 VMM_EINPUT);
		fclose(f);
	}
	assert_string_equal(err.text, "'f' is larger than 99999 bytes");
	assert_int_equal(vmm_read_fd("f", -1, 10, &text, &len, &err), VMM_EINPUT);
	assert_string_equal(err.text, "cannot read 'f': Bad file descriptor");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tsv_is_taken_apart),
		cmocka_unit_test(tsv_of_nothing),
		cmocka_unit_test(malformed_tsv),
		cmocka_unit_test(tsv_text_is_the_same_again),
		cmocka_unit_test(json_is_taken_apart),
		cmocka_unit_test(json_list_of_rows),
		cmocka_unit_test(exact_bytes_win),
		cmocka_unit_test(malformed_json),
		cmocka_unit_test(json_values_by_type),
		cmocka_unit_test(random_tables_come_back),
		cmocka_unit_test(random_input_is_survived),
		cmocka_unit_test(random_lists_come_back),
		cmocka_unit_test(a_list_as_a_cell),
		cmocka_unit_test(list_takes_stray_backslashes),
		cmocka_unit_test(read_is_not_stopped_by_signals),
		cmocka_unit_test(read_stops_at_max),
	};

	return RUN(tests);
}
