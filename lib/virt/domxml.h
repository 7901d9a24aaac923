/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a domain XML says, as far as this toolkit needs it. Parsed with libxml2, without
 * network, entities or DOCTYPE.
 *
 *	struct vmm_domxml *d;
 *
 *	if (vmm_domxml_parse(xml, &d, err) < 0) …;
 *	for (size_t i = 0; i < d->ndisks; i++) puts(d->disks[i].source);
 *	vmm_domxml_free(d);
 *
 * Strings are never NULL ("" where the XML has none) and live as long as d.
 */
#ifndef VMM_VIRT_DOMXML_H
#define VMM_VIRT_DOMXML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "virt/made.h"

struct vmm_disk {
	const char *type;    /* file block network volume … */
	const char *device;  /* disk cdrom floppy lun */
	const char *source;  /* path; pool/volume; protocol:name */
	const char *pool;    /* type volume */
	const char *format;  /* raw qcow2 … */
	const char *target;  /* vda */
	const char *cache;   /* "" none writeback … */
	const char *backing; /* path of the first backing file the XML names, or "" */
	bool readonly, shareable, empty;
};

struct vmm_nic {
	const char *type;   /* network bridge direct user … */
	const char *source; /* network, bridge or device */
	const char *mac, *model, *target;
};

struct vmm_domxml {
	const char *type; /* kvm qemu lxc … */
	const char *name, *uuid;
	const char *emulator, *arch, *machine, *os_type;
	const char *cpu;      /* the <cpu> element as XML, or "" */
	const char *cpu_mode; /* custom host-model host-passthrough maximum or "" */
	const char *nvram, *kernel, *initrd;
	const char *agent; /* "connected", "disconnected", "" when there is no agent channel */
	uint64_t memory, current_memory; /* bytes */
	unsigned vcpus;
	size_t ndisks, nnics, nhostdevs;
	struct vmm_disk *disks;
	struct vmm_nic *nics;
	bool tpm;             /* an emulated TPM with state of its own */
	struct vmm_made made; /* all NULL: not by this toolkit */
};

int vmm_domxml_parse(const char *xml, struct vmm_domxml **out, struct vmm_err *err);
void vmm_domxml_free(struct vmm_domxml *d);

#endif
