/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <string.h>

#include "base/num.h"

bool vmm_uuid_parse(const char *text, char out[VMM_UUID_LEN + 1])
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	char lower[VMM_UUID_LEN + 1];

	for (size_t i = 0; i < VMM_UUID_LEN; i++) {
		unsigned char c = (unsigned char)text[i];

		if (form[i] == '-' ? c != '-' : !isxdigit(c))
			return false;
		lower[i] = (char)tolower(c);
	}
	if (text[VMM_UUID_LEN])
		return false;
	lower[VMM_UUID_LEN] = '\0';
	memcpy(out, lower, sizeof(lower));
	return true;
}
