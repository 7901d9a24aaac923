/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What firmware and iPXE ask, over plain HTTP. */
#include <fcntl.h>

#include "boot/serve-internal.h"

#define FORM_MAX 4096
#define TICKET_S 300

static unsigned answer_script(struct vmm__boot_request *r, const struct vmm_buf *script)
{
	return script->failed ? MHD_HTTP_INTERNAL_SERVER_ERROR
			      : vmm__boot_answer_text(r, "text/plain", script->data, script->len);
}

static unsigned get_first(struct vmm__boot_request *r)
{
	VMM_BUF_AUTO script = VMM_BUF_INIT;

	vmm__boot_script_first(r->s, &script);
	return answer_script(r, &script);
}

static void note_stranger(struct vmm__boot_request *r, const struct vmm__boot_claims *c)
{
	struct vmm_boot_machine m = { c->uuid, c->mac, c->serial, c->platform, r->peer };
	struct vmm_err err;
	int ret = vmm_boot_seen_add(r->s->o.boot, &m, &err);

	vmm__boot_say(r->s, "unknown", r->peer, NULL, "mac=%.40s uuid=%.40s serial=%.80s", c->mac,
		      c->uuid, c->serial);
	if (ret < 0 && ret != VMM_EINPUT)
		vmm__boot_say(r->s, "error", r->peer, NULL, "%s", err.text);
}

static bool is_inspected(struct vmm__boot_request *r, const struct vmm__boot_claims *c, char *id)
{
	struct vmm_err err;
	int ret = vmm__boot_inspect(r, c, id, &err);

	if (ret < 0 && ret != VMM_EREFUSED && ret != VMM_EINPUT)
		vmm__boot_say(r->s, "error", r->peer, NULL, "%s", err.text);
	return ret == 0;
}

/* Whether this machine gets the agent now: id is the job. */
static bool wanted(struct vmm__boot_request *r, const struct vmm__boot_claims *c, char *id)
{
	switch (vmm__boot_index_find(r->s, c, id)) {
	case VMM__BOOT_READY:
		return true;
	case VMM__BOOT_STRANGE:
		vmm__boot_tell(r, id, 2, "refused",
			       "a machine with this MAC and another identity asked: uuid %.40s, "
			       "serial %.80s",
			       c->uuid, c->serial);
		return false;
	case VMM__BOOT_UNKNOWN:
		note_stranger(r, c);
		return r->s->o.inspect_unknown && is_inspected(r, c, id);
	default:
		vmm__boot_say(r->s, "local", r->peer, NULL, "mac=%.40s", c->mac);
		return false;
	}
}

static unsigned get_boot(struct vmm__boot_request *r)
{
	VMM_BUF_AUTO script = VMM_BUF_INIT;
	struct vmm__boot_claims c;
	char id[VMM_BOOT_ID_LEN + 1];

	if (vmm__boot_claims_read(r, &c) < 0)
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	if (wanted(r, &c, id)) {
		vmm__boot_script_agent(r->s, &script);
		vmm__boot_tell(r, id, 2, "begin", "boot script given to %s (%.20s)", r->peer,
			       c.platform);
	} else {
		vmm__boot_script_local(&script);
	}
	vmm__boot_claims_release(&c);
	return answer_script(r, &script);
}

static unsigned answer_ticket(struct vmm__boot_request *r, const char *id, const char *token)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT, cpio = VMM_BUF_INIT;

	vmm_buf_addf(&text, "server=https://%s:%u\npin=%s\ntoken=%s\njob=%s\n", r->s->o.address,
		     r->s->o.tls_port, r->s->pin, token, id);
	vmm__boot_cpio(&cpio, text.data, text.len);
	if (text.failed || cpio.failed)
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	return vmm__boot_answer_text(r, "application/octet-stream", cpio.data, cpio.len);
}

static unsigned give_ticket(struct vmm__boot_request *r, const char *id)
{
	VMM_BOOT_JOB_AUTO *job = NULL;
	char token[VMM_BOOT_SECRET_LEN + 1];
	struct vmm_err err;
	int ret = vmm_boot_job_read(r->s->o.boot, id, &job, &err);

	if (ret == 0 && !vmm__boot_peer_allowed(r, job)) {
		vmm__boot_tell(r, id, 2, "refused",
			       "%s asked for the ticket from another interface", r->peer);
		return MHD_HTTP_FORBIDDEN;
	}
	if (ret == 0)
		ret = vmm_boot_ticket_give(r->s->o.boot, id,
					   r->s->o.ticket_s ? r->s->o.ticket_s : TICKET_S, token,
					   &err);
	if (ret < 0) {
		vmm__boot_tell(r, id, 2, "refused", "%s asked for a ticket: %s", r->peer, err.text);
		return MHD_HTTP_FORBIDDEN;
	}
	vmm__boot_tell(r, id, 2, "done", "ticket given to %s", r->peer);
	return answer_ticket(r, id, token);
}

static unsigned get_ticket(struct vmm__boot_request *r)
{
	struct vmm__boot_claims c;
	char id[VMM_BOOT_ID_LEN + 1];
	enum vmm__boot_found found;

	if (vmm__boot_claims_read(r, &c) < 0)
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	found = vmm__boot_index_find(r->s, &c, id);
	if (found == VMM__BOOT_STRANGE)
		vmm__boot_tell(r, id, 2, "refused",
			       "a machine with this MAC and another identity asked for the ticket: uuid "
			       "%.40s, serial %.80s",
			       c.uuid, c.serial);
	vmm__boot_claims_release(&c);
	return found == VMM__BOOT_READY ? give_ticket(r, id) : MHD_HTTP_FORBIDDEN;
}

static unsigned get_kernel(struct vmm__boot_request *r)
{
	return vmm__boot_answer_file(r, "agent/vmlinuz", true);
}

static unsigned get_initrd(struct vmm__boot_request *r)
{
	return vmm__boot_answer_file(r, "agent/initrd", true);
}

/* One of the two files, by its whole name. */
static unsigned get_ipxe(struct vmm__boot_request *r)
{
	char path[4096];
	int fd;

	if (!r->s->o.ipxe)
		return MHD_HTTP_NOT_FOUND;
	snprintf(path, sizeof(path), "%s/%s", r->s->o.ipxe, strrchr(r->route->path, '/') + 1);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		vmm__boot_say(r->s, "ipxe", r->peer, NULL, "%s", strrchr(path, '/') + 1);
	return fd < 0 ? MHD_HTTP_NOT_FOUND : vmm__boot_answer_fd(r, fd, true);
}

const struct vmm__boot_route vmm__boot_http_routes[] = {
	{ "GET", "/boot.ipxe", .answer = get_first },
	{ "GET", "/boot", .answer = get_boot },
	{ "GET", "/ticket", .once = true, .answer = get_ticket }, /* not every iPXE can post */
	{ "POST", "/ticket", .body_max = FORM_MAX, .answer = get_ticket },
	{ "GET", "/agent/vmlinuz", .answer = get_kernel },
	{ "GET", "/agent/initrd", .answer = get_initrd },
	{ "GET", "/ipxe/snponly.efi", .answer = get_ipxe },
	{ "GET", "/ipxe/undionly.kpxe", .answer = get_ipxe },
	{ 0 },
};
