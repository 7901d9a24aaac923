/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPMI's boot flags as bytes. */
#include "bmc/internal.h"

#define VALID 0x80
#define PERSISTENT 0x40
#define UEFI 0x20

/* In the order of enum vmm_bmc_device. */
static const unsigned char numbers[] = { 0, 1, 2, 5, 6 };

void vmm__ipmi_boot_encode(const struct vmm_bmc_boot *boot, unsigned char flags[2])
{
	flags[0] = (unsigned char)(VALID | (boot->persistent ? PERSISTENT : 0) |
				   (boot->uefi ? UEFI : 0));
	flags[1] = (unsigned char)(numbers[boot->device] << 2);
}

/* Some tell the device without saying that it is valid: then the rest of that byte is no news. */
void vmm__ipmi_boot_decode(const unsigned char flags[2], struct vmm_bmc_boot *boot)
{
	unsigned number = (flags[1] >> 2) & 15;
	bool told = flags[0] & VALID;

	*boot = (struct vmm_bmc_boot){ .device = VMM_BMC_NO_DEVICE,
				       .persistent = told && (flags[0] & PERSISTENT),
				       .uefi = told && (flags[0] & UEFI),
				       .told = told };
	for (unsigned i = 0; i < sizeof(numbers); i++)
		if (numbers[i] == number)
			boot->device = (enum vmm_bmc_device)i;
}
