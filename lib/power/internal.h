/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared between the files of this folder only. */
#ifndef VMM_POWER_INTERNAL_H
#define VMM_POWER_INTERNAL_H

#include "power/power.h"

/* The state of the domain; one that is gone (transient) is off. */
int vmm__power_state(virDomainPtr dom, int *state, int *reason, struct vmm_err *err);

/* Ask, wait, ask again. The guest runs when they are called. */
int vmm__power_shutdown(virDomainPtr dom, const struct vmm_power_options *opt, struct vmm_err *err);
int vmm__power_reboot(virDomainPtr dom, const struct vmm_power_options *opt, struct vmm_err *err);

/* Whether a reboot has begun, as the host tells by an event. */
struct vmm__reboot_watch;
struct vmm__reboot_watch *vmm__reboot_watch(virDomainPtr dom);
bool vmm__reboot_seen(const struct vmm__reboot_watch *w);
void vmm__reboot_unwatch(struct vmm__reboot_watch *w);

#endif
