/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preconditions (F6) on the target: machine, CPU, memory, names, networks. */
#include <stdlib.h>
#include <string.h>

#include "migrate/internal.h"
#include "virt/xmlget.h"

/* QEMU's own needs beside the guest's memory: measured 60 to 110 MiB for small guests. */
#define OVERHEAD (64ull << 20)

static void against_virt(struct vmm__move *m, const char *what)
{
	struct vmm_err err;

	vmm_err_virt(&err, "%s", what);
	vmm__against(m, "%s", err.text);
}

/*
 * That it is unknown there must be certain: a definition that was not there before is taken away if
 * the migration fails.
 */
static void check_uuid(struct vmm__move *m)
{
	const char *name;

	m->dst.dom = virDomainLookupByUUIDString(m->dst.conn, m->uuid);
	m->story.target_knew = m->dst.dom || virGetLastErrorCode() != VIR_ERR_NO_DOMAIN;
	if (!m->dst.dom)
		return;
	name = virDomainGetName(m->dst.dom);
	if (name && strcmp(name, m->name) != 0)
		vmm__against(m, "'%s' has a definition of it under another name, '%s'", m->dst.host,
			     name);
	if (virDomainIsActive(m->dst.dom) == 1)
		vmm__against(m, "it is active on '%s' as well", m->dst.host);
}

static void check_names(struct vmm__move *m)
{
	virDomainPtr other = virDomainLookupByName(m->dst.conn, m->name);
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (other && virDomainGetUUIDString(other, uuid) == 0 && strcmp(uuid, m->uuid) != 0)
		vmm__against(m, "'%s' has another VM of that name (%s)", m->dst.host, uuid);
	if (other)
		virDomainFree(other);
	check_uuid(m);
}

static void check_machine(struct vmm__move *m)
{
	const struct vmm_domxml *d = m->dom;
	char *caps = virConnectGetDomainCapabilities(m->dst.conn, *d->emulator ? d->emulator : NULL,
						     d->arch, *d->machine ? d->machine : NULL,
						     d->type, 0);

	if (!caps)
		against_virt(m, "the target has no such machine");
	free(caps);
}

/* A CPU that is the host's own has to be compared as what the source's is. */
static char *cpu_wanted(struct vmm__move *m)
{
	char *caps, *cpu;

	if (strcmp(m->dom->cpu_mode, "host-passthrough") != 0)
		return strdup(m->dom->cpu);
	caps = virConnectGetCapabilities(m->src.conn);
	cpu = caps ? vmm_xml_element(caps, "capabilities/host/cpu") : NULL;
	free(caps);
	return cpu;
}

static void check_cpu(struct vmm__move *m)
{
	const struct vmm_domxml *d = m->dom;
	char *cpu;
	int cmp;

	if (!*d->cpu || strcmp(d->cpu_mode, "maximum") == 0 || strcmp(d->cpu_mode, "host-model") == 0)
		return;
	cpu = cpu_wanted(m);
	if (!cpu)
		return;
	cmp = virConnectCompareHypervisorCPU(m->dst.conn, *d->emulator ? d->emulator : NULL, d->arch,
					     *d->machine ? d->machine : NULL, d->type, cpu, 0);
	if (cmp == VIR_CPU_COMPARE_ERROR)
		against_virt(m, "the CPU cannot be compared");
	else if (cmp == VIR_CPU_COMPARE_INCOMPATIBLE)
		vmm__against(m, "the CPU of '%s' lacks what it needs", m->dst.host);
	free(cpu);
}

static void check_memory(struct vmm__move *m)
{
	unsigned long long total, free_bytes;

	/* A stopped one as well: where it goes is where it will be started. */
	m->mem_needed = m->dom->current_memory + (m->active ? OVERHEAD : 0);
	if (vmm_virt_memory(m->dst.conn, &total, &free_bytes) < 0) {
		against_virt(m, "the memory of the target cannot be read");
		return;
	}
	m->mem_free = free_bytes;
	if (m->mem_needed > m->mem_free)
		vmm__against(m, "not enough memory on '%s': %llu MiB needed, %llu MiB free",
			     m->dst.host, (unsigned long long)(m->mem_needed >> 20),
			     (unsigned long long)(m->mem_free >> 20));
}

void vmm__check_target(struct vmm__move *m)
{
	check_names(m);
	if (strcmp(m->src.hypervisor, m->dst.hypervisor) != 0)
		return;
	check_machine(m);
	check_cpu(m);
	check_memory(m);
}

static void check_network(struct vmm__move *m, const char *name)
{
	virNetworkPtr net = virNetworkLookupByName(m->dst.conn, name);

	if (!net)
		vmm__against(m, "'%s' has no network '%s'", m->dst.host, name);
	else if (virNetworkIsActive(net) == 0)
		vmm__against(m, "network '%s' is not active on '%s'", name, m->dst.host);
	if (net)
		virNetworkFree(net);
}

/* Where libvirt has no interface driver, the bridge can't be asked for; starting it will tell. */
static void check_bridge(struct vmm__move *m, const char *name)
{
	virInterfacePtr iface = virInterfaceLookupByName(m->dst.conn, name);
	const virError *e = virGetLastError();

	if (iface)
		virInterfaceFree(iface);
	else if (e && e->code == VIR_ERR_NO_INTERFACE)
		vmm__against(m, "'%s' has no bridge '%s'", m->dst.host, name);
	virResetLastError();
}

void vmm__check_networks(struct vmm__move *m)
{
	for (size_t i = 0; i < m->dom->nnics; i++) {
		const struct vmm_nic *nic = &m->dom->nics[i];

		if (strcmp(nic->type, "network") == 0)
			check_network(m, nic->source);
		else if (strcmp(nic->type, "bridge") == 0)
			check_bridge(m, nic->source);
	}
}
