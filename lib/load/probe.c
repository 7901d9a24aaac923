/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The job that asks one host. */
#include <stdlib.h>

#include "load/load-internal.h"
#include "virt/virt.h"

#define SLICE_MS 100

struct vmm__probe *vmm__probe_new(const struct vmm_table *hosts, size_t row,
				  const struct vmm_load_options *opt)
{
	struct vmm__probe *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->cancel = opt->cancel;
	p->interval_ms = opt->interval_ms;
	p->host = vmm_table_new(NULL);
	if (p->host && vmm_table_copy_row(p->host, hosts, row) >= 0)
		return p;
	vmm__probe_free(p);
	return NULL;
}

/* A connection that failed is no use any more, nor is what was counted before. */
static void start_over(struct vmm__probe *p)
{
	if (p->conn)
		virConnectClose(p->conn);
	p->conn = NULL;
	vmm__sample_free(p->was);
	vmm__sample_free(p->now);
	p->was = p->now = NULL;
}

void vmm__probe_free(void *arg)
{
	struct vmm__probe *p = arg;

	if (!p)
		return;
	start_over(p);
	vmm_table_free(p->host);
	free(p);
}

int vmm__probe_close(void *arg)
{
	start_over(arg);
	return 0;
}

static bool cancelled(const struct vmm__probe *p)
{
	return p->cancel && p->cancel->level > 0;
}

/* The time limit counts from the end of the interval. */
static int wait_interval(struct vmm__probe *p)
{
	uint64_t until = p->now->at_ms + p->interval_ms, now = vmm_clock_boot_ms();

	__atomic_store_n(&p->headway, vmm_clock_ms() + (until > now ? until - now : 0),
			 __ATOMIC_RELAXED);
	while ((now = vmm_clock_boot_ms()) < until) {
		if (cancelled(p))
			return vmm_err_set(&p->err, VMM_ECANCEL, "cancelled");
		vmm_sleep_ms(until - now < SLICE_MS ? until - now : SLICE_MS);
	}
	return 0;
}

static int sample(struct vmm__probe *p)
{
	struct vmm__sample *s;
	int rc = vmm__sample_take(p->conn, &s, &p->err);

	if (rc < 0)
		return rc;
	vmm__sample_free(p->was);
	p->was = p->now;
	p->now = s;
	return 0;
}

int vmm__probe_run(void *arg)
{
	struct vmm__probe *p = arg;
	bool first = !p->now;
	int rc = 0;

	if (!p->conn)
		rc = vmm_virt_open(vmm_table_at(p->host, 0, "uri"),
				   vmm_table_at(p->host, 0, "auth_file"), &p->conn, &p->err);
	if (rc == 0 && first)
		rc = sample(p);
	if (rc == 0 && first)
		rc = wait_interval(p);
	if (rc == 0)
		rc = sample(p);
	if (rc < 0)
		start_over(p);
	return rc;
}
