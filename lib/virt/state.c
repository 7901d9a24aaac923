/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What domains are doing and what drivers can do, in the words of vmm-utils. */
#include <ctype.h>
#include <string.h>

#include "virt/virt.h"

static const char *running(int reason)
{
	switch (reason) {
	case VIR_DOMAIN_RUNNING_POSTCOPY:
		return "migrating";
	case VIR_DOMAIN_RUNNING_POSTCOPY_FAILED:
		return "error";
	default:
		return "normal";
	}
}

/* Stopped by somebody, or by something that went wrong? */
static const char *paused(int reason)
{
	switch (reason) {
	case VIR_DOMAIN_PAUSED_MIGRATION:
	case VIR_DOMAIN_PAUSED_POSTCOPY:
		return "migrating";
	case VIR_DOMAIN_PAUSED_IOERROR:
	case VIR_DOMAIN_PAUSED_WATCHDOG:
	case VIR_DOMAIN_PAUSED_CRASHED:
	case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED:
		return "error";
	default:
		return "paused";
	}
}

/*
 * A domain that is off is "stop" whatever brought it there: the inventory takes every
 * other state for a VM that is active. The one that has halted but is still held is a
 * warning: somebody has to take it down.
 */
const char *vmm_virt_state(int state, int reason)
{
	switch (state) {
	case VIR_DOMAIN_RUNNING:
		return running(reason);
	case VIR_DOMAIN_BLOCKED:
		return "normal";
	case VIR_DOMAIN_PAUSED:
		return paused(reason);
	case VIR_DOMAIN_SHUTDOWN:
		return "warning";
	case VIR_DOMAIN_SHUTOFF:
		return "stop";
	case VIR_DOMAIN_CRASHED:
		return "error";
	case VIR_DOMAIN_PMSUSPENDED:
		return "suspended";
	default:
		return "unknown";
	}
}

bool vmm_virt_active(int state)
{
	return state != VIR_DOMAIN_SHUTOFF;
}

int vmm_virt_hypervisor(virConnectPtr conn, char name[VMM_HYPERVISOR_LEN + 1], struct vmm_err *err)
{
	const char *type = virConnectGetType(conn);
	size_t i;

	if (!type)
		return vmm_err_virt(err, "cannot read the type of hypervisor");
	for (i = 0; i < VMM_HYPERVISOR_LEN && type[i]; i++)
		name[i] = (char)tolower((unsigned char)type[i]);
	name[i] = '\0';
	return 0;
}

static const struct {
	const char *hypervisor, *caps;
} drivers[] = {
	{ "qemu", "live,cold,move,save,snapshot,suspend,autostart" },
	{ "xen", "live,cold,move,save,suspend,autostart" },
	{ "vz", "live,cold,save,snapshot,suspend,autostart" },
	{ "lxc", "suspend,autostart" },
	{ "esx", "snapshot,suspend,autostart" },
	{ "hyper-v", "save,suspend,autostart" },
	{ "bhyve", "autostart" },
	{ "test", "save,snapshot,suspend,autostart" },
};

const char *vmm_virt_caps(const char *hypervisor)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (strcmp(drivers[i].hypervisor, hypervisor) == 0)
			return drivers[i].caps;
	return "";
}

bool vmm_virt_can(const char *caps, const char *what)
{
	size_t n = strlen(what);

	for (const char *s = caps; *s;) {
		size_t len = strcspn(s, ",");

		if (len == n && memcmp(s, what, n) == 0)
			return true;
		s += len + (s[len] == ',');
	}
	return false;
}
