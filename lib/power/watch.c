/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reboots are told by events only: no state says that a guest has been through one. */
#include <libvirt/virterror.h>
#include <stdlib.h>

#include "power/internal.h"

struct vmm__reboot_watch {
	virConnectPtr conn;
	int id;
	bool *seen; /* the event loop's until it frees it, which may be after the unwatching */
};

static void rebooted(virConnectPtr conn, virDomainPtr dom, void *seen)
{
	(void)conn;
	(void)dom;
	__atomic_store_n((bool *)seen, true, __ATOMIC_RELEASE);
}

/* NULL: the driver has no such event, or out of memory. */
struct vmm__reboot_watch *vmm__reboot_watch(virDomainPtr dom)
{
	struct vmm__reboot_watch *w = calloc(1, sizeof(*w));
	bool *seen = calloc(1, sizeof(*seen));

	if (!w || !seen)
		goto fail;
	w->conn = virDomainGetConnect(dom);
	w->seen = seen;
	w->id = virConnectDomainEventRegisterAny(w->conn, dom, VIR_DOMAIN_EVENT_ID_REBOOT, rebooted,
						 seen, free);
	if (w->id < 0)
		goto fail;
	return w;
fail:
	virResetLastError();
	free(seen);
	free(w);
	return NULL;
}

bool vmm__reboot_seen(const struct vmm__reboot_watch *w)
{
	return __atomic_load_n(w->seen, __ATOMIC_ACQUIRE);
}

void vmm__reboot_unwatch(struct vmm__reboot_watch *w)
{
	if (!w)
		return;
	virConnectDomainEventDeregisterAny(w->conn, w->id);
	free(w);
}
