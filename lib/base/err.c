/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/percent.h"

/*
 * What is formatted before it is made fit to show. Showing never shortens, so with room
 * for one more character the cut at this buffer's end is never reached.
 */
struct raw {
	char text[sizeof(((struct vmm_err *)0)->text) + 4];
	size_t len;
};

__attribute__((format(printf, 2, 0))) static void raw_addv(struct raw *raw, const char *fmt,
							   va_list ap)
{
	size_t left = sizeof(raw->text) - raw->len;
	int n = vsnprintf(raw->text + raw->len, left, fmt, ap);

	if (n > 0)
		raw->len += (size_t)n < left ? (size_t)n : left - 1;
}

__attribute__((format(printf, 2, 3))) static void raw_addf(struct raw *raw, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	raw_addv(raw, fmt, ap);
	va_end(ap);
}

/* The next character as it is shown, 1 to 12 bytes; advances *s. */
static size_t show(const char **s, const char *end, char out[16])
{
	unsigned cp = 0;
	size_t n = vmm_utf8_char(*s, end, &cp);
	size_t len = 0;

	if (n && !vmm_utf8_hidden(cp)) {
		memcpy(out, *s, n);
		*s += n;
		return n;
	}
	for (size_t i = 0; i < (n ? n : 1); i++)
		len += (size_t)snprintf(out + len, 16 - len, "%%%02x", (unsigned char)*(*s)++);
	return len;
}

/* One line that a terminal shows as it is, cut between characters. */
static void finish(struct vmm_err *err, const struct raw *raw)
{
	const char *s = raw->text, *end = s + raw->len;
	size_t len = 0;

	while (s < end) {
		char out[16];
		size_t n = show(&s, end, out);

		if (len + n >= sizeof(err->text))
			break;
		memcpy(err->text + len, out, n);
		len += n;
	}
	err->text[len] = '\0';
}

int vmm_err_set(struct vmm_err *err, enum vmm_code code, const char *fmt, ...)
{
	struct raw raw = { .len = 0 };
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	raw_addv(&raw, fmt, ap);
	va_end(ap);
	err->code = code;
	finish(err, &raw);
	return code;
}

__attribute__((format(printf, 3, 0))) static int set_errno(struct vmm_err *err, enum vmm_code code,
							   const char *fmt, va_list ap)
{
	int saved = errno;
	struct raw raw = { .len = 0 };

	if (saved == ENOMEM)
		code = VMM_ENOMEM;
	if (!err)
		return code;
	raw_addv(&raw, fmt, ap);
	errno = saved;
	raw_addf(&raw, ": %m"); /* unlike strerror(), safe in threads */
	err->code = code;
	finish(err, &raw);
	errno = saved;
	return code;
}

int vmm_err_errno(struct vmm_err *err, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = set_errno(err, VMM_EFAIL, fmt, ap);
	va_end(ap);
	return rc;
}

int vmm_err_unreadable(struct vmm_err *err, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = set_errno(err, VMM_EINPUT, fmt, ap);
	va_end(ap);
	return rc;
}

int vmm_err_nomem(struct vmm_err *err)
{
	return vmm_err_set(err, VMM_ENOMEM, "out of memory");
}

int vmm_err_prefix(struct vmm_err *err, const char *fmt, ...)
{
	struct raw raw = { .len = 0 };
	va_list ap;

	if (!err)
		return VMM_EFAIL;
	va_start(ap, fmt);
	raw_addv(&raw, fmt, ap);
	va_end(ap);
	raw_addf(&raw, ": %s", err->text);
	finish(err, &raw);
	return err->code;
}

int vmm_err_exit(int code)
{
	switch (code) {
	case VMM_OK:
		return 0;
	case VMM_EINPUT:
		return 2;
	case VMM_EPART:
		return 3;
	case VMM_EREFUSED:
	case VMM_ENOTFOUND:
		return 4;
	case VMM_EAGAIN:
		return 75;
	default:
		return 1;
	}
}

const char *vmm_err_word(int code, const char *good)
{
	switch (code) {
	case VMM_OK:
		return good;
	case VMM_EREFUSED:
	case VMM_ENOTFOUND:
	case VMM_EINPUT:
		return "refused";
	case VMM_ECANCEL:
		return "aborted";
	default:
		return "failed";
	}
}
