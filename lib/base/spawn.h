/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Another program, started with an argv and without a shell, within limits, and waited for.
 *
 *	const char *argv[] = { "qemu-img", "info", "--output=json", "--", path, NULL };
 *	struct vmm_spawn what = VMM_SPAWN_INIT;
 *	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
 *
 *	what.argv = argv;
 *	what.limit_ms = 10000;
 *	what.memory_max = 256 << 20;
 *	if (vmm_spawn(&what, &got, err) < 0)
 *		return …;			(the sentence has the program's first line on stderr)
 *	parse(got.out.data);
 *
 * The program is looked for in PATH. It gets PATH, LC_ALL=C and those variables of ours that
 * `pass` names, nothing else; no descriptors but 0, 1 and 2; all signals as by default; a process
 * group of its own, so that what it starts is killed with it, and so that Ctrl-C on a
 * terminal reaches us alone.
 *
 * It is killed, with its group, when it has run for limit_ms, when `cancel` has reached level 2, when
 * its output becomes too large, and when out_fn fails. Should we be killed, it meets a broken pipe
 * at its next output. It must not leave a process behind that keeps its stdout or stderr
 * open: the end of both is waited for.
 *
 * The resource limits are set on the running program at once after its start.
 */
#ifndef VMM_BASE_SPAWN_H
#define VMM_BASE_SPAWN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/jobs.h"

/* Some of the program's output. Non-zero ends it, and vmm_spawn() returns that, *err being set. */
typedef int vmm_spawn_fn(void *arg, const char *bytes, size_t n, struct vmm_err *err);

/* Everything is borrowed until vmm_spawn() returns. */
struct vmm_spawn {
	const char *const *argv; /* ends with NULL */
	const char *const *pass; /* names of variables, ends with NULL; may be NULL */
	const char *const *set;  /* NAME=VALUE, ends with NULL; may be NULL */
	const char *dir;         /* where it runs; NULL: here */

	const char *in; /* what it reads from stdin; NULL: in_fd */
	size_t in_len;
	int in_fd; /* -1: /dev/null */

	int out_fd; /* where its stdout goes; -1: to out_fn, or without one into the result */
	vmm_spawn_fn *out_fn; /* may be NULL */
	void *out_arg;
	size_t out_max; /* bytes of the result; 0: 1 MiB. Of stderr the first 64 KiB are kept */

	uint64_t limit_ms;               /* 0: none */
	const struct vmm_cancel *cancel; /* may be NULL */
	uint64_t memory_max;             /* address space, bytes; 0: as we have it */
	uint64_t cpu_max_s;              /* 0: as we have it */
	uint64_t file_max;               /* bytes of a file it writes; 0: as we have it */
};

#define VMM_SPAWN_INIT                     \
	{                                  \
		.in_fd = -1, .out_fd = -1, \
	}

struct vmm_spawned {
	int status; /* its exit status; -1: it never ran, or was killed */
	int signal; /* that ended it; 0: none */
	struct vmm_buf out, err;
};

#define VMM_SPAWNED_INIT                                               \
	{                                                              \
		.status = -1, .out = VMM_BUF_INIT, .err = VMM_BUF_INIT \
	}
#define VMM_SPAWNED_AUTO __attribute__((cleanup(vmm_spawned_release))) struct vmm_spawned

void vmm_spawned_release(struct vmm_spawned *got);

/*
 * 0: it ended by itself with status 0. VMM_EFAIL: it could not be started, ended otherwise (*got says
 * how, for a caller to whom that is an answer) or was killed; VMM_EAGAIN: limit_ms has passed;
 * VMM_ECANCEL; VMM_EINPUT: its output was larger than out_max; what out_fn returned. *got is filled as
 * far as it went in every case.
 */
int vmm_spawn(const struct vmm_spawn *what, struct vmm_spawned *got, struct vmm_err *err);

#endif
