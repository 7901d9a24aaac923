/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions to guest agents. An agent can keep silent for ever, and libvirt waits for it: so
 * each question is a job of its own, abandoned when the time is up. (libvirt's
 * virDomainAgentSetResponseTimeout() is no help: it stays set, for every other client too.)
 *
 * One at a time, since two threads had better not share a connection: libvirt before 10.1 can
 * miss that the second one wants something, and then wakes up for the next keep-alive only.
 * An abandoned question keeps its connection; those behind it get another.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "scan/scan-internal.h"
#include "virt/virt.h"

#define AGENT_LIMIT_MS 2000

/* What a thread works on; its own. */
struct question {
	virConnectPtr conn;
	virDomainPtr dom;
	char *uri, *auth_file; /* for another connection */
	bool reconnect;
	size_t row;
	char *name;
	struct vmm_buf addresses;
};

struct answers {
	const struct vmm_job *end;
	struct vmm_table *vms;
	uint64_t until;
	bool lost; /* the first connection */
};

static int reconnect(struct question *q)
{
	char uuid[VIR_UUID_STRING_BUFLEN];
	virDomainPtr dom;

	if (!q->conn && vmm_virt_open(q->uri, q->auth_file, &q->conn, NULL) < 0)
		return -1;
	if (virDomainGetUUIDString(q->dom, uuid) < 0)
		return -1;
	dom = virDomainLookupByUUIDString(q->conn, uuid);
	if (!dom)
		return -1;
	virDomainFree(q->dom);
	q->dom = dom;
	return 0;
}

static int ask(void *arg)
{
	struct question *q = arg;

	if (q->reconnect && reconnect(q) < 0)
		return -1;
	q->name = virDomainGetHostname(q->dom, VIR_DOMAIN_GET_HOSTNAME_AGENT);
	vmm__addresses_add(&q->addresses, q->dom, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT);
	return 0;
}

static void forget(void *arg)
{
	struct question *q = arg;

	if (!q)
		return;
	virDomainFree(q->dom);
	if (q->conn)
		virConnectClose(q->conn);
	free(q->uri);
	free(q->auth_file);
	free(q->name);
	vmm_buf_release(&q->addresses);
	free(q);
}

static struct question *question(const struct vmm__asked *asked, const char *uri,
				 const char *auth_file)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->addresses = (struct vmm_buf)VMM_BUF_INIT;
	q->row = asked->row;
	q->uri = strdup(uri);
	q->auth_file = strdup(auth_file);
	virDomainRef(asked->dom);
	q->dom = asked->dom;
	if (q->uri && q->auth_file)
		return q;
	forget(q);
	return NULL;
}

static int keep(const struct answers *a, const struct question *q)
{
	if (vmm_table_put(a->vms, q->row, "guest", q->name ? q->name : "") < 0)
		return -1;
	return vmm_table_put(a->vms, q->row, "addresses", q->addresses.data);
}

/* Passes the connection on. Non-zero: no further questions. */
static int answered(struct vmm_job *job, void *ctx)
{
	struct answers *a = ctx;
	struct question *q = job->arg, *next = job + 1 < a->end ? job[1].arg : NULL;
	virConnectPtr conn = NULL;
	int rc = 0;

	if (job->state == VMM_JOB_SKIPPED)
		return 0;
	if (job->state == VMM_JOB_TIMEOUT) {
		a->lost = true;
	} else {
		conn = q->conn;
		q->conn = NULL;
		if (job->code == 0)
			rc = keep(a, q);
	}
	if (next) {
		next->reconnect = a->lost;
		next->conn = conn;
	} else if (conn) {
		virConnectClose(conn);
	}
	/* Without a way to connect again, the first silence is the end. */
	return rc < 0 || vmm_clock_ms() >= a->until || (next && a->lost && !*next->uri);
}

int vmm__agents_ask(const struct vmm__asked *asked, size_t n, const char *uri, const char *auth_file,
		    struct vmm_table *vms, uint64_t until, struct vmm_err *err)
{
	const struct vmm_jobs_limits limits = { .jobs = 1 };
	struct vmm_job *jobs = calloc(n, sizeof(*jobs));
	struct answers answers = { .vms = vms, .until = until };
	uint64_t now = vmm_clock_ms(), left = until > now ? until - now : 1;
	size_t made = 0;
	int rc = 0;

	for (; jobs && made < n; made++) {
		jobs[made] = (struct vmm_job){
			.run = ask,
			.arg = question(&asked[made], uri, auth_file),
			.free_arg = forget,
			.limit_ms = left < AGENT_LIMIT_MS ? left : AGENT_LIMIT_MS,
		};
		if (!jobs[made].arg)
			break;
	}
	answers.end = jobs + made;
	if (jobs && made)
		rc = vmm_jobs_run(jobs, made, &limits, NULL, answered, &answers, err);
	if (!jobs || made < n)
		rc = vmm_err_nomem(err);
	free(jobs);
	return rc;
}
