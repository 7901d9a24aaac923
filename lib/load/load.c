/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rounds: all hosts at once, and what they said into the tables. */
#include "load/load.h"

#include <stdlib.h>
#include <string.h>

#include "load/load-internal.h"

#define HOSTS_AT_ONCE 256
#define TIMEOUT_MS 10000
#define CLOSE_MS 2000
#define PAUSE_MS 10000
#define PAUSE_MAX_MS 300000

/* A host, and how it is doing. */
struct place {
	struct vmm_table *host;   /* one row: as it was declared */
	struct vmm__probe *probe; /* NULL: a new one is to be made */
	uint64_t pause_ms, again; /* it let its time pass: not before then */
	struct vmm_err err;
};

struct vmm_load {
	struct vmm_load_options opt;
	struct place *places;
	int *codes;
	size_t n;
};

/* A host may not even answer to a goodbye; and many take their time, one after the other. */
static void close_all(struct vmm_load *l)
{
	const struct vmm_jobs_limits limits = { .jobs = HOSTS_AT_ONCE };
	struct vmm_job *jobs = calloc(l->n + 1, sizeof(*jobs));
	size_t n = 0;

	for (size_t i = 0; jobs && i < l->n; i++) {
		if (!l->places[i].probe)
			continue;
		jobs[n++] = (struct vmm_job){ .run = vmm__probe_close,
					      .arg = l->places[i].probe,
					      .free_arg = vmm__probe_free,
					      .limit_ms = CLOSE_MS };
		l->places[i].probe = NULL;
	}
	if (jobs)
		vmm_jobs_run(jobs, n, &limits, NULL, NULL, NULL, NULL);
	free(jobs);
}

void vmm_load_free(struct vmm_load *l)
{
	if (l && l->places)
		close_all(l);
	for (size_t i = 0; l && i < l->n; i++)
		vmm_table_free(l->places[i].host);
	if (l) {
		free(l->places);
		free(l->codes);
	}
	free(l);
}

int vmm_load_new(const struct vmm_inventory *inv, const size_t *rows, size_t n,
		 const struct vmm_load_options *opt, struct vmm_load **out, struct vmm_err *err)
{
	struct vmm_load *l = calloc(1, sizeof(*l));

	if (!l)
		return vmm_err_nomem(err);
	l->opt = *opt;
	l->places = calloc(n + 1, sizeof(*l->places));
	l->codes = calloc(n + 1, sizeof(*l->codes));
	while (l->places && l->codes && l->n < n) {
		struct place *p = &l->places[l->n++];

		p->host = vmm_table_new(NULL);
		if (!p->host || vmm_table_copy_row(p->host, inv->hosts, rows[l->n - 1]) < 0)
			break;
		if (l->n == n) {
			*out = l;
			return 0;
		}
	}
	if (n == 0 && l->places && l->codes) {
		*out = l;
		return 0;
	}
	vmm_load_free(l);
	return vmm_err_nomem(err);
}

/* ---- asking ---- */

struct round {
	struct vmm_load *load;
	struct vmm_job *jobs;
	size_t *place_of; /* of each job */
	size_t n;
};

static void let_pass(struct place *p, uint64_t limit_ms)
{
	p->pause_ms = p->pause_ms ? p->pause_ms * 2 : PAUSE_MS;
	if (p->pause_ms > PAUSE_MAX_MS)
		p->pause_ms = PAUSE_MAX_MS;
	p->again = vmm_clock_ms() + p->pause_ms;
	vmm_err_set(&p->err, VMM_EAGAIN, "no answer within %g s", (double)limit_ms / 1000);
}

/* A probe that came back is kept for the next round. */
static int collect(struct vmm_job *job, void *ctx)
{
	struct round *r = ctx;
	size_t i = r->place_of[job - r->jobs];
	struct place *p = &r->load->places[i];

	r->load->codes[i] = job->code;
	if (job->state == VMM_JOB_TIMEOUT) {
		let_pass(p, job->limit_ms);
		return 0;
	}
	p->probe = job->arg;
	job->arg = NULL;
	if (job->state == VMM_JOB_DONE) {
		p->err = p->probe->err;
		p->pause_ms = 0;
	}
	return 0;
}

/* A job for each host that is to be asked; its probe is the job's until it is collected. */
static int prepare(struct round *r, struct vmm_err *err)
{
	struct vmm_load *l = r->load;
	uint64_t now = vmm_clock_ms();

	for (size_t i = 0; i < l->n; i++) {
		struct place *p = &l->places[i];

		if (!p->probe && p->pause_ms && now < p->again)
			continue; /* code and error are those of its last try */
		if (!p->probe)
			p->probe = vmm__probe_new(p->host, 0, &l->opt);
		if (!p->probe)
			return vmm_err_nomem(err);
		p->probe->headway = 0;
		r->place_of[r->n] = i;
		r->jobs[r->n++] = (struct vmm_job){
			.run = vmm__probe_run,
			.arg = p->probe,
			.free_arg = vmm__probe_free,
			.limit_ms = l->opt.timeout_ms ? l->opt.timeout_ms : TIMEOUT_MS,
			.headway = &p->probe->headway,
		};
	}
	for (size_t i = 0; i < r->n; i++)
		l->places[r->place_of[i]].probe = NULL;
	return 0;
}

static int ask(struct vmm_load *l, struct vmm_err *err)
{
	const struct vmm_jobs_limits limits = { .jobs = l->opt.jobs ? l->opt.jobs : HOSTS_AT_ONCE,
						.give_up = true };
	struct round r = { .load = l,
			   .jobs = calloc(l->n + 1, sizeof(struct vmm_job)),
			   .place_of = calloc(l->n + 1, sizeof(size_t)) };
	int rc = r.jobs && r.place_of ? prepare(&r, err) : vmm_err_nomem(err);

	if (rc == 0)
		rc = vmm_jobs_run(r.jobs, r.n, &limits, l->opt.cancel, collect, &r, err);
	free(r.jobs);
	free(r.place_of);
	if (rc == 0 && l->opt.cancel && l->opt.cancel->level > 0)
		rc = vmm_err_set(err, VMM_ECANCEL, "interrupted");
	return rc;
}

/* ---- into the tables ---- */

static const char *name_of(const struct place *p)
{
	return vmm_table_at(p->host, 0, "name");
}

static int see(const struct place *p, int code, struct vmm_sighting *s)
{
	*s = (struct vmm_sighting){ .name = name_of(p), .answered = code == 0, .code = VMM_EAGAIN };
	if (code == VMM_EINPUT || code == VMM_EREFUSED)
		s->code = (enum vmm_code)code;
	if (code != 0) {
		s->error = p->err.text;
		return 0;
	}
	s->at = p->probe->now->time;
	s->host = vmm__seen_host(p->probe->now);
	s->vms = vmm__seen_vms(p->probe->now);
	return s->host && s->vms ? 0 : VMM_ENOMEM;
}

static int apply(struct vmm_load *l, struct vmm_inventory *inv, struct vmm_err *err)
{
	struct vmm_sighting *seen = calloc(l->n + 1, sizeof(*seen));
	char now[VMM_TIME_LEN + 1];
	int rc = seen ? 0 : VMM_ENOMEM;

	for (size_t i = 0; i < l->n && rc == 0; i++)
		rc = see(&l->places[i], l->codes[i], &seen[i]);
	vmm_time_now(now);
	if (rc == 0)
		rc = vmm_inventory_apply(inv->hosts, inv->vms, seen, l->n, now, NULL, err);
	else
		vmm_err_nomem(err);
	for (size_t i = 0; seen && i < l->n; i++) {
		vmm_table_free((struct vmm_table *)seen[i].host);
		vmm_table_free((struct vmm_table *)seen[i].vms);
	}
	free(seen);
	return rc;
}

static int fill(const struct vmm_load *l, struct vmm_inventory *inv)
{
	struct vmm_index *vms = vmm_index_new(inv->vms, vmm_table_col(inv->vms, "uuid"));
	int rc = vms ? 0 : VMM_ENOMEM;

	for (size_t i = 0; i < l->n && rc == 0; i++) {
		const struct place *p = &l->places[i];
		long row = vmm_inventory_host(inv, name_of(p));

		if (row >= 0 && l->codes[i] == 0)
			rc = vmm__rows_fill(inv, vms, (size_t)row, p->probe->was, p->probe->now);
		else if (row >= 0)
			rc = vmm__rows_fail(inv, (size_t)row, p->err.text);
	}
	vmm_index_free(vms);
	return rc;
}

int vmm_load_round(struct vmm_load *l, struct vmm_inventory *inv, struct vmm_load_result *result,
		   struct vmm_err *err)
{
	int rc = ask(l, err);

	if (rc == 0)
		rc = apply(l, inv, err);
	if (rc < 0)
		return rc;
	if (vmm__rows_prepare(inv) < 0 || fill(l, inv) < 0)
		return vmm_err_nomem(err);
	*result = (struct vmm_load_result){ .codes = l->codes, .n = l->n };
	for (size_t i = 0; i < l->n; i++)
		result->failed += l->codes[i] != 0;
	return 0;
}
