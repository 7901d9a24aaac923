/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"

static int run(struct vmm_spawn *what, struct vmm_spawned *got, struct vmm_err *err,
	       const char *const *argv)
{
	what->argv = argv;
	return vmm_spawn(what, got, err);
}

#define RUN_PROGRAM(...) run(&what, &got, &err, (const char *const[]){ __VA_ARGS__, NULL })
#define VARIABLES                                \
	struct vmm_spawn what = VMM_SPAWN_INIT;  \
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT; \
	struct vmm_err err = { 0 };              \
	(void)state

static void arguments_arrive_as_they_are(void **state)
{
	VARIABLES;
	assert_int_equal(RUN_PROGRAM("printf", "%s|", "a b", "$(id)", "", "'\"\n*"), 0);
	assert_string_equal(got.out.data, "a b|$(id)||'\"\n*|");
	assert_int_equal(got.status, 0);
}

static void failure_has_status_and_first_line(void **state)
{
	VARIABLES;
	assert_int_equal(RUN_PROGRAM("perl", "-e", "print STDERR qq(one\\ntwo\\n); exit 7"),
			 VMM_EFAIL);
	assert_int_equal(got.status, 7);
	assert_string_equal(err.text, "'perl' ended with status 7: one");
	assert_string_equal(got.err.data, "one\ntwo\n");
}

static void missing_program(void **state)
{
	VARIABLES;
	assert_int_equal(RUN_PROGRAM("vmm-no-such-program"), VMM_EFAIL);
	assert_int_equal(got.status, -1);
	assert_string_equal(err.text,
			    "cannot start 'vmm-no-such-program': No such file or directory");
}

static void death_by_signal(void **state)
{
	VARIABLES;
	assert_int_equal(RUN_PROGRAM("perl", "-e", "kill 'TERM', $$; sleep 9"), VMM_EFAIL);
	assert_int_equal(got.signal, SIGTERM);
	assert_int_equal(got.status, -1);
}

static void input_from_memory(void **state)
{
	size_t n = 300000;
	VMM_STR_AUTO big = malloc(n);

	VARIABLES;
	memset(big, 'x', n);
	what.in = big;
	what.in_len = n;
	assert_int_equal(RUN_PROGRAM("cat"), 0);
	assert_int_equal(got.out.len, n);
	assert_memory_equal(got.out.data, big, n);
}

static void input_that_nobody_reads(void **state)
{
	VARIABLES;
	what.in = "text";
	what.in_len = 4;
	assert_int_equal(RUN_PROGRAM("true"), 0);
}

static void no_input_is_empty(void **state)
{
	VARIABLES;
	assert_int_equal(RUN_PROGRAM("cat"), 0);
	assert_int_equal(got.out.len, 0);
}

static void both_ends_are_files(void **state)
{
	int fds[2];
	char text[8] = "";

	VARIABLES;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	what.in_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	what.out_fd = fds[1];
	assert_int_equal(RUN_PROGRAM("head", "-c", "5"), 0);
	close(fds[1]);
	assert_int_equal(read(fds[0], text, sizeof(text)), 5);
	assert_int_equal(got.out.len, 0);
	close(fds[0]);
	close(what.in_fd);
}

static void output_has_a_limit(void **state)
{
	VARIABLES;
	what.out_max = 5;
	assert_int_equal(RUN_PROGRAM("printf", "12345"), 0);
	vmm_spawned_release(&got);
	assert_int_equal(RUN_PROGRAM("cat", "/dev/zero"), VMM_EINPUT);
	assert_string_equal(err.text, "the output of 'cat' is larger than 5 bytes");
}

/* What stderr has beyond the limit is read and dropped: the program must not hang on it. */
static void stderr_is_cut(void **state)
{
	VARIABLES;
	assert_int_equal(RUN_PROGRAM("perl", "-e", "print STDERR 'e' x 500000; print 'out'"), 0);
	assert_int_equal(got.err.len, 64 * 1024);
	assert_string_equal(got.out.data, "out");
}

static void environment_is_fixed(void **state)
{
	static const char *const pass[] = { "VMM_TEST_PASSED", "VMM_TEST_UNSET", NULL };
	static const char *const set[] = { "VMM_TEST_SET=2", NULL };

	VARIABLES;
	setenv("VMM_TEST_PASSED", "1", 1);
	setenv("VMM_TEST_KEPT", "secret", 1);
	setenv("PATH", "/usr/bin:/bin", 1);
	what.pass = pass;
	what.set = set;
	assert_int_equal(RUN_PROGRAM("env"), 0);
	assert_string_equal(got.out.data,
			    "LC_ALL=C\nPATH=/usr/bin:/bin\nVMM_TEST_PASSED=1\nVMM_TEST_SET=2\n");
}

static void runs_where_told(void **state)
{
	VARIABLES;
	what.dir = "/";
	assert_int_equal(RUN_PROGRAM("pwd"), 0);
	assert_string_equal(got.out.data, "/\n");
}

static void descriptors_are_closed(void **state)
{
	int fd = open("/dev/null", O_RDONLY); /* inheritable */

	VARIABLES;
	assert_int_equal(RUN_PROGRAM("perl", "-e",
				     "opendir $d, '/proc/self/fd'; print join ',', sort grep /^[0-9]+$/ && "
				     "readlink(\"/proc/self/fd/$_\") !~ m,/proc/,, readdir $d"),
			 0);
	assert_string_equal(got.out.data, "0,1,2");
	close(fd);
}

/* Without it a program would never be told that its reader is gone. */
static void signals_are_as_by_default(void **state)
{
	unsigned long long blocked, ignored;
	sigset_t block;

	VARIABLES;
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, NULL);
	assert_int_equal(RUN_PROGRAM("grep", "-hE", "^Sig(Blk|Ign)", "/proc/self/status"), 0);
	sigprocmask(SIG_UNBLOCK, &block, NULL);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(sscanf(got.out.data, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 0);
	assert_int_equal(ignored & (1ull << (SIGPIPE - 1)), 0);
}

static void too_long(void **state)
{
	uint64_t start = vmm_clock_ms();

	VARIABLES;
	what.limit_ms = 200;
	assert_int_equal(RUN_PROGRAM("sleep", "60"), VMM_EAGAIN);
	assert_string_equal(err.text, "'sleep' took longer than 0.2 s");
	assert_true(vmm_clock_ms() - start < 5000);
	/* It has closed its output: what is waited for is its end. */
	assert_int_equal(RUN_PROGRAM("perl", "-e", "close STDOUT; close STDERR; sleep 60"),
			 VMM_EAGAIN);
	assert_true(vmm_clock_ms() - start < 5000);
}

/* Its children die with it. */
static void the_group_is_killed(void **state)
{
	pid_t child;

	VARIABLES;
	what.limit_ms = 500;
	assert_int_equal(RUN_PROGRAM("perl", "-e",
				     "$| = 1; $p = fork; if (!$p) { sleep 60; exit } print $p; sleep 60"),
			 VMM_EAGAIN);
	child = (pid_t)strtol(got.out.data, NULL, 10);
	assert_true(child > 1);
	for (int i = 0; i < 100 && kill(child, 0) == 0; i++) {
		char path[64];

		/* In a container without a reaping init it stays behind as a zombie. */
		snprintf(path, sizeof(path), "/proc/%d/exe", (int)child);
		if (access(path, F_OK) < 0)
			return;
		vmm_sleep_ms(20);
	}
	assert_int_equal(kill(child, 0), -1);
}

static void cancel_stops_it(void **state)
{
	struct vmm_cancel cancel = { .level = 2 };

	VARIABLES;
	what.cancel = &cancel;
	assert_int_equal(RUN_PROGRAM("sleep", "60"), VMM_ECANCEL);
}

struct sum {
	size_t bytes, max;
};

static int add_up(void *arg, const char *bytes, size_t n, struct vmm_err *err)
{
	struct sum *s = arg;

	(void)bytes;
	s->bytes += n;
	return s->bytes > s->max ? vmm_err_set(err, VMM_EREFUSED, "enough") : 0;
}

static void output_by_pieces(void **state)
{
	struct sum s = { .max = SIZE_MAX };

	VARIABLES;
	what.out_fn = add_up;
	what.out_arg = &s;
	assert_int_equal(RUN_PROGRAM("head", "-c", "5000000", "/dev/zero"), 0);
	assert_int_equal(s.bytes, 5000000);
	assert_int_equal(got.out.len, 0);
	s = (struct sum){ .max = 100000 };
	assert_int_equal(RUN_PROGRAM("cat", "/dev/zero"), VMM_EREFUSED);
	assert_string_equal(err.text, "enough");
}

static void limits_hold(void **state)
{
	VARIABLES;
	what.memory_max = 256 << 20;
	assert_int_equal(RUN_PROGRAM("perl", "-e", "sleep 1; $x = 'x' x (1 << 30)"), VMM_EFAIL);
	what.memory_max = 0;
	what.cpu_max_s = 1;
	what.limit_ms = 20000;
	assert_int_equal(RUN_PROGRAM("perl", "-e", "1 while 1"), VMM_EFAIL);
	assert_true(got.signal == SIGKILL || got.signal == SIGXCPU);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_arrive_as_they_are),
		cmocka_unit_test(failure_has_status_and_first_line),
		cmocka_unit_test(missing_program),
		cmocka_unit_test(death_by_signal),
		cmocka_unit_test(input_from_memory),
		cmocka_unit_test(input_that_nobody_reads),
		cmocka_unit_test(no_input_is_empty),
		cmocka_unit_test(both_ends_are_files),
		cmocka_unit_test(output_has_a_limit),
		cmocka_unit_test(stderr_is_cut),
		cmocka_unit_test(environment_is_fixed),
		cmocka_unit_test(runs_where_told),
		cmocka_unit_test(descriptors_are_closed),
		cmocka_unit_test(signals_are_as_by_default),
		cmocka_unit_test(too_long),
		cmocka_unit_test(the_group_is_killed),
		cmocka_unit_test(cancel_stops_it),
		cmocka_unit_test(output_by_pieces),
		cmocka_unit_test(limits_hold),
	};

	return RUN(tests);
}
