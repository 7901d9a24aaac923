/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* While it runs: its output, its time, its end. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn-internal.h"

#define OUT_MAX ((size_t)1024 * 1024)
#define ERR_MAX ((size_t)64 * 1024)
/* How often the clock and the cancel level are looked at while nothing happens. */
#define TICK_MS 100

void vmm_spawned_release(struct vmm_spawned *got)
{
	vmm_buf_release(&got->out);
	vmm_buf_release(&got->err);
}

void vmm__spawn_kill(struct vmm__child *child)
{
	if (child->pid < 0)
		return;
	/* Not yet waited for: nobody else can have its number. */
	kill(-child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	child->pid = -1;
}

struct run {
	const struct vmm_spawn *what;
	struct vmm_spawned *got;
	struct vmm__child child;
	uint64_t deadline; /* 0: none */
	struct vmm_err *err;
};

/* Whether it may go on. */
static int check(const struct run *r)
{
	if (r->what->cancel && r->what->cancel->level >= 2)
		return vmm_err_set(r->err, VMM_ECANCEL, "'%s' was stopped", r->what->argv[0]);
	if (r->deadline && vmm_clock_ms() >= r->deadline)
		return vmm_err_set(r->err, VMM_EAGAIN, "'%s' took longer than %g s",
				   r->what->argv[0], (double)r->what->limit_ms / 1000);
	return 0;
}

static int tick(const struct run *r)
{
	uint64_t now = vmm_clock_ms();

	if (!r->deadline || r->deadline > now + TICK_MS)
		return TICK_MS;
	return r->deadline > now ? (int)(r->deadline - now) : 0;
}

static int take_out(struct run *r, const char *bytes, size_t n)
{
	const struct vmm_spawn *what = r->what;
	size_t max = what->out_max ? what->out_max : OUT_MAX;

	if (what->out_fn)
		return what->out_fn(what->out_arg, bytes, n, r->err);
	if (n > max - r->got->out.len)
		return vmm_err_set(r->err, VMM_EINPUT, "the output of '%s' is larger than %zu bytes",
				   what->argv[0], max);
	vmm_buf_add(&r->got->out, bytes, n);
	return r->got->out.failed ? vmm_err_nomem(r->err) : 0;
}

static int take_err(struct run *r, const char *bytes, size_t n)
{
	size_t room = ERR_MAX - r->got->err.len;

	vmm_buf_add(&r->got->err, bytes, n < room ? n : room);
	return r->got->err.failed ? vmm_err_nomem(r->err) : 0;
}

/* What there is in a pipe; at its end it is closed. */
static int drain(struct run *r, int *fd, int (*take)(struct run *r, const char *bytes, size_t n))
{
	char bytes[64 * 1024];
	ssize_t n = read(*fd, bytes, sizeof(bytes));

	if (n > 0)
		return take(r, bytes, (size_t)n);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return vmm_err_errno(r->err, "cannot read from '%s'", r->what->argv[0]);
	close(*fd);
	*fd = -1;
	return 0;
}

static int read_output(struct run *r)
{
	struct vmm__child *c = &r->child;
	int ret = 0;

	while (ret == 0 && (c->out >= 0 || c->err >= 0)) {
		struct pollfd p[2] = { { c->out, POLLIN, 0 }, { c->err, POLLIN, 0 } };

		if (poll(p, 2, tick(r)) < 0 && errno != EINTR)
			return vmm_err_errno(r->err, "cannot wait for '%s'", r->what->argv[0]);
		ret = check(r);
		if (ret == 0 && p[0].revents)
			ret = drain(r, &c->out, take_out);
		if (ret == 0 && p[1].revents)
			ret = drain(r, &c->err, take_err);
	}
	return ret;
}

/* Most end with their output, so it is soon there; one that has closed it may take its time. */
static int await_end(struct run *r, int *status)
{
	uint64_t nap = 1;

	for (;;) {
		pid_t pid = waitpid(r->child.pid, status, WNOHANG);
		int ret;

		if (pid > 0)
			break;
		if (pid < 0 && errno != EINTR)
			return vmm_err_errno(r->err, "cannot wait for '%s'", r->what->argv[0]);
		ret = check(r);
		if (ret < 0)
			return ret;
		vmm_sleep_ms(nap);
		nap = nap < 50 ? nap * 2 : 50;
	}
	r->child.pid = -1;
	return 0;
}

/* The line that says most: the first. */
static int failed(const struct run *r, const char *how, int number)
{
	const char *text = r->got->err.data;
	int len = (int)strcspn(text, "\r\n");

	return vmm_err_set(r->err, VMM_EFAIL, "'%s' %s %d%s%.*s", r->what->argv[0], how, number,
			   len ? ": " : "", len, text);
}

static int judge(struct run *r, int status)
{
	if (WIFSIGNALED(status)) {
		r->got->signal = WTERMSIG(status);
		return failed(r, "was ended by signal", r->got->signal);
	}
	r->got->status = WEXITSTATUS(status);
	return r->got->status == 0 ? 0 : failed(r, "ended with status", r->got->status);
}

int vmm_spawn(const struct vmm_spawn *what, struct vmm_spawned *got, struct vmm_err *err)
{
	struct run r = { .what = what, .got = got, .err = err };
	int status = 0;
	int ret = vmm__spawn_start(what, &r.child, err);

	if (ret < 0)
		return ret;
	if (what->limit_ms)
		r.deadline = vmm_clock_ms() + what->limit_ms;
	ret = read_output(&r);
	if (ret == 0)
		ret = await_end(&r, &status);
	vmm__spawn_kill(&r.child);
	if (r.child.out >= 0)
		close(r.child.out);
	if (r.child.err >= 0)
		close(r.child.err);
	return ret < 0 ? ret : judge(&r, status);
}
