/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The history of load: appended, torn, shortened, by two at once; read from a time on, summed up. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "folder.h"
#include "history/history.h"

#define NOW "2026-11-22T12:00:00Z"

static const struct vmm_history_limits plenty = { (uint64_t)365 * 86400 * 1000, UINT64_MAX };

struct fixture {
	char dir[32];
	struct vmm_store *st;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->dir, sizeof(f->dir), "/tmp/vmm-history.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(vmm_store_open(f->dir, &f->st, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	vmm_store_close(f->st);
	folder_remove(f->dir);
	free(f);
	return 0;
}

static struct vmm_table *record(const char *time, const char *name, const char *cpu)
{
	static const char *const columns[] = { "name", "cpu", "time", "seconds", "uri", NULL };
	const char *const cells[] = { name, cpu, time, "5.000", "not for the history" };
	struct vmm_table *t = vmm_table_new(columns);

	assert_non_null(t);
	assert_int_equal(vmm_table_add(t), 0);
	for (size_t i = 0; i < COUNT(cells); i++)
		assert_int_equal(vmm_table_set(t, 0, (int)i, cells[i]), 0);
	return t;
}

static int add_with(struct fixture *f, const char *time, const char *name, const char *cpu,
		    const struct vmm_history_limits *limits)
{
	VMM_TABLE_AUTO *t = record(time, name, cpu);
	struct vmm_err err;

	return vmm_history_add(f->st, VMM_HISTORY_HOSTS, t, limits, &err);
}

static void add(struct fixture *f, const char *time, const char *name, const char *cpu)
{
	assert_int_equal(add_with(f, time, name, cpu, &plenty), 0);
}

static time_t at(const char *time)
{
	time_t t;

	assert_int_equal(vmm_time_parse(time, &t), 0);
	return t;
}

struct collected {
	char text[4096]; /* NAME=CPU of each, in order */
	size_t n;
};

static int collect(struct vmm_table *t, const size_t *rows, size_t n, void *arg, struct vmm_err *err)
{
	struct collected *c = arg;

	(void)err;
	for (size_t i = 0; i < n; i++) {
		size_t used = strlen(c->text);

		snprintf(c->text + used, sizeof(c->text) - used, "%s=%s ",
			 vmm_table_at(t, rows[i], "name"), vmm_table_at(t, rows[i], "cpu"));
		c->n++;
	}
	return 0;
}

static struct collected read_from(struct fixture *f, const char *since)
{
	struct collected c = { .text = "" };
	struct vmm_err err = { .text = "" };

	assert_int_equal(vmm_history_read(f->st, VMM_HISTORY_HOSTS, at(since), at(NOW), collect, &c,
					  &err),
			 0);
	return c;
}

static void write_at_end(struct fixture *f, const char *file, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/load/%s", f->dir, file);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static bool exists(struct fixture *f, const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/load/%s", f->dir, file);
	return access(path, F_OK) == 0;
}

static off_t size_of(struct fixture *f, const char *file)
{
	struct stat st;
	char path[128];

	snprintf(path, sizeof(path), "%s/load/%s", f->dir, file);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void appended_and_read(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(read_from(f, "2026-01-01T00:00:00Z").text, "");
	add(f, "2026-11-21T23:59:58Z", "h1", "1.000");
	add(f, "2026-11-22T00:00:03Z", "h1", "2.000");
	add(f, "2026-11-22T00:00:03Z", "h\t2", "");
	assert_true(exists(f, "hosts-2026-11-21.tsv"));
	assert_string_equal(read_from(f, "2026-01-01T00:00:00Z").text, "h1=1.000 h1=2.000 h\t2= ");
	assert_string_equal(read_from(f, "2026-11-22T00:00:00Z").text, "h1=2.000 h\t2= ");
	assert_string_equal(read_from(f, "2026-11-22T00:00:03Z").text, "h1=2.000 h\t2= ");
	assert_string_equal(read_from(f, "2026-11-22T00:00:04Z").text, "");
	assert_int_equal(add_with(f, "yesterday", "h1", "1.000", &plenty), VMM_EINPUT);
}

static void one_call_over_midnight(void **state)
{
	struct fixture *f = *state;
	VMM_TABLE_AUTO *t = record("2026-11-21T23:59:59Z", "h1", "1.000");
	VMM_TABLE_AUTO *next = record("2026-11-22T00:00:00Z", "h2", "2.000");
	VMM_TABLE_AUTO *late = record("2026-11-21T23:59:59Z", "h3", "3.000");

	assert_true(vmm_table_copy_row(t, next, 0) == 1 && vmm_table_copy_row(t, late, 0) == 2);
	assert_int_equal(vmm_history_add(f->st, VMM_HISTORY_HOSTS, t, &plenty, NULL), 0);
	assert_string_equal(read_from(f, "2026-11-21T00:00:00Z").text, "h1=1.000 h3=3.000 h2=2.000 ");
}

static void torn_line(void **state)
{
	struct fixture *f = *state;

	add(f, "2026-11-22T00:00:01Z", "h1", "1.000");
	write_at_end(f, "hosts-2026-11-22.tsv", "2026-11-22T00:00:02Z\t5.000\th1");
	assert_string_equal(read_from(f, "2026-11-22T00:00:00Z").text, "h1=1.000 ");
	add(f, "2026-11-22T00:00:03Z", "h1", "3.000");
	assert_string_equal(read_from(f, "2026-11-22T00:00:00Z").text, "h1=1.000 h1=3.000 ");
}

/* A file that another version began keeps its columns. */
static void other_columns(void **state)
{
	struct fixture *f = *state;
	char path[128];
	FILE *file;

	add(f, "2026-11-21T00:00:01Z", "h0", "1.000");
	snprintf(path, sizeof(path), "%s/load/hosts-2026-11-22.tsv", f->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("time\tcpu\tcolour\tname\n2026-11-22T00:00:01Z\t1.000\tred\th1\n", file);
	fclose(file);
	add(f, "2026-11-22T00:00:03Z", "h1", "3.000");
	assert_string_equal(read_from(f, "2026-11-22T00:00:00Z").text, "h1=1.000 h1=3.000 ");
}

static void malformed_line(void **state)
{
	struct fixture *f = *state;
	struct collected c = { .text = "" };
	struct vmm_err err;

	add(f, "2026-11-22T00:00:01Z", "h1", "1.000");
	write_at_end(f, "hosts-2026-11-22.tsv", "what is this\n");
	assert_int_equal(vmm_history_read(f->st, VMM_HISTORY_HOSTS, 0, at(NOW), collect, &c, &err),
			 VMM_EINPUT);
	assert_non_null(strstr(err.text, "hosts-2026-11-22.tsv"));
}

/* By bisection as by looking at all. */
static void from_any_time(void **state)
{
	struct fixture *f = *state;
	char time[VMM_TIME_LEN + 1];
	VMM_TABLE_AUTO *t = NULL;
	time_t start = at("2026-11-22T00:00:00Z");

	for (int i = 0; i < 2000; i++) {
		VMM_TABLE_AUTO *one = NULL;

		vmm_time_format(start + i * 3, time);
		one = record(time, i % 7 ? "h1" : "a-host-with-a-longer-name", "1.000");
		if (!t) {
			t = one;
			one = NULL;
		} else {
			assert_true(vmm_table_copy_row(t, one, 0) >= 0);
		}
	}
	assert_int_equal(vmm_history_add(f->st, VMM_HISTORY_HOSTS, t, &plenty, NULL), 0);
	for (int i = 0; i < 6100; i += 1 + (int)test_random(50)) {
		int first = (i + 2) / 3;

		vmm_time_format(start + i, time);
		assert_int_equal(read_from(f, time).n, first < 2000 ? 2000 - first : 0);
	}
}

static void old_days_go(void **state)
{
	struct vmm_history_limits limits = { (uint64_t)2 * 86400 * 1000, UINT64_MAX };
	struct fixture *f = *state;

	add(f, "2026-11-18T12:00:00Z", "h1", "1.000");
	add(f, "2026-11-20T12:00:00Z", "h1", "1.000");
	add(f, "2026-11-21T12:00:00Z", "h1", "1.000");
	assert_int_equal(add_with(f, "2026-11-22T12:00:00Z", "h1", "1.000", &limits), 0);
	assert_false(exists(f, "hosts-2026-11-18.tsv"));
	assert_true(exists(f, "hosts-2026-11-20.tsv"));
	limits = (struct vmm_history_limits){ UINT64_MAX, 400 };
	assert_int_equal(add_with(f, "2026-11-22T12:00:01Z", "h1", "1.000", &limits), 0);
	assert_false(exists(f, "hosts-2026-11-20.tsv"));
	assert_true(exists(f, "hosts-2026-11-22.tsv"));
}

/* A clock that leaps, either way, takes no day with it; what it wrote goes once it is right again. */
static void clock_leaps(void **state)
{
	const struct vmm_history_limits limits = { (uint64_t)30 * 86400 * 1000, UINT64_MAX };
	static const char *const leaps[] = { "2031-01-01T00:00:00Z", "2001-01-01T00:00:00Z",
					     "2026-12-19T00:00:00Z", "2026-11-21T12:00:00Z" };
	struct fixture *f = *state;

	add(f, "2026-11-20T12:00:00Z", "h1", "1.000");
	add(f, "2026-11-21T12:00:00Z", "h1", "1.000");
	add(f, "2026-11-22T12:00:00Z", "h1", "1.000");
	for (size_t i = 0; i < COUNT(leaps); i++) {
		assert_int_equal(add_with(f, leaps[i], "h1", "1.000", &limits), 0);
		assert_true(exists(f, "hosts-2026-11-20.tsv"));
		assert_true(exists(f, "hosts-2026-11-22.tsv"));
	}
	assert_true(exists(f, "hosts-2026-12-19.tsv"));
	assert_int_equal(add_with(f, "2026-11-22T12:05:00Z", "h1", "1.000", &limits), 0);
	assert_false(exists(f, "hosts-2031-01-01.tsv"));
	assert_false(exists(f, "hosts-2001-01-01.tsv"));
	assert_true(exists(f, "hosts-2026-11-22.tsv"));
}

/* Of a day that is no more, too; another's file stays. */
static void left_aside(void **state)
{
	static const char *const names[] = { "vms-2026-11-01.tsv.new", "hosts-2026-11-22.tsv.new",
					     "notes.new" };
	struct fixture *f = *state;
	char path[128];

	add(f, "2026-11-22T12:00:00Z", "h1", "1.000");
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/load/%s", f->dir, names[i]);
		close(open(path, O_WRONLY | O_CREAT, 0600));
	}
	add(f, "2026-11-22T12:00:05Z", "h1", "1.000");
	assert_false(exists(f, names[0]));
	assert_false(exists(f, names[1]));
	assert_true(exists(f, names[2]));
}

static void one_large_day(void **state)
{
	const struct vmm_history_limits limits = { UINT64_MAX, 3000 };
	struct fixture *f = *state;
	char time[VMM_TIME_LEN + 1], last[VMM_TIME_LEN + 1];

	for (int i = 0; i < 200; i++) {
		vmm_time_format(at("2026-11-22T00:00:00Z") + i, time);
		assert_int_equal(add_with(f, time, "h1", "1.000", &limits), 0);
		assert_true(size_of(f, "hosts-2026-11-22.tsv") <= 3000);
	}
	memcpy(last, time, sizeof(last));
	assert_int_equal(read_from(f, last).n, 1); /* the newest is there */
	assert_true(read_from(f, "2026-11-22T00:00:00Z").n > 10);
	assert_false(exists(f, "hosts-2026-11-22.tsv.new"));
}

static void writers_at_once(void **state)
{
	enum { WRITERS = 4, ROWS = 50 };
	struct fixture *f = *state;
	int status;

	for (int w = 0; w < WRITERS; w++) {
		if (fork() != 0)
			continue;
		for (int i = 0; i < ROWS; i++)
			if (add_with(f, "2026-11-22T00:00:00Z", w % 2 ? "h1" : "another", "1.000",
				     &plenty) < 0)
				_exit(1);
		_exit(0);
	}
	for (int w = 0; w < WRITERS; w++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(read_from(f, "2026-11-22T00:00:00Z").n, WRITERS * ROWS);
}

static const char *summed(struct fixture *f, enum vmm_history_way way, const char *name,
			  const char *column, char *out, size_t size)
{
	VMM_TABLE_AUTO *t = NULL;
	struct vmm_err err;
	long row;

	assert_int_equal(vmm_history_sum(f->st, VMM_HISTORY_HOSTS, at("2026-11-22T00:00:00Z"),
					 at(NOW), way, &t, &err),
			 0);
	row = vmm_table_find(t, vmm_table_col(t, "name"), name);
	assert_true(row >= 0);
	snprintf(out, size, "%s", vmm_table_at(t, (size_t)row, column));
	return out;
}

static void summed_up(void **state)
{
	struct fixture *f = *state;
	char time[VMM_TIME_LEN + 1], cpu[16], s[64];

	add(f, "2026-11-21T00:00:00Z", "h1", "1000.000");
	for (int i = 1; i <= 40; i++) {
		vmm_time_format(at("2026-11-22T00:00:00Z") + i, time);
		snprintf(cpu, sizeof(cpu), "%d", 41 - i);
		add(f, time, "h1", i % 2 ? cpu : "");
		add(f, time, "h2", "");
	}
	/* 40 38 … 2 of h1 are known: twenty */
	assert_string_equal(summed(f, VMM_HISTORY_MEAN, "h1", "cpu", s, sizeof(s)), "21.000");
	assert_string_equal(summed(f, VMM_HISTORY_P95, "h1", "cpu", s, sizeof(s)), "38.000");
	assert_string_equal(summed(f, VMM_HISTORY_MAX, "h1", "cpu", s, sizeof(s)), "40.000");
	assert_string_equal(summed(f, VMM_HISTORY_MAX, "h1", "seconds", s, sizeof(s)), "200.000");
	assert_string_equal(summed(f, VMM_HISTORY_MAX, "h1", "time", s, sizeof(s)), time);
	assert_string_equal(summed(f, VMM_HISTORY_MEAN, "h2", "cpu", s, sizeof(s)), "");
}

static void recent(void **state)
{
	struct fixture *f = *state;
	VMM_TABLE_AUTO *t = NULL;
	struct vmm_err err;

	assert_int_equal(vmm_history_recent(f->st, VMM_HISTORY_HOSTS, 60000, at(NOW), &t, &err), 0);
	assert_int_equal(vmm_table_rows(t), 0);
	vmm_table_free(t);
	t = NULL;
	add(f, "2026-11-21T23:58:00Z", "h1", "9.000");
	add(f, "2026-11-21T23:59:30Z", "h2", "1.000");
	add(f, "2026-11-21T23:59:40Z", "h1", "1.000");
	add(f, "2026-11-22T00:00:10Z", "h1", "2.000");
	write_at_end(f, "hosts-2026-11-22.tsv", "2026-11-22T09:");
	assert_int_equal(vmm_history_recent(f->st, VMM_HISTORY_HOSTS, 60000, at(NOW), &t, &err), 0);
	assert_int_equal(vmm_table_rows(t), 2);
	assert_string_equal(vmm_table_at(t, 0, "name"), "h1");
	assert_string_equal(vmm_table_at(t, 0, "cpu"), "1.500");
	assert_string_equal(vmm_table_at(t, 0, "time"), "2026-11-22T00:00:10Z");
	assert_string_equal(vmm_table_at(t, 1, "cpu"), "1.000");
}

/* A clock was wrong for two records, which are not read and don't stand for what is so now. */
static void from_ahead(void **state)
{
	struct fixture *f = *state;
	VMM_TABLE_AUTO *t = NULL, *none = NULL;
	char s[64];

	add(f, "2026-11-22T11:58:00Z", "h1", "1.000");
	add(f, "2026-11-22T17:00:00Z", "h1", "9.000");
	add(f, "2031-01-01T00:00:00Z", "h1", "9.000");
	assert_string_equal(read_from(f, "2026-11-22T00:00:00Z").text, "h1=1.000 ");
	assert_string_equal(summed(f, VMM_HISTORY_MAX, "h1", "cpu", s, sizeof(s)), "1.000");
	assert_int_equal(vmm_history_recent(f->st, VMM_HISTORY_HOSTS, 60000, at(NOW), &t, NULL), 0);
	assert_int_equal(vmm_table_rows(t), 1);
	assert_string_equal(vmm_table_at(t, 0, "time"), "2026-11-22T11:58:00Z");
	assert_string_equal(vmm_table_at(t, 0, "cpu"), "1.000");
	add(f, "2026-11-22T12:59:00Z", "h1", "3.000"); /* a little ahead is no harm */
	assert_string_equal(read_from(f, "2026-11-22T00:00:00Z").text, "h1=1.000 h1=3.000 ");
	assert_int_equal(vmm_history_recent(f->st, VMM_HISTORY_HOSTS, 60000,
					    at("2026-11-20T00:00:00Z"), &none, NULL),
			 0);
	assert_int_equal(vmm_table_rows(none), 0);
}

static struct vmm_table *inventory(const char *seen)
{
	static const char *const columns[] = { "name", "seen", NULL };
	struct vmm_table *t = vmm_table_new(columns);

	assert_non_null(t);
	assert_int_equal(vmm_table_add(t), 0);
	assert_int_equal(vmm_table_add(t), 1);
	assert_int_equal(vmm_table_put(t, 0, "name", "h0"), 0);
	assert_int_equal(vmm_table_put(t, 1, "name", "h1"), 0);
	assert_int_equal(vmm_table_put(t, 1, "seen", seen), 0);
	return t;
}

/* h0 has no record. What the hosts look like an hour later is not what was recorded. */
static void joined(void **state)
{
	struct fixture *f = *state;
	VMM_TABLE_AUTO *now = inventory("2026-11-22T00:30:00Z");
	VMM_TABLE_AUTO *late = inventory("2026-11-22T01:00:11Z");
	struct vmm_err err;

	assert_int_equal(vmm_history_join(f->st, VMM_HISTORY_HOSTS, 60000, at(NOW), now, &err), 0);
	assert_int_equal(vmm_table_col(now, "cpu"), -1);
	add(f, "2026-11-21T23:59:40Z", "h1", "1.000");
	add(f, "2026-11-22T00:00:10Z", "h1", "2.000");
	assert_int_equal(vmm_history_join(f->st, VMM_HISTORY_HOSTS, 60000, at(NOW), now, &err), 0);
	assert_string_equal(vmm_table_at(now, 0, "cpu"), "");
	assert_string_equal(vmm_table_at(now, 1, "cpu"), "1.500");
	assert_string_equal(vmm_table_at(now, 1, "name"), "h1");
	assert_int_equal(vmm_history_join(f->st, VMM_HISTORY_HOSTS, 60000, at(NOW), late, &err), 0);
	assert_int_equal(vmm_table_col(late, "cpu"), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(appended_and_read),
		TEST(one_call_over_midnight),
		TEST(torn_line),
		TEST(other_columns),
		TEST(malformed_line),
		TEST(from_any_time),
		TEST(old_days_go),
		TEST(clock_leaps),
		TEST(left_aside),
		TEST(one_large_day),
		TEST(writers_at_once),
		TEST(summed_up),
		TEST(recent),
		TEST(from_ahead),
		TEST(joined),
	};

	return RUN(tests);
}
