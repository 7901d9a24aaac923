/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts and ports in URIs. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/num.h"
#include "inventory/uri-internal.h"

#define DNS_NAME_MAX 253
#define DNS_LABEL_MAX 63

bool vmm__only(const char *s, const char *more)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!isascii(*s) || (!isalnum((unsigned char)*s) && !strchr(more, *s)))
			return false;
	return true;
}

/* Labels that neither begin nor end with '-', so that no host looks like an option. */
static bool dns_name(const char *s)
{
	if (strlen(s) > DNS_NAME_MAX || !vmm__only(s, "-_."))
		return false;
	for (;;) {
		size_t n = strcspn(s, ".");

		if (n == 0 || n > DNS_LABEL_MAX || s[0] == '-' || s[n - 1] == '-')
			return false;
		if (!s[n])
			return true;
		s += n + 1;
	}
}

bool vmm__host_valid(const char *host, bool brackets)
{
	struct in6_addr a6;
	struct in_addr a4;

	if (brackets)
		return inet_pton(AF_INET6, host, &a6) == 1;
	/* Digits and dots are an address or nothing: "10.1" means 10.0.0.1 to some resolvers. */
	if (strspn(host, "0123456789.") == strlen(host))
		return inet_pton(AF_INET, host, &a4) == 1;
	return dns_name(host);
}

bool vmm__port_valid(const char *port)
{
	uint64_t n;

	return vmm_num_u64("port", port, 1, 65535, &n, NULL) == 0;
}

bool vmm__hostport_cut(char *s, char **host, char **port, bool *brackets)
{
	char *end = s;

	*brackets = *s == '[';
	if (*brackets) {
		*host = s + 1;
		end = strchr(s, ']');
		if (!end)
			return false;
		*end++ = '\0';
		if (*end && *end != ':')
			return false;
	} else {
		*host = s;
		end += strcspn(s, ":");
	}
	if (*end) {
		*end = '\0';
		*port = end + 1;
	}
	return true;
}
