/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BMCs by IPMI 2.0 over a network. FreeIPMI has the session and the cryptography, the commands are here. */
#include <freeipmi/freeipmi.h>
#include <stdio.h>
#include <string.h>

#include "bmc/internal.h"

#define RESEND_MS 400
#define SESSION_MIN_MS 1000
/* Silence ends a session after this; the caller opens another one while it has time. */
#define SESSION_MAX_MS 5000

#define CHASSIS IPMI_NET_FN_CHASSIS_RQ

/* What is known of each is a code, and a sentence where FreeIPMI's own would puzzle. */
static const struct {
	int number;
	enum vmm_code code;
	const char *text;
} errors[] = {
	{ IPMI_ERR_USERNAME_INVALID, VMM_EREFUSED, "it doesn't know this user" },
	{ IPMI_ERR_PASSWORD_INVALID, VMM_EREFUSED, "wrong password" },
	{ IPMI_ERR_K_G_INVALID, VMM_EREFUSED, "wrong k_g" },
	{ IPMI_ERR_PRIVILEGE_LEVEL_INSUFFICIENT, VMM_EREFUSED,
	  "the user's privilege doesn't suffice" },
	{ IPMI_ERR_PRIVILEGE_LEVEL_CANNOT_BE_OBTAINED, VMM_EREFUSED,
	  "the user can't have this privilege" },
	{ IPMI_ERR_CIPHER_SUITE_ID_UNAVAILABLE, VMM_EREFUSED, "it doesn't have this cipher suite" },
	{ IPMI_ERR_AUTHENTICATION_TYPE_UNAVAILABLE, VMM_EREFUSED, NULL },
	{ IPMI_ERR_IPMI_2_0_UNAVAILABLE, VMM_EREFUSED, "it doesn't speak IPMI 2.0" },
	{ IPMI_ERR_HOSTNAME_INVALID, VMM_EAGAIN, "its name has no address" },
	{ IPMI_ERR_PASSWORD_VERIFICATION_TIMEOUT, VMM_EAGAIN, "no answer to the password" },
	{ IPMI_ERR_CONNECTION_TIMEOUT, VMM_EAGAIN, "no answer" },
	{ IPMI_ERR_SESSION_TIMEOUT, VMM_EAGAIN, "no answer any more" },
	{ IPMI_ERR_MESSAGE_TIMEOUT, VMM_EAGAIN, "no answer to this command" },
	{ IPMI_ERR_BMC_BUSY, VMM_EAGAIN, "it is busy" },
	{ IPMI_ERR_DRIVER_BUSY, VMM_EAGAIN, "it is busy" },
	{ IPMI_ERR_SYSTEM_ERROR, VMM_EAGAIN, NULL },
	{ IPMI_ERR_OUT_OF_MEMORY, VMM_ENOMEM, NULL },
};

static int failed(struct vmm_bmc *b, int number, struct vmm_err *err)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (errors[i].number == number)
			return vmm_err_set(err, errors[i].code, "BMC %s: %s", b->url.host,
					   errors[i].text ? errors[i].text
							  : ipmi_ctx_strerror(number));
	return vmm_err_set(err, VMM_EFAIL, "BMC %s: %s", b->url.host, ipmi_ctx_strerror(number));
}

/* FreeIPMI takes a port in the name. */
static void address(const struct vmm_bmc *b, char *out, size_t size)
{
	snprintf(out, size, b->url.ip6 ? "[%s]:%u" : "%s:%u", b->url.host, b->url.port);
}

static unsigned session_ms(const struct vmm_bmc *b)
{
	uint64_t left = vmm__bmc_left(b);

	return left < SESSION_MIN_MS   ? SESSION_MIN_MS
	       : left > SESSION_MAX_MS ? SESSION_MAX_MS
				       : (unsigned)left;
}

static int open_session(struct vmm_bmc *b, struct vmm_err *err)
{
	ipmi_ctx_t ctx = ipmi_ctx_create();
	char where[sizeof(b->url.host) + 16];
	int rc;

	if (!ctx)
		return vmm_err_nomem(err);
	address(b, where, sizeof(where));
	/* FreeIPMI looks at all 20 bytes of k_g. No flags: one of them would print what goes over the wire. */
	if (ipmi_ctx_open_outofband_2_0(ctx, where, *b->auth.user ? b->auth.user : NULL,
					b->auth.password, b->auth.has_k_g ? b->auth.k_g : NULL,
					b->auth.has_k_g ? sizeof(b->auth.k_g) : 0,
					(uint8_t)b->auth.privilege, (uint8_t)b->auth.cipher,
					session_ms(b), RESEND_MS, b->auth.workarounds,
					IPMI_FLAGS_DEFAULT) < 0) {
		rc = failed(b, ipmi_ctx_errnum(ctx), err);
		ipmi_ctx_destroy(ctx);
		return rc;
	}
	b->session = ctx;
	return 0;
}

/* Wipes its copy of the password as well. */
static void close_session(struct vmm_bmc *b)
{
	ipmi_ctx_close(b->session);
	ipmi_ctx_destroy(b->session);
}

static int refused(struct vmm_bmc *b, const struct vmm__ipmi_command *cmd, unsigned code,
		   struct vmm_err *err)
{
	enum vmm_code class = VMM_EFAIL;

	if (code == IPMI_COMP_CODE_NODE_BUSY || code == IPMI_COMP_CODE_COMMAND_TIMEOUT)
		class = VMM_EAGAIN;
	else if (code == IPMI_COMP_CODE_INSUFFICIENT_PRIVILEGE_LEVEL)
		return failed(b, IPMI_ERR_PRIVILEGE_LEVEL_INSUFFICIENT, err);
	return vmm_err_set(err, class, "BMC %s: %s: refused with code 0x%02x", b->url.host,
			   cmd->what, code);
}

int vmm__ipmi_call(struct vmm_bmc *b, const struct vmm__ipmi_command *cmd,
		   unsigned char rs[IPMI_REPLY_MAX], struct vmm_err *err)
{
	unsigned char reply[IPMI_REPLY_MAX + 2];
	int n = ipmi_cmd_raw(b->session, 0, cmd->net_fn, cmd->rq, cmd->rq_len, reply, sizeof(reply));

	if (n < 0)
		return failed(b, ipmi_ctx_errnum(b->session), err);
	if (n >= 2 && reply[1] != IPMI_COMP_CODE_COMMAND_SUCCESS)
		return refused(b, cmd, reply[1], err);
	if (n < 2 || (unsigned)n - 2 < cmd->least)
		return vmm_err_set(err, VMM_EFAIL, "BMC %s: %s: its answer is too short",
				   b->url.host, cmd->what);
	memset(rs, 0, IPMI_REPLY_MAX);
	memcpy(rs, reply + 2, (unsigned)n - 2);
	return 0;
}

static int power_get(struct vmm_bmc *b, enum vmm_bmc_power *power, struct vmm_err *err)
{
	static const unsigned char rq[] = { IPMI_CMD_GET_CHASSIS_STATUS };
	static const struct vmm__ipmi_command cmd = { CHASSIS, "chassis status", rq, sizeof(rq), 1 };
	unsigned char rs[IPMI_REPLY_MAX];
	int rc = vmm__ipmi_call(b, &cmd, rs, err);

	if (rc == 0)
		*power = rs[0] & 1 ? VMM_BMC_POWER_ON : VMM_BMC_POWER_OFF;
	return rc;
}

static int power_set(struct vmm_bmc *b, enum vmm_bmc_op op, struct vmm_err *err)
{
	const unsigned char rq[] = { IPMI_CMD_CHASSIS_CONTROL,
				     op == VMM_BMC_ON     ? IPMI_CHASSIS_CONTROL_POWER_UP
				     : op == VMM_BMC_SOFT ? IPMI_CHASSIS_CONTROL_INITIATE_SOFT_SHUTDOWN
							  : IPMI_CHASSIS_CONTROL_POWER_DOWN };
	const struct vmm__ipmi_command cmd = { CHASSIS, "power", rq, sizeof(rq), 0 };
	unsigned char rs[IPMI_REPLY_MAX];

	return vmm__ipmi_call(b, &cmd, rs, err);
}

static int boot_get(struct vmm_bmc *b, struct vmm_bmc_boot *boot, struct vmm_err *err)
{
	static const unsigned char rq[] = { IPMI_CMD_GET_SYSTEM_BOOT_OPTIONS,
					    IPMI_SYSTEM_BOOT_OPTION_PARAMETER_BOOT_FLAGS, 0, 0 };
	static const struct vmm__ipmi_command cmd = { CHASSIS, "boot device", rq, sizeof(rq), 4 };
	unsigned char rs[IPMI_REPLY_MAX];
	int rc = vmm__ipmi_call(b, &cmd, rs, err);

	if (rc == 0)
		vmm__ipmi_boot_decode(rs + 2, boot);
	return rc;
}

/* One that doesn't know this parameter can't be helped. */
static int hint(struct vmm_bmc *b, const unsigned char *rq, unsigned len, struct vmm_err *err)
{
	const struct vmm__ipmi_command cmd = { CHASSIS, "boot device", rq, len, 0 };
	unsigned char rs[IPMI_REPLY_MAX];
	int rc = vmm__ipmi_call(b, &cmd, rs, err);

	return rc == VMM_EAGAIN ? rc : 0;
}

static int prepare_flags(struct vmm_bmc *b, struct vmm_err *err)
{
	/* Else a BMC forgets the device a minute after it was told, unless the server is started before. */
	static const unsigned char keep[] = {
		IPMI_CMD_SET_SYSTEM_BOOT_OPTIONS,
		IPMI_SYSTEM_BOOT_OPTION_PARAMETER_BMC_BOOT_FLAG_VALID_BIT_CLEARING, 0x08
	};
	/* As ipmitool does: some firmware looks at the flags only when they are announced. */
	static const unsigned char announce[] = {
		IPMI_CMD_SET_SYSTEM_BOOT_OPTIONS,
		IPMI_SYSTEM_BOOT_OPTION_PARAMETER_BOOT_INFO_ACKNOWLEDGE, 0x01, 0x01
	};
	int rc = hint(b, keep, sizeof(keep), err);

	return rc == 0 ? hint(b, announce, sizeof(announce), err) : rc;
}

static int boot_set(struct vmm_bmc *b, const struct vmm_bmc_boot *boot, struct vmm_err *err)
{
	unsigned char rq[] = { IPMI_CMD_SET_SYSTEM_BOOT_OPTIONS,
			       IPMI_SYSTEM_BOOT_OPTION_PARAMETER_BOOT_FLAGS,
			       0,
			       0,
			       0,
			       0,
			       0 };
	const struct vmm__ipmi_command cmd = { CHASSIS, "boot device", rq, sizeof(rq), 0 };
	unsigned char rs[IPMI_REPLY_MAX];
	int rc = prepare_flags(b, err);

	vmm__ipmi_boot_encode(boot, rq + 2);
	return rc == 0 ? vmm__ipmi_call(b, &cmd, rs, err) : rc;
}

const struct vmm__bmc_driver vmm__bmc_ipmi = {
	.scheme = "ipmi",
	.open = open_session,
	.close = close_session,
	.power_get = power_get,
	.power_set = power_set,
	.boot_get = boot_get,
	.boot_set = boot_set,
	.identify = vmm__ipmi_identify,
};
