/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's errors as ours. */
#include <ctype.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "virt/virt.h"

static enum vmm_code code_of(const virError *e)
{
	switch (e->code) {
	case VIR_ERR_NO_DOMAIN:
	case VIR_ERR_NO_NETWORK:
	case VIR_ERR_NO_STORAGE_POOL:
	case VIR_ERR_NO_STORAGE_VOL:
	case VIR_ERR_NO_NODE_DEVICE:
	case VIR_ERR_NO_INTERFACE:
	case VIR_ERR_NO_NWFILTER:
	case VIR_ERR_NO_SECRET:
	case VIR_ERR_NO_DOMAIN_METADATA:
	case VIR_ERR_NO_DOMAIN_SNAPSHOT:
	case VIR_ERR_NO_DOMAIN_CHECKPOINT:
		return VMM_ENOTFOUND;
	case VIR_ERR_NO_SUPPORT:
	case VIR_ERR_OPERATION_UNSUPPORTED:
	case VIR_ERR_ARGUMENT_UNSUPPORTED:
	case VIR_ERR_CONFIG_UNSUPPORTED:
		return VMM_EREFUSED;
	case VIR_ERR_NO_CONNECT:
	case VIR_ERR_RPC:
	case VIR_ERR_OPERATION_TIMEOUT:
	case VIR_ERR_AGENT_UNRESPONSIVE:
		return VMM_EAGAIN;
	case VIR_ERR_SYSTEM_ERROR:
	case VIR_ERR_INTERNAL_ERROR:
		/* The socket: refused, cut, no such name, "client socket is closed". */
		return e->domain == VIR_FROM_RPC || e->domain == VIR_FROM_REMOTE ? VMM_EAGAIN
										 : VMM_EFAIL;
	default:
		return VMM_EFAIL;
	}
}

/* One line, and no capital where a sentence begins ("Domain not found", but "QEMU …"). */
static void tidy(struct vmm_buf *out, const char *message)
{
	size_t len = strlen(message);

	while (len && strchr(" \n\r\t.", message[len - 1]))
		len--;
	for (size_t i = 0; i < len; i++) {
		char c = message[i];

		if (c == '\n' && (i == 0 || message[i - 1] != '\n'))
			vmm_buf_adds(out, "; ");
		else if (i == 0 && len > 1 && islower((unsigned char)message[1]))
			vmm_buf_addc(out, (char)tolower((unsigned char)c));
		else if (c != '\n' && c != '\r')
			vmm_buf_addc(out, c);
	}
}

int vmm_err_virt(struct vmm_err *err, const char *fmt, ...)
{
	const virError *e = virGetLastError();
	enum vmm_code code = e ? code_of(e) : VMM_EFAIL;
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	tidy(&text, e && e->message ? e->message : "no reason given");
	vmm_err_set(err, code, "%s: %s", what, text.data);
	virResetLastError();
	return code;
}
