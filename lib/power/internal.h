/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared between the files of this folder only. */
#ifndef VMM_POWER_INTERNAL_H
#define VMM_POWER_INTERNAL_H

#include "power/power.h"

/* A transient guest that is gone is off; any other was moved or removed: VMM_EAGAIN. */
struct vmm__guest {
	virDomainPtr dom;
	bool transient;
};
int vmm__power_state(const struct vmm__guest *g, int *state, int *reason, struct vmm_err *err);

/* Ask, wait, ask again. The guest runs when they are called. */
int vmm__power_shutdown(const struct vmm__guest *g, const struct vmm_power_options *opt,
			struct vmm_err *err);
int vmm__power_reboot(const struct vmm__guest *g, const struct vmm_power_options *opt,
		      struct vmm_err *err);

/* Whether a reboot has begun, as the host tells by an event. */
struct vmm__reboot_watch;
struct vmm__reboot_watch *vmm__reboot_watch(virDomainPtr dom);
bool vmm__reboot_seen(const struct vmm__reboot_watch *w);
void vmm__reboot_unwatch(struct vmm__reboot_watch *w);

#endif
