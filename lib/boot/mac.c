/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>

#include "boot/spool.h"

static bool is_separator(char c)
{
	return c == ':' || c == '-';
}

bool vmm_boot_mac(const char *text, char out[VMM_BOOT_MAC_LEN + 1])
{
	char mac[VMM_BOOT_MAC_LEN + 1];
	size_t i;

	for (i = 0; i < VMM_BOOT_MAC_LEN; i++) {
		bool colon = i % 3 == 2;

		if (colon ? !is_separator(text[i]) : !isxdigit((unsigned char)text[i]))
			return false;
		mac[i] = colon ? ':' : (char)tolower((unsigned char)text[i]);
	}
	if (text[i])
		return false;
	mac[i] = '\0';
	memcpy(out, mac, sizeof(mac));
	return true;
}
