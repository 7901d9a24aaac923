/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which VMs have no place when hosts fail. */
#include <inttypes.h>
#include <stdio.h>

#include "base/rows.h"
#include "plan/newcomers.h"
#include "plan/survive-internal.h"

static int put_row(struct vmm_table *t, const struct vmm_fleet *f, uint32_t vm, const char *failed,
		   const char *reason)
{
	const struct vmm_fleet_vm *v = &f->vms[vm];
	char priority[16], mem[32];
	long row = vmm_table_add(t);
	int rc = row < 0;

	snprintf(priority, sizeof(priority), "%u", v->priority);
	snprintf(mem, sizeof(mem), "%.0f", v->need[VMM_MEMORY]);
	const char *cells[] = { f->groups[vmm__vm_group(f, vm)]->name,
				failed,
				v->name,
				v->uuid,
				f->hosts[v->host].name,
				priority,
				mem,
				reason };
	for (int c = 0; !rc && c < 8; c++)
		rc = vmm_table_set(t, (size_t)row, c, cells[c]) < 0;
	return rc ? VMM_ENOMEM : 0;
}

static int add_row(const struct vmm__homes *h, const uint32_t *hosts, const size_t *pick,
		   unsigned k, uint32_t vm, void *table)
{
	VMM_BUF_AUTO failed = VMM_BUF_INIT, reason = VMM_BUF_INIT;

	for (unsigned i = 0; i < k; i++)
		vmm_list_add(&failed, h->p->f->hosts[hosts[pick[i]]].name);
	if (vmm__home_none(h, vm, &reason) < 0 || failed.failed)
		return VMM_ENOMEM;
	return put_row(table, h->p->f, vm, failed.data, reason.data);
}

int vmm_plan_failures(const struct vmm_fleet *f, long failures, struct vmm_table **out,
		      struct vmm_err *err)
{
	static const char *const columns[] = { "group",    "failed", "vm",     "uuid", "host",
					       "priority", "mem",    "reason", NULL };
	VMM_TABLE_AUTO *rows = vmm_table_new(columns);
	struct vmm__homes h = { NULL, NULL };
	bool survives;
	int rc = 0;

	if (!rows || vmm__homes_init(&h, f) < 0)
		return vmm_err_nomem(err);
	for (size_t g = 0; rc == 0 && g < f->ngroups; g++) {
		unsigned k = failures >= 0            ? (unsigned)failures
			     : f->groups[g]->failures ? f->groups[g]->failures
						      : 1;

		rc = vmm__survives(&h, g, k, add_row, rows, &survives, err);
	}
	vmm__homes_release(&h);
	if (rc < 0)
		return rc;
	*out = rows;
	rows = NULL;
	return 0;
}
