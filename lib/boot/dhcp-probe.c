/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks for DHCP servers: a question as of a PXE client that nobody follows up, so that no address is taken
 * (a server may hold the one it offers for some seconds). The answers come by broadcast.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strv.h"
#include "boot/dhcp.h"

#define SERVER_PORT 67
#define CLIENT_PORT 68
#define ASK_AGAIN_MS 1000
#define OPTIONS 240 /* where they begin */
#define BROADCAST 0x80

enum { OPT_TYPE = 53, OPT_SERVER = 54, OPT_CLASS = 60, OPT_FILE = 67, OPT_END = 255 };

static const uint8_t cookie[] = { 99, 130, 83, 99 };
static const uint8_t question[] = {
	OPT_TYPE,  1, 1,                 /* discover */
	55,        4, 1,   3,   54,  67, /* parameters that a client wants */
	93,        2, 0,   0,            /* architecture: BIOS */
	94,        3, 1,   2,   1,       /* UNDI 2.1 */
	OPT_CLASS, 9, 'P', 'X', 'E', 'C', 'l', 'i', 'e', 'n', 't', OPT_END,
};

static int open_socket(const char *interface, uint8_t mac[6], struct vmm_err *err)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(CLIENT_PORT) };
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", interface);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &ifr) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) < 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		vmm_err_errno(err, "cannot look for DHCP servers at '%s'", interface);
		if (fd >= 0)
			close(fd);
		return VMM_EFAIL;
	}
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	return fd;
}

static int ask(int fd, const uint8_t xid[4], const uint8_t mac[6])
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(SERVER_PORT),
				  .sin_addr.s_addr = htonl(INADDR_BROADCAST) };
	uint8_t m[OPTIONS + sizeof(question) + 64] = { 1, 1, 6 };

	memcpy(m + 4, xid, 4);
	m[10] = BROADCAST;
	memcpy(m + 28, mac, 6);
	memcpy(m + 236, cookie, sizeof(cookie));
	memcpy(m + OPTIONS, question, sizeof(question));
	return sendto(fd, m, sizeof(m), 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -1 : 0;
}

/* The option's bytes in the answer, its length in *n; NULL: it isn't there. */
static const uint8_t *option(const uint8_t *m, size_t size, uint8_t which, size_t *n)
{
	size_t at = OPTIONS;

	while (at + 1 < size && m[at] != OPT_END) {
		if (m[at] == 0) {
			at++;
			continue;
		}
		if (at + 2 + m[at + 1] > size)
			return NULL;
		if (m[at] == which) {
			*n = m[at + 1];
			return m + at + 2;
		}
		at += 2U + m[at + 1];
	}
	return NULL;
}

struct search {
	const uint8_t *xid;
	struct vmm_strv seen;
	vmm_boot_dhcp_found *found;
	void *arg;
};

static void take_answer(struct search *s, const uint8_t *m, size_t size,
			const struct sockaddr_in *from)
{
	size_t n;
	const uint8_t *id;
	struct in_addr server = from->sin_addr;
	char text[INET_ADDRSTRLEN];
	bool leases, boots;

	if (size < OPTIONS || m[0] != 2 || memcmp(m + 4, s->xid, 4) != 0 ||
	    memcmp(m + 236, cookie, sizeof(cookie)) != 0)
		return;
	id = option(m, size, OPT_SERVER, &n);
	if (id && n == sizeof(server))
		memcpy(&server, id, sizeof(server));
	inet_ntop(AF_INET, &server, text, sizeof(text));
	if (vmm_strv_has(&s->seen, text) || vmm_strv_add(&s->seen, text) < 0)
		return;
	leases = m[16] || m[17] || m[18] || m[19];
	boots = m[108] || option(m, size, OPT_FILE, &n) || option(m, size, OPT_CLASS, &n);
	s->found(s->arg, text, leases, boots);
}

static void listen_for(struct search *s, int fd, uint64_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t m[2048];

	for (uint64_t now; (now = vmm_clock_ms()) < until;) {
		struct sockaddr_in from = { 0 };
		socklen_t n = sizeof(from);
		ssize_t got;

		if (poll(&p, 1, (int)(until - now)) <= 0)
			continue;
		got = recvfrom(fd, m, sizeof(m), 0, (struct sockaddr *)&from, &n);
		if (got > 0)
			take_answer(s, m, (size_t)got, &from);
	}
}

int vmm_boot_dhcp_probe(const char *interface, uint64_t ms, vmm_boot_dhcp_found *found, void *arg,
			struct vmm_err *err)
{
	uint8_t mac[6], xid[4] = { 0 };
	struct search s = { .xid = xid, .found = found, .arg = arg };
	uint64_t end = vmm_clock_ms() + ms;
	int fd = open_socket(interface, mac, err), ret = 0;

	if (fd < 0)
		return fd;
	if (getrandom(xid, sizeof(xid), 0) < 0)
		ret = vmm_err_errno(err, "cannot get random bytes");
	for (uint64_t now; ret == 0 && (now = vmm_clock_ms()) < end;) {
		if (ask(fd, xid, mac) < 0)
			ret = vmm_err_errno(err, "cannot ask for DHCP servers at '%s'", interface);
		else
			listen_for(&s, fd, now + ASK_AGAIN_MS < end ? now + ASK_AGAIN_MS : end);
	}
	vmm_strv_release(&s.seen);
	close(fd);
	return ret;
}
