/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt connections and its errors.
 *
 *	virConnectPtr c;
 *
 *	if (vmm_virt_open(uri, auth_file, &c, err) < 0) …;
 *	…
 *	virConnectClose(c);
 *
 * Calls to libvirt block for as long as the host likes: make them inside a job with a
 * deadline (base/jobs.h). Connections have keep-alive (a cut link is noticed after
 * VMM_KEEPALIVE_S * (VMM_KEEPALIVE_COUNT + 1) seconds), which needs libvirt's event loop: it runs in a thread of
 * its own from the first vmm_virt_open() on. libvirt's own printing of errors is off.
 *
 * URIs are checked against a list before they are used (inventory/uri.h).
 */
#ifndef VMM_VIRT_VIRT_H
#define VMM_VIRT_VIRT_H

#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/table.h"

#define VMM_KEEPALIVE_S 5
#define VMM_KEEPALIVE_COUNT 3

/* auth_file: "" or NULL for none, else libvirt's auth.conf format, readable by its owner only. */
int vmm_virt_open(const char *uri, const char *auth_file, virConnectPtr *out, struct vmm_err *err);

/*
 * The same in a job of its own, so that it ends after limit_ms. err, which must not be NULL, names the host:
 * VMM_EAGAIN "host 'h1' does not answer", or "host 'h1': REASON".
 */
int vmm_virt_open_host(const char *host, const char *uri, const char *auth_file, uint64_t limit_ms,
		       virConnectPtr *out, struct vmm_err *err);

/*
 * Sets err from the last libvirt error of this thread, as "FORMATTED: MESSAGE". The code:
 * no such domain, network, pool, volume: VMM_ENOTFOUND; connection lost, refused, timed out:
 * VMM_EAGAIN; not supported: VMM_EREFUSED; otherwise VMM_EFAIL.
 */
int vmm_err_virt(struct vmm_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * The memory of a host in bytes: in all, and not used (free, or buffers and caches). 0, or -1 where
 * the driver doesn't know: libvirt's error is the last one of this thread.
 */
int vmm_virt_memory(virConnectPtr conn, unsigned long long *total, unsigned long long *not_used);

/* What a domain's state and reason are called here (F2): "normal", "paused", … */
const char *vmm_virt_state(int state, int reason);
/* Whether it is active: has a process, memory and a state to lose. */
bool vmm_virt_active(int state);

/* The driver of a connection, in lower case: "qemu", "lxc", "test", … */
#define VMM_HYPERVISOR_LEN 31
int vmm_virt_hypervisor(virConnectPtr conn, char name[VMM_HYPERVISOR_LEN + 1], struct vmm_err *err);
/* What a hypervisor driver can do: list of live cold move save snapshot suspend autostart. */
const char *vmm_virt_caps(const char *hypervisor);
bool vmm_virt_can(const char *caps, const char *what);

#endif
