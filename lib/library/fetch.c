/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a URL, by curl, which knows proxies and certificates; its output goes through the hash. */
#include <ctype.h>
#include <inttypes.h>
#include <strings.h>

#include "base/spawn.h"
#include "library/internal.h"

/* Slower than this for so long is no headway. */
#define SPEED_LIMIT "1000"
#define SPEED_TIME "60"

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

bool vmm__is_url(const char *from)
{
	return begins(from, "http://") || begins(from, "https://");
}

static int check_url(const struct vmm_image_source *src, struct vmm_err *err)
{
	const char *host = strstr(src->from, "//") + 2;

	for (const char *p = src->from; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 127)
			return vmm_err_set(err, VMM_EINPUT, "cannot fetch '%s': no URL has a blank",
					   src->from);
	/* They would stand in the list of processes, and in messages. */
	if (memchr(host, '@', strcspn(host, "/?#")))
		return vmm_err_set(err, VMM_EINPUT, "cannot fetch: the URL has a user name in it");
	if (begins(src->from, "http:") && !src->sha256)
		return vmm_err_set(err, VMM_EINPUT,
				   "cannot fetch '%s': what comes by http needs --sha256", src->from);
	return 0;
}

int vmm__fetch(const struct vmm_image_source *src, struct vmm__copy *c, struct vmm_err *err)
{
	static const char *const pass[] = {
		"http_proxy",   "https_proxy",    "HTTPS_PROXY", "all_proxy",
		"ALL_PROXY",    "no_proxy",       "NO_PROXY",    "SSL_CERT_FILE",
		"SSL_CERT_DIR", "CURL_CA_BUNDLE", NULL
	};
	/* Encrypted once is encrypted all the way, unless it is known what has to come. */
	const char *redirects = src->sha256 ? "=http,https" : "=https";
	const char *argv[] = { "curl",        "--disable",
			       "--silent",    "--show-error",
			       "--fail",      "--globoff",
			       "--location",  "--max-redirs",
			       "10",          "--proto",
			       "=http,https", "--proto-redir",
			       redirects,     "--connect-timeout",
			       "30",          "--speed-limit",
			       SPEED_LIMIT,   "--speed-time",
			       SPEED_TIME,    "--output",
			       "-",           "--url",
			       src->from,     NULL };
	struct vmm_spawn what = VMM_SPAWN_INIT;
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	int ret = check_url(src, err);

	if (ret < 0)
		return ret;
	what.argv = argv;
	what.pass = pass;
	what.out_fn = vmm__copy_bytes;
	what.out_arg = c;
	what.limit_ms = src->limit_ms;
	what.cancel = src->cancel;
	ret = vmm_spawn(&what, &got, err);
	if (ret < 0)
		vmm_err_prefix(err, "cannot fetch '%s'", src->from);
	return ret;
}
