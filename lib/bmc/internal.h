/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of lib/bmc share. */
#ifndef VMM_BMC_INTERNAL_H
#define VMM_BMC_INTERNAL_H

#include "bmc/bmc.h"

#define SECRET_LEN 256

/* What the credentials file says. The drivers check what they can't use. */
struct vmm__bmc_auth {
	char user[64];
	char password[SECRET_LEN];
	unsigned char k_g[20];
	bool has_k_g;
	unsigned privilege; /* IPMI's number */
	unsigned cipher;
	unsigned workarounds; /* FreeIPMI's bits */
};

/*
 * One way to talk to a BMC, for one scheme of URLs. `open` is called before the others, again after one
 * of them has failed with VMM_EAGAIN, when `close` was called. All look at vmm__bmc_left(). Codes:
 * VMM_EAGAIN where another try may help, else what the calls of bmc.h say.
 */
struct vmm__bmc_driver {
	const char *scheme;
	int (*open)(struct vmm_bmc *b, struct vmm_err *err);
	void (*close)(struct vmm_bmc *b);
	int (*power_get)(struct vmm_bmc *b, enum vmm_bmc_power *power, struct vmm_err *err);
	/* ON, OFF or SOFT; comes back as soon as the BMC has taken it */
	int (*power_set)(struct vmm_bmc *b, enum vmm_bmc_op op, struct vmm_err *err);
	int (*boot_get)(struct vmm_bmc *b, struct vmm_bmc_boot *boot, struct vmm_err *err);
	int (*boot_set)(struct vmm_bmc *b, const struct vmm_bmc_boot *boot, struct vmm_err *err);
	int (*identify)(struct vmm_bmc *b, struct vmm_bmc_identity *id, struct vmm_err *err);
};
extern const struct vmm__bmc_driver vmm__bmc_ipmi;

struct vmm_bmc {
	struct vmm_bmcurl url;
	struct vmm__bmc_auth auth;
	const struct vmm__bmc_driver *driver;
	const struct vmm_cancel *cancel;
	void *session;     /* the driver's; NULL: none is open */
	uint64_t deadline; /* of the call that is under way, on the clock of vmm_clock_ms() */
};

int vmm__bmc_auth_read(const char *path, struct vmm__bmc_auth *auth, struct vmm_err *err);

/* Milliseconds that the call under way still has, 0: none. */
uint64_t vmm__bmc_left(const struct vmm_bmc *b);
bool vmm__bmc_cancelled(const struct vmm_bmc *b);
/*
 * One exchange with the BMC, in a session that is opened where there is none: again and again
 * until it succeeds, fails with another code than VMM_EAGAIN, or the time is over.
 */
int vmm__bmc_ask(struct vmm_bmc *b,
		 int (*exchange)(struct vmm_bmc *b, void *arg, struct vmm_err *err), void *arg,
		 struct vmm_err *err);

/* ---- IPMI ---- */

/* The boot flags, parameter 5 of the system boot options: two bytes, the others are 0. */
void vmm__ipmi_boot_encode(const struct vmm_bmc_boot *boot, unsigned char flags[2]);
void vmm__ipmi_boot_decode(const unsigned char flags[2], struct vmm_bmc_boot *boot);

#define IPMI_REPLY_MAX 64
/*
 * A command of IPMI: rq[0] is its number, then its data. The reply's data, without number and
 * completion code, go to rs: at least `least` bytes, the rest is 0.
 */
struct vmm__ipmi_command {
	unsigned char net_fn;
	const char *what; /* for messages: "the chassis status" */
	const unsigned char *rq;
	unsigned rq_len, least;
};
int vmm__ipmi_call(struct vmm_bmc *b, const struct vmm__ipmi_command *cmd,
		   unsigned char rs[IPMI_REPLY_MAX], struct vmm_err *err);
int vmm__ipmi_identify(struct vmm_bmc *b, struct vmm_bmc_identity *id, struct vmm_err *err);

void vmm__bmc_guid_uuid(const unsigned char guid[16], char uuid[VMM_UUID_LEN + 1]);

#endif
