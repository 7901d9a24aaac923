/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every cell of the table that decides which host has the VM, and what may never be done. */
#include "test.h"

#include <stdio.h>

#include "base/buf.h"
#include "migrate/settle.h"

/*
 * A cell: where (? can't tell, S source, T target, 2 both, 0 nowhere), what is done (r resume,
 * s start; of the other one: k kill its process, u undefine it), and ! if that does not close the matter.
 */
static void write_cell(const struct vmm__verdict *v, struct vmm_buf *b)
{
	vmm_buf_addc(b, "?ST20"[v->where]);
	if (v->resume_source)
		vmm_buf_addc(b, 'r');
	if (v->start_source || v->start_target)
		vmm_buf_addc(b, 's');
	if (v->destroy_source || v->destroy_target)
		vmm_buf_addc(b, 'k');
	if (v->undefine_source || v->undefine_target)
		vmm_buf_addc(b, 'u');
	if (!v->sure)
		vmm_buf_addc(b, '!');
}

static char *grid(const struct vmm__story *story)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	for (int s = 0; s < VMM__SIGHTS; s++) {
		for (int t = 0; t < VMM__SIGHTS; t++) {
			struct vmm__verdict v =
				vmm__settle((enum vmm__sight)s, (enum vmm__sight)t, story);
			VMM_BUF_AUTO cell = VMM_BUF_INIT;

			write_cell(&v, &cell);
			vmm_buf_addf(&b, "%s%s", t ? " " : "", cell.data);
		}
		vmm_buf_addc(&b, '\n');
	}
	return vmm_buf_steal(&b);
}

/* clang-format off */
static const struct {
	const char *what;
	struct vmm__story story;
	const char *grid; /* source down, target across: unreachable absent stopped running paused halfway postcopy */
} golden[] = {
	{ "live", { 0 },
		"?! ?! ?! T! ?! ?! ?!\n"
		"?! 0 T T T ?! ?!\n"
		"?! S ?! Tu Tu ?! ?!\n"
		"S! S Su 2! 2! Sku ?!\n"
		"S! S Su 2! 2! Sku ?!\n"
		"?! Sr ?! Tku 2! Srku ?!\n"
		"?! ?! ?! Tku ?! ?! ?!\n" },
	{ "live, paused for the rest of the way", { .paused_by_us = true },
		"?! ?! ?! T! ?! ?! ?!\n"
		"?! 0 T T T ?! ?!\n"
		"?! S ?! Tu Tu ?! ?!\n"
		"S! S Su 2! 2! Sku ?!\n"
		"?! Sr ?! Tku 2! Srku ?!\n"
		"?! Sr ?! Tku 2! Srku ?!\n"
		"?! ?! ?! Tku ?! ?! ?!\n" },
	{ "live, without a definition", { .transient = true },
		"?! ?! ?! T! ?! ?! ?!\n"
		"?! 0 T T T ?! ?!\n"
		"?! S ?! Tu Tu ?! ?!\n"
		"S! S Su 2! 2! Sku ?!\n"
		"S! S Su 2! 2! Sku ?!\n"
		"?! ?! ?! Tku 2! Srku ?!\n"
		"?! ?! ?! Tku ?! ?! ?!\n" },
	{ "live, to a target that knew it", { .target_knew = true },
		"?! ?! ?! T! ?! ?! ?!\n"
		"?! 0 T T T ?! ?!\n"
		"?! S ?! Tu Tu ?! ?!\n"
		"S! S S 2! 2! Sk ?!\n"
		"S! S S 2! 2! Sk ?!\n"
		"?! Sr ?! Tku 2! Srk ?!\n"
		"?! ?! ?! Tku ?! ?! ?!\n" },
	{ "by definition", { .offline = true },
		"?! ?! ?! T! ?! ?! ?!\n"
		"?! 0 T T T ?! ?!\n"
		"?! S Su Tu Tu ?! ?!\n"
		"S! S Su 2! 2! Sku ?!\n"
		"S! S Su 2! 2! Sku ?!\n"
		"?! Sr ?! Tku 2! Srku ?!\n"
		"?! ?! ?! Tku ?! ?! ?!\n" },
	{ "by definition, to a target that knew it", { .offline = true, .target_knew = true },
		"?! ?! ?! T! ?! ?! ?!\n"
		"?! 0 T T T ?! ?!\n"
		"?! S S Tu Tu ?! ?!\n"
		"S! S S 2! 2! Sk ?!\n"
		"S! S S 2! 2! Sk ?!\n"
		"?! Sr ?! Tku 2! Srk ?!\n"
		"?! ?! ?! Tku ?! ?! ?!\n" },
	{ "by definition, shut down for it", { .offline = true, .stopped_by_us = true },
		"?! ?! ?! T! ?! ?! ?!\n"
		"?! 0 Ts T T ?! ?!\n"
		"?! Ss Ssu Tu Tu ?! ?!\n"
		"S! S Su 2! 2! Sku ?!\n"
		"S! S Su 2! 2! Sku ?!\n"
		"?! Sr ?! Tku 2! Srku ?!\n"
		"?! ?! ?! Tku ?! ?! ?!\n" },
};
/* clang-format on */

static void every_cell(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(golden); i++) {
		VMM_STR_AUTO got = grid(&golden[i].story);

		if (strcmp(got, golden[i].grid) != 0)
			print_message("%s\n", golden[i].what);
		assert_string_equal(got, golden[i].grid);
	}
}

static bool may_run(enum vmm__sight s)
{
	return s != VMM__ABSENT && s != VMM__STOPPED;
}

static bool holds_memory(enum vmm__sight s)
{
	return s == VMM__RUNNING || s == VMM__PAUSED;
}

static void never(enum vmm__sight src, enum vmm__sight dst, const struct vmm__story *story)
{
	struct vmm__verdict v = vmm__settle(src, dst, story);
	bool source_lost = v.destroy_source || v.undefine_source;
	bool target_lost = v.destroy_target || v.undefine_target;
	bool target_quiet = !may_run(dst) || (dst == VMM__HALFWAY && v.destroy_target);

	/* Both are never taken away, and one only if the other is known to be there. */
	assert_false(source_lost && target_lost);
	assert_true(!source_lost || v.where == VMM__AT_TARGET);
	assert_true(!target_lost || v.where == VMM__AT_SOURCE);
	assert_true(v.where != VMM__AT_SOURCE || may_run(src) || src == VMM__STOPPED);
	assert_true(v.where != VMM__AT_TARGET || may_run(dst) || dst == VMM__STOPPED);
	assert_true(!source_lost || holds_memory(dst));
	/* A process that has the guest's memory is never ended; one that waits may be. */
	assert_false(v.destroy_target && (holds_memory(dst) || dst == VMM__POSTCOPY));
	assert_false(v.destroy_source && holds_memory(src) && !story->paused_by_us);
	/* Nothing runs anew while the other one may run, or might have run since. */
	assert_true(!(v.resume_source || v.start_source) || target_quiet);
	assert_true(!v.resume_source || dst != VMM__STOPPED);
	assert_true(!v.start_target || !may_run(src));
	assert_false((v.resume_source || v.start_source) && v.start_target);
	/* What does not answer is not touched and closes nothing. */
	assert_false(src == VMM__UNREACHABLE && (source_lost || v.resume_source || v.start_source));
	assert_false(dst == VMM__UNREACHABLE && (target_lost || v.start_target));
	assert_false(v.sure && (src == VMM__UNREACHABLE || dst == VMM__UNREACHABLE));
	/* A matter that can't be told, or is a person's, stays open, and nothing is done. */
	if (v.where == VMM__CANT_TELL || v.where == VMM__ON_BOTH)
		assert_false(v.sure || source_lost || target_lost || v.resume_source ||
			     v.start_source || v.start_target);
}

static void invariants(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 16; bits++) {
		const struct vmm__story story = {
			.offline = bits & 1,
			.stopped_by_us = bits & 2,
			.target_knew = bits & 4,
			.paused_by_us = bits & 8,
		};

		for (int s = 0; s < VMM__SIGHTS; s++)
			for (int t = 0; t < VMM__SIGHTS; t++)
				never((enum vmm__sight)s, (enum vmm__sight)t, &story);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell),
		cmocka_unit_test(invariants),
	};

	return RUN(tests);
}
