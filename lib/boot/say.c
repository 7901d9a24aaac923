/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log: strangers choose much of what is in it, so no byte of theirs is written as it is. */
#include <stdarg.h>

#include "base/percent.h"
#include "boot/serve-internal.h"

static void say(struct vmm_boot_server *s, const char *event, const char *peer, const char *job,
		const char *text)
{
	VMM_BUF_AUTO line = VMM_BUF_INIT;

	if (!s->o.log)
		return;
	vmm_buf_addf(&line, "event=%s", event);
	if (peer)
		vmm_buf_addf(&line, " peer=%s", peer);
	if (job)
		vmm_buf_addf(&line, " job=%s", job);
	if (*text) {
		vmm_buf_addc(&line, ' ');
		vmm_percent_encode_ascii(&line, text);
	}
	if (!line.failed)
		s->o.log(s->o.log_arg, line.data);
}

void vmm__boot_say(struct vmm_boot_server *s, const char *event, const char *peer, const char *job,
		   const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(s, event, peer, job, text);
}

void vmm__boot_tell(struct vmm__boot_request *r, const char *job, unsigned stage, const char *state,
		    const char *fmt, ...)
{
	char text[1024], event[64];
	struct vmm_boot_event e = { "boot", stage, state, text, 0, 0 };
	struct vmm_err err;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(event, sizeof(event), "%u.%s.%s", stage, vmm_boot_stage(stage), state);
	say(r->s, event, r->peer, job, text);
	if (vmm_boot_event_add(r->s->o.boot, job, &e, &err) < 0)
		say(r->s, "error", r->peer, job, err.text);
}
