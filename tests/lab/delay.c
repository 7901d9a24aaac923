// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A slow wire in front of one daemon, for many clients: this kernel has no netem.
 *
 *     delay MS UPSTREAM SOCKET...
 *
 * Listens on each unix SOCKET and passes what comes to the unix socket UPSTREAM and back. MS is what a
 * round trip takes: each direction holds data for half of it. Connecting costs nothing extra. A SOCKET
 * with a "!" before it takes connections and never answers. One process, one thread, any number of sockets;
 * prints "ready" when all of them listen.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum kind { ANSWERING, SILENT, END };

/* One file descriptor: a listening socket, or an end of a connection with its peer. */
struct end {
	enum kind kind;
	int fd, listening, open; // open: its input hasn't ended
	struct end *peer;
	char *out; // is due, and not written yet
	size_t used, size;
	int shut; // close its output once that is written
	int held; // chunks that name it
};

/* All data waits equally long, so one queue in order of arrival is in order of being due. */
struct chunk {
	struct chunk *next;
	struct end *to;
	long long due;
	size_t size; // 0: the end of the stream
	char data[];
};

static struct chunk *first, **last = &first;
static const char *upstream;
static long long half_ns;
static int ep;

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof a.sun_path)
		errx(1, "path too long: %s", path);
	strcpy(a.sun_path, path);
	return a;
}

static struct end *watch(int fd, enum kind kind, unsigned events)
{
	struct end *e = calloc(1, sizeof *e);
	struct epoll_event ev = { .events = events, .data.ptr = e };

	if (!e)
		err(1, "memory");
	e->kind = kind, e->fd = fd, e->open = 1;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		err(1, "epoll");
	return e;
}

static void listen_on(const char *path)
{
	enum kind kind = *path == '!' ? SILENT : ANSWERING;
	struct sockaddr_un a = address(path + (kind == SILENT));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	unlink(a.sun_path);
	if (fd < 0 || bind(fd, (void *)&a, sizeof a) || listen(fd, 128))
		err(1, "%s", a.sun_path);
	watch(fd, kind, EPOLLIN)->listening = 1;
}

static void accept_on(const struct end *l)
{
	int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), up;
	struct sockaddr_un a = address(upstream);

	if (fd < 0 || l->kind == SILENT) // stays open and unheard until this process ends
		return;
	up = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (up < 0 || connect(up, (void *)&a, sizeof a)) {
		warn("%s", upstream);
		close(fd), close(up);
		return;
	}
	fcntl(up, F_SETFL, O_NONBLOCK);
	struct end *client = watch(fd, END, EPOLLIN | EPOLLOUT | EPOLLET),
		   *server = watch(up, END, EPOLLIN | EPOLLOUT | EPOLLET);
	client->peer = server, server->peer = client;
}

static void enqueue(struct end *to, const char *data, size_t size)
{
	struct chunk *c = malloc(sizeof *c + size);

	if (!c)
		err(1, "memory");
	*c = (struct chunk){ .to = to, .due = now() + half_ns, .size = size };
	memcpy(c->data, data, size);
	*last = c, last = &c->next;
	to->held++;
}

static void take_in(struct end *e)
{
	static char buf[65536];
	ssize_t n;

	while (e->open && (n = read(e->fd, buf, sizeof buf)) != -1) {
		e->open = n > 0;
		enqueue(e->peer, buf, n);
	}
	if (e->open && errno != EAGAIN)
		e->open = 0, enqueue(e->peer, buf, 0);
}

static void put_out(struct end *e)
{
	while (e->used) {
		ssize_t n = send(e->fd, e->out, e->used, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			n = e->used; // nobody is there to read it
		memmove(e->out, e->out + n, e->used -= n);
	}
	if (e->shut)
		shutdown(e->fd, SHUT_WR);
}

static void deliver(struct chunk *c)
{
	struct end *e = c->to;

	e->held--;
	if (e->used + c->size > e->size && !(e->out = realloc(e->out, e->size = e->used + c->size)))
		err(1, "memory");
	if (c->size)
		memcpy(e->out + e->used, c->data, c->size), e->used += c->size;
	else
		e->shut = 1;
	put_out(e);
}

static int finished(const struct end *e)
{
	return !e->open && e->shut && !e->used && !e->held;
}

static void free_pair(struct end *e)
{
	struct end *pair[] = { e, e->peer };

	if (!finished(pair[0]) || !finished(pair[1]))
		return;
	for (int i = 0; i < 2; i++)
		close(pair[i]->fd), free(pair[i]->out), free(pair[i]);
}

static void deliver_due(void)
{
	while (first && first->due <= now()) {
		struct chunk *c = first;
		first = c->next;
		if (!first)
			last = &first;
		deliver(c);
		free_pair(c->to);
		free(c);
	}
}

int main(int argc, char **argv)
{
	struct rlimit files;

	if (argc < 4)
		errx(2, "usage: delay MS UPSTREAM SOCKET...");
	half_ns = atoll(argv[1]) * 500000, upstream = argv[2], ep = epoll_create1(EPOLL_CLOEXEC);
	getrlimit(RLIMIT_NOFILE, &files), files.rlim_cur = files.rlim_max,
					  setrlimit(RLIMIT_NOFILE, &files);
	for (int i = 3; i < argc; i++)
		listen_on(argv[i]);
	puts("ready"), fflush(stdout);
	for (;;) {
		struct epoll_event ev; // one at a time: an event further on in a batch might name a freed end
		long long wait = first ? first->due - now() : 0;
		struct timespec t = { wait / 1000000000, wait % 1000000000 };
		if (wait >= 0 && epoll_pwait2(ep, &ev, 1, first ? &t : NULL, NULL) == 1) {
			struct end *e = ev.data.ptr;
			if (e->listening)
				accept_on(e);
			else
				put_out(e), take_in(e), free_pair(e);
		}
		deliver_due();
	}
}
