/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "boot/serve.h"

static void write_address(const struct sockaddr *a, char out[16])
{
	inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr, out, 16);
}

int vmm_boot_interface(const char *interface, char address[16], char netmask[16], struct vmm_err *err)
{
	struct ifaddrs *list, *i;

	if (!if_nametoindex(interface))
		return vmm_err_set(err, VMM_EINPUT, "there is no interface '%s'", interface);
	if (getifaddrs(&list) < 0)
		return vmm_err_errno(err, "cannot list the interfaces");
	for (i = list; i; i = i->ifa_next)
		if (strcmp(i->ifa_name, interface) == 0 && i->ifa_addr && i->ifa_netmask &&
		    i->ifa_addr->sa_family == AF_INET)
			break;
	if (i) {
		write_address(i->ifa_addr, address);
		write_address(i->ifa_netmask, netmask);
	}
	freeifaddrs(list);
	return i ? 0 : vmm_err_set(err, VMM_EINPUT, "interface '%s' has no IPv4 address", interface);
}
