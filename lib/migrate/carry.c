/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One move from its intent to its end, good or bad. */
#include <string.h>

#include "base/clock.h"
#include "migrate/internal.h"

/* It may have waited its turn since it was checked. */
static int look_again(struct vmm__move *m)
{
	int active = virDomainIsActive(m->src.dom);

	if (active < 0)
		return vmm_err_virt(&m->err, "it is no longer on '%s'", m->src.host);
	if ((active == 1) != m->active)
		return vmm_err_set(&m->err, VMM_EREFUSED, "it was %s since it was checked",
				   active ? "started" : "stopped");
	return 0;
}

static int go(struct vmm__move *m)
{
	enum vmm_migrate_method method = vmm__move_method(m);

	if (!m->active || method == VMM_MIGRATE_COLD)
		return vmm__cold(m);
	if (vmm__copies_make(m) < 0)
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

	memcpy(failure, m->err.text, sizeof(failure));
	if (closed)
		vmm__intent_end(m, "failed");
	return vmm_err_set(&m->err, m->err.code, "%s; %s%s", failure, where.data,
			   closed ? "" : "; vmm-fsck goes on from here");
}

int vmm__carry_out(struct vmm__move *m)
{
	uint64_t started = vmm_clock_ms();
	struct vmm_progress end = { .subject = m->name, .stage = "done", .downtime_ms = -1 };
	int ret = look_again(m);

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
	vmm_progress_report(m->opt.progress, &end);
	return ret;
}
