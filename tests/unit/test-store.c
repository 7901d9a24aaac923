/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The store, from within: tables, transactions, intents, and what a check finds. */
#include "folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/rows.h"
#include "store/store.h"

/* A folder for one test: state is top/a/b/state, which does not exist yet. */
struct place {
	char top[32], state[64];
	struct vmm_store *st;
	struct vmm_err err;
};

static const char *const hosts[] = { "hosts", NULL };

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	snprintf(p->top, sizeof(p->top), "/tmp/vmm-store.XXXXXX");
	if (!mkdtemp(p->top)) {
		free(p);
		return -1;
	}
	snprintf(p->state, sizeof(p->state), "%s/a/b/state", p->top);
	*state = p;
	return vmm_store_open(p->state, &p->st, &p->err);
}

static int teardown(void **state)
{
	struct place *p = *state;

	vmm_store_close(p->st);
	folder_remove(p->top);
	free(p);
	return 0;
}

/* A file of the state, written or read past the store. */
static void write_file(const struct place *p, const char *name, const char *text, const char *mode)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", p->state, name);
	f = fopen(path, mode);
	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
}

static void assert_file(const struct place *p, const char *name, const char *want)
{
	char path[200], text[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", p->state, name);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	assert_string_equal(text, want);
}

static bool exists(const struct place *p, const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", p->state, name);
	return access(path, F_OK) == 0;
}

/* Makes the table what the text says. */
static int replace(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	struct vmm_table *want;
	const char *text = arg;
	int rc = vmm_tsv_parse("test", text, strlen(text), &want, err);

	if (rc < 0)
		return rc;
	while (vmm_table_rows(t[0]))
		vmm_table_del(t[0], 0);
	for (size_t i = 0; i < vmm_table_rows(want); i++)
		vmm_table_copy_row(t[0], want, i);
	vmm_table_free(want);
	return 0;
}

static int set_hosts(struct place *p, const char *text)
{
	return vmm_store_change(p->st, hosts, replace, (void *)(uintptr_t)text, &p->err);
}

/* ---- opening ---- */

static void test_url(void **state)
{
	struct place *p = *state;
	struct vmm_store *st;
	char url[100], *text;

	setenv("VMM_STATE", "/x/y", 1);
	text = vmm_store_url(NULL);
	assert_string_equal(text, "/x/y");
	free(text);
	unsetenv("VMM_STATE");
	text = vmm_store_url(NULL);
	assert_non_null(text);
	free(text);

	assert_int_equal(vmm_store_open("etcd://h1:2379", &st, &p->err), VMM_EINPUT);
	assert_non_null(strstr(p->err.text, "not built in"));
	assert_int_equal(vmm_store_open("some/where", &st, &p->err), VMM_EINPUT);
	assert_int_equal(vmm_store_open("", &st, &p->err), VMM_EINPUT);
	assert_int_equal(vmm_store_open("/dev/null", &st, &p->err), VMM_EINPUT);
	snprintf(url, sizeof(url), "file://%s", p->state);
	assert_int_equal(vmm_store_open(url, &st, &p->err), 0);
	vmm_store_close(st);
	vmm_store_close(NULL);
}

static void test_folder(void **state)
{
	struct place *p = *state;
	struct vmm_table *t;
	struct vmm_store *st;
	struct stat s;

	/* Looking makes nothing. */
	assert_int_equal(vmm_store_read(p->st, hosts, &t, &p->err), 0);
	assert_int_equal(vmm_table_cols(t), 0);
	vmm_table_free(t);
	assert_int_equal(vmm_intent_list(p->st, &t, &p->err), 0);
	assert_int_equal(vmm_table_rows(t), 0);
	vmm_table_free(t);
	assert_int_equal(vmm_store_check(p->st, true, NULL, NULL, &p->err), 0);
	assert_false(exists(p, ""));

	assert_int_equal(set_hosts(p, "name\nh1\n"), 0);
	assert_int_equal(stat(p->state, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0700);

	chmod(p->state, 0777);
	assert_int_equal(vmm_store_open(p->state, &st, &p->err), VMM_EREFUSED);
	chmod(p->state, 0770);
	assert_int_equal(vmm_store_open(p->state, &st, &p->err), 0);
	vmm_store_close(st);
}

/* ---- tables ---- */

static void test_names(void **state)
{
	static const char *const bad[] = { "",      "/x", "x/",  "a/b/c",   "../x",
					   "Hosts", ".x", "a b", "journal", "a//b" };
	const char *names[3] = { NULL };
	struct place *p = *state;
	struct vmm_table *t[2];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		names[0] = bad[i];
		assert_int_equal(vmm_store_read(p->st, names, t, &p->err), VMM_EINPUT);
	}
	names[0] = names[1] = "hosts";
	assert_int_equal(vmm_store_read(p->st, names, t, &p->err), VMM_EINPUT);
	names[1] = "pools/web-1_x";
	assert_int_equal(vmm_store_read(p->st, names, t, &p->err), 0);
	vmm_table_free(t[0]);
	vmm_table_free(t[1]);
}

static void test_change(void **state)
{
	struct place *p = *state;
	char record[200];
	char path[100];
	int fd;

	assert_int_equal(set_hosts(p, "name\tnote\nh2\ttwo\\nlines\nh1\t\n"), 0);
	assert_file(p, "hosts.tsv", "name\tnote\nh1\t\nh2\ttwo\\nlines\n");
	/* A column that the change doesn't know survives it. */
	assert_int_equal(set_hosts(p, "name\nh3\n"), 0);
	assert_file(p, "hosts.tsv", "name\tnote\nh3\t\n");

	/* Nothing changed: no commit. */
	snprintf(path, sizeof(path), "%s/commit", p->state);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	record[read(fd, record, sizeof(record) - 1)] = '\0';
	close(fd);
	assert_int_equal(set_hosts(p, "name\nh3\n"), 0);
	assert_file(p, "commit", record);

	assert_int_equal(set_hosts(p, "name\nh1\nh1\n"), VMM_EINPUT);
	assert_string_equal(p->err.text, "table 'hosts': two rows have the key 'h1'");
	assert_int_equal(set_hosts(p, "name\tnote\n\tx\n"), VMM_EINPUT);
	assert_file(p, "hosts.tsv", "name\tnote\nh3\t\n");
}

static int refuse(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	(void)arg;
	vmm_table_del(t[0], 0);
	return vmm_err_set(err, VMM_EREFUSED, "not today");
}

static void test_refused(void **state)
{
	struct place *p = *state;

	assert_int_equal(set_hosts(p, "name\nh1\n"), 0);
	assert_int_equal(vmm_store_change(p->st, hosts, refuse, NULL, &p->err), VMM_EREFUSED);
	assert_string_equal(p->err.text, "not today");
	assert_file(p, "hosts.tsv", "name\nh1\n");
}

static void test_malformed(void **state)
{
	struct place *p = *state;
	struct vmm_table *t = NULL;

	assert_int_equal(set_hosts(p, "name\tv\nh1\t1\n"), 0);
	write_file(p, "hosts.tsv", "h2\n", "a");
	assert_true(vmm_store_read(p->st, hosts, &t, &p->err) < 0);
	assert_null(t);
	assert_non_null(strstr(p->err.text, "hosts.tsv:3"));
	assert_true(set_hosts(p, "name\nh3\n") < 0);
	assert_file(p, "hosts.tsv", "name\tv\nh1\t1\nh2\n");
	write_file(p, "commit", "nonsense\n", "w");
	assert_true(vmm_store_read(p->st, hosts, &t, &p->err) < 0);
	assert_non_null(strstr(p->err.text, "/commit:"));
}

/* ---- intents ---- */

static void assert_intents(struct vmm_store *st, const char *want)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	struct vmm_table *t;

	assert_int_equal(vmm_intent_list(st, &t, NULL), 0);
	for (size_t i = 0; i < vmm_table_rows(t); i++)
		vmm_buf_addf(&b, "%s %s %s %s %s\n", vmm_table_at(t, i, "id"),
			     vmm_table_at(t, i, "op"), vmm_table_at(t, i, "subject"),
			     vmm_table_at(t, i, "detail"), vmm_table_at(t, i, "alive"));
	assert_string_equal(b.data, want);
	vmm_table_free(t);
}

static void test_intents(void **state)
{
	struct place *p = *state;
	struct vmm_store *other;
	uint64_t a, b;

	assert_int_equal(vmm_intent_begin(p->st, "migrate", "vm 1", "to\th2", &a, &p->err), 0);
	assert_int_equal(vmm_intent_begin(p->st, "migrate", "vm 2", NULL, &b, &p->err), 0);
	assert_int_equal(vmm_intent_note(p->st, a, "half", &p->err), 0);
	assert_intents(p->st, "1 migrate vm 1 half yes\n2 migrate vm 2  yes\n");
	assert_int_equal(vmm_intent_begin(p->st, "start", "vm 1", "", &b, &p->err), VMM_EAGAIN);
	assert_non_null(strstr(p->err.text, "migrate of 'vm 1' is already under way (pid "));
	assert_int_equal(vmm_intent_take(p->st, a, &p->err), VMM_EAGAIN);
	assert_int_equal(vmm_intent_end(p->st, b, "done", &p->err), 0);
	assert_int_equal(vmm_intent_end(p->st, b, "done", &p->err), VMM_ENOTFOUND);
	assert_int_equal(vmm_intent_note(p->st, 77, "x", &p->err), VMM_ENOTFOUND);
	assert_int_equal(vmm_intent_begin(p->st, "", "x", "", &b, &p->err), VMM_EINPUT);

	/* Its owner goes. */
	assert_int_equal(vmm_store_open(p->state, &other, &p->err), 0);
	assert_intents(other, "1 migrate vm 1 half yes\n");
	vmm_store_close(p->st);
	p->st = other;
	assert_intents(other, "1 migrate vm 1 half no\n");
	assert_int_equal(vmm_intent_begin(other, "start", "vm 1", "", &b, &p->err), VMM_EREFUSED);
	assert_non_null(strstr(p->err.text, "an earlier migrate of 'vm 1' was cut short"));
	assert_int_equal(vmm_intent_take(other, a, &p->err), 0);
	assert_intents(other, "1 migrate vm 1 half yes\n");
	assert_int_equal(vmm_intent_take(other, a, &p->err), VMM_EAGAIN);
	assert_int_equal(vmm_intent_end(other, a, "mended", &p->err), 0);
	assert_int_equal(vmm_intent_begin(other, "migrate", "vm 1", "", &b, &p->err), 0);
	assert_int_equal(b, 3);
}

/* One that is made has its name for a subject, and is spoken of by its UUID. */
static void test_uuid(void **state)
{
	struct place *p = *state;
	struct vmm_store *other;
	struct vmm_table *t;
	uint64_t a, b;

	assert_int_equal(vmm_store_open(p->state, &other, &p->err), 0);
	assert_int_equal(vmm_intent_begin(other, "create", "web",
					  "{\"host_uuid\":\"h-1\",\"uuid\":\"u-1\"}", &a, &p->err),
			 0);
	assert_int_equal(vmm_intent_begin(p->st, "start", "u-1", NULL, &b, &p->err), VMM_EAGAIN);
	vmm_store_close(other);
	assert_int_equal(vmm_intent_begin(p->st, "start", "u-1", NULL, &b, &p->err), VMM_EREFUSED);
	assert_non_null(strstr(p->err.text, "earlier create of 'web' was cut short"));
	assert_int_equal(vmm_intent_list(p->st, &t, &p->err), 0);
	assert_int_equal(vmm_intent_check(t, "u-1", &p->err), VMM_EREFUSED);
	assert_int_equal(vmm_intent_check(t, "u-", &p->err), 0);
	assert_int_equal(vmm_intent_check(t, "h-1", &p->err), 0);
	assert_int_equal(vmm_intent_id(t, 0, &b, &p->err), 0);
	assert_true(b == a);
	vmm_table_free(t);
	assert_int_equal(vmm_intent_begin(p->st, "start", "h-1", NULL, &b, &p->err), 0);
}

static void test_claim(void **state)
{
	struct place *p = *state;
	struct vmm_store *other;
	struct vmm_table *t;
	uint64_t id;

	assert_int_equal(vmm_store_open(p->state, &other, &p->err), 0);
	assert_int_equal(vmm_intent_begin(other, "start", "vm 1", NULL, &id, &p->err), 0);
	assert_int_equal(vmm_intent_begin(p->st, "migrate", "vm 1", "x", &id, &p->err), VMM_EAGAIN);
	assert_int_equal(vmm_intent_list(p->st, &t, &p->err), 0);
	assert_int_equal(vmm_intent_check(t, "vm 1", &p->err), VMM_EAGAIN);
	assert_int_equal(vmm_intent_check(t, "vm 2", &p->err), 0);
	vmm_table_free(t);
	vmm_store_close(other);

	assert_intents(p->st, ""); /* it went with its owner */
	assert_int_equal(vmm_intent_begin(p->st, "migrate", "vm 1", "x", &id, &p->err), 0);
	assert_int_equal(id, 2);
	assert_intents(p->st, "2 migrate vm 1 x yes\n");
	assert_int_equal(vmm_intent_end(p->st, 1, "done", &p->err), VMM_ENOTFOUND);
}

static void test_compaction(void **state)
{
	struct place *p = *state;
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	char path[100];
	struct stat st;
	uint64_t id;

	assert_int_equal(vmm_intent_begin(p->st, "op", "first", "", &id, &p->err), 0);
	for (unsigned i = 2; i < 9000; i++) {
		vmm_buf_addf(&b,
			     "%u\t2026-01-01T00:00:00Z\tbegin\tmigrate\tvm%u\th1\t1\tsome text "
			     "that makes the journal grow a little faster\n",
			     i, i);
		if (i != 9)
			vmm_buf_addf(&b,
				     "%u\t2026-01-01T00:00:01Z\tend\tmigrate\tvm%u\th1\t1\tdone\n",
				     i, i);
	}
	write_file(p, "journal.tsv", b.data, "a");
	snprintf(path, sizeof(path), "%s/journal.tsv", p->state);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 1024 * 1024);
	assert_int_equal(vmm_intent_begin(p->st, "op", "last", "", &id, &p->err), 0);
	assert_int_equal(id, 9000);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < 300 * 1024);
	assert_intents(p->st, "1 op first  yes\n9 migrate vm9 some text that makes the journal "
			      "grow a little faster no\n9000 op last  yes\n");
	assert_int_equal(vmm_intent_end(p->st, 1, "done", &p->err), 0);
	assert_int_equal(vmm_intent_end(p->st, 9000, "done", &p->err), 0);
	assert_false(exists(p, ".journal.new"));
}

static void test_bad_journal(void **state)
{
	struct place *p = *state;
	struct vmm_table *t;
	uint64_t id;

	assert_int_equal(vmm_intent_begin(p->st, "op", "x", "", &id, &p->err), 0);
	write_file(p, "journal.tsv", "x\t\tend\t\t\t\t\t\n", "a");
	assert_true(vmm_intent_list(p->st, &t, &p->err) < 0);
	assert_non_null(strstr(p->err.text, "journal.tsv:3: not an id"));
	assert_true(vmm_intent_begin(p->st, "op", "y", "", &id, &p->err) < 0);
}

/* ---- threads ---- */

static int add_one(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	uint64_t n = 0;
	char text[24];

	(void)arg;
	if (!vmm_table_rows(t[0])) {
		vmm_table_add(t[0]);
		vmm_table_put(t[0], 0, "name", "x");
		vmm_table_put(t[0], 0, "v", "0");
	}
	if (vmm_num_u64("v", vmm_table_at(t[0], 0, "v"), 0, 1000, &n, err) < 0)
		return VMM_EINPUT;
	snprintf(text, sizeof(text), "%u", (unsigned)n + 1);
	return vmm_table_put(t[0], 0, "v", text);
}

static void *change_much(void *arg)
{
	struct vmm_store *st = arg;
	char subject[32];
	struct vmm_table *t;
	uint64_t id;
	long bad = 0;

	snprintf(subject, sizeof(subject), "%lu", (unsigned long)pthread_self());
	for (int i = 0; i < 10; i++) {
		bad += vmm_intent_begin(st, "op", subject, "", &id, NULL) != 0;
		bad += vmm_store_change(st, hosts, add_one, NULL, NULL) != 0;
		bad += vmm_store_read(st, hosts, &t, NULL) != 0;
		vmm_table_free(t);
		bad += vmm_intent_end(st, id, "done", NULL) != 0;
	}
	return (void *)(intptr_t)bad;
}

static void test_threads(void **state)
{
	struct place *p = *state;
	pthread_t threads[8];
	void *bad;

	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, change_much, p->st), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], &bad);
		assert_null(bad);
	}
	assert_file(p, "hosts.tsv", "name\tv\nx\t80\n");
	assert_intents(p->st, "");
}

/* ---- checking ---- */

static void note_finding(const char *object, const char *what, bool mended, void *arg)
{
	vmm_buf_addf(arg, "%s: %.20s %s\n", object, what, mended ? "mended" : "-");
}

static void assert_found(struct place *p, bool repair, const char *want)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	assert_int_equal(vmm_store_check(p->st, repair, note_finding, &b, &p->err), 0);
	assert_string_equal(b.data, want);
}

static void test_check(void **state)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	struct place *p = *state;
	uint64_t id;

	assert_int_equal(set_hosts(p, "name\nh1\n"), 0);
	assert_int_equal(vmm_intent_begin(p->st, "op", "x", "", &id, &p->err), 0);
	assert_found(p, false, "");
	write_file(p, "hosts.tsv", "name\nh2\nh1\n", "w");
	write_file(p, "vms.tsv", "name\nv1\nv1\n", "w");
	write_file(p, "Notes.tsv", "whatever", "w");
	write_file(p, ".bashrc", "", "w");
	write_file(p, ".hosts.7-0123456789abcdef", "", "w");
	write_file(p, ".commit.new", "", "w");
	write_file(p, "journal.tsv", "torn", "a");
	assert_found(p, false,
		     ".commit.new: left over by a chang -\n"
		     ".hosts.7-0123456789abcdef: left over by a chang -\n"
		     "hosts.tsv: rows out of order, o -\n"
		     "journal.tsv: the last line is tor -\n"
		     "vms.tsv: table 'vms': two row -\n");
	assert_found(p, true,
		     ".commit.new: left over by a chang mended\n"
		     ".hosts.7-0123456789abcdef: left over by a chang mended\n"
		     "hosts.tsv: rows out of order, o mended\n"
		     "journal.tsv: the last line is tor mended\n"
		     "vms.tsv: table 'vms': two row -\n");
	assert_found(p, true, "vms.tsv: table 'vms': two row -\n");
	assert_file(p, "hosts.tsv", "name\nh1\nh2\n");
	assert_true(exists(p, ".bashrc"));
	write_file(p, "commit", "", "w");
	/* Without a record nothing else is looked at: nobody knows what is left over. */
	write_file(p, ".commit.new", "", "w");
	assert_int_equal(vmm_store_check(p->st, true, note_finding, &b, &p->err), 0);
	assert_ptr_equal(strstr(b.data, "commit: "), b.data);
	assert_null(strchr(strchr(b.data, '\n') + 1, '\n'));
	assert_true(exists(p, ".commit.new"));
	assert_true(exists(p, "commit"));
}

#define STORE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_url),         STORE_TEST(test_folder),
		STORE_TEST(test_names),       STORE_TEST(test_change),
		STORE_TEST(test_refused),     STORE_TEST(test_malformed),
		STORE_TEST(test_intents),     STORE_TEST(test_uuid),
		STORE_TEST(test_claim),       STORE_TEST(test_compaction),
		STORE_TEST(test_bad_journal), STORE_TEST(test_threads),
		STORE_TEST(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
