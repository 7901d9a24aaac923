/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A live migration: its flags and parameters, the call, and what the hypervisor says of it. */
#include <stdlib.h>
#include <string.h>

#include "migrate/internal.h"

struct params {
	virTypedParameterPtr p;
	int n, max;
};

static bool has_disks_to_copy(const struct vmm__move *m)
{
	for (size_t i = 0; i < m->ncopies; i++)
		if (!m->copies[i].readonly)
			return true;
	return false;
}

static unsigned flags_of(const struct vmm__move *m)
{
	unsigned flags = VIR_MIGRATE_LIVE | VIR_MIGRATE_ABORT_ON_ERROR;

	if (m->persistent)
		flags |= VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_UNDEFINE_SOURCE;
	if (has_disks_to_copy(m))
		flags |= VIR_MIGRATE_NON_SHARED_DISK;
	if (m->opt.on_stall == VMM_STALL_AUTO_CONVERGE)
		flags |= VIR_MIGRATE_AUTO_CONVERGE;
	if (m->opt.on_stall == VMM_STALL_POST_COPY)
		flags |= VIR_MIGRATE_POSTCOPY;
	if (m->opt.parallel > 0)
		flags |= VIR_MIGRATE_PARALLEL;
	if (m->opt.tls)
		flags |= VIR_MIGRATE_TLS;
	return flags;
}

/* libvirt counts MiB a second; less than one would be none at all. */
static unsigned long long mib_per_second(uint64_t bytes)
{
	return bytes < (1u << 20) ? 1 : bytes >> 20;
}

static int fill_params(const struct vmm__move *m, struct params *ps)
{
	int rc = 0;

	if (*m->dst.migrate_uri)
		rc |= virTypedParamsAddString(&ps->p, &ps->n, &ps->max, VIR_MIGRATE_PARAM_URI,
					      m->dst.migrate_uri);
	if (m->opt.bandwidth)
		rc |= virTypedParamsAddULLong(&ps->p, &ps->n, &ps->max, VIR_MIGRATE_PARAM_BANDWIDTH,
					      mib_per_second(m->opt.bandwidth));
	if (m->opt.parallel)
		rc |= virTypedParamsAddInt(&ps->p, &ps->n, &ps->max,
					   VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS,
					   (int)m->opt.parallel);
	for (size_t i = 0; i < m->ncopies; i++)
		if (!m->copies[i].readonly)
			rc |= virTypedParamsAddString(&ps->p, &ps->n, &ps->max,
						      VIR_MIGRATE_PARAM_MIGRATE_DISKS,
						      m->copies[i].target);
	return rc;
}

int vmm__call(struct vmm__move *m, virTypedParameterPtr params, int n, unsigned flags)
{
	if (m->dst.dom) /* a definition it had before; a new one comes */
		virDomainFree(m->dst.dom);
	m->dst.dom = NULL;
	if (!*m->dst.peer_uri) {
		m->dst.dom = virDomainMigrate3(m->src.dom, m->dst.conn, params, (unsigned)n, flags);
		return m->dst.dom ? 0 : vmm_err_virt(&m->err, "migration failed");
	}
	if (virDomainMigrateToURI3(m->src.dom, m->dst.peer_uri, params, (unsigned)n,
				   flags | VIR_MIGRATE_PEER2PEER) < 0)
		return vmm_err_virt(&m->err, "migration failed");
	m->dst.dom = virDomainLookupByUUIDString(m->dst.conn, m->uuid);
	if (!m->dst.dom)
		return vmm_err_virt(&m->err, "moved, but not found on '%s'", m->dst.host);
	return 0;
}

/* What it cost, as the target's hypervisor knows it once it is over. */
static void read_cost(struct vmm__move *m)
{
	virTypedParameterPtr p = NULL;
	int type, n = 0;
	unsigned long long value;

	if (!m->dst.dom || virDomainGetJobStats(m->dst.dom, &type, &p, &n,
						VIR_DOMAIN_JOB_STATS_COMPLETED |
							VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED) < 0)
		return;
	if (virTypedParamsGetULLong(p, n, VIR_DOMAIN_JOB_DOWNTIME, &value) == 1)
		m->downtime_ms = (int64_t)value;
	if (virTypedParamsGetULLong(p, n, VIR_DOMAIN_JOB_DATA_PROCESSED, &value) == 1)
		m->bytes = value;
	virTypedParamsFree(p, n);
}

int vmm__live(struct vmm__move *m)
{
	struct params ps = { NULL, 0, 0 };
	struct vmm__monitor *mon;
	struct vmm_err why;
	int ret = fill_params(m, &ps) < 0 ? vmm_err_nomem(&m->err) : 0;

	mon = ret == 0 ? vmm__monitor_start(m) : NULL;
	if (mon) {
		ret = vmm__call(m, ps.p, ps.n, flags_of(m));
		if (vmm__monitor_stop(mon, &why) < 0 && ret < 0)
			m->err = why;
	} else {
		ret = m->err.code;
	}
	virTypedParamsFree(ps.p, ps.n);
	if (ret == 0)
		read_cost(m);
	return ret < 0 ? m->err.code : ret;
}
