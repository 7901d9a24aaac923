/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "power/power.h"

#include <libvirt/virterror.h>
#include <string.h>

#include "power/internal.h"
#include "virt/virt.h"

static const struct op {
	const char *name;
	const char *cap; /* what the driver must be able to do; NULL: every driver does, or says so */
} ops[] = {
	[VMM_POWER_ON] = { "on", NULL },
	[VMM_POWER_OFF] = { "off", NULL },
	[VMM_POWER_SHUTDOWN] = { "shutdown", NULL },
	[VMM_POWER_REBOOT] = { "reboot", NULL },
	[VMM_POWER_RESET] = { "reset", NULL },
	[VMM_POWER_SUSPEND] = { "suspend", "suspend" },
	[VMM_POWER_RESUME] = { "resume", "suspend" },
	[VMM_POWER_SAVE] = { "save", "save" },
};

int vmm_power_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (strcmp(ops[i].name, name) == 0)
			return (int)i;
	return -1;
}

int vmm__power_state(const struct vmm__guest *g, int *state, int *reason, struct vmm_err *err)
{
	*reason = 0;
	if (virDomainGetState(g->dom, state, reason, 0) == 0)
		return 0;
	if (virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
		return vmm_err_virt(err, "cannot read its state");
	if (!g->transient)
		return vmm_err_set(err, VMM_EAGAIN, "it is no longer there: moved or removed");
	*state = VIR_DOMAIN_SHUTOFF;
	return 0;
}

static int refuse(struct vmm_err *err, const char *why)
{
	return vmm_err_set(err, VMM_EREFUSED, "%s", why);
}

static int check_driver(virDomainPtr dom, enum vmm_power_op op, struct vmm_err *err)
{
	char name[VMM_HYPERVISOR_LEN + 1];
	int rc;

	if (!ops[op].cap)
		return 0;
	rc = vmm_virt_hypervisor(virDomainGetConnect(dom), name, err);
	if (rc < 0)
		return rc;
	if (vmm_virt_can(vmm_virt_caps(name), ops[op].cap))
		return 0;
	return vmm_err_set(err, VMM_EREFUSED, "the %s driver can't %s a guest", name, ops[op].cap);
}

/*
 * Whether the guest's state leaves anything to do: 1, 0 (it is already there), or an error
 * that tells the way out.
 */
static int check_state(enum vmm_power_op op, int state, int reason, bool force, struct vmm_err *err)
{
	const char *now = vmm_virt_state(state, reason);

	if (op == VMM_POWER_OFF)
		return vmm_virt_active(state);
	if (strcmp(now, "migrating") == 0)
		return vmm_err_set(err, VMM_EAGAIN, "it is being migrated");
	if (state == VIR_DOMAIN_SHUTDOWN && op != VMM_POWER_SHUTDOWN)
		return vmm_err_set(err, VMM_EAGAIN, "it is shutting down");
	if (state == VIR_DOMAIN_CRASHED && !(op == VMM_POWER_SHUTDOWN && force))
		return refuse(err, "it has crashed: turn it off first");
	switch (state) {
	case VIR_DOMAIN_SHUTOFF:
		if (op == VMM_POWER_ON)
			return 1;
		return op == VMM_POWER_SHUTDOWN || op == VMM_POWER_SAVE ? 0
									: refuse(err, "it is off");
	case VIR_DOMAIN_PAUSED:
		if (op == VMM_POWER_SUSPEND)
			return 0;
		if (op == VMM_POWER_ON || op == VMM_POWER_REBOOT ||
		    (op == VMM_POWER_SHUTDOWN && !force))
			return refuse(err, "it is paused: resume it first");
		return 1;
	case VIR_DOMAIN_PMSUSPENDED:
		if (op == VMM_POWER_ON || op == VMM_POWER_RESUME || op == VMM_POWER_RESET ||
		    (op == VMM_POWER_SHUTDOWN && force))
			return 1;
		return refuse(err, "it has suspended itself: wake it up (on) first");
	default:
		return op != VMM_POWER_ON && op != VMM_POWER_RESUME;
	}
}

/* "save" of a guest that is off: only if that is what turned it off. */
static int check_saved(virDomainPtr dom, struct vmm_err *err)
{
	int saved = virDomainHasManagedSaveImage(dom, 0);

	if (saved < 0)
		return vmm_err_virt(err, "cannot tell whether it is saved");
	return saved ? 0 : refuse(err, "it is off");
}

/* Calls that are over when they return. */
static int call(virDomainPtr dom, enum vmm_power_op op, int state)
{
	switch (op) {
	case VMM_POWER_ON:
	case VMM_POWER_RESUME:
		if (state == VIR_DOMAIN_PMSUSPENDED)
			return virDomainPMWakeup(dom, 0);
		return op == VMM_POWER_ON ? virDomainCreate(dom) : virDomainResume(dom);
	case VMM_POWER_OFF:
		return virDomainDestroy(dom);
	case VMM_POWER_RESET:
		return virDomainReset(dom, 0);
	case VMM_POWER_SUSPEND:
		return virDomainSuspend(dom);
	case VMM_POWER_SAVE:
		return virDomainManagedSave(dom, 0);
	default:
		return -1;
	}
}

static int act(const struct vmm__guest *g, enum vmm_power_op op, int state,
	       const struct vmm_power_options *opt, struct vmm_err *err)
{
	bool deaf = state == VIR_DOMAIN_PAUSED || state == VIR_DOMAIN_PMSUSPENDED ||
		    state == VIR_DOMAIN_CRASHED;

	if (op == VMM_POWER_REBOOT)
		return vmm__power_reboot(g, opt, err);
	/* One that can't hear gets here by force only. */
	if (op == VMM_POWER_SHUTDOWN && !deaf)
		return vmm__power_shutdown(g, opt, err);
	if (op == VMM_POWER_SHUTDOWN)
		op = VMM_POWER_OFF;
	return call(g->dom, op, state) < 0 ? vmm_err_virt(err, "%s", ops[op].name) : 0;
}

int vmm_power(virDomainPtr dom, enum vmm_power_op op, const struct vmm_power_options *opt,
	      bool *did, struct vmm_err *err)
{
	const struct vmm__guest g = { dom, virDomainIsPersistent(dom) == 0 };
	int state, reason, todo, rc;

	rc = check_driver(dom, op, err);
	if (rc == 0)
		rc = vmm__power_state(&g, &state, &reason, err);
	if (rc < 0)
		return rc;
	todo = check_state(op, state, reason, opt->force, err);
	if (todo == 0 && op == VMM_POWER_SAVE)
		todo = check_saved(dom, err);
	if (todo < 0)
		return todo;
	rc = todo ? act(&g, op, state, opt, err) : 0;
	if (rc < 0) {
		/* Somebody else, or the guest itself, may have been faster. */
		if (vmm__power_state(&g, &state, &reason, NULL) < 0 ||
		    check_state(op, state, reason, opt->force, NULL) != 0 || op == VMM_POWER_SAVE)
			return rc;
		todo = 0;
	}
	*did = todo;
	return 0;
}
