/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command: its input goes in while its output comes out. */
#include <string.h>

#include "base/clock.h"
#include "ssh/internal.h"

#define OUT_MAX ((size_t)64 * 1024)

struct running {
	struct vmm_ssh *s;
	LIBSSH2_CHANNEL *channel;
	const struct vmm_ssh_command *what;
	struct vmm_ssh_done *got;
	size_t sent, out_max;
	bool closed_in;
	uint64_t until;
	struct vmm_err *err;
};

void vmm_ssh_done_release(struct vmm_ssh_done *d)
{
	vmm_buf_release(&d->out);
}

static int failed(struct running *r, const char *what)
{
	return vmm__ssh_err(r->s, VMM_EFAIL, r->err, "%s", what);
}

/* 0: again; else a code. */
static int again(struct running *r, const char *what)
{
	if (libssh2_session_last_errno(r->s->session) != LIBSSH2_ERROR_EAGAIN)
		return failed(r, what);
	return vmm__ssh_wait(r->s, r->until, r->err);
}

static int start(struct running *r)
{
	int code = 0;

	while (code == 0 && !(r->channel = libssh2_channel_open_session(r->s->session)))
		code = again(r, "cannot open a channel");
	while (code == 0 && libssh2_channel_exec(r->channel, r->what->line) != 0)
		code = again(r, "cannot start a command");
	return code;
}

/* 1: there was something to do; 0: nothing at the moment. */
static int send_some(struct running *r)
{
	ssize_t n = 0;

	if (r->closed_in)
		return 0;
	if (r->sent < r->what->in_len)
		n = libssh2_channel_write(r->channel, r->what->in + r->sent,
					  r->what->in_len - r->sent);
	if (n == LIBSSH2_ERROR_EAGAIN)
		return 0;
	if (n < 0) { /* it reads no more: what it does then is its affair */
		r->closed_in = true;
		return 1;
	}
	r->sent += (size_t)n;
	if (r->sent == r->what->in_len)
		r->closed_in = libssh2_channel_send_eof(r->channel) != LIBSSH2_ERROR_EAGAIN;
	return n > 0 || r->closed_in;
}

/* Of what is too much the beginning goes: how it ended is at the end. */
static void keep(struct running *r, const char *bytes, size_t n)
{
	struct vmm_buf *out = &r->got->out;

	vmm_buf_add(out, bytes, n);
	if (out->len > 2 * r->out_max) {
		memmove(out->data, out->data + out->len - r->out_max, r->out_max);
		out->len = r->out_max;
		out->data[out->len] = '\0';
	}
}

static int receive_some(struct running *r, int stream)
{
	char bytes[4096];
	ssize_t n = libssh2_channel_read_ex(r->channel, stream, bytes, sizeof(bytes));

	if (n > 0)
		keep(r, bytes, (size_t)n);
	if (n < 0 && n != LIBSSH2_ERROR_EAGAIN)
		return failed(r, "the connection broke");
	return n > 0;
}

static int talk(struct running *r)
{
	while (!libssh2_channel_eof(r->channel)) {
		int in = send_some(r), out = receive_some(r, 0);
		int more = out < 0 ? out : receive_some(r, SSH_EXTENDED_DATA_STDERR);

		if (more < 0)
			return more;
		/* A limit is one also for who never stops talking. */
		if (((!in && !out && !more) || vmm_clock_ms() >= r->until) &&
		    !libssh2_channel_eof(r->channel) && vmm__ssh_wait(r->s, r->until, r->err) < 0)
			return r->err->code;
	}
	return 0;
}

static int finish(struct running *r)
{
	char *signal = NULL;
	int code = 0;

	while (code == 0 && libssh2_channel_close(r->channel) != 0)
		code = again(r, "the connection broke");
	while (code == 0 && libssh2_channel_wait_closed(r->channel) != 0)
		code = again(r, "the connection broke");
	if (code)
		return code;
	libssh2_channel_get_exit_signal(r->channel, &signal, NULL, NULL, NULL, NULL, NULL);
	r->got->status = signal ? -1 : libssh2_channel_get_exit_status(r->channel);
	if (signal)
		libssh2_free(r->s->session, signal);
	return r->got->out.failed ? vmm_err_nomem(r->err) : 0;
}

int vmm_ssh_run(struct vmm_ssh *s, const struct vmm_ssh_command *what, struct vmm_ssh_done *got,
		struct vmm_err *err)
{
	struct vmm_err own = { 0 };
	struct running r = { .s = s,
			     .what = what,
			     .got = got,
			     .out_max = what->out_max ? what->out_max : OUT_MAX,
			     .until = vmm_clock_ms() + what->limit_ms,
			     .err = err ? err : &own };
	int code = start(&r);

	if (!code)
		code = talk(&r);
	if (!code)
		code = finish(&r);
	if (r.channel)
		libssh2_channel_free(r.channel);
	return code;
}

void vmm_ssh_quote(struct vmm_buf *out, const char *value)
{
	vmm_buf_addc(out, '\'');
	for (; *value; value++)
		if (*value == '\'')
			vmm_buf_adds(out, "'\\''");
		else
			vmm_buf_addc(out, *value);
	vmm_buf_addc(out, '\'');
}
