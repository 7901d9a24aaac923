/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All counters of a host and its VMs, in as few round trips as the driver allows. */
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#include "load/load-internal.h"
#include "virt/virt.h"

#define GROUPS                                                                            \
	(VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON | \
	 VIR_DOMAIN_STATS_VCPU | VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK)

static void devices_release(struct vmm__devices *ds)
{
	for (size_t i = 0; i < ds->n; i++)
		free(ds->d[i].name);
	free(ds->d);
}

void vmm__sample_free(struct vmm__sample *s)
{
	for (size_t i = 0; s && i < s->n; i++) {
		free(s->guests[i].name);
		devices_release(&s->guests[i].disks);
		devices_release(&s->guests[i].nics);
	}
	if (s)
		free(s->guests);
	free(s);
}

static int by_uuid(const void *a, const void *b)
{
	return strcmp(((const struct vmm__guest *)a)->uuid, ((const struct vmm__guest *)b)->uuid);
}

const struct vmm__guest *vmm__sample_guest(const struct vmm__sample *s, const char *uuid)
{
	struct vmm__guest wanted = { .uuid = "" };

	if (!s || !s->n || strlen(uuid) > VMM_UUID_LEN)
		return NULL;
	memcpy(wanted.uuid, uuid, strlen(uuid) + 1);
	return bsearch(&wanted, s->guests, s->n, sizeof(wanted), by_uuid);
}

/* ---- the host ---- */

/* Linux has four numbers; asking for their count first is a round trip more. */
static int read_cpu(virConnectPtr conn, virNodeCPUStats *stats, int *n)
{
	if (virNodeGetCPUStats(conn, VIR_NODE_CPU_STATS_ALL_CPUS, stats, n, 0) == 0)
		return 0;
	*n = 0;
	if (virNodeGetCPUStats(conn, VIR_NODE_CPU_STATS_ALL_CPUS, NULL, n, 0) < 0 || *n > 8)
		return -1;
	return virNodeGetCPUStats(conn, VIR_NODE_CPU_STATS_ALL_CPUS, stats, n, 0);
}

/* A driver that does not tell leaves it unknown. */
static void read_host_cpu(virConnectPtr conn, struct vmm__sample *s)
{
	virNodeCPUStats stats[8];
	uint64_t busy = 0, idle = 0;
	int n = 4;

	s->busy_ns = s->idle_ns = VMM__UNTOLD;
	memset(stats, 0, sizeof(stats));
	if (read_cpu(conn, stats, &n) < 0)
		return;
	for (int i = 0; i < n; i++) {
		const char *field = stats[i].field;

		if (strcmp(field, VIR_NODE_CPU_STATS_KERNEL) == 0 ||
		    strcmp(field, VIR_NODE_CPU_STATS_USER) == 0)
			busy += stats[i].value;
		else if (strcmp(field, VIR_NODE_CPU_STATS_IDLE) == 0 ||
			 strcmp(field, VIR_NODE_CPU_STATS_IOWAIT) == 0)
			idle += stats[i].value;
		else
			return;
	}
	s->busy_ns = busy;
	s->idle_ns = idle;
}

static int read_host(virConnectPtr conn, struct vmm__sample *s, struct vmm_err *err)
{
	unsigned long long total, not_used;
	virNodeInfo info;

	if (virNodeGetInfo(conn, &info) < 0)
		return vmm_err_virt(err, "cannot read the host's size");
	s->cpus = info.cpus;
	s->mem_total = info.memory * 1024ull;
	s->mem_used = VMM__UNTOLD;
	read_host_cpu(conn, s);
	if (vmm_virt_memory(conn, &total, &not_used) == 0 && total >= not_used && total > 0) {
		s->mem_total = total;
		s->mem_used = total - not_used;
	}
	return 0;
}

/* ---- the VMs ---- */

static int add_guest(struct vmm__sample *s, virDomainPtr dom, int state, int reason,
		     struct vmm_err *err)
{
	struct vmm__guest *g = &s->guests[s->n];

	if (virDomainGetUUIDString(dom, g->uuid) < 0)
		return vmm_err_virt(err, "cannot read a UUID");
	g->name = strdup(virDomainGetName(dom));
	if (!g->name)
		return vmm_err_nomem(err);
	g->state = vmm_virt_state(state, reason);
	g->active = vmm_virt_active(state);
	g->id = virDomainGetID(dom);
	g->cpu_ns = g->delay_ns = g->vcpus = VMM__UNTOLD;
	g->mem = g->mem_actual = g->mem_rss = g->mem_guest = VMM__UNTOLD;
	s->n++;
	return 0;
}

static int make_room(struct vmm__sample *s, int n, struct vmm_err *err)
{
	s->guests = calloc((size_t)n + 1, sizeof(*s->guests));
	return s->guests ? 0 : vmm_err_nomem(err);
}

/* What every driver has: a call for each VM. Gone between the calls: then nothing is known of it. */
static void read_info(virDomainPtr dom, struct vmm__guest *g)
{
	virDomainInfo info;

	if (virDomainGetInfo(dom, &info) < 0)
		return;
	g->cpu_ns = info.cpuTime;
	if (g->vcpus == VMM__UNTOLD)
		g->vcpus = info.nrVirtCpu;
	if (g->mem == VMM__UNTOLD)
		g->mem = info.maxMem * 1024ull;
	if (g->mem_actual == VMM__UNTOLD)
		g->mem_actual = info.memory * 1024ull;
}

static int list_all(virConnectPtr conn, struct vmm__sample *s, struct vmm_err *err)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(conn, &doms, 0), rc;

	rc = n < 0 ? vmm_err_virt(err, "cannot list the VMs") : make_room(s, n, err);
	for (int i = 0; i < n && rc == 0; i++) {
		int state, reason;

		if (virDomainGetState(doms[i], &state, &reason, 0) < 0)
			continue;
		rc = add_guest(s, doms[i], state, reason, err);
		if (rc == 0 && s->guests[s->n - 1].active)
			read_info(doms[i], &s->guests[s->n - 1]);
	}
	for (int i = 0; i < n; i++)
		virDomainFree(doms[i]);
	free(doms);
	return rc;
}

/* All VMs and their states: none is asked anything, so none can be missing. */
static int list_states(virConnectPtr conn, struct vmm__sample *s, bool *unsupported,
		       struct vmm_err *err)
{
	virDomainStatsRecordPtr *records = NULL;
	int n = virConnectGetAllDomainStats(conn, VIR_DOMAIN_STATS_STATE, &records, 0), rc;

	*unsupported = n < 0 && virGetLastErrorCode() == VIR_ERR_NO_SUPPORT;
	if (*unsupported)
		return 0;
	rc = n < 0 ? vmm_err_virt(err, "cannot read the states of the VMs") : make_room(s, n, err);
	for (int i = 0; i < n && rc == 0; i++) {
		int state = VIR_DOMAIN_NOSTATE, reason = 0;

		virTypedParamsGetInt(records[i]->params, records[i]->nparams, "state.state", &state);
		virTypedParamsGetInt(records[i]->params, records[i]->nparams, "state.reason",
				     &reason);
		rc = add_guest(s, records[i]->dom, state, reason, err);
	}
	virDomainStatsRecordListFree(records);
	return rc;
}

/* Waiting for no VM that is busy with something else: it tells what goes without. */
static int get_counters(virConnectPtr conn, virDomainStatsRecordPtr **records)
{
	int n = virConnectGetAllDomainStats(conn, GROUPS, records,
					    VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE |
						    VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);

	if (n < 0 && virGetLastErrorCode() == VIR_ERR_INVALID_ARG)
		n = virConnectGetAllDomainStats(conn, GROUPS, records,
						VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE);
	return n;
}

static int read_record(struct vmm__sample *s, const virDomainStatsRecord *r, struct vmm_err *err)
{
	char uuid[VIR_UUID_STRING_BUFLEN];
	struct vmm__guest *g;
	int rc;

	if (virDomainGetUUIDString(r->dom, uuid) < 0)
		return vmm_err_virt(err, "cannot read a UUID");
	g = (struct vmm__guest *)vmm__sample_guest(s, uuid);
	if (!g) /* it was made since they were listed */
		return 0;
	rc = vmm__counters_read(g, r->params, r->nparams, err);
	if (rc == 0 && g->cpu_ns == VMM__UNTOLD)
		read_info(r->dom, g);
	return rc;
}

static int read_counters(virConnectPtr conn, struct vmm__sample *s, struct vmm_err *err)
{
	virDomainStatsRecordPtr *records = NULL;
	int n = get_counters(conn, &records), rc = 0;

	if (n < 0)
		return vmm_err_virt(err, "cannot read the load of the VMs");
	for (int i = 0; i < n && rc == 0; i++)
		rc = read_record(s, records[i], err);
	virDomainStatsRecordListFree(records);
	return rc;
}

static int read_guests(virConnectPtr conn, struct vmm__sample *s, struct vmm_err *err)
{
	bool unsupported;
	int rc = list_states(conn, s, &unsupported, err);

	if (rc == 0 && unsupported)
		rc = list_all(conn, s, err);
	if (rc == 0 && s->n > 0)
		qsort(s->guests, s->n, sizeof(*s->guests), by_uuid);
	return rc < 0 || unsupported ? rc : read_counters(conn, s, err);
}

/* The moment of the counters is the middle of the call that brings most of them. */
int vmm__sample_take(virConnectPtr conn, struct vmm__sample **out, struct vmm_err *err)
{
	struct vmm__sample *s = calloc(1, sizeof(*s));
	uint64_t before;
	int rc = s ? read_host(conn, s, err) : vmm_err_nomem(err);

	before = vmm_clock_boot_ms();
	if (rc == 0)
		rc = read_guests(conn, s, err);
	if (rc < 0) {
		vmm__sample_free(s);
		return rc;
	}
	s->at_ms = before + (vmm_clock_boot_ms() - before) / 2;
	vmm_time_now(s->time);
	*out = s;
	return 0;
}
