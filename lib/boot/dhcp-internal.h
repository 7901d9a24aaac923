/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VMM_BOOT_DHCP_INTERNAL_H
#define VMM_BOOT_DHCP_INTERNAL_H

#include "base/buf.h"
#include "boot/dhcp.h"

/* dnsmasq's configuration. `root` is the boot folder's path. */
int vmm__boot_dhcp_conf(const struct vmm_boot_dhcp_options *o, const char *root,
			struct vmm_buf *out, struct vmm_err *err);
/* Ends a process whose command line has that argument; waits for it. True: there was one. */
bool vmm__boot_dhcp_end(long pid, const char *argument);

#endif
