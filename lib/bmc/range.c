/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ranges of addresses. */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "base/hostlist.h"
#include "bmc/internal.h"

#define PREFIX_MIN 16

static bool is_address(const char *s)
{
	struct in6_addr a;

	return inet_pton(AF_INET, s, &a) == 1 || inet_pton(AF_INET6, s, &a) == 1;
}

static int add_network(const char *text, const char *slash, struct vmm_strv *addresses,
		       struct vmm_err *err)
{
	char host[INET_ADDRSTRLEN];
	size_t n = (size_t)(slash - text);
	struct in_addr a;
	uint64_t prefix;

	if (n >= sizeof(host))
		return vmm_err_set(err, VMM_EINPUT, "'%s': not an IPv4 network", text);
	memcpy(host, text, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, &a) != 1 ||
	    vmm_num_u64("prefix", slash + 1, 0, 32, &prefix, NULL) < 0)
		return vmm_err_set(err, VMM_EINPUT, "'%s': not an IPv4 network", text);
	if (prefix < PREFIX_MIN)
		return vmm_err_set(err, VMM_EINPUT, "'%s': more than a /%d at once", text,
				   PREFIX_MIN);

	uint32_t mask = prefix ? ~(uint32_t)0 << (32 - prefix) : 0;
	uint32_t first = ntohl(a.s_addr) & mask, last = first | ~mask;

	if (ntohl(a.s_addr) != first)
		return vmm_err_set(err, VMM_EINPUT,
				   "'%s': has bits behind its prefix; one address is written "
				   "without a prefix",
				   text);
	if (prefix < 31) {
		first++;
		last--;
	}
	for (uint64_t at = first; at <= last; at++) {
		a.s_addr = htonl((uint32_t)at);
		if (!inet_ntop(AF_INET, &a, host, sizeof(host)) || vmm_strv_add(addresses, host) < 0)
			return vmm_err_nomem(err);
	}
	return 0;
}

static int add_list(const char *text, struct vmm_strv *addresses, struct vmm_err *err)
{
	VMM_STRV_AUTO list = VMM_STRV_INIT;
	int rc = vmm_hostlist_expand(text, &list, err);

	for (size_t i = 0; rc == 0 && i < list.n; i++)
		if (!is_address(list.s[i]))
			rc = vmm_err_set(err, VMM_EINPUT,
					 "'%s': neither an address nor a range such as "
					 "10.0.0.[1-254]",
					 list.s[i]);
		else if (vmm_strv_add(addresses, list.s[i]) < 0)
			rc = vmm_err_nomem(err);
	return rc;
}

int vmm_bmc_range_expand(const char *text, struct vmm_strv *addresses, struct vmm_err *err)
{
	const char *slash = strchr(text, '/');

	if (slash)
		return add_network(text, slash, addresses, err);
	return add_list(text, addresses, err);
}
