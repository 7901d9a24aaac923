/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parameters of connection URIs.
 *
 * libvirt unescapes names too, compares them without regard to case and takes ';' for
 * '&'; here a name is the plain word on the list, or it is refused.
 */
#include <string.h>

#include "base/buf.h"
#include "base/percent.h"
#include "base/strv.h"
#include "inventory/uri-internal.h"

#define SSH_ANY (VMM__SSH | VMM__LIBSSH)

static bool is_path(const char *v)
{
	return *v == '/' && vmm__only(v, "/._+@:,=-");
}

/* For the transports over ssh, libvirt pastes it into a shell's command line unquoted. */
static bool is_shell_path(const char *v)
{
	return *v == '/' && vmm__only(v, "/._-");
}

static bool is_mode(const char *v)
{
	return !strcmp(v, "auto") || !strcmp(v, "direct") || !strcmp(v, "legacy");
}

static bool is_proxy(const char *v)
{
	return !strcmp(v, "auto") || !strcmp(v, "native");
}

/* Not "ignore": whoever answers would be believed. */
static bool is_verify(const char *v)
{
	return !strcmp(v, "normal") || !strcmp(v, "auto");
}

static bool is_one(const char *v)
{
	return !strcmp(v, "1");
}

static bool is_zero_or_one(const char *v)
{
	return !strcmp(v, "0") || !strcmp(v, "1");
}

static bool is_https(const char *v)
{
	return !strcmp(v, "https");
}

static bool is_host(const char *v)
{
	return vmm__host_valid(v, false);
}

static bool is_sshauth(const char *v)
{
	static const char *const methods[] = { "agent", "privkey", "password",
					       "keyboard-interactive" };

	for (;;) {
		size_t n = strcspn(v, ","), i = 0;

		while (i < 4 && (strlen(methods[i]) != n || memcmp(methods[i], v, n) != 0))
			i++;
		if (i == 4)
			return false;
		if (!v[n])
			return true;
		v += n + 1;
	}
}

static const struct param {
	const char *name;
	unsigned transports;
	bool (*valid)(const char *value);
	const char *what;
} params[] = {
	{ "socket", VMM__UNIX, is_path, "an absolute path" },
	{ "socket", SSH_ANY, is_shell_path, "an absolute path of A-Za-z0-9/._-" },
	{ "mode", VMM__UNIX | SSH_ANY, is_mode, "auto, direct or legacy" },
	{ "pkipath", VMM__TLS, is_path, "an absolute path" },
	{ "keyfile", SSH_ANY, is_path, "an absolute path" },
	{ "proxy", SSH_ANY, is_proxy, "auto or native" },
	{ "no_tty", VMM__SSH, is_one, "1" },
	{ "known_hosts", VMM__LIBSSH, is_path, "an absolute path" },
	{ "known_hosts_verify", VMM__LIBSSH, is_verify, "normal or auto" },
	{ "sshauth", VMM__LIBSSH, is_sshauth,
	  "a list of agent, privkey, password, keyboard-interactive" },
	{ "transport", VMM__CLIENT, is_https, "https" },
	{ "vcenter", VMM__CLIENT, is_host, "a host" },
	{ "auto_answer", VMM__CLIENT, is_zero_or_one, "0 or 1" },
};

static int check_value(const struct param *p, const char *value, struct vmm_err *err)
{
	VMM_BUF_AUTO plain = VMM_BUF_INIT;

	if (vmm_percent_decode(&plain, value) && !plain.failed && p->valid(plain.data))
		return 0;
	return vmm_err_set(err, VMM_EINPUT, "URI: parameter %s: not %s", p->name, p->what);
}

static int check_param(const struct vmm__uri *u, char *text, struct vmm_err *err)
{
	char *value = text + strcspn(text, "=");

	if (*value)
		*value++ = '\0';
	for (size_t i = 0; i < sizeof(params) / sizeof(*params); i++)
		if ((params[i].transports & u->transport) && strcmp(params[i].name, text) == 0)
			return check_value(&params[i], value, err);
	if (!vmm__only(text, "_"))
		return vmm_err_set(err, VMM_EINPUT, "URI: parameter: a name is not a plain word");
	return vmm_err_set(err, VMM_EINPUT, "URI: parameter %.32s: not allowed here", text);
}

/* Two texts NAME or NAME=VALUE of one name. */
static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return n == strcspn(b, "=") && memcmp(a, b, n) == 0;
}

int vmm__uri_check_params(const struct vmm__uri *u, struct vmm_err *err)
{
	VMM_STRV_AUTO all = VMM_STRV_INIT;
	int rc = 0;

	if (!u->query)
		return 0;
	if (vmm_strv_split(&all, u->query, "&") < 0)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < all.n; i++)
		for (size_t k = 0; k < i; k++)
			if (same_name(all.s[k], all.s[i]))
				return vmm_err_set(err, VMM_EINPUT,
						   "URI: parameter: one is given twice");
	for (size_t i = 0; i < all.n && rc == 0; i++)
		rc = check_param(u, all.s[i], err);
	return rc;
}

bool vmm__uri_has_param(const struct vmm__uri *u, const char *name)
{
	VMM_STRV_AUTO all = VMM_STRV_INIT;

	if (!u->query || vmm_strv_split(&all, u->query, "&") < 0)
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (same_name(all.s[i], name))
			return true;
	return false;
}
