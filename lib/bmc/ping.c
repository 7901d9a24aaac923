/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RMCP's presence ping (ASF 2.0): one socket a family, and all addresses at once. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "bmc/internal.h"

#define PORT 623
/* Each is asked so often within the time. */
#define ROUNDS 3
/* So many, then a pause: neither the network nor its neighbour tables are to be flooded. */
#define BURST 64
#define BURST_MS 5

#define PING_LEN 12
#define PONG 0x40

/* Version 6, no acknowledgement, class ASF; IANA number of ASF, type "presence ping", tag, no data. */
static const unsigned char ping[PING_LEN] = { 0x06, 0, 0xff, 0x06, 0, 0, 0x11, 0xbe, 0x80, 0, 0, 0 };

struct peer {
	struct sockaddr_in6 addr; /* an IPv4 one as ::ffff:A.B.C.D */
};

struct pinger {
	int fd;
	struct peer *peers;
	size_t *order; /* by address, for the search */
	size_t n, silent;
	bool *answered;
};

static int by_address(const void *a, const void *b, void *arg)
{
	const struct peer *peers = arg;

	return memcmp(&peers[*(const size_t *)a].addr.sin6_addr,
		      &peers[*(const size_t *)b].addr.sin6_addr, sizeof(struct in6_addr));
}

static int read_address(const char *text, struct sockaddr_in6 *out)
{
	char mapped[INET6_ADDRSTRLEN + 8];

	*out = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	snprintf(mapped, sizeof(mapped), strchr(text, ':') ? "%s" : "::ffff:%s", text);
	return inet_pton(AF_INET6, mapped, &out->sin6_addr) == 1 ? 0 : -1;
}

static int open_socket(struct vmm_err *err)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), off = 0;

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0) {
		vmm_err_errno(err, "cannot ask for BMCs");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static void note_answer(struct pinger *p, const struct sockaddr_in6 *from)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(&p->peers[p->order[mid]].addr.sin6_addr, &from->sin6_addr,
			   sizeof(from->sin6_addr)) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < p->n && memcmp(&p->peers[p->order[low]].addr.sin6_addr, &from->sin6_addr,
				    sizeof(from->sin6_addr)) == 0;
	     low++)
		if (!p->answered[p->order[low]]) {
			p->answered[p->order[low]] = true;
			p->silent--;
		}
}

/* A pong, whoever it is from, and nothing else; errors are those of other addresses. */
static void receive(struct pinger *p, uint64_t until)
{
	for (;;) {
		struct pollfd ready = { .fd = p->fd, .events = POLLIN };
		struct sockaddr_in6 from;
		socklen_t len = sizeof(from);
		unsigned char b[64];
		uint64_t now = vmm_clock_ms();
		ssize_t n;

		if (p->silent == 0 || poll(&ready, 1, now < until ? (int)(until - now) : 0) <= 0)
			return;
		n = recvfrom(p->fd, b, sizeof(b), 0, (struct sockaddr *)&from, &len);
		if (n >= PING_LEN && b[0] == ping[0] && b[3] == ping[3] &&
		    memcmp(b + 4, ping + 4, 4) == 0 && b[8] == PONG)
			note_answer(p, &from);
	}
}

static bool stopped(const struct vmm_cancel *cancel)
{
	return cancel && cancel->level > 0;
}

static void send_round(struct pinger *p, const struct vmm_cancel *cancel)
{
	size_t sent = 0;

	for (size_t i = 0; i < p->n && !stopped(cancel); i++) {
		if (p->answered[i])
			continue;
		/* What can't be sent (no route, no neighbour) is an address that doesn't answer. */
		sendto(p->fd, ping, sizeof(ping), MSG_NOSIGNAL,
		       (const struct sockaddr *)&p->peers[i].addr, sizeof(p->peers[i].addr));
		if (++sent % BURST == 0)
			receive(p, vmm_clock_ms() + BURST_MS);
	}
}

static void run(struct pinger *p, uint64_t timeout_ms, const struct vmm_cancel *cancel)
{
	for (int round = 0; round < ROUNDS && p->silent > 0 && !stopped(cancel); round++) {
		send_round(p, cancel);
		receive(p, vmm_clock_ms() + timeout_ms / ROUNDS);
	}
}

static int prepare(struct pinger *p, const struct vmm_strv *addresses, struct vmm_err *err)
{
	p->n = p->silent = addresses->n;
	p->peers = calloc(p->n + 1, sizeof(*p->peers));
	p->order = calloc(p->n + 1, sizeof(*p->order));
	if (!p->peers || !p->order)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < p->n; i++) {
		if (read_address(addresses->s[i], &p->peers[i].addr) < 0)
			return vmm_err_set(err, VMM_EINPUT, "'%s': not an address", addresses->s[i]);
		p->order[i] = i;
		p->answered[i] = false;
	}
	qsort_r(p->order, p->n, sizeof(*p->order), by_address, p->peers);
	p->fd = open_socket(err);
	return p->fd < 0 ? VMM_EFAIL : 0;
}

int vmm_bmc_ping(const struct vmm_strv *addresses, uint64_t timeout_ms,
		 const struct vmm_cancel *cancel, bool *answered, struct vmm_err *err)
{
	struct pinger p = { .fd = -1, .answered = answered };
	int rc = prepare(&p, addresses, err);

	if (rc == 0)
		run(&p, timeout_ms, cancel);
	if (p.fd >= 0)
		close(p.fd);
	free(p.order);
	free(p.peers);
	return rc;
}
