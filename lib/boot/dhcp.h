/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The DHCP server beside the boot server: dnsmasq, with a file that is written for it.
 *
 *	vmm_boot_dhcp_look(&o, 3000, false, log, arg, err);	(who answers there already?)
 *	vmm_boot_dhcp_new(b, &o, &d, err);	(ends one that was left over, writes run/dnsmasq.conf)
 *	for (; going on; sleep 1 s) vmm_boot_dhcp_tick(d, err);	(starts it, and again when it has died)
 *	vmm_boot_dhcp_free(d);	(ends it)
 *
 * It is a child of the thread that called vmm_boot_dhcp_tick() and ends with that, however that ends.
 */
#ifndef VMM_BOOT_DHCP_H
#define VMM_BOOT_DHCP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "boot/spool.h"

/* Borrowed until vmm_boot_dhcp_free(). */
struct vmm_boot_dhcp_options {
	const char *interface, *address, *netmask; /* where it serves, and our address there */
	const char *range; /* "10.0.0.100-10.0.0.200"; NULL: with proxy only */
	bool proxy;        /* another server gives the addresses: this one says what to boot */
	bool known;        /* only to machines that have a job */
	const char *ipxe;  /* folder for TFTP; NULL: none, and only iPXE boots */
	uint16_t http_port;
};

struct vmm_boot_dhcp;

/* Two addresses in their order, or VMM_EINPUT. */
int vmm_boot_dhcp_range(const char *text, char first[16], char last[16], struct vmm_err *err);
/* Before anything is begun: the files that are sent to firmware are there, and the range is in the interface's network. */
int vmm_boot_dhcp_check(const struct vmm_boot_dhcp_options *o, struct vmm_err *err);
int vmm_boot_dhcp_new(struct vmm_boot *b, const struct vmm_boot_dhcp_options *o,
		      struct vmm_boot_dhcp **out, struct vmm_err *err);
/*
 * 0; VMM_EAGAIN: it has died, or its hosts can't be written (the sentence), and that is tried again after a
 * while; VMM_EFAIL: can't be started.
 */
int vmm_boot_dhcp_tick(struct vmm_boot_dhcp *d, struct vmm_err *err);
/* Has it read its hosts anew. */
void vmm_boot_dhcp_reload(struct vmm_boot_dhcp *d);
void vmm_boot_dhcp_free(struct vmm_boot_dhcp *d);

/* A server that answered: `boots` says what to boot, `leases` gives addresses. */
typedef void vmm_boot_dhcp_found(void *arg, const char *address, bool leases, bool boots);
/*
 * Asks (DHCPDISCOVER) as a machine would that boots from the network, takes no lease, and calls found() for
 * each address that answers within that time. Needs CAP_NET_BIND_SERVICE and CAP_NET_RAW.
 */
int vmm_boot_dhcp_probe(const char *interface, uint64_t ms, vmm_boot_dhcp_found *found, void *arg,
			struct vmm_err *err);
/*
 * The same for the options: log() is told of each other server than o's own, and of there being none that o->proxy
 * needs. VMM_EREFUSED: another one gives addresses too, and `force` is not set.
 */
int vmm_boot_dhcp_look(const struct vmm_boot_dhcp_options *o, uint64_t ms, bool force,
		       void (*log)(void *arg, const char *line), void *arg, struct vmm_err *err);

#endif
