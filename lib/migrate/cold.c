/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving by definition: the guest is shut down if it runs, its disks are copied where they are
 * not shared, its definition goes over, and it is started again.
 */
#include "migrate/internal.h"
#include "power/power.h"

static int stop(struct vmm__move *m)
{
	struct vmm_power_options opt = { .timeout_ms = m->opt.timeout_ms, .cancel = m->opt.cancel };
	bool did;

	m->story.stopped_by_us = true;
	if (vmm__intent_note(m, &m->err) < 0)
		return m->err.code;
	return vmm_power(m->src.dom, VMM_POWER_SHUTDOWN, &opt, &did, &m->err);
}

static int go_over(struct vmm__move *m)
{
	return vmm__call(m, NULL, 0,
			 VIR_MIGRATE_OFFLINE | VIR_MIGRATE_PERSIST_DEST | VIR_MIGRATE_UNDEFINE_SOURCE);
}

/*
 * Before it goes over and after: libvirt takes the definition of a running guest over just as well, and
 * leaves it running here. Once it is gone from here nobody can start it here.
 */
static int still_off(struct vmm__move *m)
{
	if (virDomainIsActive(m->src.dom) == 1)
		return vmm_err_set(&m->err, VMM_EFAIL, "it was started on '%s' meanwhile",
				   m->src.host);
	return 0;
}

int vmm__cold(struct vmm__move *m)
{
	if (m->active && stop(m) < 0)
		return m->err.code;
	if (vmm__copies_make(m) < 0 || vmm__copies_fill(m, false) < 0)
		return m->err.code;
	if (still_off(m) < 0 || go_over(m) < 0 || still_off(m) < 0)
		return m->err.code;
	if (m->story.stopped_by_us && virDomainCreate(m->dst.dom) < 0)
		return vmm_err_virt(&m->err, "moved, but cannot be started on '%s'", m->dst.host);
	return 0;
}
