/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What machines get that is made here: scripts for iPXE, and the archive with the ticket. */
#include "boot/serve-internal.h"

#define CPIO_BLOCK 512

/* netX is the interface it booted from; serial may hold anything. */
void vmm__boot_script_first(const struct vmm_boot_server *s, struct vmm_buf *out)
{
	vmm_buf_addf(out,
		     "#!ipxe\n"
		     "chain http://%s:%u/boot?mac=${netX/mac}&uuid=${uuid}"
		     "&serial=${serial:uristring}&platform=${platform} || exit 1\n",
		     s->o.address, s->o.http_port);
}

void vmm__boot_script_local(struct vmm_buf *out)
{
	vmm_buf_adds(out, "#!ipxe\necho no job for this machine: it starts from its disk\nexit\n");
}

/*
 * The ticket is fetched last, as it is short-lived, but stands first on the command line: an archive of
 * whole blocks, behind which the compressed one begins where the kernel looks for it.
 */
void vmm__boot_script_agent(const struct vmm_boot_server *s, struct vmm_buf *out)
{
	vmm_buf_addf(out,
		     "#!ipxe\n"
		     "set base http://%s:%u\n"
		     "kernel ${base}/agent/vmlinuz initrd=ticket initrd=initrd vmm.mac=${netX/mac} %s || "
		     "goto failed\n"
		     "initrd --name initrd ${base}/agent/initrd || goto failed\n"
		     "initrd --name ticket ${base}/ticket?mac=${netX/mac}&uuid=${uuid}"
		     "&serial=${serial:uristring} || goto failed\n"
		     "boot || goto failed\n"
		     ":failed\n"
		     "echo the agent could not be started\n"
		     "sleep 5\n"
		     "exit 1\n",
		     s->o.address, s->o.http_port, s->o.append ? s->o.append : "");
}

static void pad(struct vmm_buf *out, size_t to)
{
	while (out->len % to && !out->failed)
		vmm_buf_addc(out, '\0');
}

static void cpio_entry(struct vmm_buf *out, unsigned number, const char *name, unsigned mode,
		       const char *data, size_t n)
{
	vmm_buf_addf(out, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", number,
		     mode, 0, 0, 1, 0, n, 0, 0, 0, 0, strlen(name) + 1, 0);
	vmm_buf_add(out, name, strlen(name) + 1);
	pad(out, 4);
	vmm_buf_add(out, data, n);
	pad(out, 4);
}

void vmm__boot_cpio(struct vmm_buf *out, const char *text, size_t n)
{
	cpio_entry(out, 1, "vmm", 0040700, "", 0);
	cpio_entry(out, 2, "vmm/ticket", 0100600, text, n);
	cpio_entry(out, 0, "TRAILER!!!", 0, "", 0);
	pad(out, CPIO_BLOCK);
}
