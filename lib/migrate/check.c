/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preconditions (F6): what the inventory knows, the connections, and the guest itself. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "inventory/uri.h"
#include "migrate/internal.h"

void vmm__check_recorded(struct vmm__move *m)
{
	const struct vmm__end *s = &m->src, *d = &m->dst;

	if (strcmp(s->host, d->host) == 0)
		vmm__against(m, "it is already on '%s'", d->host);
	else if (m->expected && strcmp(s->host, m->expected) != 0)
		vmm__against(m, "it is on '%s', not on '%s'", s->host, m->expected);
	if (strcmp(s->group, d->group) != 0)
		vmm__against(m, "'%s' is in group '%s', '%s' in group '%s'", s->host, s->group,
			     d->host, d->group);
	if (d->maint)
		vmm__against(m, "'%s' is in maintenance", d->host);
	if (strcmp(s->hypervisor, d->hypervisor) != 0)
		vmm__against(m, "'%s' is a %s host, '%s' a %s host", s->host, s->hypervisor,
			     d->host, d->hypervisor);
}

/* Within what is left of the time, so that it is told which of the two was silent. */
static int open_end(struct vmm__move *m, struct vmm__end *e, uint64_t until)
{
	uint64_t now = vmm_clock_ms();

	return vmm__end_open(e, now < until ? until - now : 1, &m->err);
}

/* Whoever names a VM by a name that it has no longer may mean another one. */
static int check_name(struct vmm__move *m)
{
	const char *name = virDomainGetName(m->src.dom);

	if (strcmp(name, m->name) == 0)
		return 0;
	if (m->by_name)
		return vmm_err_set(&m->err, VMM_EREFUSED,
				   "'%s' was renamed to '%s' since it was last seen", m->name, name);
	free(m->name);
	m->name = strdup(name);
	return m->name ? 0 : vmm_err_nomem(&m->err);
}

static int look_up(struct vmm__move *m)
{
	int state, reason, autostart = 0;
	VMM_STR_AUTO xml = NULL;

	m->src.dom = virDomainLookupByUUIDString(m->src.conn, m->uuid);
	if (!m->src.dom) {
		m->stale = virGetLastErrorCode() == VIR_ERR_NO_DOMAIN;
		return vmm_err_virt(&m->err, "not on '%s'", m->src.host);
	}
	if (virDomainGetState(m->src.dom, &state, &reason, 0) < 0)
		return vmm_err_virt(&m->err, "cannot get its state");
	m->active = vmm_virt_active(state);
	m->state = vmm_virt_state(state, reason);
	if (check_name(m) < 0)
		return m->err.code;
	if (!m->active && m->may_roam) {
		m->stale = true;
		return vmm_err_set(&m->err, VMM_EAGAIN, "it is off on '%s', but may run elsewhere",
				   m->src.host);
	}
	m->paused = state == VIR_DOMAIN_PAUSED;
	m->persistent = virDomainIsPersistent(m->src.dom) == 1;
	m->autostart = virDomainGetAutostart(m->src.dom, &autostart) == 0 && autostart;
	m->story.transient = !m->persistent;
	m->checked_at = vmm_clock_ms();
	xml = virDomainGetXMLDesc(m->src.dom, 0);
	if (!xml)
		return vmm_err_virt(&m->err, "cannot get its definition");
	return vmm_domxml_parse(xml, &m->dom, &m->err);
}

static void check_method(struct vmm__move *m)
{
	enum vmm_migrate_method method = vmm__move_method(m);
	const struct vmm__end *ends[] = { &m->src, &m->dst };
	const char *name = vmm__method_name(method);

	if (method == VMM_MIGRATE_LIVE && !m->active)
		vmm__against(m, "it is stopped: live is for a running one (--cold or --move)");
	if (method != VMM_MIGRATE_LIVE && !m->persistent)
		vmm__against(m, "it is transient: without a definition it can only move live");
	for (size_t i = 0; i < 2; i++)
		if (!vmm_virt_can(ends[i]->caps, name))
			vmm__against(m, "'%s' is a %s host, which has no %s migration",
				     ends[i]->host, ends[i]->hypervisor, name);
}

static void check_job(struct vmm__move *m)
{
	virDomainJobInfo job = { 0 };

	if (m->active && virDomainGetJobInfo(m->src.dom, &job) == 0 && job.type != VIR_DOMAIN_JOB_NONE)
		vmm__against(m, "its host is busy with it (a backup, snapshot or migration)");
}

void vmm__check_guest(struct vmm__move *m)
{
	bool offline = !m->active || vmm__move_method(m) == VMM_MIGRATE_COLD;

	check_method(m);
	check_job(m);
	/* virDomainRename() takes characters that are lost in XML, or refused when they come from there. */
	if (strcmp(m->dom->name, m->name) != 0 || strchr(m->name, '\n'))
		vmm__against(m, "its name has a character that libvirt does not carry over");
	if (virDomainSnapshotNum(m->src.dom, 0) > 0)
		vmm__against(m, "it has snapshots, which libvirt does not move");
	if (!m->active && virDomainHasManagedSaveImage(m->src.dom, 0) == 1)
		vmm__against(m, "it has a saved state, which would be lost: start it first");
	if (m->active && !offline && m->dom->nhostdevs > 0)
		vmm__against(m, "it has %zu devices of its host passed through", m->dom->nhostdevs);
	if (offline && *m->dom->nvram)
		vmm__against(m, "its NVRAM '%s' goes along only live", m->dom->nvram);
	if (offline && m->dom->tpm)
		vmm__against(m, "the state of its TPM goes along only live");
}

/* They are for libvirtd on the source, which would run whatever such a URI tells it to. */
static void check_uris(struct vmm__move *m)
{
	const struct vmm__end *d = &m->dst;
	struct vmm_err err;

	if (*d->migrate_uri && vmm_uri_check_migration(d->migrate_uri, &err) < 0)
		vmm__against(m, "'%s': migrate_uri: %s", d->host, err.text);
	if (*d->peer_uri && vmm_uri_check(d->peer_uri, &err) < 0)
		vmm__against(m, "'%s': peer_uri: %s", d->host, err.text);
}

static int check(struct vmm__move *m, uint64_t until)
{
	vmm__check_recorded(m);
	if (open_end(m, &m->src, until) < 0 || look_up(m) < 0)
		return m->err.code;
	if (strcmp(m->src.host, m->dst.host) == 0)
		return 0;
	if (open_end(m, &m->dst, until) < 0)
		return m->err.code;
	check_uris(m);
	vmm__check_guest(m);
	vmm__check_target(m);
	vmm__check_networks(m);
	if (strcmp(m->src.hypervisor, m->dst.hypervisor) == 0)
		vmm__check_disks(m);
	return m->err.code; /* a disk that can't be looked at, a reason that there was no memory for */
}

/* What failed for want of an answer is no reason against the move. */
static int check_lost(struct vmm__move *m)
{
	const struct vmm__end *ends[] = { &m->src, &m->dst };

	for (size_t i = 0; i < 2; i++) {
		if (!ends[i]->conn || virConnectIsAlive(ends[i]->conn) != 0)
			continue;
		m->stale = false;
		return vmm_err_set(&m->err, VMM_EAGAIN, "host '%s' does not answer any more",
				   ends[i]->host);
	}
	return 0;
}

int vmm__check(struct vmm__move *m)
{
	uint64_t started = vmm_clock_ms();
	int ret = check(m, started + m->opt.check_ms);

	if (check_lost(m) < 0)
		ret = m->err.code;
	m->ms = vmm_clock_ms() - started;
	return ret;
}
