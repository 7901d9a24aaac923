/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/bmcurl.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define URL_MAX 512
#define LABEL_MAX 63

static const struct {
	const char *name;
	uint16_t port;
} schemes[] = { { "ipmi", 623 } };

static bool only(const char *s, const char *more)
{
	for (; *s; s++)
		if (!isascii(*s) || (!isalnum((unsigned char)*s) && !strchr(more, *s)))
			return false;
	return true;
}

/* Labels that neither begin nor end with '-', so that none looks like an option. */
static bool is_name(const char *s)
{
	if (!only(s, "-_."))
		return false;
	for (;;) {
		size_t n = strcspn(s, ".");

		if (n == 0 || n > LABEL_MAX || s[0] == '-' || s[n - 1] == '-')
			return false;
		if (!s[n])
			return true;
		s += n + 1;
	}
}

static bool is_host(const char *host, bool ip6)
{
	struct in6_addr a6;
	struct in_addr a4;

	if (ip6)
		return inet_pton(AF_INET6, host, &a6) == 1;
	/* Digits and dots are an address or nothing: "10.1" means 10.0.0.1 to some resolvers. */
	if (strspn(host, "0123456789.") == strlen(host))
		return inet_pton(AF_INET, host, &a4) == 1;
	return is_name(host);
}

static bool copy(char *to, size_t size, const char *from, size_t n)
{
	if (n >= size || memchr(from, '\0', n))
		return false;
	memcpy(to, from, n);
	to[n] = '\0';
	return true;
}

/* Returns what is behind "SCHEME://", or NULL. */
static const char *cut_scheme(const char *url, struct vmm_bmcurl *u)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t n = strlen(schemes[i].name);

		if (strncmp(url, schemes[i].name, n) == 0 && strncmp(url + n, "://", 3) == 0) {
			copy(u->scheme, sizeof(u->scheme), url, n);
			u->port = schemes[i].port;
			return url + n + 3;
		}
	}
	return NULL;
}

/* "[ADDRESS]" or "ADDRESS". Returns what is behind, or NULL. */
static const char *cut_host(const char *s, struct vmm_bmcurl *u)
{
	size_t n;

	u->ip6 = *s == '[';
	if (u->ip6)
		s++;
	n = strcspn(s, u->ip6 ? "]" : ":");
	if (!copy(u->host, sizeof(u->host), s, n) || !is_host(u->host, u->ip6))
		return NULL;
	s += n;
	if (!u->ip6)
		return s;
	return *s == ']' ? s + 1 : NULL;
}

static int wrong(struct vmm_err *err, const char *url, const char *why)
{
	return vmm_err_set(err, VMM_EINPUT, "BMC '%s': %s", url, why);
}

/* This is asked before anything is said about the URL. */
static bool has_password(const char *url, const char *at)
{
	const char *user = strstr(url, "://");

	user = user && user < at ? user + 3 : url;
	return memchr(user, ':', (size_t)(at - user)) != NULL;
}

int vmm_bmcurl_parse(const char *url, struct vmm_bmcurl *out, struct vmm_err *err)
{
	struct vmm_bmcurl u = { .user = "" };
	const char *at = strrchr(url, '@'), *s;
	uint64_t port;

	if (at && has_password(url, at))
		return vmm_err_set(err, VMM_EINPUT,
				   "the URL of a BMC has more than a user before its '@'; "
				   "a password belongs into the credentials file");
	if (strlen(url) > URL_MAX)
		return vmm_err_set(err, VMM_EINPUT, "the URL of a BMC is longer than %d bytes",
				   URL_MAX);
	s = cut_scheme(url, &u);
	if (!s && is_host(url, strchr(url, ':')))
		return vmm_err_set(err, VMM_EINPUT,
				   strchr(url, ':') ? "BMC '%s': is ipmi://[%s] meant?"
						    : "BMC '%s': is ipmi://%s meant?",
				   url, url);
	if (!s)
		return wrong(err, url, "not ipmi://[USER@]ADDRESS[:PORT]");
	if (at) {
		if (at == s || !copy(u.user, sizeof(u.user), s, (size_t)(at - s)) ||
		    !only(u.user, "-_."))
			return wrong(err, url,
				     "the user has other characters than letters, digits, - _ .");
		s = at + 1;
	}
	s = cut_host(s, &u);
	if (!s || (*s && *s != ':'))
		return wrong(err, url, "not the address or name of a BMC");
	if (*s) {
		if (vmm_num_u64("port", s + 1, 1, UINT16_MAX, &port, NULL) < 0)
			return wrong(err, url, "not a port");
		u.port = (uint16_t)port;
	}
	*out = u;
	return 0;
}

int vmm_bmcurl_check(const char *url, struct vmm_err *err)
{
	struct vmm_bmcurl u;

	return vmm_bmcurl_parse(url, &u, err);
}

bool vmm_bmcurl_looks(const char *text)
{
	return strstr(text, "://") != NULL;
}
