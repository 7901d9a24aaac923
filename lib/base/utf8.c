/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UTF-8, one character at a time. */
#include "base/percent.h"

/* How many bytes the lead byte asks for (0: no lead byte), and the bits it brings. */
static size_t lead(unsigned char c, unsigned *cp)
{
	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	if (c >= 0xc2 && c <= 0xdf) {
		*cp = c & 0x1f;
		return 2;
	}
	if (c >= 0xe0 && c <= 0xef) {
		*cp = c & 0x0f;
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		*cp = c & 0x07;
		return 4;
	}
	return 0;
}

size_t vmm_utf8_char(const char *s, const char *end, unsigned *cp)
{
	static const unsigned smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned v;
	size_t n;

	if (s >= end)
		return 0;
	n = lead((unsigned char)*s, &v);
	if (!n || n > (size_t)(end - s))
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (v < smallest[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	if (cp)
		*cp = v;
	return n;
}

bool vmm_utf8_valid(const char *s, size_t len)
{
	const char *end = s + len;
	size_t n;

	for (; s < end; s += n) {
		n = (unsigned char)*s < 0x80 ? 1 : vmm_utf8_char(s, end, NULL);
		if (!n)
			return false;
	}
	return true;
}

bool vmm_utf8_hidden(unsigned cp)
{
	static const struct {
		unsigned first, last;
	} ranges[] = {
		{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad }, { 0x061c, 0x061c },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x2069 },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xfffe, 0xffff }, { 0xe0000, 0xe007f },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	return false;
}
