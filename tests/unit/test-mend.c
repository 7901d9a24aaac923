/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmm_migrate_mend() beside others that mend: on libvirt's test driver, which says where a VM is. */
#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "migrate/migrate.h"

static const char uuid[] = "00000000-0000-4000-8000-000000000001";
static const char detail[] =
	"{\"vm\":\"b\",\"from\":\"h1\",\"to\":\"h1\",\"from_uuid\":\"\",\"to_uuid\":\"\"}";

struct fixture {
	char folder[32];
	struct vmm_store *st;
	uint64_t second;
	bool end_second;
	struct vmm_buf found;
};

static int declare(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	(void)arg;
	if (vmm_table_add(t[0]) < 0 || vmm_table_put(t[0], 0, "name", "h1") < 0 ||
	    vmm_table_put(t[0], 0, "uri", "test:///default") < 0)
		return vmm_err_nomem(err);
	return 0;
}

/* Two whose owner is dead; the first has nothing that could be mended. */
static void begin_both(struct fixture *f)
{
	struct vmm_store *other;
	uint64_t id;

	assert_int_equal(vmm_store_dup(f->st, &other, NULL), 0);
	assert_int_equal(vmm_intent_begin(other, "migrate", "a", "-", &id, NULL), 0);
	assert_int_equal(vmm_intent_begin(other, "migrate", uuid, detail, &f->second, NULL), 0);
	vmm_store_close(other);
}

static int set_up(void **state)
{
	static const char *const names[] = { "hosts", NULL };
	struct fixture *f = calloc(1, sizeof(*f));
	struct vmm_err err;

	if (!f)
		return -1;
	snprintf(f->folder, sizeof(f->folder), "/tmp/vmm-test-XXXXXX");
	f->found = (struct vmm_buf)VMM_BUF_INIT;
	if (!mkdtemp(f->folder) || vmm_store_open(f->folder, &f->st, &err) < 0 ||
	    vmm_store_change(f->st, names, declare, NULL, &err) < 0)
		return -1;
	begin_both(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	static const char *const files[] = { "hosts.tsv", "journal.tsv", "commit", "lock", "owners" };

	vmm_store_close(f->st);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s/%s", f->folder, files[i]);
		unlink(name);
	}
	rmdir(f->folder);
	vmm_buf_release(&f->found);
	free(f);
	return 0;
}

static void found(const char *vm, const char *what, bool mended, void *ctx)
{
	struct fixture *f = ctx;

	(void)what;
	vmm_buf_addf(&f->found, "%s %s\n", vm, mended ? "mended" : "open");
	if (!f->end_second)
		return;
	assert_int_equal(vmm_intent_take(f->st, f->second, NULL), 0);
	assert_int_equal(vmm_intent_end(f->st, f->second, "mended", NULL), 0);
	f->end_second = false;
}

static void mends(struct fixture *f, const char *want)
{
	struct vmm_err err;
	int rc = vmm_migrate_mend(f->st, true, false, 10000, found, f, &err);

	assert_int_equal(rc, VMM_EPART);
	assert_string_equal(f->found.data, want);
}

static void test_mended(void **state)
{
	mends(*state, "a open\nb mended\n");
}

/* While the first is told of, somebody else sees to the second. */
static void test_ended_meanwhile(void **state)
{
	struct fixture *f = *state;

	f->end_second = true;
	mends(f, "a open\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ended_meanwhile, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
