/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One move from its intent to its end, good or bad. */
#include <string.h>

#include "base/clock.h"
#include "migrate/internal.h"

#define FRESH_MS 10000 /* so old a connection may be */

/* Connections that have waited for their turn may be dead. */
static int connect_again(struct vmm__move *m)
{
	if (vmm_clock_ms() - m->checked_at < FRESH_MS)
		return 0;
	if (vmm__end_open(&m->src, m->opt.check_ms, &m->err) < 0 ||
	    vmm__end_open(&m->dst, m->opt.check_ms, &m->err) < 0)
		return m->err.code;
	m->src.dom = virDomainLookupByUUIDString(m->src.conn, m->uuid);
	return m->src.dom ? 0 : vmm_err_virt(&m->err, "it is no longer on '%s'", m->src.host);
}

static bool same_disks(const struct vmm_domxml *a, const struct vmm_domxml *b)
{
	bool same = a->ndisks == b->ndisks;

	for (size_t i = 0; same && i < a->ndisks; i++)
		same = strcmp(a->disks[i].target, b->disks[i].target) == 0 &&
		       strcmp(a->disks[i].source, b->disks[i].source) == 0;
	return same;
}

/* It may have waited its turn since it was checked: what was found then must still hold. */
static int look_again(struct vmm__move *m)
{
	struct vmm_domxml *now = NULL;
	VMM_STR_AUTO xml = NULL;
	bool same;
	int active;

	if (connect_again(m) < 0)
		return m->err.code;
	active = virDomainIsActive(m->src.dom);
	xml = active < 0 ? NULL : virDomainGetXMLDesc(m->src.dom, 0);
	if (!xml)
		return vmm_err_virt(&m->err, "it can't be looked at on '%s' any more", m->src.host);
	if ((active == 1) != m->active)
		return vmm_err_set(&m->err, VMM_EREFUSED, "it was %s since it was checked",
				   active ? "started" : "stopped");
	if (vmm_domxml_parse(xml, &now, &m->err) < 0)
		return m->err.code;
	same = same_disks(m->dom, now);
	vmm_domxml_free(now);
	return same ? 0
		    : vmm_err_set(&m->err, VMM_EREFUSED,
				  "its disks have changed since it was checked");
}

static int go(struct vmm__move *m)
{
	enum vmm_migrate_method method = vmm__move_method(m);

	if (!m->active || method == VMM_MIGRATE_COLD)
		return vmm__cold(m);
	if (vmm__copies_make(m) < 0 || vmm__copies_fill(m, true) < 0)
		return m->err.code;
	return vmm__live(m);
}

/* The target has it whole: what it needs there, and what is not needed here any more. */
static int complete(struct vmm__move *m)
{
	if (m->autostart && virDomainSetAutostart(m->dst.dom, 1) < 0)
		return vmm_err_virt(&m->err, "moved, but autostart cannot be set");
	return vmm__copies_remove(m, &m->src, &m->err);
}

/* Says where it ended up; a matter that is not closed stays in the journal for vmm-fsck. */
static int settle(struct vmm__move *m)
{
	VMM_BUF_AUTO where = VMM_BUF_INIT;
	bool closed = vmm__settle_move(m, true, &where);
	char failure[sizeof(m->err.text)];
	enum vmm_code code = m->err.code;

	/* Refused means that nothing was begun; from here on it has failed, whatever libvirt calls it. */
	if (code == VMM_EREFUSED || code == VMM_ENOTFOUND)
		code = VMM_EFAIL;
	memcpy(failure, m->err.text, sizeof(failure));
	if (closed)
		vmm__intent_end(m, "failed");
	return vmm_err_set(&m->err, code, "%s; %s%s", failure, where.data,
			   closed ? "" : "; vmm-fsck goes on from here");
}

static void report_end(struct vmm__move *m, int code)
{
	struct vmm_progress end = {
		.subject = m->name,
		.stage = "done",
		.done = m->part,
		.total = m->whole,
		.downtime_ms = m->downtime_ms,
	};

	/* The last bytes went between two looks; a fast one is over before the first. */
	if (code == 0)
		end.done = end.total = m->whole ? m->whole : m->bytes;
	vmm_progress_report(m->opt.progress, &end);
}

int vmm__carry_out(struct vmm__move *m)
{
	uint64_t started = vmm_clock_ms();
	int ret = look_again(m);

	m->deadline = started + 2 * m->opt.timeout_ms;
	m->story.offline = !m->active || vmm__move_method(m) == VMM_MIGRATE_COLD;
	if (ret == 0)
		ret = vmm__intent_begin(m);
	if (ret == 0) {
		ret = go(m);
		if (ret == 0)
			ret = complete(m);
		if (ret == 0)
			vmm__intent_end(m, "done");
		else
			ret = settle(m);
	}
	m->ms = vmm_clock_ms() - started;
	report_end(m, ret);
	return ret;
}
