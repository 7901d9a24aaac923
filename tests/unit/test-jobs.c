/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The runner of jobs: limits, deadlines, cancelling, and who frees what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/jobs.h"

#define MANY 1000
#define KEYS 7

/* What the items of one test have in common. Threads that are abandoned may outlive the test. */
struct world {
	int running, most;
	int per_key[KEYS], most_per_key;
	int runs, freed;
	int gate; /* abandoned items wait for it */
	struct vmm_cancel *cancel;
};

struct work {
	struct world *w;
	int key, key2;
	uint64_t ms;
	uint64_t headway;
	int frees;
};

static int add(int *n, int by)
{
	return __atomic_add_fetch(n, by, __ATOMIC_SEQ_CST);
}

static int get(int *n)
{
	return __atomic_load_n(n, __ATOMIC_SEQ_CST);
}

static void raise_to(int *most, int n)
{
	int old = get(most);

	while (old < n && !__atomic_compare_exchange_n(most, &old, n, false, __ATOMIC_SEQ_CST,
						       __ATOMIC_SEQ_CST))
		;
}

static int run(void *arg)
{
	struct work *k = arg;
	struct world *w = k->w;

	raise_to(&w->most, add(&w->running, 1));
	raise_to(&w->most_per_key, add(&w->per_key[k->key], 1));
	if (k->key2 != k->key)
		raise_to(&w->most_per_key, add(&w->per_key[k->key2], 1));
	vmm_sleep_ms(k->ms);
	add(&w->per_key[k->key], -1);
	if (k->key2 != k->key)
		add(&w->per_key[k->key2], -1);
	add(&w->running, -1);
	return -add(&w->runs, 1);
}

static int hang(void *arg)
{
	struct work *k = arg;

	while (!get(&k->w->gate))
		vmm_sleep_ms(1);
	return 0;
}

/* Gets on for `ms`, and then no more. */
static int get_on(void *arg)
{
	struct work *k = arg;
	uint64_t end = vmm_clock_ms() + k->ms;

	while (vmm_clock_ms() < end) {
		__atomic_store_n(&k->headway, vmm_clock_ms(), __ATOMIC_RELAXED);
		vmm_sleep_ms(10);
	}
	return k->key ? hang(arg) : 0;
}

static void free_work(void *arg)
{
	struct work *k = arg;

	add(&k->w->freed, 1);
	free(k);
}

static const char *const key_names[KEYS] = { "h0", "h1", "h2", "h3", "h4", "h5", "h6" };

static struct vmm_job job(struct world *w, int (*fn)(void *), int key, int key2, uint64_t ms)
{
	struct work *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	*k = (struct work){ .w = w, .key = key, .key2 = key2, .ms = ms };
	return (struct vmm_job){
		.run = fn,
		.arg = k,
		.free_arg = free_work,
		.keys = { key_names[key], key_names[key2] },
		.state = (enum vmm_job_state) - 1,
	};
}

struct seen {
	int done, timeout, skipped;
	int stop_after; /* 0: never */
	size_t order[MANY];
	size_t n;
	const struct vmm_job *jobs;
};

static int done(struct vmm_job *j, void *ctx)
{
	struct seen *s = ctx;

	s->order[s->n++] = (size_t)(j - s->jobs);
	s->done += j->state == VMM_JOB_DONE;
	s->timeout += j->state == VMM_JOB_TIMEOUT;
	s->skipped += j->state == VMM_JOB_SKIPPED;
	return s->stop_after && s->done >= s->stop_after;
}

static void test_limits(void **state)
{
	static struct vmm_job jobs[MANY];
	struct vmm_jobs_limits lim = { .jobs = 16, .per_key = 3 };
	struct world w = { 0 };
	struct seen s = { .jobs = jobs };

	(void)state;
	for (int i = 0; i < MANY; i++)
		jobs[i] = job(&w, run, i % KEYS, i % 5, (uint64_t)i % 3);
	assert_int_equal(vmm_jobs_run(jobs, MANY, &lim, NULL, done, &s, NULL), 0);
	assert_int_equal(s.done, MANY);
	assert_int_equal(w.runs, MANY);
	assert_int_equal(w.freed, MANY);
	assert_true(w.most <= 16);
	assert_true(w.most_per_key <= 3);
	assert_true(w.most >= 3);
}

static void test_no_limits(void **state)
{
	static struct vmm_job jobs[200];
	struct vmm_jobs_limits lim = { 0 };
	struct world w = { 0 };
	uint64_t start = vmm_clock_ms();

	(void)state;
	for (int i = 0; i < 200; i++)
		jobs[i] = job(&w, run, 0, 0, 100);
	assert_int_equal(vmm_jobs_run(jobs, 200, &lim, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(w.freed, 200);
	assert_true(w.most > 20);
	assert_true(vmm_clock_ms() - start < 5000);
	assert_int_equal(vmm_jobs_run(NULL, 0, &lim, NULL, NULL, NULL, NULL), 0);
}

static void test_headway(void **state)
{
	static struct world w;
	struct vmm_jobs_limits lim = { 0 };
	struct vmm_job jobs[] = { job(&w, get_on, 0, 0, 900), job(&w, get_on, 1, 1, 600) };
	struct seen s = { .jobs = jobs };
	uint64_t start = vmm_clock_ms();

	(void)state;
	for (int i = 0; i < 2; i++) {
		jobs[i].limit_ms = 300;
		jobs[i].headway = &((struct work *)jobs[i].arg)->headway;
	}
	assert_int_equal(vmm_jobs_run(jobs, 2, &lim, NULL, done, &s, NULL), 0);
	assert_int_equal(jobs[0].state, VMM_JOB_DONE);
	assert_int_equal(jobs[1].state, VMM_JOB_TIMEOUT);
	assert_true(vmm_clock_ms() - start >= 850);
	add(&w.gate, 1);
	while (get(&w.freed) < 2)
		vmm_sleep_ms(1);
}

/* A job whose key is busy doesn't hold up the one behind it; results come as they end. */
/* Starts lie apart while anything runs; what ends sooner holds up nobody. */
static void test_apart(void **state)
{
	struct vmm_job jobs[5];
	struct vmm_jobs_limits lim = { .apart_ms = 40 };
	struct world w = { 0 };
	uint64_t start = vmm_clock_ms();

	(void)state;
	for (int i = 0; i < 5; i++)
		jobs[i] = job(&w, run, 0, 0, 100);
	assert_int_equal(vmm_jobs_run(jobs, 5, &lim, NULL, NULL, NULL, NULL), 0);
	assert_true(vmm_clock_ms() - start >= 4 * 40 + 100);

	start = vmm_clock_ms();
	lim = (struct vmm_jobs_limits){ .jobs = 1, .apart_ms = 60000 };
	for (int i = 0; i < 5; i++)
		jobs[i] = job(&w, run, 0, 0, 0);
	assert_int_equal(vmm_jobs_run(jobs, 5, &lim, NULL, NULL, NULL, NULL), 0);
	assert_true(vmm_clock_ms() - start < 30000);
	assert_int_equal(w.freed, 10);
}

static void test_no_head_of_line(void **state)
{
	struct vmm_jobs_limits lim = { .jobs = 2, .per_key = 1 };
	struct world w = { 0 };
	struct vmm_job jobs[] = {
		job(&w, run, 0, 0, 200),
		job(&w, run, 0, 1, 1),
		job(&w, run, 2, 2, 1),
	};
	struct seen s = { .jobs = jobs };

	(void)state;
	assert_int_equal(vmm_jobs_run(jobs, 3, &lim, NULL, done, &s, NULL), 0);
	assert_int_equal(s.order[0], 2);
	assert_int_equal(s.order[1], 0);
	assert_int_equal(s.order[2], 1);
	assert_int_equal(jobs[2].code, -1);
	assert_int_equal(jobs[1].code, -3);
	assert_int_equal(w.most_per_key, 1);
}

static void test_deadline(void **state)
{
	struct vmm_jobs_limits lim = { .jobs = 1, .per_key = 1 };
	struct world *w = calloc(1, sizeof(*w));
	struct vmm_job jobs[3];
	struct seen s = { .jobs = jobs };
	uint64_t start = vmm_clock_ms();

	(void)state;
	assert_non_null(w);
	jobs[0] = job(w, hang, 0, 0, 0);
	jobs[1] = job(w, hang, 0, 0, 0);
	jobs[2] = job(w, run, 0, 0, 1);
	jobs[0].limit_ms = jobs[1].limit_ms = 60;
	jobs[2].limit_ms = 60000;
	assert_false(vmm_jobs_abandoned());
	assert_int_equal(vmm_jobs_run(jobs, 3, &lim, NULL, done, &s, NULL), 0);
	assert_true(vmm_clock_ms() - start >= 120);
	assert_true(vmm_clock_ms() - start < 5000);
	assert_int_equal(jobs[0].state, VMM_JOB_TIMEOUT);
	assert_int_equal(jobs[1].state, VMM_JOB_TIMEOUT);
	assert_int_equal(jobs[1].code, VMM_EAGAIN);
	assert_int_equal(jobs[2].state, VMM_JOB_DONE);
	assert_int_equal(get(&w->freed), 1);
	assert_true(vmm_jobs_abandoned());
	/* The abandoned are freed by themselves, once, when they come back. */
	add(&w->gate, 1);
	for (int i = 0; i < 500 && get(&w->freed) < 3; i++)
		vmm_sleep_ms(10);
	vmm_sleep_ms(20);
	assert_int_equal(get(&w->freed), 3);
	assert_int_equal(s.n, 3);
	free(w);
}

/* Items that end just when their deadline passes: one or the other, never both or none. */
static void test_photo_finish(void **state)
{
	static struct vmm_job jobs[300];
	struct vmm_jobs_limits lim = { .jobs = 30 };
	struct world *w = calloc(1, sizeof(*w));
	struct seen s = { .jobs = jobs };

	(void)state;
	assert_non_null(w);
	for (int i = 0; i < 300; i++) {
		jobs[i] = job(w, run, 0, 0, 4);
		jobs[i].limit_ms = 4 + (uint64_t)i % 3;
	}
	assert_int_equal(vmm_jobs_run(jobs, 300, &lim, NULL, done, &s, NULL), 0);
	assert_int_equal(s.n, 300);
	assert_int_equal(s.done + s.timeout, 300);
	for (int i = 0; i < 500 && get(&w->freed) < 300; i++)
		vmm_sleep_ms(10);
	assert_int_equal(get(&w->freed), 300);
	free(w);
}

static int run_and_cancel(void *arg)
{
	struct work *k = arg;

	__atomic_store_n(&k->w->cancel->level, 1, __ATOMIC_SEQ_CST);
	vmm_sleep_ms(250);
	return run(arg);
}

static void test_cancel(void **state)
{
	struct vmm_cancel cancel = { 0 };
	struct vmm_jobs_limits lim = { .jobs = 2 };
	struct world w = { .cancel = &cancel };
	struct vmm_job jobs[10];
	struct seen s = { .jobs = jobs };

	(void)state;
	jobs[0] = job(&w, run_and_cancel, 0, 0, 1);
	jobs[1] = job(&w, run_and_cancel, 0, 0, 1);
	for (int i = 2; i < 10; i++)
		jobs[i] = job(&w, run, 0, 0, 1);
	assert_int_equal(vmm_jobs_run(jobs, 10, &lim, &cancel, done, &s, NULL), 0);
	assert_int_equal(s.done, 2);
	assert_int_equal(s.skipped, 8);
	assert_int_equal(w.runs, 2);
	assert_int_equal(w.freed, 10);
	/* They are told within 100 ms or so, not when the last of the running ends. */
	assert_int_equal(s.order[0], 2);
	assert_int_equal(jobs[9].code, VMM_ECANCEL);
}

static int run_and_cancel_twice(void *arg)
{
	struct work *k = arg;

	__atomic_store_n(&k->w->cancel->level, 2, __ATOMIC_SEQ_CST);
	return run(arg);
}

/* At level 2 nobody waits for what was only looking; without give_up it ends as it likes. */
static void test_give_up(void **state)
{
	struct vmm_cancel cancel = { 0 };
	struct vmm_jobs_limits lim = { .jobs = 2, .give_up = true };
	struct world *w = calloc(1, sizeof(*w));
	struct vmm_job jobs[3];
	struct seen s = { .jobs = jobs };
	uint64_t start = vmm_clock_ms();

	(void)state;
	assert_non_null(w);
	w->cancel = &cancel;
	jobs[0] = job(w, hang, 0, 0, 0);
	jobs[1] = job(w, run_and_cancel_twice, 0, 0, 1);
	jobs[2] = job(w, run, 0, 0, 1);
	assert_int_equal(vmm_jobs_run(jobs, 3, &lim, &cancel, done, &s, NULL), 0);
	assert_true(vmm_clock_ms() - start < 3000);
	assert_int_equal(jobs[0].state, VMM_JOB_TIMEOUT);
	assert_int_equal(jobs[0].code, VMM_ECANCEL);
	assert_int_equal(jobs[1].state, VMM_JOB_DONE);
	assert_int_equal(jobs[2].state, VMM_JOB_SKIPPED);
	add(&w->gate, 1);
	for (int i = 0; i < 500 && get(&w->freed) < 3; i++)
		vmm_sleep_ms(10);
	vmm_sleep_ms(20);
	assert_int_equal(get(&w->freed), 3);
	free(w);
}

static void test_fail_fast(void **state)
{
	struct vmm_jobs_limits lim = { .jobs = 1 };
	struct world w = { 0 };
	struct vmm_job jobs[10];
	struct seen s = { .jobs = jobs, .stop_after = 3 };

	(void)state;
	for (int i = 0; i < 10; i++)
		jobs[i] = job(&w, run, 0, 0, 0);
	assert_int_equal(vmm_jobs_run(jobs, 10, &lim, NULL, done, &s, NULL), 0);
	assert_int_equal(s.done, 3);
	assert_int_equal(s.skipped, 7);
	assert_int_equal(w.freed, 10);
}

static int keep_all(struct vmm_job *j, void *ctx)
{
	struct work **kept = ctx;

	*kept = j->arg;
	j->arg = NULL;
	return 0;
}

static void test_keep(void **state)
{
	struct vmm_jobs_limits lim = { 0 };
	struct world w = { 0 };
	struct vmm_job one = job(&w, run, 0, 0, 0);
	struct work *kept = NULL;

	(void)state;
	assert_int_equal(vmm_jobs_run(&one, 1, &lim, NULL, keep_all, &kept, NULL), 0);
	assert_int_equal(w.freed, 0);
	assert_ptr_equal(kept->w, &w);
	free(kept);
}

static void test_lost(void **state)
{
	struct vmm_job job = { .limit_ms = 62000, .state = VMM_JOB_TIMEOUT, .code = VMM_EAGAIN };
	struct vmm_err why;

	(void)state;
	assert_string_equal(vmm_job_lost(&job, 1500, &why), "unknown");
	assert_string_equal(why.text, "no result within 1.5 s");
	job.state = VMM_JOB_SKIPPED;
	assert_string_equal(vmm_job_lost(&job, 1500, &why), "skipped");
	assert_string_equal(why.text, "not started");
}

static int look_at_mask(void *arg)
{
	struct work *k = arg;
	sigset_t set;

	pthread_sigmask(SIG_SETMASK, NULL, &set);
	add(&k->w->runs, sigismember(&set, SIGINT) == 1 && sigismember(&set, SIGTERM) == 1);
	return 0;
}

static void test_signals(void **state)
{
	struct vmm_jobs_limits lim = { 0 };
	struct world w = { 0 };
	struct vmm_job one = job(&w, look_at_mask, 0, 0, 0);
	sigset_t set;

	(void)state;
	assert_int_equal(vmm_jobs_run(&one, 1, &lim, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(w.runs, 1);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	assert_int_equal(sigismember(&set, SIGINT), 0);
}

static pthread_key_t at_exit;

static void clean_up(void *w)
{
	vmm_sleep_ms(50);
	add(&((struct world *)w)->freed, 100);
}

static int leave_something(void *arg)
{
	return -pthread_setspecific(at_exit, ((struct work *)arg)->w);
}

/* What libraries do when a thread ends must not meet what they do when the process does. */
static void test_threads_are_gone(void **state)
{
	struct vmm_jobs_limits lim = { 0 };
	struct world w = { 0 };
	struct vmm_job jobs[2] = { job(&w, leave_something, 0, 0, 0),
				   job(&w, leave_something, 0, 0, 0) };

	(void)state;
	assert_int_equal(pthread_key_create(&at_exit, clean_up), 0);
	assert_int_equal(vmm_jobs_run(jobs, 2, &lim, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(w.freed, 202);
	pthread_key_delete(at_exit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),       cmocka_unit_test(test_no_limits),
		cmocka_unit_test(test_apart),        cmocka_unit_test(test_no_head_of_line),
		cmocka_unit_test(test_deadline),     cmocka_unit_test(test_headway),
		cmocka_unit_test(test_photo_finish), cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_give_up),      cmocka_unit_test(test_fail_fast),
		cmocka_unit_test(test_lost),         cmocka_unit_test(test_signals),
		cmocka_unit_test(test_keep),         cmocka_unit_test(test_threads_are_gone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
