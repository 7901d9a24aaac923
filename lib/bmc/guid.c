/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The GUID of a system is its UUID, in one of three orders of bytes: the standard left it open too long. */
#include <string.h>

#include "bmc/internal.h"

/* Which byte of the GUID stands where in the UUID's text. */
static const unsigned char orders[][16] = {
	{ 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 }, /* SMBIOS */
	{ 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 }, /* IPMI */
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 }, /* RFC 4122 */
};
#define ORDERS (sizeof(orders) / sizeof(*orders))

/* Returns whether it is a UUID as they are made: versions 1 to 5, the variant of RFC 4122. */
static bool read_as(const unsigned char guid[16], const unsigned char order[16],
		    char uuid[VMM_UUID_LEN + 1])
{
	static const char hex[] = "0123456789abcdef";
	char *p = uuid;
	unsigned version = guid[order[6]] >> 4;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hex[guid[order[i]] >> 4];
		*p++ = hex[guid[order[i]] & 15];
	}
	*p = '\0';
	return version >= 1 && version <= 5 && (guid[order[8]] & 0xc0) == 0x80;
}

void vmm__bmc_guid_uuid(const unsigned char guid[16], char uuid[VMM_UUID_LEN + 1])
{
	for (size_t i = 0; i < ORDERS; i++)
		if (read_as(guid, orders[i], uuid))
			return;
	read_as(guid, orders[0], uuid);
}

bool vmm_bmc_guid_is(const unsigned char guid[16], const char *uuid)
{
	char want[VMM_UUID_LEN + 1], got[VMM_UUID_LEN + 1];

	if (!vmm_uuid_parse(uuid, want))
		return false;
	for (size_t i = 0; i < ORDERS; i++) {
		read_as(guid, orders[i], got);
		if (strcmp(got, want) == 0)
			return true;
	}
	return false;
}
