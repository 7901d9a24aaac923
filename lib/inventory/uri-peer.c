/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* URIs that one host uses to reach another: for migration. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "inventory/uri-internal.h"
#include "inventory/uri.h"

static const char *after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

int vmm_uri_check_migration(const char *uri, struct vmm_err *err)
{
	const char *rest = after(uri, "tcp://");
	VMM_STR_AUTO copy = NULL;
	char *host = NULL, *port = NULL;
	bool brackets;

	if (!rest)
		rest = after(uri, "rdma://");
	if (!rest)
		rest = after(uri, "tcp:");
	if (!rest)
		return vmm_err_set(err, VMM_EINPUT,
				   "migration URI: scheme: not tcp: or tcp:// or rdma://");
	copy = strdup(rest);
	if (!copy)
		return vmm_err_nomem(err);
	if (!vmm__hostport_cut(copy, &host, &port, &brackets) || !vmm__host_valid(host, brackets))
		return vmm_err_set(err, VMM_EINPUT,
				   "migration URI: host: not a host name or address");
	if (port && !vmm__port_valid(port))
		return vmm_err_set(err, VMM_EINPUT,
				   "migration URI: port: not a number from 1 to 65535");
	return 0;
}

/* A name that means itself to every machine. */
static bool is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strncmp(host, "localhost.", 10) == 0 ||
	       strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

/* Parameters name files of this machine (pkipath), so a URI with any is not for another. */
bool vmm_uri_is_peer(const char *uri)
{
	struct vmm__uri u;
	bool ok = vmm__uri_parse(uri, &u, NULL) == 0 && (u.transport & (VMM__TCP | VMM__TLS)) &&
		  !u.query && !is_loopback(u.host);

	vmm__uri_release(&u);
	return ok;
}
