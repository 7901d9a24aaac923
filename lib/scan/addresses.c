/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network addresses of guests. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/rows.h"
#include "scan/scan-internal.h"

static bool worth_knowing(const virDomainIPAddress *a)
{
	struct in6_addr a6;

	if (a->type == VIR_IP_ADDR_TYPE_IPV4)
		return strncmp(a->addr, "127.", 4) != 0;
	return inet_pton(AF_INET6, a->addr, &a6) == 1 && !IN6_IS_ADDR_LOOPBACK(&a6) &&
	       !IN6_IS_ADDR_LINKLOCAL(&a6);
}

static void add_all(struct vmm_buf *cell, const virDomainInterface *nic, struct vmm_strv *seen)
{
	for (unsigned i = 0; i < nic->naddrs; i++) {
		const virDomainIPAddress *a = &nic->addrs[i];

		if (!worth_knowing(a) || vmm_strv_has(seen, a->addr))
			continue;
		cell->failed |= vmm_strv_add(seen, a->addr) < 0;
		vmm_list_add(cell, a->addr);
	}
}

void vmm__addresses_add(struct vmm_buf *cell, virDomainPtr dom, unsigned source)
{
	VMM_STRV_AUTO seen = VMM_STRV_INIT;
	virDomainInterfacePtr *nics = NULL;
	int n = virDomainInterfaceAddresses(dom, &nics, source, 0);

	for (int i = 0; i < n; i++) {
		add_all(cell, nics[i], &seen);
		virDomainInterfaceFree(nics[i]);
	}
	free(nics);
}

/* What the DHCP server of a libvirt network gave out, else what the host has heard. */
int vmm__detail_addresses(virDomainPtr dom, struct vmm_table *vms, size_t row,
			  const struct vmm__detail *detail, struct vmm_err *err)
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;

	if (detail->leases)
		vmm__addresses_add(&cell, dom, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE);
	if (detail->nics && !cell.len)
		vmm__addresses_add(&cell, dom, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP);
	return cell.failed ? vmm_err_nomem(err) : vmm__cell(vms, row, "addresses", cell.data, err);
}
