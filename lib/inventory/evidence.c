/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a batch of sightings says about one VM. */
#include <string.h>

#include "inventory/merge-internal.h"

const char *vmm__view_at(const struct vmm__view *view, const char *column)
{
	return vmm_table_at(view->by->vms, view->row, column);
}

enum vmm__rank vmm__view_rank(const struct vmm__view *view)
{
	const char *state = vmm__view_at(view, "state");

	if (!*state || strcmp(state, "stop") == 0 || strcmp(state, "unknown") == 0)
		return VMM__INACTIVE;
	return strcmp(state, "migrating") == 0 ? VMM__MIGRATING : VMM__ACTIVE;
}

const struct vmm__view *vmm__vm_view(const struct vmm__vm *vm, const char *host)
{
	for (size_t i = 0; i < vm->n; i++)
		if (strcmp(vm->views[i].host, host) == 0)
			return &vm->views[i];
	return NULL;
}

const char *vmm__vm_recorded(const struct vmm__merge *m, const struct vmm__vm *vm, const char *column)
{
	return vm->row < 0 ? "" : vmm_table_at(m->vms, (size_t)vm->row, column);
}

struct vmm__face vmm__vm_face(const struct vmm__merge *m, const struct vmm__vm *vm)
{
	return (struct vmm__face){
		.host = vmm__vm_recorded(m, vm, "host"),
		.name = vmm__vm_recorded(m, vm, "name"),
		.state = vmm__vm_recorded(m, vm, "state"),
		.last = vmm__vm_recorded(m, vm, "last"),
	};
}

enum vmm__standing vmm__vm_standing(const struct vmm__merge *m, const struct vmm__vm *vm,
				    const char *host)
{
	const struct vmm__batch *b = m->batch;
	long row = vmm_index_find(b->hosts, host);
	const struct vmm_sighting *s;

	if (row < 0)
		return VMM__ABSENT;
	s = b->said[row];
	if (!s || vmm__batch_stale(b, vmm__sighting_at(b, s), vmm__vm_recorded(m, vm, "seen")))
		return VMM__UNVISITED;
	if (!s->answered)
		return VMM__SILENT;
	if (vmm__vm_view(vm, host))
		return VMM__HERE;
	return s->partial ? VMM__UNVISITED : VMM__ABSENT;
}
