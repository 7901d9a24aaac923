/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a machine without a system boots from the network: a kernel, and an initramfs made of this
 * machine's programs and the kernel's drivers.
 *
 *	struct vmm_agent_image what = { .package = "linux-image-amd64", .parts = parts, .to = folder };
 *	struct vmm_agent_made made = { NULL };
 *
 *	if (vmm_agent_image_make(&what, &made, err) < 0) …;
 *	vmm_agent_made_release(&made);
 *
 * The same parts make the same files, byte for byte. Nothing that belongs to this machine alone
 * gets in: no keys, no configuration. It needs kmod, busybox (static), util-linux, e2fsprogs, the ssh client,
 * and zstd; with a package apt-get and dpkg-deb too.
 */
#ifndef VMM_DEPLOY_AGENT_IMAGE_H
#define VMM_DEPLOY_AGENT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/jobs.h"
#include "base/strv.h"

/* All of it is borrowed. */
struct vmm_agent_image {
	const char *package; /* to be downloaded; NULL: kernel and modules */
	const char *kernel;  /* a file; NULL, as modules then: the newest in the folder `boot` */
	const char *modules; /* lib/modules/VERSION of it */
	const char *agent, *scripts; /* vmm-agent; the folder with init, dhcp, both */
	const char *to;              /* a folder: vmlinuz and initrd, for all to read */
	const struct vmm_cancel *cancel;
};

struct vmm_agent_made {
	char *version;                       /* of the kernel */
	uint64_t kernel_bytes, initrd_bytes; /* sizes of the files */
	struct vmm_strv modules, missing;    /* drivers in it, and those that the kernel lacks */
	struct vmm_strv without; /* programs that are not on this machine, and were left out */
};

/*
 * Files that are there are replaced, each at once, when the new ones are whole; they belong to whoever
 * owns the folder. VMM_EINPUT: a part is missing, or not what it should be; VMM_EFAIL; VMM_ECANCEL.
 */
int vmm_agent_image_make(const struct vmm_agent_image *what, struct vmm_agent_made *made,
			 struct vmm_err *err);
void vmm_agent_made_release(struct vmm_agent_made *made);

/*
 * Where vmm-agent and its scripts lie beside the running program, in the build's folder or where it
 * is installed. The caller's. VMM_ENOTFOUND.
 */
int vmm_agent_parts_find(char **agent, char **scripts, struct vmm_err *err);

#endif
