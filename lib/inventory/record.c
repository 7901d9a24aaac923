/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The row of one VM brought up to date, once it is decided where it is. */
#include <string.h>

#include "base/buf.h"
#include "base/rows.h"
#include "inventory/merge-internal.h"

/* Taken from a visit whenever it read them, and only when the VM was looked at closely. */
static const char *const plain[] = { "vcpus", "mem", "autostart", "persistent", NULL };
static const char *const details[] = { "disks", "nics",     "addresses", "snapshots",
				       "guest", "template", "image",     NULL };

static int put(struct vmm__merge *m, const struct vmm__vm *vm, const char *column, const char *value)
{
	return vmm__put(m->vms, (size_t)vm->row, column, value, m->err);
}

/* A list cell: the hosts sorted, each once, without `home`. */
static void write_also(struct vmm_buf *cell, struct vmm_strv *hosts, const char *home)
{
	vmm_strv_sort(hosts, 0);
	for (size_t i = 0; i < hosts->n; i++)
		if (strcmp(hosts->s[i], home) != 0 &&
		    (i == 0 || strcmp(hosts->s[i], hosts->s[i - 1]) != 0))
			vmm_list_add(cell, hosts->s[i]);
}

/*
 * `also`: whoever is known to hold it besides `home`. That the recorded host holds it stays
 * true until that host itself says otherwise, also when the VM was found elsewhere meanwhile.
 */
int vmm__vm_put_also(struct vmm__merge *m, const struct vmm__vm *vm, const char *home)
{
	VMM_STRV_AUTO before = VMM_STRV_INIT;
	VMM_STRV_AUTO after = VMM_STRV_INIT;
	VMM_BUF_AUTO cell = VMM_BUF_INIT;
	int rc;

	rc = vmm_list_split(&before, vmm__vm_recorded(m, vm, "also"));
	if (rc == 0)
		rc = vmm_strv_add(&before, vm->was.host);
	for (size_t i = 0; i < before.n && rc == 0; i++)
		if (vmm__vm_standing(m, vm, before.s[i]) != VMM__ABSENT)
			rc = vmm_strv_add(&after, before.s[i]);
	for (size_t i = 0; i < vm->n && rc == 0; i++)
		rc = vmm_strv_add(&after, vm->views[i].host);
	if (rc == 0)
		write_also(&cell, &after, home);
	if (rc < 0 || cell.failed)
		return vmm_err_nomem(m->err);
	return put(m, vm, "also", cell.data);
}

/* Two processes on the same disks. One that arrives by migration is none yet. */
static bool active_twice(const struct vmm__vm *vm)
{
	size_t active = 0;

	for (size_t i = 0; i < vm->n; i++)
		active += vmm__view_rank(&vm->views[i]) == VMM__ACTIVE;
	return active > 1;
}

static int put_state(struct vmm__merge *m, const struct vmm__vm *vm, const char *state)
{
	int rc;

	if (!*state || strcmp(state, "unknown") == 0)
		return put(m, vm, "state", "unknown");
	rc = put(m, vm, "state", state);
	return rc < 0 ? rc : put(m, vm, "last", state);
}

/* An empty cell of a visit is something that it did not read, except among the details. */
static int put_columns(struct vmm__merge *m, const struct vmm__vm *vm, const struct vmm__view *view)
{
	bool detailed = strcmp(vmm__view_at(view, "details"), "yes") == 0;
	int rc = 0;

	for (size_t i = 0; plain[i] && rc == 0; i++)
		if (*vmm__view_at(view, plain[i]))
			rc = put(m, vm, plain[i], vmm__view_at(view, plain[i]));
	for (size_t i = 0; detailed && details[i] && rc == 0; i++)
		if (vmm_table_col(view->by->vms, details[i]) >= 0)
			rc = put(m, vm, details[i], vmm__view_at(view, details[i]));
	return rc;
}

/* It is where `view` shows it. `seen` comes after what compares with it. */
static int fill(struct vmm__merge *m, const struct vmm__vm *vm, const struct vmm__view *view)
{
	int rc = vmm__vm_put_also(m, vm, view->host);

	if (rc == 0)
		rc = put(m, vm, "host", view->host);
	if (rc == 0)
		rc = put(m, vm, "name", vmm__view_at(view, "name"));
	if (rc == 0)
		rc = put_state(m, vm, active_twice(vm) ? "error" : vmm__view_at(view, "state"));
	if (rc == 0)
		rc = put(m, vm, "seen", vmm__sighting_at(m->batch, view->by));
	return rc < 0 ? rc : put_columns(m, vm, view);
}

static int report(struct vmm__merge *m, const struct vmm__vm *vm)
{
	struct vmm__face is = vmm__vm_face(m, vm);

	return vmm__diff_changes(m->diff, vm->uuid, &vm->was, &is, m->err);
}

int vmm__vm_record(struct vmm__merge *m, const struct vmm__vm *vm, const struct vmm__view *view)
{
	int rc = fill(m, vm, view);

	return rc < 0 ? rc : report(m, vm);
}

int vmm__vm_discover(struct vmm__merge *m, struct vmm__vm *vm, const struct vmm__view *view)
{
	struct vmm__face is;
	int rc;

	vm->row = vmm_table_add(m->vms);
	if (vm->row < 0)
		return vmm_err_nomem(m->err);
	rc = put(m, vm, "uuid", vm->uuid);
	if (rc == 0)
		rc = fill(m, vm, view);
	if (rc < 0)
		return rc;
	is = vmm__vm_face(m, vm);
	return vmm__diff_new(m->diff, vm->uuid, &is, m->err);
}

int vmm__vm_forget(struct vmm__merge *m, const struct vmm__vm *vm)
{
	m->gone[vm->row] = true;
	return vmm__diff_gone(m->diff, vm->uuid, &vm->was, m->err);
}

int vmm__vm_lose_sight(struct vmm__merge *m, const struct vmm__vm *vm)
{
	int rc = vmm__vm_put_also(m, vm, vm->was.host);

	if (rc == 0)
		rc = put(m, vm, "state", "unknown");
	return rc < 0 ? rc : report(m, vm);
}
