/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dial.h"

#define MANY 8

/* A port of this machine, and its address; backlog -1: nobody listens. */
struct port {
	int fd;
	struct sockaddr_in at;
	struct addrinfo to;
};

static void port_open(struct port *p, int backlog)
{
	socklen_t len = sizeof(p->at);

	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	p->at = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(p->fd, (struct sockaddr *)&p->at, len), 0);
	assert_int_equal(getsockname(p->fd, (struct sockaddr *)&p->at, &len), 0);
	if (backlog >= 0)
		assert_int_equal(listen(p->fd, backlog), 0);
	p->to = (struct addrinfo){ .ai_family = AF_INET,
				   .ai_addr = (struct sockaddr *)&p->at,
				   .ai_addrlen = len };
}

static int dial(const struct port *p, uint64_t ms, const struct vmm_cancel *cancel, int *fd)
{
	return vmm_dial(&p->to, vmm_clock_ms() + ms, cancel, fd);
}

static void a_server_is_reached(void **state)
{
	struct port p;
	int fd = -1, other;
	char c = 0;

	(void)state;
	port_open(&p, 1);
	assert_int_equal(dial(&p, 5000, NULL, &fd), 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	other = accept(p.fd, NULL, NULL);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(other, &c, 1), 1);
	assert_int_equal(c, 'x');
	close(other);
	close(fd);
	close(p.fd);
}

static void a_port_without_a_server(void **state)
{
	struct port p;
	int fd = -1;

	(void)state;
	port_open(&p, -1);
	assert_int_equal(dial(&p, 5000, NULL, &fd), ECONNREFUSED);
	assert_int_equal(fd, -1);
	close(p.fd);
}

/* One whose queue is full doesn't answer at all. */
static void a_silent_server(void **state)
{
	struct vmm_cancel cancel = { .level = 1 };
	struct port p;
	int fds[MANY], fd = -1, why = 0;
	uint64_t began;
	size_t n = 0;

	(void)state;
	port_open(&p, 0);
	for (began = vmm_clock_ms(); n < MANY && why == 0; n += why == 0) {
		began = vmm_clock_ms();
		why = dial(&p, 300, &cancel, &fds[n]);
	}
	assert_int_equal(why, ETIMEDOUT);
	assert_in_range(vmm_clock_ms() - began, 300, 2000);
	cancel.level = 2;
	began = vmm_clock_ms();
	assert_int_equal(dial(&p, 60000, &cancel, &fd), ECANCELED);
	assert_in_range(vmm_clock_ms() - began, 0, 2000);
	assert_int_equal(fd, -1);
	while (n > 0)
		close(fds[--n]);
	close(p.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_is_reached),
		cmocka_unit_test(a_port_without_a_server),
		cmocka_unit_test(a_silent_server),
	};

	return RUN(tests);
}
