/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a server's BMC is: SCHEME://[USER@]ADDRESS[:PORT].
 *
 *	struct vmm_bmcurl u;
 *
 *	if (vmm_bmcurl_parse("ipmi://admin@10.0.0.7", &u, err) < 0) …;
 *
 * The list of schemes is here, what speaks them is in lib/bmc. ADDRESS is an IPv4 address, an IPv6
 * one in brackets, or a name. A password has no place in it, and no error shows one: a URL with
 * more than a user in front of its '@' is refused with none of its text.
 */
#ifndef VMM_BASE_BMCURL_H
#define VMM_BASE_BMCURL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct vmm_bmcurl {
	char scheme[8];
	char user[64];  /* "": the one of the credentials file */
	char host[254]; /* without brackets */
	bool ip6;
	uint16_t port; /* the scheme's own where none is given */
};

/* VMM_EINPUT: not such a URL, or not one of the schemes. */
int vmm_bmcurl_parse(const char *url, struct vmm_bmcurl *out, struct vmm_err *err);
int vmm_bmcurl_check(const char *url, struct vmm_err *err);
/* Whether it has "://": what is meant as one, and no name of a host. */
bool vmm_bmcurl_looks(const char *text);

#endif
