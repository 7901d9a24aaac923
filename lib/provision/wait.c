/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Until a new guest answers. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dial.h"
#include "provision/internal.h"

#define POLL_MS 200
#define CONNECT_MS 1000
#define HELLO_MS 5000 /* each connection that is given up costs the guest another process */
#define AGENT_S 2

static bool agent_answers(virDomainPtr dom)
{
	char *name;

	virDomainAgentSetResponseTimeout(dom, AGENT_S, 0);
	name = virDomainGetHostname(dom, VIR_DOMAIN_GET_HOSTNAME_AGENT);
	free(name);
	return name != NULL;
}

/* By whatever libvirt knows: the agent, its own DHCP, what the host has heard of. */
static bool has_address(virDomainPtr dom)
{
	const unsigned sources[] = { VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT,
				     VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
				     VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP };
	bool found = false;

	for (size_t s = 0; s < 3 && !found; s++) {
		virDomainInterfacePtr *nics = NULL;
		int n = virDomainInterfaceAddresses(dom, &nics, sources[s], 0);

		for (int i = 0; i < n; i++) {
			found |= nics[i]->naddrs > 0 && strcmp(nics[i]->name, "lo") != 0;
			virDomainInterfaceFree(nics[i]);
		}
		free(nics);
	}
	return found;
}

/* An ssh server says who it is first. */
static bool says_ssh(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char hello[4];

	return poll(&p, 1, HELLO_MS) == 1 &&
	       recv(fd, hello, sizeof(hello), MSG_DONTWAIT) == sizeof(hello) &&
	       memcmp(hello, "SSH-", sizeof(hello)) == 0;
}

/* At the port of ssh. With `ssh` a server of it; else whoever is there, if only to say no. */
static bool answers(const char *address, bool ssh)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *ai;
	bool yes;
	int fd, why;

	if (getaddrinfo(address, "22", &hints, &ai) != 0)
		return false;
	why = vmm_dial(ai, vmm_clock_ms() + CONNECT_MS, NULL, &fd);
	freeaddrinfo(ai);
	yes = ssh ? why == 0 && says_ssh(fd) : why == 0 || why == ECONNREFUSED;
	if (why == 0)
		close(fd);
	return yes;
}

static bool any_answers(const struct vmm_strv *addresses, bool ssh)
{
	for (size_t i = 0; i < addresses->n; i++)
		if (answers(addresses->s[i], ssh))
			return true;
	return false;
}

int vmm__wait(virDomainPtr dom, enum vmm_wait what, const struct vmm_strv *addresses,
	      uint64_t timeout_ms, const struct vmm_cancel *cancel, struct vmm_err *err)
{
	static const char *const words[] = { "", "has no address", "has no answer of its agent",
					     "does not answer by ssh" };
	uint64_t until = vmm_clock_ms() + timeout_ms;

	if (what == VMM_WAIT_SSH && addresses->n == 0)
		return vmm_err_set(err, VMM_EINPUT, "no address of it is known to wait for ssh at");
	for (;;) {
		if (what == VMM_WAIT_NONE || (what == VMM_WAIT_AGENT && agent_answers(dom)) ||
		    (what == VMM_WAIT_ADDRESS && (has_address(dom) || any_answers(addresses, false))) ||
		    (what == VMM_WAIT_SSH && any_answers(addresses, true)))
			return 0;
		if (cancel && cancel->level >= 1)
			return vmm_err_set(err, VMM_ECANCEL, "it runs; not waited for");
		if (vmm_clock_ms() >= until)
			return vmm_err_set(err, VMM_EFAIL, "it runs, but after %llu s it %s",
					   (unsigned long long)timeout_ms / 1000, words[what]);
		vmm_sleep_ms(POLL_MS);
	}
}
