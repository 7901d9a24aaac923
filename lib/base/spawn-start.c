/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting: the program's descriptors, environment, signals and limits. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/spawn-internal.h"
#include "base/strv.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- its environment ---- */

static int pass_variable(struct vmm_strv *env, const char *name)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	const char *value = getenv(name);

	if (!value)
		return 0;
	vmm_buf_addf(&b, "%s=%s", name, value);
	return b.failed ? VMM_ENOMEM : vmm_strv_add(env, b.data);
}

static int make_environment(const struct vmm_spawn *what, struct vmm_strv *env)
{
	int ret = vmm_strv_add(env, "LC_ALL=C");

	if (ret == 0)
		ret = pass_variable(env, "PATH");
	for (const char *const *p = what->pass; ret == 0 && p && *p; p++)
		ret = pass_variable(env, *p);
	for (const char *const *s = what->set; ret == 0 && s && *s; s++)
		ret = vmm_strv_add(env, *s);
	return ret;
}

/* ---- its descriptors ---- */

/* Input from memory is a file in memory: there is nobody to wait for, and no broken pipe. */
static int open_memory(const struct vmm_spawn *what, int *fd)
{
	size_t done = 0;

	*fd = memfd_create("stdin", MFD_CLOEXEC);
	if (*fd < 0)
		return -1;
	while (done < what->in_len) {
		ssize_t n = write(*fd, what->in + done, what->in_len - done);

		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return lseek(*fd, 0, SEEK_SET) < 0 ? -1 : 0;
}

static int open_input(const struct vmm_spawn *what, int *fd)
{
	if (what->in)
		return open_memory(what, fd);
	*fd = what->in_fd >= 0 ? fcntl(what->in_fd, F_DUPFD_CLOEXEC, 3)
			       : open("/dev/null", O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? -1 : 0;
}

/* Ours does not block: both pipes are read by one thread. */
static int open_pipe(int *ours, int *its)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	*ours = fds[0];
	*its = fds[1];
	return fcntl(*ours, F_SETFL, O_NONBLOCK);
}

/* Its ends, by number. */
struct ends {
	int fd[3];
};

static int open_ends(const struct vmm_spawn *what, struct vmm__child *child, struct ends *its)
{
	if (open_input(what, &its->fd[0]) < 0 || open_pipe(&child->err, &its->fd[2]) < 0)
		return -1;
	if (what->out_fd < 0)
		return open_pipe(&child->out, &its->fd[1]);
	its->fd[1] = fcntl(what->out_fd, F_DUPFD_CLOEXEC, 3);
	return its->fd[1] < 0 ? -1 : 0;
}

/* An end that already has a low number, because we run without it, would be in another's way. */
static int move_up(struct ends *its)
{
	for (int i = 0; i < 3; i++) {
		int fd = its->fd[i];

		if (fd > 2)
			continue;
		its->fd[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		close(fd);
		if (its->fd[i] < 0)
			return -1;
	}
	return 0;
}

static int add_actions(posix_spawn_file_actions_t *actions, const struct vmm_spawn *what,
		       const struct ends *its)
{
	int e = 0;

	for (int i = 0; e == 0 && i < 3; i++)
		e = posix_spawn_file_actions_adddup2(actions, its->fd[i], i);
	if (e == 0 && what->dir)
		e = posix_spawn_file_actions_addchdir_np(actions, what->dir);
#if __GLIBC_PREREQ(2, 34)
	/* Ours are all O_CLOEXEC; those of a library may not be. */
	if (e == 0)
		e = posix_spawn_file_actions_addclosefrom_np(actions, 3);
#endif
	return e;
}

/* ---- its signals and limits ---- */

static int add_attributes(posix_spawnattr_t *attr)
{
	sigset_t all, none;
	int e;

	sigfillset(&all);
	sigemptyset(&none);
	e = posix_spawnattr_setsigdefault(attr, &all);
	if (e == 0)
		e = posix_spawnattr_setsigmask(attr, &none);
	if (e == 0)
		e = posix_spawnattr_setpgroup(attr, 0);
	if (e == 0)
		e = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
							   POSIX_SPAWN_SETPGROUP);
	return e;
}

static int set_limit(pid_t pid, int resource, uint64_t max)
{
	struct rlimit lim;

	if (max == 0)
		return 0;
	if (prlimit(pid, (enum __rlimit_resource)resource, NULL, &lim) < 0)
		return -1;
	if (max < lim.rlim_max)
		lim.rlim_max = max;
	if (max < lim.rlim_cur)
		lim.rlim_cur = max;
	return prlimit(pid, (enum __rlimit_resource)resource, &lim, NULL);
}

/* ESRCH: it has ended already, and is its parent's to look at. */
static int set_limits(pid_t pid, const struct vmm_spawn *what)
{
	if ((set_limit(pid, RLIMIT_AS, what->memory_max) < 0 ||
	     set_limit(pid, RLIMIT_CPU, what->cpu_max_s) < 0 ||
	     set_limit(pid, RLIMIT_FSIZE, what->file_max) < 0) &&
	    errno != ESRCH)
		return -1;
	return 0;
}

static int run_program(const struct vmm_spawn *what, const struct ends *its, char **env, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int e = posix_spawn_file_actions_init(&actions);

	if (e != 0)
		return e;
	e = posix_spawnattr_init(&attr);
	if (e != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return e;
	}
	e = add_actions(&actions, what, its);
	if (e == 0)
		e = add_attributes(&attr);
	if (e == 0)
		e = posix_spawnp(pid, what->argv[0], &actions, &attr, (char **)what->argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return e;
}

int vmm__spawn_start(const struct vmm_spawn *what, struct vmm__child *child, struct vmm_err *err)
{
	struct vmm__child made = { -1, -1, -1 };
	struct ends its = { { -1, -1, -1 } };
	VMM_STRV_AUTO env = VMM_STRV_INIT;
	int ret = make_environment(what, &env);

	if (ret < 0)
		return vmm_err_nomem(err);
	if (open_ends(what, &made, &its) < 0 || move_up(&its) < 0) {
		ret = vmm_err_errno(err, "cannot start '%s'", what->argv[0]);
	} else {
		errno = run_program(what, &its, env.s, &made.pid);
		if (errno != 0)
			ret = vmm_err_errno(err, "cannot start '%s'", what->argv[0]);
	}
	if (ret == 0 && set_limits(made.pid, what) < 0)
		ret = vmm_err_errno(err, "cannot limit '%s'", what->argv[0]);
	for (int i = 0; i < 3; i++)
		close_fd(&its.fd[i]);
	if (ret == 0) {
		*child = made;
		return 0;
	}
	vmm__spawn_kill(&made);
	close_fd(&made.out);
	close_fd(&made.err);
	return ret;
}
