/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connection URIs: what is on the list is allowed, the rest is refused.
 *
 * No message quotes a user, host or value: a password that was typed there by mistake
 * must not end up on a terminal or in a log.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/percent.h"
#include "inventory/uri-internal.h"
#include "inventory/uri.h"

#define URI_MAX 1024
/* What a path may have beside letters, digits and escapes: nothing a shell would notice. */
#define PATH_BYTES "/._~+@:,=-"

static const struct driver {
	const char *name;
	bool client;       /* speaks the hypervisor's own protocol from here */
	const char *paths; /* parted by blanks; NULL: see path_valid() */
} drivers[] = {
	{ "qemu", false, "/system /session" },
	{ "lxc", false, "/system" },
	{ "xen", false, "/system /" },
	{ "bhyve", false, "/system" },
	{ "vz", false, "/system /session" },
	{ "test", false, NULL },
	{ "esx", true, "/" },
	{ "gsx", true, "/" },
	{ "hyperv", true, "/" },
	{ "vpx", true, NULL },
};

static const struct {
	const char *name;
	enum vmm__transport transport;
} transports[] = {
	{ "unix", VMM__UNIX }, { "tcp", VMM__TCP },       { "tls", VMM__TLS },
	{ "ssh", VMM__SSH },   { "libssh", VMM__LIBSSH }, { "libssh2", VMM__LIBSSH },
};

static int bad(struct vmm_err *err, const char *part, const char *why)
{
	return vmm_err_set(err, VMM_EINPUT, "URI: %s: %s", part, why);
}

static const struct driver *find_driver(const char *scheme)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (strcmp(drivers[i].name, scheme) == 0)
			return &drivers[i];
	return NULL;
}

/* ---- splitting ---- */

static int check_bytes(const char *uri, struct vmm_err *err)
{
	if (strlen(uri) > URI_MAX)
		return bad(err, "length", "more than 1024 bytes");
	for (const char *s = uri; *s; s++)
		if (*s <= ' ' || *s > '~' || strchr("\"'\\<>^`{|}#;$*!()", *s))
			return bad(err, "bytes", "a blank, a control or a special character");
	return 0;
}

static void cut_authority(struct vmm__uri *u, char *authority)
{
	char *at = strrchr(authority, '@');

	if (at) {
		*at = '\0';
		u->user = authority;
		authority = at + 1;
	}
	u->host = authority;
}

static int split(const char *uri, struct vmm__uri *u, struct vmm_err *err)
{
	char *rest, *slash;

	u->text = strdup(uri);
	if (!u->text)
		return vmm_err_nomem(err);
	rest = strstr(u->text, "://");
	if (!rest)
		return bad(err, "scheme", "no DRIVER:// at its start");
	u->scheme = u->text;
	*rest = '\0';
	rest += 3;
	u->transport_name = strchr(u->scheme, '+');
	if (u->transport_name)
		*u->transport_name++ = '\0';

	u->query = strchr(rest, '?');
	if (u->query)
		*u->query++ = '\0';
	slash = strchr(rest, '/');
	if (slash) {
		/* The path keeps its slash, so the authority makes room for its own NUL. */
		u->path = slash;
		memmove(rest - 1, rest, (size_t)(slash - rest));
		slash[-1] = '\0';
		rest--;
	}
	cut_authority(u, rest);
	if (!vmm__hostport_cut(u->host, &u->host, &u->port, &u->brackets))
		return bad(err, "host", "no closing bracket, or something behind it");
	if (!*u->host && !u->brackets)
		u->host = NULL;
	return 0;
}

/* ---- checking ---- */

static int check_transport(struct vmm__uri *u, const struct driver *driver, struct vmm_err *err)
{
	if (u->transport_name && driver->client)
		return bad(err, "transport", "this driver has none");
	if (driver->client) {
		u->transport = VMM__CLIENT;
		return 0;
	}
	if (!u->transport_name) {
		bool here = strcmp(u->scheme, "test") == 0;

		u->transport = u->host ? VMM__TLS : here ? VMM__HERE : VMM__UNIX;
		return 0;
	}
	for (size_t i = 0; i < sizeof(transports) / sizeof(*transports); i++)
		if (strcmp(transports[i].name, u->transport_name) == 0)
			u->transport = transports[i].transport;
	if (!u->transport)
		return bad(err, "transport", "not one of unix tcp tls ssh libssh libssh2");
	return 0;
}

static int check_authority(const struct vmm__uri *u, struct vmm_err *err)
{
	bool remote = !(u->transport & (VMM__HERE | VMM__UNIX));

	if (u->user && strchr(u->user, ':'))
		return bad(err, "user", "a password does not belong in a URI");
	if (u->user && (!remote || !vmm__only(u->user, "._-") || *u->user == '-'))
		return bad(err, "user", remote ? "not a user name" : "none belongs here");
	if (u->host && !remote)
		return bad(err, "host", "none belongs here");
	if (!u->host && remote)
		return bad(err, "host", "missing");
	if (u->host && !vmm__host_valid(u->host, u->brackets))
		return bad(err, "host", "not a host name or address");
	if (u->port && (!remote || !vmm__port_valid(u->port)))
		return bad(err, "port", "not a number from 1 to 65535, or none belongs here");
	return 0;
}

/* "..": no absolute path needs it. */
static bool climbs(const char *path)
{
	for (const char *s = path; (s = strstr(s, "/..")); s += 3)
		if (s[3] == '\0' || s[3] == '/')
			return true;
	return false;
}

/* test: /default or a file; vpx: /DATACENTER/HOST, where a name may need escapes. */
static bool path_valid(const char *path, bool escapes)
{
	VMM_BUF_AUTO plain = VMM_BUF_INIT;

	if (!vmm__only(path, escapes ? PATH_BYTES "%" : PATH_BYTES) || *path != '/')
		return false;
	if (!vmm_percent_decode(&plain, path) || plain.failed || climbs(plain.data))
		return false;
	for (const char *s = plain.data; *s; s++)
		if ((unsigned char)*s < ' ' || *s == '\x7f' || strchr("'\"\\`$", *s))
			return false;
	return true;
}

static bool is_one_of(const char *word, const char *words)
{
	size_t len = strlen(word);

	for (const char *s = words; *s; s += strspn(s, " ")) {
		size_t n = strcspn(s, " ");

		if (n == len && memcmp(s, word, n) == 0)
			return true;
		s += n;
	}
	return false;
}

static int check_path(const struct vmm__uri *u, const struct driver *driver, struct vmm_err *err)
{
	const char *path = u->path ? u->path : driver->client ? "/" : "";

	if (driver->paths && !is_one_of(path, driver->paths))
		return vmm_err_set(err, VMM_EINPUT, "URI: path: not %s", driver->paths);
	if (!driver->paths && !path_valid(path, driver->client))
		return bad(err, "path", "not a plain absolute path");
	return 0;
}

int vmm__uri_parse(const char *uri, struct vmm__uri *u, struct vmm_err *err)
{
	const struct driver *driver;
	int rc = check_bytes(uri, err);

	memset(u, 0, sizeof(*u));
	if (rc == 0)
		rc = split(uri, u, err);
	if (rc < 0)
		return rc;
	driver = find_driver(u->scheme);
	if (!driver)
		return bad(err, "scheme", "not one of qemu xen lxc bhyve vz esx vpx gsx hyperv test");
	rc = check_transport(u, driver, err);
	if (rc == 0)
		rc = check_authority(u, err);
	if (rc == 0)
		rc = check_path(u, driver, err);
	if (rc == 0)
		rc = vmm__uri_check_params(u, err);
	return rc;
}

void vmm__uri_release(struct vmm__uri *u)
{
	free(u->text);
	u->text = NULL;
}

int vmm_uri_check(const char *uri, struct vmm_err *err)
{
	struct vmm__uri u;
	int rc = vmm__uri_parse(uri, &u, err);

	vmm__uri_release(&u);
	return rc;
}
