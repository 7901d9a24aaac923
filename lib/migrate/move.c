/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Life of a struct vmm__move. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "migrate/internal.h"

#define CLOSE_MS 2000
#define CLOSE_AT_ONCE 32

void vmm__move_close(struct vmm__move *m)
{
	vmm__end_close(&m->src);
	vmm__end_close(&m->dst);
}

static void release_end(struct vmm__end *e)
{
	vmm__end_close(e);
	free(e->host);
	free(e->uri);
	free(e->auth_file);
	free(e->group);
	free(e->hypervisor);
	free(e->caps);
	free(e->migrate_uri);
	free(e->peer_uri);
	free(e->uuid);
}

void vmm__move_free(void *move)
{
	struct vmm__move *m = move;

	if (!m)
		return;
	release_end(&m->src);
	release_end(&m->dst);
	for (size_t i = 0; i < m->ncopies; i++) {
		free(m->copies[i].target);
		free(m->copies[i].path);
		free(m->copies[i].format);
	}
	free(m->copies);
	vmm_domxml_free(m->dom);
	vmm_strv_release(&m->reasons);
	vmm_store_close(m->st);
	free(m->name);
	free(m->uuid);
	free(m->expected);
	free(m);
}

static int run_close(void *m)
{
	vmm__move_close(m);
	return 0;
}

void vmm__moves_free(struct vmm__move *const *moves, size_t n)
{
	const struct vmm_jobs_limits limits = { .jobs = CLOSE_AT_ONCE };
	struct vmm_job *jobs = calloc(n + 1, sizeof(*jobs));
	size_t count = 0;

	for (size_t i = 0; jobs && i < n; i++)
		if (moves[i])
			jobs[count++] = (struct vmm_job){ .run = run_close,
							  .arg = moves[i],
							  .free_arg = vmm__move_free,
							  .limit_ms = CLOSE_MS };
	if (jobs) /* without memory they are left to the end of the process */
		vmm_jobs_run(jobs, count, &limits, NULL, NULL, NULL, NULL);
	free(jobs);
}

enum vmm_migrate_method vmm__move_method(const struct vmm__move *m)
{
	if (m->opt.method != VMM_MIGRATE_AUTO)
		return m->opt.method;
	return m->active ? VMM_MIGRATE_LIVE : VMM_MIGRATE_COLD;
}

const char *vmm__method_name(enum vmm_migrate_method method)
{
	static const char *const names[] = { "auto", "live", "cold", "move" };

	return names[method];
}

void vmm__against(struct vmm__move *m, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (vmm_strv_add(&m->reasons, text) < 0)
		vmm_err_nomem(&m->err);
}

void vmm__move_report(struct vmm__move *m, const struct vmm_progress *p)
{
	m->part = p->done;
	m->whole = p->total;
	vmm_progress_report(m->opt.progress, p);
}
