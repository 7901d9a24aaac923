/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of known hosts, as OpenSSH has them: with plain and with hashed names. */
#include <errno.h>
#include <fcntl.h>
#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rows.h"
#include "ssh/internal.h"

#define TEXT_MAX ((size_t)16 << 20)
#define SALT_MAX 64 /* characters */

char *vmm__base64(const char *bytes, size_t n)
{
	char *out = malloc(BASE64_ENCODE_RAW_LENGTH(n) + 1);

	if (!out)
		return NULL;
	base64_encode_raw(out, n, (const uint8_t *)bytes);
	out[BASE64_ENCODE_RAW_LENGTH(n)] = '\0';
	return out;
}

bool vmm_ssh_host_key(const char *line, struct vmm_buf *out)
{
	size_t type = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789@.-"), blob;

	blob = strspn(line + type + (line[type] == ' '),
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");
	if (!type || line[type] != ' ' || !blob)
		return false;
	/* Behind it a comment of this line, which nobody needs. */
	if (line[type + 1 + blob] && line[type + 1 + blob] != ' ')
		return false;
	if (strpbrk(line, "\r\n"))
		return false;
	vmm_buf_add(out, line, type + 1 + blob);
	return true;
}

/* "address", or "[address]:port" where that is another than usual. */
static void known_name(struct vmm_buf *out, const char *address, unsigned port)
{
	if (port && port != VMM__SSH_PORT)
		vmm_buf_addf(out, "[%s]:%u", address, port);
	else
		vmm_buf_adds(out, address);
}

/* "|1|SALT|HASH", both Base64: HMAC-SHA1 of the name with the salt as its key. */
static bool hash_is(const char *field, size_t n, const char *name)
{
	uint8_t salt[BASE64_DECODE_LENGTH(SALT_MAX)], digest[SHA1_DIGEST_SIZE];
	const char *hash = memchr(field + 3, '|', n - 3);
	size_t len = sizeof(salt);
	struct base64_decode_ctx base64;
	struct hmac_sha1_ctx hmac;
	VMM_STR_AUTO want = NULL;

	if (!hash || hash - field - 3 > SALT_MAX)
		return false;
	base64_decode_init(&base64);
	if (!base64_decode_update(&base64, &len, salt, (size_t)(hash - field - 3), field + 3))
		return false;
	hmac_sha1_set_key(&hmac, len, salt);
	hmac_sha1_update(&hmac, strlen(name), (const uint8_t *)name);
	hmac_sha1_digest(&hmac, sizeof(digest), digest);
	want = vmm__base64((const char *)digest, sizeof(digest));
	hash++;
	return want && strlen(want) == n - (size_t)(hash - field) &&
	       strncmp(hash, want, strlen(want)) == 0;
}

/* Whether the line is about this name; patterns, and lines that are marked, are not for us. */
static bool names(const char *line, const char *name)
{
	size_t n = strcspn(line, " \t");

	if (strncmp(line, "|1|", 3) == 0)
		return hash_is(line, n, name);
	if (*line == '#' || *line == '@')
		return false;
	for (const char *at = line, *end = line + n; at < end;) {
		size_t len = strcspn(at, ", \t");

		if (len == strlen(name) && strncmp(at, name, len) == 0)
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}

static int read_lines(const char *path, struct vmm_strv *lines, struct vmm_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), code;
	VMM_STR_AUTO text = NULL;
	size_t len = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : vmm_err_unreadable(err, "cannot read '%s'", path);
	code = vmm_read_fd(path, fd, TEXT_MAX, &text, &len, err);
	close(fd);
	if (!code && vmm_strv_split(lines, text, "\n") < 0)
		code = vmm_err_nomem(err);
	if (!code && lines->n && !*lines->s[lines->n - 1])
		vmm_strv_del(lines, lines->n - 1);
	return code;
}

int vmm__known_path(const char *file, char **out, struct vmm_err *err)
{
	const char *home = getenv("HOME");
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	if (!file && (!home || *home != '/'))
		return vmm_err_set(err, VMM_EINPUT,
				   "HOME is not set: where is the file known_hosts?");
	if (file)
		vmm_buf_adds(&b, file);
	else
		vmm_buf_addf(&b, "%s/.ssh/known_hosts", home);
	if (*b.data != '/' && !b.failed)
		return vmm_err_set(err, VMM_EINPUT, "'%s' is not an absolute path", b.data);
	*out = vmm_buf_steal(&b);
	return *out ? 0 : vmm_err_nomem(err);
}

int vmm__known_keys(const char *file, const char *address, unsigned port, struct vmm_strv *keys,
		    struct vmm_err *err)
{
	VMM_STRV_AUTO lines = VMM_STRV_INIT;
	VMM_BUF_AUTO name = VMM_BUF_INIT;
	VMM_STR_AUTO path = NULL;
	int code = vmm__known_path(file, &path, err);

	known_name(&name, address, port);
	if (!code)
		code = read_lines(path, &lines, err);
	for (size_t i = 0; i < lines.n && !code; i++) {
		const char *key = lines.s[i] + strcspn(lines.s[i], " \t");

		if (names(lines.s[i], name.data) && vmm_strv_add(keys, key + strspn(key, " \t")) < 0)
			code = vmm_err_nomem(err);
	}
	return code;
}

/* ---- writing ---- */

static void change(const struct vmm_strv *lines, const char *name, const struct vmm_strv *keys,
		   struct vmm_buf *out)
{
	for (size_t i = 0; i < lines->n; i++)
		if (!names(lines->s[i], name))
			vmm_buf_addf(out, "%s\n", lines->s[i]);
	for (size_t i = 0; i < keys->n; i++)
		vmm_buf_addf(out, "%s %s\n", name, keys->s[i]);
}

static int replace(const char *path, const struct vmm_buf *text, struct vmm_err *err)
{
	struct stat old;

	/* One for all users stays readable for them. */
	if (stat(path, &old) < 0)
		old.st_mode = 0600;
	return text->failed ? vmm_err_nomem(err)
			    : vmm_replace_file(path, old.st_mode & 0644, text->data, text->len, err);
}

/* Held until it is closed. */
static int lock(const char *path, struct vmm_err *err)
{
	VMM_STR_AUTO folder = strndup(path, (size_t)(strrchr(path, '/') - path));
	VMM_BUF_AUTO name = VMM_BUF_INIT;
	int fd, code;

	vmm_buf_addf(&name, "%s.lock", path);
	if (!folder || name.failed)
		return vmm_err_nomem(err);
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return vmm_err_errno(err, "cannot make folder '%s'", folder);
	fd = open(name.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	code = vmm_err_errno(err, "cannot lock '%s'", name.data);
	if (fd >= 0)
		close(fd);
	return code;
}

int vmm_known_hosts_set(const char *file, const char *address, unsigned port,
			const struct vmm_strv *keys, struct vmm_err *err)
{
	VMM_STRV_AUTO lines = VMM_STRV_INIT;
	VMM_BUF_AUTO name = VMM_BUF_INIT;
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	VMM_STR_AUTO path = NULL;
	int fd, code = vmm__known_path(file, &path, err);

	if (code)
		return code;
	fd = lock(path, err);
	if (fd < 0)
		return fd;
	known_name(&name, address, port);
	code = read_lines(path, &lines, err);
	if (!code) {
		change(&lines, name.data, keys, &text);
		code = replace(path, &text, err);
	}
	close(fd);
	return code;
}
