/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The credentials file. Nothing of what stands in it may get into a message: a person can err about the line. */
#include <errno.h>
#include <fcntl.h>
#include <freeipmi/freeipmi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/dumps.h"
#include "bmc/internal.h"

#define FILE_MAX_BYTES 4096
#define USER_MAX IPMI_MAX_USER_NAME_LENGTH
#define PASSWORD_MAX IPMI_2_0_MAX_PASSWORD_LENGTH
#define CIPHER_MAX 17

static const char *const keys[] = { "user", "password",    "privilege", "cipher",
				    "k_g",  "workarounds", NULL };
static const struct vmm_conf_form forms[] = { { .section = "", .keys = keys }, { 0 } };

static const struct {
	const char *name;
	unsigned number;
} privileges[] = { { "user", IPMI_PRIVILEGE_LEVEL_USER },
		   { "operator", IPMI_PRIVILEGE_LEVEL_OPERATOR },
		   { "administrator", IPMI_PRIVILEGE_LEVEL_ADMIN },
		   { "admin", IPMI_PRIVILEGE_LEVEL_ADMIN } };

/* FreeIPMI's names for them. */
static const struct {
	const char *name;
	unsigned bit;
} workarounds[] = {
	{ "authcap", IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_AUTHENTICATION_CAPABILITIES },
	{ "intel20", IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_INTEL_2_0_SESSION },
	{ "supermicro20", IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_SUPERMICRO_2_0_SESSION },
	{ "sun20", IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_SUN_2_0_SESSION },
	{ "opensesspriv", IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_OPEN_SESSION_PRIVILEGE },
	{ "integritycheckvalue", IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_NON_EMPTY_INTEGRITY_CHECK_VALUE },
	{ "nochecksumcheck", IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_NO_CHECKSUM_CHECK },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The error of base/conf.h with the number of the line, which it begins with, and no more of it. */
static int wrong_line(const char *path, const struct vmm_err *inner, struct vmm_err *err)
{
	unsigned long line = strtoul(inner->text + (*inner->text == ':'), NULL, 10);

	if (inner->code == VMM_ENOMEM)
		return vmm_err_nomem(err);
	return vmm_err_set(err, VMM_EINPUT,
			   "%s:%lu: not a line of a BMC's credentials (user, password, privilege, "
			   "cipher, k_g, workarounds = …)",
			   path, line);
}

static int wrong_value(const char *path, const struct vmm_conf_entry *e, const char *why,
		       struct vmm_err *err)
{
	return vmm_err_set(err, VMM_EINPUT, "%s:%zu: %s: %s", path, e->line, e->key, why);
}

/* A text of one line, which fits; NULL where it doesn't. */
static const char *line_of(const struct vmm_conf_entry *e, size_t max)
{
	return strlen(e->value) <= max && !strchr(e->value, '\n') ? e->value : NULL;
}

static int read_privilege(const char *path, const struct vmm_conf_entry *e,
			  struct vmm__bmc_auth *auth, struct vmm_err *err)
{
	for (size_t i = 0; i < COUNT(privileges); i++)
		if (strcmp(e->value, privileges[i].name) == 0) {
			auth->privilege = privileges[i].number;
			return 0;
		}
	return wrong_value(path, e, "not user, operator or administrator", err);
}

static int read_cipher(const char *path, const struct vmm_conf_entry *e, struct vmm__bmc_auth *auth,
		       struct vmm_err *err)
{
	uint64_t n;

	if (vmm_num_u64("cipher", e->value, 0, CIPHER_MAX, &n, NULL) < 0 ||
	    !IPMI_CIPHER_SUITE_ID_SUPPORTED(n))
		return wrong_value(path, e,
				   "not a cipher suite of IPMI; 3 and 17 are the usual ones", err);
	/* 0 has no authentication at all: whoever is on the network is let in. */
	if (n == 0)
		return wrong_value(path, e, "0 is none: anybody would be let in", err);
	auth->cipher = (unsigned)n;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* As text, or as 0x and hexadecimal digits. */
static int read_k_g(const char *path, const struct vmm_conf_entry *e, struct vmm__bmc_auth *auth,
		    struct vmm_err *err)
{
	const char *s = e->value;
	bool hex = strncmp(s, "0x", 2) == 0;
	size_t n = hex ? strlen(s += 2) : strlen(s);

	if (n == 0 || n > sizeof(auth->k_g) * (hex ? 2 : 1) || (hex && n % 2))
		return wrong_value(path, e, "not 1 to 20 bytes", err);
	for (size_t i = 0; hex && i < n; i++)
		if (hex_digit(s[i]) < 0)
			return wrong_value(path, e, "not hexadecimal digits", err);
	for (size_t i = 0; i < (hex ? n / 2 : n); i++)
		auth->k_g[i] =
			hex ? (unsigned char)(hex_digit(s[2 * i]) * 16 + hex_digit(s[2 * i + 1]))
			    : (unsigned char)s[i];
	auth->has_k_g = true;
	return 0;
}

static int read_workarounds(const char *path, const struct vmm_conf_entry *e,
			    struct vmm__bmc_auth *auth, struct vmm_err *err)
{
	VMM_STRV_AUTO items = VMM_STRV_INIT;

	if (vmm_conf_list(e, &items, NULL) < 0)
		return wrong_value(path, e, "an empty item", err);
	auth->workarounds = 0;
	for (size_t i = 0; i < items.n; i++) {
		size_t k = 0;

		while (k < COUNT(workarounds) && strcmp(items.s[i], workarounds[k].name) != 0)
			k++;
		if (k == COUNT(workarounds))
			return wrong_value(path, e, "not one that is known, see vmm-bmc(5)", err);
		auth->workarounds |= workarounds[k].bit;
	}
	return 0;
}

static int read_texts(const char *path, const struct vmm_conf_section *s,
		      struct vmm__bmc_auth *auth, struct vmm_err *err)
{
	const struct vmm_conf_entry *user = vmm_conf_find(s, "user");
	const struct vmm_conf_entry *password = vmm_conf_find(s, "password");

	if (!password)
		return vmm_err_set(err, VMM_EINPUT, "%s: no password in it", path);
	if (!line_of(password, PASSWORD_MAX))
		return wrong_value(path, password, "more than the 20 bytes that IPMI takes", err);
	if (user && !line_of(user, USER_MAX))
		return wrong_value(path, user, "more than the 16 bytes that IPMI takes", err);
	memcpy(auth->password, password->value, strlen(password->value) + 1);
	if (user)
		memcpy(auth->user, user->value, strlen(user->value) + 1);
	return 0;
}

static int read_section(const char *path, const struct vmm_conf_section *s,
			struct vmm__bmc_auth *auth, struct vmm_err *err)
{
	static const struct {
		const char *key;
		int (*read)(const char *path, const struct vmm_conf_entry *e,
			    struct vmm__bmc_auth *auth, struct vmm_err *err);
	} others[] = { { "privilege", read_privilege },
		       { "cipher", read_cipher },
		       { "k_g", read_k_g },
		       { "workarounds", read_workarounds } };
	int rc = read_texts(path, s, auth, err);

	for (size_t i = 0; rc == 0 && i < COUNT(others); i++) {
		const struct vmm_conf_entry *e = vmm_conf_find(s, others[i].key);

		if (e)
			rc = others[i].read(path, e, auth, err);
	}
	return rc;
}

static void wipe(struct vmm_conf *c, size_t len)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->values.n; i++)
		explicit_bzero(c->values.s[i], strlen(c->values.s[i]));
	explicit_bzero(c->text, len);
	vmm_conf_free(c);
}

static int parse(const char *path, const char *text, size_t len, struct vmm__bmc_auth *auth,
		 struct vmm_err *err)
{
	struct vmm_conf *c = NULL;
	struct vmm_err inner;
	int rc;

	/* A value of several lines is of no use here, and would leave copies of itself behind. */
	for (const char *s = text; (s = memchr(s, '\n', (size_t)(text + len - s))); s++)
		if (s[1] == ' ' || s[1] == '\t')
			return vmm_err_set(err, VMM_EINPUT, "%s: an indented line", path);
	if (vmm_conf_parse("", text, len, &c, &inner) < 0 || vmm_conf_check(c, forms, &inner) < 0)
		rc = wrong_line(path, &inner, err);
	else
		rc = read_section(path, &c->sections[0], auth, err);
	wipe(c, len);
	explicit_bzero(&inner, sizeof(inner));
	return rc;
}

/* The check is made on what was opened, so that nobody can put another file in its place. */
static int check_file(int fd, const char *path, struct vmm_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return vmm_err_unreadable(err, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return vmm_err_set(err, VMM_EREFUSED, "'%s' is not a file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return vmm_err_set(err, VMM_EREFUSED, "'%s' is another user's", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return vmm_err_set(err, VMM_EREFUSED,
				   "others may read or write '%s' (mode %03o); chmod 600", path,
				   st.st_mode & 0777);
	if (st.st_size >= FILE_MAX_BYTES)
		return vmm_err_set(err, VMM_EINPUT, "'%s' is larger than a BMC's credentials are",
				   path);
	return 0;
}

static int read_fd(int fd, const char *path, struct vmm__bmc_auth *auth, struct vmm_err *err)
{
	char text[FILE_MAX_BYTES + 1];
	ssize_t n;
	int rc;

	rc = check_file(fd, path, err);
	if (rc < 0)
		return rc;
	n = read(fd, text, FILE_MAX_BYTES);
	if (n < 0)
		return vmm_err_unreadable(err, "cannot read '%s'", path);
	text[n] = '\0';
	rc = parse(path, text, (size_t)n, auth, err);
	explicit_bzero(text, sizeof(text));
	return rc;
}

int vmm__bmc_auth_read(const char *path, struct vmm__bmc_auth *auth, struct vmm_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc;

	if (fd < 0)
		return vmm_err_unreadable(err, "cannot read '%s'", path);
	/* Some BMCs go by the privilege that the session was asked for, others don't mind which it was. */
	*auth = (struct vmm__bmc_auth){
		.privilege = IPMI_PRIVILEGE_LEVEL_OPERATOR,
		.cipher = 3,
		.workarounds = IPMI_WORKAROUND_FLAGS_OUTOFBAND_2_0_OPEN_SESSION_PRIVILEGE,
	};
	rc = vmm_dumps_forbid(err) < 0 ? VMM_EFAIL : read_fd(fd, path, auth, err);
	close(fd);
	if (rc < 0)
		explicit_bzero(auth, sizeof(*auth));
	return rc;
}
