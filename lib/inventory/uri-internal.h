/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of a connection URI, for the files uri*.c.
 *
 * They are cut out of the text as it stands: nothing is unescaped before it is checked,
 * so no two readers can see two different URIs in one text.
 */
#ifndef VMM_INVENTORY_URI_INTERNAL_H
#define VMM_INVENTORY_URI_INTERNAL_H

#include <stdbool.h>

#include "base/err.h"

/* How the driver is reached. Bits, so that a parameter can name all it belongs to. */
enum vmm__transport {
	VMM__HERE = 1,   /* in this process: test:///default */
	VMM__CLIENT = 2, /* by the hypervisor's own protocol: esx://host/ */
	VMM__UNIX = 4,   /* also when neither transport nor host is named */
	VMM__TCP = 8,
	VMM__TLS = 16, /* also when only the host is named */
	VMM__SSH = 32,
	VMM__LIBSSH = 64, /* libssh and libssh2 */
};

struct vmm__uri {
	char *text; /* what the others point into */
	/* NULL: not there */
	char *scheme, *transport_name, *user, *host, *port, *path, *query;
	bool brackets; /* around the host */
	enum vmm__transport transport;
};

/* Splits and checks. vmm__uri_release() in any case. */
int vmm__uri_parse(const char *uri, struct vmm__uri *u, struct vmm_err *err);
void vmm__uri_release(struct vmm__uri *u);

/* Whether `query` has the parameter. */
bool vmm__uri_has_param(const struct vmm__uri *u, const char *name);
int vmm__uri_check_params(const struct vmm__uri *u, struct vmm_err *err);

/* A DNS name or IPv4 address; with `brackets` an IPv6 address. */
bool vmm__host_valid(const char *host, bool brackets);
bool vmm__port_valid(const char *port);
/* Of letters, digits and the bytes in `more`, not empty. */
bool vmm__only(const char *s, const char *more);
/* Cuts HOST[:PORT] or [HOST][:PORT] into its parts, in place. False: a bracket is missing. */
bool vmm__hostport_cut(char *s, char **host, char **port, bool *brackets);

#endif
