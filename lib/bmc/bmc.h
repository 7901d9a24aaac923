/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Power, boot device and identity of a server, by the controller (BMC) that it has for that.
 *
 *	struct vmm_bmc *b;
 *	struct vmm_bmc_outcome o;
 *
 *	if (vmm_bmc_new("ipmi://10.0.0.7", "/etc/vmm/bmc/rack1.conf", &b, err) < 0) …;
 *	vmm_bmc_boot_set(b, &(struct vmm_bmc_boot){ .device = VMM_BMC_PXE }, 20000, &o);
 *	vmm_bmc_power(b, VMM_BMC_ON, 60000, &o);
 *	if (o.verdict != VMM_BMC_AS_ASKED)
 *		puts(o.err.text);
 *	vmm_bmc_free(b);
 *
 * A URL is ipmi://[USER@]ADDRESS[:PORT] (base/bmcurl.h) and never has a password. That is in a file of
 * its own (vmm-bmc(5)), which must be readable by its owner alone. It is in memory until vmm_bmc_free(),
 * which wipes it, and goes nowhere but to the BMC, as IPMI has it: as a key of a checksum.
 *
 * Nothing goes over the wire before the first call that asks or changes something. The session that it
 * opens is kept for the next one. Each such call has a time limit, which it may miss by
 * VMM_BMC_GRACE_MS: it is made for base/jobs.h, a vmm_bmc in each job.
 *
 * What was changed is read back until it is as asked or the time is over; so there are three ways in
 * which it can end, and a BMC that says yes and does nothing is found out.
 */
#ifndef VMM_BMC_BMC_H
#define VMM_BMC_BMC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bmcurl.h"
#include "base/err.h"
#include "base/jobs.h"
#include "base/num.h"
#include "base/strv.h"

#define VMM_BMC_GRACE_MS 2000

struct vmm_bmc;

/*
 * Reads the URL and the file. VMM_EREFUSED: others may read the file, or it is another user's.
 * VMM_EINPUT: one of them is malformed; the sentence never has what stands in the file.
 */
int vmm_bmc_new(const char *url, const char *auth_file, struct vmm_bmc **out, struct vmm_err *err);
/* Ends the session and wipes what was secret. */
void vmm_bmc_free(struct vmm_bmc *b);
/* At level 2 what waits ends with VMM_ECANCEL. Borrowed. */
void vmm_bmc_watch(struct vmm_bmc *b, const struct vmm_cancel *cancel);

enum vmm_bmc_power {
	VMM_BMC_POWER_UNKNOWN,
	VMM_BMC_POWER_ON,
	VMM_BMC_POWER_OFF,
};
/* "on", "off", "unknown" */
const char *vmm_bmc_power_word(enum vmm_bmc_power power);

enum vmm_bmc_op {
	VMM_BMC_ON,
	VMM_BMC_OFF,   /* at once */
	VMM_BMC_CYCLE, /* off, seen to be off, on; one that is off is switched on */
	VMM_BMC_SOFT,  /* the system is asked to end, as by the power button; the result is off */
};

enum vmm_bmc_verdict {
	VMM_BMC_AS_ASKED,     /* read back from the BMC */
	VMM_BMC_NOT_AS_ASKED, /* read back from the BMC, until the time was over */
	VMM_BMC_UNKNOWN,      /* there is no knowing: it doesn't answer, or lets nobody in */
};

enum vmm_bmc_device {
	VMM_BMC_NO_DEVICE, /* nothing set: the order of the firmware's own setup */
	VMM_BMC_PXE,
	VMM_BMC_DISK,
	VMM_BMC_CDROM,
	VMM_BMC_BIOS, /* the setup menu */
};
/* "none", "pxe", "disk", "cdrom", "bios", NULL */
extern const char *const vmm_bmc_device_words[];

struct vmm_bmc_boot {
	enum vmm_bmc_device device;
	bool persistent; /* else for the next start only */
	bool uefi;       /* else by BIOS */
	bool told;       /* when read: whether the BMC says anything of the last two */
};

/* How a change ended. */
struct vmm_bmc_outcome {
	enum vmm_bmc_verdict verdict;
	bool already;             /* it was so before: nothing was sent */
	enum vmm_bmc_power power; /* when last read */
	struct vmm_bmc_boot boot; /* when last read, by vmm_bmc_boot_set() */
	struct vmm_err err;       /* code 0 and "" when as asked */
};

/* What a BMC says of itself and its server; "" where it says nothing. */
#define VMM_BMC_TEXT_LEN 128
struct vmm_bmc_identity {
	unsigned char guid[16]; /* as it came */
	bool has_guid;
	char uuid[VMM_UUID_LEN + 1]; /* the GUID as SMBIOS would have it, see vmm_bmc_guid_is() */
	char manufacturer[VMM_BMC_TEXT_LEN];
	char product[VMM_BMC_TEXT_LEN];
	char serial[VMM_BMC_TEXT_LEN];
};

/*
 * Asking: 0 and the answer, or VMM_EAGAIN: no answer in time; VMM_EREFUSED: user, password or privilege
 * are not accepted; VMM_EFAIL: an error that it tells of.
 */
int vmm_bmc_power_get(struct vmm_bmc *b, uint64_t timeout_ms, enum vmm_bmc_power *power,
		      struct vmm_err *err);
int vmm_bmc_boot_get(struct vmm_bmc *b, uint64_t timeout_ms, struct vmm_bmc_boot *boot,
		     struct vmm_err *err);
int vmm_bmc_identify(struct vmm_bmc *b, uint64_t timeout_ms, struct vmm_bmc_identity *id,
		     struct vmm_err *err);

/*
 * Changing: returns the code of o->err, 0 where it is as asked. Not as asked is VMM_EFAIL; unknown has
 * the code of what keeps it from being known, VMM_EAGAIN above all.
 */
int vmm_bmc_power(struct vmm_bmc *b, enum vmm_bmc_op op, uint64_t timeout_ms,
		  struct vmm_bmc_outcome *o);
int vmm_bmc_boot_set(struct vmm_bmc *b, const struct vmm_bmc_boot *boot, uint64_t timeout_ms,
		     struct vmm_bmc_outcome *o);

/*
 * Whether the GUID is the machine's UUID, in any of the three orders of bytes that BMCs send:
 * SMBIOS's, IPMI's (all of it backwards) and RFC 4122's. `uuid` above takes the first of these that
 * has a version and a variant which exist.
 */
bool vmm_bmc_guid_is(const unsigned char guid[16], const char *uuid);

/*
 * Which addresses (IPv4 or IPv6, no names) have a BMC, by RMCP's presence ping: one datagram to
 * each, again to those that are silent, until all have answered or the time is over. answered[i]
 * becomes true for addresses->s[i]. Needs no password.
 */
int vmm_bmc_ping(const struct vmm_strv *addresses, uint64_t timeout_ms,
		 const struct vmm_cancel *cancel, bool *answered, struct vmm_err *err);

/*
 * Appends the addresses that a text means: one address; a range as of base/hostlist.h,
 * 10.0.0.[1-254]; an IPv4 network, 10.0.0.0/24, without its own and the broadcast address.
 */
int vmm_bmc_range_expand(const char *text, struct vmm_strv *addresses, struct vmm_err *err);

#endif
