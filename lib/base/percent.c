/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/percent.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

static void add_encoded(struct vmm_buf *out, const char *s, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	for (; n; n--, s++) {
		char code[3] = { '%', hex[(unsigned char)*s >> 4], hex[(unsigned char)*s & 15] };

		vmm_buf_add(out, code, sizeof(code));
	}
}

static bool shows(unsigned cp)
{
	return cp != '%' && cp != '\\' && !vmm_utf8_hidden(cp);
}

static void encode(struct vmm_buf *out, const char *s, unsigned last)
{
	const char *start = s, *end = s + strlen(s);

	while (s < end) {
		unsigned cp = 0;
		size_t n = vmm_utf8_char(s, end, &cp);
		bool outer_blank = *s == ' ' && (s == start || s + 1 == end);

		if (n && cp <= last && shows(cp) && !outer_blank)
			vmm_buf_add(out, s, n);
		else
			add_encoded(out, s, n ? n : 1);
		s += n ? n : 1;
	}
}

void vmm_percent_encode(struct vmm_buf *out, const char *s)
{
	encode(out, s, UINT_MAX);
}

void vmm_percent_encode_ascii(struct vmm_buf *out, const char *s)
{
	encode(out, s, 0x7f);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* The byte that the two characters at s stand for, or 0 if they don't stand for one. */
static int byte(const char *s)
{
	int high = digit(s[0]);
	int low = high < 0 ? -1 : digit(s[1]);

	return low < 0 ? 0 : high << 4 | low;
}

bool vmm_percent_decode(struct vmm_buf *out, const char *s)
{
	for (const char *p = s; (p = strchr(p, '%')); p++)
		if (!byte(p + 1))
			return false;
	while (*s) {
		size_t n = strcspn(s, "%");

		vmm_buf_add(out, s, n);
		s += n;
		if (*s) {
			vmm_buf_addc(out, (char)byte(s + 1));
			s += 3;
		}
	}
	return true;
}
