/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Life of a struct vmm__move. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "migrate/internal.h"

static void release_end(struct vmm__end *e)
{
	free(e->host);
	free(e->uri);
	free(e->auth_file);
	free(e->group);
	free(e->hypervisor);
	free(e->caps);
	free(e->migrate_uri);
	free(e->peer_uri);
	free(e->uuid);
	if (e->dom)
		virDomainFree(e->dom);
	if (e->conn)
		virConnectClose(e->conn);
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
	free(m);
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
