/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The results of a run on a disk that is full for a while. */
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rows.h"
#include "folder.h"
#include "run/internal.h"

static const char text[] = "step\twave\taction\tvm\tfrom\tto\n"
			   "1\t1\tmigrate\ta\th1\th2\n"
			   "2\t1\tmigrate\tb\th1\th2\n";

static int add(struct vmm__record *rec, const struct vmm_step *step, const char *error)
{
	struct vmm_err err;

	return vmm__record_add(rec,
			       &(struct vmm_run_result){ .step = step,
							 .result = "failed",
							 .note = "",
							 .error = error,
							 .downtime_ms = -1,
							 .code = VMM_EFAIL },
			       &err);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit was;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	was.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
}

static void full_disk(void **state)
{
	char dir[] = "/tmp/vmm-run.XXXXXX";
	struct vmm_store *st = NULL;
	struct vmm_table *rows = NULL;
	VMM_PLAN_AUTO *plan = NULL;
	VMM_BUF_AUTO results = VMM_BUF_INIT;
	struct vmm__record *rec = NULL;
	struct vmm_err err;
	struct stat now;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(vmm_store_open(dir, &st, NULL), 0);
	assert_int_equal(vmm_tsv_parse("plan", text, sizeof(text) - 1, &rows, &err), 0);
	assert_int_equal(vmm_plan_read(rows, "plan", &plan, &err), 0);
	assert_int_equal(vmm__record_begin(st, plan, &rec, &err), 0);
	assert_int_equal(fstat(rec->fd, &now), 0);

	signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)now.st_size + 10);
	assert_int_equal(add(rec, &plan->steps[0], "a reason that the disk has no room for") < 0, 1);
	limit_files(RLIM_INFINITY);
	assert_int_equal(add(rec, &plan->steps[1], "of the other"), 0);

	assert_int_equal(vmm__record_load(rec->results, &results, &err), 0);
	assert_string_equal(strchr(results.data, '\n') + 1, "2\t1\tfailed\t0\t\t0\t\tof the other\n");
	vmm__record_free(rec);
	vmm_store_close(st);
	folder_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_disk),
	};

	return RUN(tests);
}
