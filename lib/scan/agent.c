/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions to guest agents. An agent can keep silent for ever, and libvirt waits for it: so
 * each is asked by a thread of its own that is abandoned when the time is up. (libvirt's
 * virDomainAgentSetResponseTimeout() is no help: it stays set, for every other client too.)
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/rows.h"
#include "scan/scan-internal.h"

#define AGENT_LIMIT_MS 2000
/* libvirtd answers five requests of a client at a time. */
#define AGENTS_AT_ONCE 4

static bool worth_knowing(const virDomainIPAddress *a)
{
	struct in6_addr a6;

	if (a->type == VIR_IP_ADDR_TYPE_IPV4)
		return strncmp(a->addr, "127.", 4) != 0;
	return inet_pton(AF_INET6, a->addr, &a6) == 1 && !IN6_IS_ADDR_LOOPBACK(&a6) &&
	       !IN6_IS_ADDR_LINKLOCAL(&a6);
}

void vmm__address_cell(struct vmm_buf *cell, virDomainInterfacePtr *nics, int n)
{
	VMM_STRV_AUTO seen = VMM_STRV_INIT;

	for (int i = 0; i < n; i++) {
		for (unsigned k = 0; k < nics[i]->naddrs; k++) {
			const virDomainIPAddress *a = &nics[i]->addrs[k];

			if (!worth_knowing(a) || vmm_strv_has(&seen, a->addr))
				continue;
			cell->failed |= vmm_strv_add(&seen, a->addr) < 0;
			vmm_list_add(cell, a->addr);
		}
	}
}

/* What a thread works on; its own. */
struct question {
	virConnectPtr conn;
	virDomainPtr dom;
	size_t row;
	char *name;
	struct vmm_buf addresses;
};

static int ask(void *arg)
{
	struct question *q = arg;
	virDomainInterfacePtr *nics = NULL;
	int n;

	q->name = virDomainGetHostname(q->dom, VIR_DOMAIN_GET_HOSTNAME_AGENT);
	n = virDomainInterfaceAddresses(q->dom, &nics, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT, 0);
	vmm__address_cell(&q->addresses, nics, n);
	for (int i = 0; i < n; i++)
		virDomainInterfaceFree(nics[i]);
	free(nics);
	return 0;
}

static void forget(void *arg)
{
	struct question *q = arg;

	virDomainFree(q->dom);
	virConnectClose(q->conn);
	free(q->name);
	vmm_buf_release(&q->addresses);
	free(q);
}

static struct question *question(const struct vmm__asked *asked)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	*q = (struct question){
		.conn = virDomainGetConnect(asked->dom),
		.dom = asked->dom,
		.row = asked->row,
		.addresses = VMM_BUF_INIT,
	};
	virConnectRef(q->conn);
	virDomainRef(q->dom);
	return q;
}

struct answers {
	struct vmm_table *vms;
	uint64_t until;
};

/* Non-zero: no time for further questions. */
static int answered(struct vmm_job *job, void *ctx)
{
	const struct question *q = job->arg;
	struct answers *a = ctx;

	if (job->state == VMM_JOB_DONE &&
	    (vmm_table_put(a->vms, q->row, "guest", q->name ? q->name : "") < 0 ||
	     vmm_table_put(a->vms, q->row, "addresses", q->addresses.data) < 0))
		return 1;
	return vmm_clock_ms() >= a->until;
}

int vmm__agents_ask(const struct vmm__asked *asked, size_t n, struct vmm_table *vms, uint64_t until,
		    struct vmm_err *err)
{
	const struct vmm_jobs_limits limits = { .jobs = AGENTS_AT_ONCE };
	struct vmm_job *jobs = calloc(n, sizeof(*jobs));
	struct answers answers = { vms, until };
	uint64_t now = vmm_clock_ms(), left = until > now ? until - now : 1;
	size_t made = 0;
	int rc = 0;

	for (; jobs && made < n; made++) {
		jobs[made] = (struct vmm_job){
			.run = ask,
			.arg = question(&asked[made]),
			.free_arg = forget,
			.limit_ms = left < AGENT_LIMIT_MS ? left : AGENT_LIMIT_MS,
		};
		if (!jobs[made].arg)
			break;
	}
	if (jobs && made)
		rc = vmm_jobs_run(jobs, made, &limits, NULL, answered, &answers, err);
	if (!jobs || made < n)
		rc = vmm_err_nomem(err);
	free(jobs);
	return rc;
}
