/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine's BMC. Without one somebody switches it on. */
#include <string.h>

#include "bmc/bmc.h"
#include "deploy/internal.h"

#define ASK_MS 20000
#define BOOT_MS 30000
#define POWER_MS 120000

static int open_bmc(struct vmm__task *k, struct vmm_bmc **b, struct vmm_err *err)
{
	int ret = vmm_bmc_new(k->bmc, k->bmc_auth, b, err);

	if (ret == 0)
		vmm_bmc_watch(*b, k->opt.cancel);
	return ret;
}

/* The wrong address in a row would switch off another machine. */
static int check_identity(struct vmm__task *k, struct vmm_bmc *b)
{
	struct vmm_bmc_identity id;

	if (vmm_bmc_identify(b, ASK_MS, &id, &k->err) < 0)
		return vmm_err_prefix(&k->err, "its BMC '%s'", k->bmc);
	if (*k->serial && strcmp(id.serial, k->serial) == 0)
		return 0;
	if (id.has_guid && !vmm_bmc_guid_is(id.guid, k->uuid))
		return vmm_err_set(&k->err, VMM_EREFUSED,
				   "BMC '%s' is that of another machine: it has UUID %s", k->bmc,
				   id.uuid);
	if (!id.has_guid && *k->serial && *id.serial)
		return vmm_err_set(&k->err, VMM_EREFUSED,
				   "BMC '%s' is that of another machine: it has serial number %s",
				   k->bmc, id.serial);
	return 0;
}

/* What runs on it is somebody's, unless an earlier deployment began it. */
static int check_off(struct vmm__task *k, struct vmm_bmc *b)
{
	enum vmm_bmc_power power;

	if (k->wipe || k->begun)
		return 0;
	if (vmm_bmc_power_get(b, ASK_MS, &power, &k->err) < 0)
		return vmm_err_prefix(&k->err, "its BMC '%s'", k->bmc);
	if (power != VMM_BMC_POWER_OFF)
		return vmm_err_set(&k->err, VMM_EREFUSED,
				   "it is switched on: switch it off first (host-power), or --wipe %s",
				   k->name);
	return 0;
}

int vmm__bmc_check(struct vmm__task *k)
{
	struct vmm_bmc *b = NULL;
	int ret;

	if (!*k->bmc)
		return 0;
	ret = open_bmc(k, &b, &k->err);
	if (ret < 0)
		return vmm_err_prefix(&k->err, "its BMC '%s'", k->bmc);
	ret = check_identity(k, b);
	if (ret == 0)
		ret = check_off(k, b);
	vmm_bmc_free(b);
	return ret;
}

/* As the profile says, else how it boots anyway: as it has reported, else as its BMC tells. */
static bool by_uefi(struct vmm__task *k, struct vmm_bmc *b)
{
	struct vmm_bmc_boot now;

	if (k->p->firmware != VMM_BOOT_AUTO)
		return k->p->firmware == VMM_BOOT_UEFI;
	if (*k->firmware)
		return strcmp(k->firmware, "uefi") == 0;
	return vmm_bmc_boot_get(b, ASK_MS, &now, NULL) == 0 && now.told && now.uefi;
}

static int start(struct vmm__task *k, struct vmm_bmc *b)
{
	struct vmm_bmc_boot pxe = { .device = VMM_BMC_PXE, .uefi = by_uefi(k, b) };
	struct vmm_bmc_outcome o;

	vmm_bmc_boot_set(b, &pxe, BOOT_MS, &o);
	/* That it is for UEFI, or once, many a BMC keeps to itself; the device is what matters. */
	if (o.verdict == VMM_BMC_UNKNOWN && o.boot.device == VMM_BMC_PXE) {
		vmm__log(k, VMM_STAGE_BOOT, "%s", o.err.text);
		o.verdict = VMM_BMC_AS_ASKED;
	}
	if (o.verdict == VMM_BMC_AS_ASKED)
		vmm_bmc_power(b, VMM_BMC_CYCLE, POWER_MS, &o);
	if (o.verdict != VMM_BMC_AS_ASKED) {
		k->err = o.err;
		return vmm_err_prefix(&k->err, "its BMC '%s'", k->bmc);
	}
	vmm__log(k, VMM_STAGE_BOOT, "switched on, to boot from the network by %s",
		 pxe.uefi ? "UEFI" : "BIOS");
	return 0;
}

int vmm__bmc_start(struct vmm__task *k)
{
	struct vmm_bmc *b = NULL;
	int ret;

	if (!*k->bmc) {
		vmm__log(k, VMM_STAGE_BOOT, "it has no BMC: waiting for somebody to switch it on");
		return 0;
	}
	ret = open_bmc(k, &b, &k->err);
	if (ret == 0)
		ret = start(k, b);
	vmm_bmc_free(b);
	return ret;
}

void vmm__bmc_off(struct vmm__task *k)
{
	struct vmm_bmc *b = NULL;
	struct vmm_bmc_outcome o;

	if (!*k->bmc || open_bmc(k, &b, NULL) < 0)
		return;
	vmm_bmc_power(b, VMM_BMC_OFF, BOOT_MS, &o);
	vmm__log(k, k->stage, "%s",
		 o.verdict == VMM_BMC_AS_ASKED ? "switched off: nothing was written" : o.err.text);
	vmm_bmc_free(b);
}

bool vmm__bmc_is_off(struct vmm__task *k)
{
	enum vmm_bmc_power power = VMM_BMC_POWER_UNKNOWN;
	struct vmm_bmc *b = NULL;

	if (!*k->bmc)
		return false;
	if (open_bmc(k, &b, NULL) == 0)
		vmm_bmc_power_get(b, ASK_MS, &power, NULL);
	vmm_bmc_free(b);
	return power == VMM_BMC_POWER_OFF;
}
