/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses as numbers. */
#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "pool/internal.h"

unsigned vmm__addr_bits(enum vmm__family family)
{
	return family == VMM__IP4 ? 32 : family == VMM__IP6 ? 128 : 48;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* With colons and not with hyphens: those part the ends of a range. */
static bool parse_mac(const char *text, vmm__num *out)
{
	vmm__num num = 0;

	for (int i = 0; i < 6; i++, text += 3) {
		int high = hex(text[0]), low = high < 0 ? -1 : hex(text[1]);

		if (low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return false;
		num = num << 8 | (unsigned)(high << 4 | low);
	}
	*out = num;
	return true;
}

bool vmm__addr_parse(const char *text, struct vmm__addr *out)
{
	unsigned char b[16];
	size_t n = 0;
	vmm__num num = 0;

	if (strlen(text) == 17 && parse_mac(text, &out->num)) {
		out->family = VMM__MAC;
		return true;
	}
	if (inet_pton(AF_INET, text, b) == 1)
		n = 4;
	else if (inet_pton(AF_INET6, text, b) == 1)
		n = 16;
	for (size_t i = 0; i < n; i++)
		num = num << 8 | b[i];
	out->family = n == 4 ? VMM__IP4 : VMM__IP6;
	out->num = num;
	return n > 0;
}

void vmm__addr_format(struct vmm__addr a, char out[VMM__ADDR_LEN])
{
	size_t n = vmm__addr_bits(a.family) / 8;
	unsigned char b[16];

	for (size_t i = n; i-- > 0; a.num >>= 8)
		b[i] = (unsigned char)a.num;
	if (a.family == VMM__MAC)
		snprintf(out, VMM__ADDR_LEN, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2],
			 b[3], b[4], b[5]);
	else
		inet_ntop(a.family == VMM__IP4 ? AF_INET : AF_INET6, b, out, VMM__ADDR_LEN);
}
