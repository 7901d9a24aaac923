/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "base/progress.h"

struct counter {
	struct vmm_progress_sink sink;
	uint64_t seen;
};

static void count(struct vmm_progress_sink *sink, const struct vmm_progress *p)
{
	((struct counter *)sink)->seen += p->done;
}

static void sink_gets_reports(void **state)
{
	struct counter c = { { count }, 0 };
	struct vmm_progress p = { .subject = "vm1", .stage = "memory", .done = 7 };

	(void)state;
	vmm_progress_report(&c.sink, &p);
	vmm_progress_report(NULL, &p);
	assert_int_equal(c.seen, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sink_gets_reports),
	};

	return RUN(tests);
}
