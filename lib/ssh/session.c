/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server is the right one, and lets us in. */
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "ssh/internal.h"

#define STEP_MS 200

int vmm__ssh_err(struct vmm_ssh *s, int code, struct vmm_err *err, const char *fmt, ...)
{
	char *said = NULL;
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	libssh2_session_last_error(s->session, &said, NULL, 0);
	return vmm_err_set(err, (enum vmm_code)code, "%s: %s%s%s", s->what, text,
			   said && *said ? ": " : "", said ? said : "");
}

int vmm__ssh_wait(struct vmm_ssh *s, uint64_t until, struct vmm_err *err)
{
	int want = libssh2_session_block_directions(s->session);
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	uint64_t now = vmm_clock_ms();

	if (s->cancel && s->cancel->level >= 2)
		return vmm_err_set(err, VMM_ECANCEL, "%s: aborted", s->what);
	if (now >= until)
		return vmm_err_set(err, VMM_EAGAIN, "%s: not at an end in time", s->what);
	if (want & LIBSSH2_SESSION_BLOCK_OUTBOUND)
		p.events |= POLLOUT;
	poll(&p, 1, until - now < STEP_MS ? (int)(until - now) : STEP_MS);
	return 0;
}

/* ---- who the server is ---- */

static const char *type_name(int type)
{
	switch (type) {
	case LIBSSH2_HOSTKEY_TYPE_RSA:
		return "ssh-rsa";
	case LIBSSH2_HOSTKEY_TYPE_ECDSA_256:
		return "ecdsa-sha2-nistp256";
	case LIBSSH2_HOSTKEY_TYPE_ECDSA_384:
		return "ecdsa-sha2-nistp384";
	case LIBSSH2_HOSTKEY_TYPE_ECDSA_521:
		return "ecdsa-sha2-nistp521";
	case LIBSSH2_HOSTKEY_TYPE_ED25519:
		return "ssh-ed25519";
	default:
		return "";
	}
}

/* It is to show a key of a kind that is known of it. */
static void prefer(struct vmm_ssh *s, const struct vmm_strv *keys)
{
	VMM_BUF_AUTO kinds = VMM_BUF_INIT;

	for (size_t i = 0; i < keys->n; i++) {
		VMM_STR_AUTO kind = strndup(keys->s[i], strcspn(keys->s[i], " \t"));
		bool rsa = kind && strcmp(kind, "ssh-rsa") == 0;

		vmm_buf_addf(&kinds, "%s%s%s", kinds.len ? "," : "",
			     rsa ? "rsa-sha2-512,rsa-sha2-256," : "", kind ? kind : "");
	}
	if (kinds.len && !kinds.failed)
		libssh2_session_method_pref(s->session, LIBSSH2_METHOD_HOSTKEY, kinds.data);
}

/* Whether a line "TYPE BASE64 …" is this key. */
static bool is_key(const char *line, const char *type, const char *base64)
{
	size_t n = strlen(type), len = strlen(base64);

	return strncmp(line, type, n) == 0 && line[n] == ' ' &&
	       strncmp(line + n + 1, base64, len) == 0 &&
	       (!line[n + 1 + len] || line[n + 1 + len] == ' ');
}

static int check_server(struct vmm_ssh *s, const struct vmm_strv *keys, struct vmm_err *err)
{
	size_t len = 0;
	int type = 0;
	const char *key = libssh2_session_hostkey(s->session, &len, &type);
	VMM_STR_AUTO base64 = key ? vmm__base64(key, len) : NULL;

	if (!base64)
		return vmm__ssh_err(s, VMM_EFAIL, err, "cannot get its host key");
	for (size_t i = 0; i < keys->n; i++)
		if (is_key(keys->s[i], type_name(type), base64))
			return 0;
	return vmm_err_set(err, VMM_EREFUSED,
			   keys->n ? "%s: it shows another host key than is known of it"
				   : "%s: no host key is known of it",
			   s->what);
}

/* ---- who we are ---- */

static int check_key_file(const char *file, struct vmm_err *err)
{
	struct stat st;

	if (stat(file, &st) < 0)
		return vmm_err_unreadable(err, "cannot read key '%s'", file);
	if (st.st_mode & 077)
		return vmm_err_set(err, VMM_EREFUSED,
				   "key '%s' can be read by others: its mode must be 0600", file);
	return 0;
}

int vmm_ssh_files_check(const char *key, const char *known_hosts, struct vmm_err *err)
{
	VMM_STR_AUTO path = NULL;
	int code = vmm__known_path(known_hosts, &path, err);

	if (!code && key)
		code = check_key_file(key, err);
	return code;
}

/* 0 or libssh2's error. */
static int log_in_with(struct vmm_ssh *s, const struct vmm_ssh_to *to, const char *file)
{
	return libssh2_userauth_publickey_fromfile_ex(s->session, to->user,
						      (unsigned)strlen(to->user), NULL, file, NULL);
}

static int ask_agent(struct vmm_ssh *s, const struct vmm_ssh_to *to)
{
	struct libssh2_agent_publickey *at = NULL;
	LIBSSH2_AGENT *agent;
	int ret = -1;

	if (!getenv("SSH_AUTH_SOCK"))
		return -1;
	agent = libssh2_agent_init(s->session);
	if (!agent)
		return -1;
	if (libssh2_agent_connect(agent) == 0 && libssh2_agent_list_identities(agent) == 0)
		while (ret != 0 && libssh2_agent_get_identity(agent, &at, at) == 0)
			ret = libssh2_agent_userauth(agent, to->user, at);
	libssh2_agent_disconnect(agent);
	libssh2_agent_free(agent);
	return ret;
}

static int try_usual(struct vmm_ssh *s, const struct vmm_ssh_to *to)
{
	static const char *const names[] = { "id_ed25519", "id_ecdsa", "id_rsa" };
	const char *home = getenv("HOME");
	int ret = ask_agent(s, to);

	for (size_t i = 0; ret != 0 && home && i < sizeof(names) / sizeof(*names); i++) {
		VMM_BUF_AUTO path = VMM_BUF_INIT;

		vmm_buf_addf(&path, "%s/.ssh/%s", home, names[i]);
		if (!path.failed && check_key_file(path.data, NULL) == 0)
			ret = log_in_with(s, to, path.data);
	}
	return ret;
}

static int log_in(struct vmm_ssh *s, const struct vmm_ssh_to *to, struct vmm_err *err)
{
	int ret;

	if (to->key && check_key_file(to->key, err) < 0)
		return err ? (int)err->code : VMM_EREFUSED;
	ret = to->key ? log_in_with(s, to, to->key) : try_usual(s, to);
	if (ret == 0)
		return 0;
	if (ret == LIBSSH2_ERROR_TIMEOUT || ret == LIBSSH2_ERROR_SOCKET_DISCONNECT)
		return vmm__ssh_err(s, VMM_EAGAIN, err, "cannot log in");
	return vmm__ssh_err(s, VMM_EREFUSED, err, "it does not let us in");
}

/* ---- together ---- */

static int begin(struct vmm_ssh *s, const struct vmm_ssh_to *to, const struct vmm_strv *keys,
		 struct vmm_err *err)
{
	uint64_t until = vmm_clock_ms() + to->timeout_ms, now;
	int ret;

	s->fd = vmm__ssh_connect(to->address, to->port, until, to->cancel, err);
	if (s->fd < 0)
		return s->fd;
	s->session = libssh2_session_init();
	if (!s->session)
		return vmm_err_nomem(err);
	prefer(s, keys);
	now = vmm_clock_ms();
	libssh2_session_set_timeout(s->session, until > now ? (long)(until - now) : 1);
	ret = libssh2_session_handshake(s->session, s->fd);
	/* A server that has no key of a kind that is known of it is as good as another one. */
	if (ret == LIBSSH2_ERROR_KEX_FAILURE || ret == LIBSSH2_ERROR_METHOD_NONE)
		return vmm__ssh_err(s, VMM_EREFUSED, err, "it has no host key as is known of it");
	if (ret != 0)
		return vmm__ssh_err(s, VMM_EAGAIN, err, "no secure connection");
	ret = check_server(s, keys, err);
	if (ret == 0)
		ret = log_in(s, to, err);
	libssh2_session_set_blocking(s->session, 0);
	return ret;
}

static void init_once(void)
{
	libssh2_init(0);
}

int vmm_ssh_open(const struct vmm_ssh_to *to, struct vmm_ssh **out, struct vmm_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct vmm_ssh *s = calloc(1, sizeof(*s));
	VMM_STRV_AUTO known = VMM_STRV_INIT;
	VMM_BUF_AUTO what = VMM_BUF_INIT;
	bool told = to->host_keys && to->host_keys->n > 0;
	int code = 0;

	if (!s)
		return vmm_err_nomem(err);
	pthread_once(&once, init_once);
	s->fd = -1;
	s->cancel = to->cancel;
	vmm_buf_addf(&what, "%s@%s", to->user, to->address);
	s->what = vmm_buf_steal(&what);
	if (!s->what)
		code = vmm_err_nomem(err);
	if (!code && !told)
		code = vmm__known_keys(to->known_hosts, to->address, to->port, &known, err);
	if (!code)
		code = begin(s, to, told ? to->host_keys : &known, err);
	if (code) {
		vmm_ssh_close(s);
		return code;
	}
	*out = s;
	return 0;
}

void vmm_ssh_close(struct vmm_ssh *s)
{
	if (!s)
		return;
	if (s->session) {
		/* Only a goodbye: a server that is gone must not hold us up. */
		libssh2_session_set_blocking(s->session, 1);
		libssh2_session_set_timeout(s->session, 1000);
		libssh2_session_disconnect(s->session, "done");
		libssh2_session_free(s->session);
	}
	if (s->fd >= 0)
		close(s->fd);
	free(s->what);
	free(s);
}
