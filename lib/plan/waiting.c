/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/waiting-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No host of that name can be declared, and no pattern of a rule names it. */
#define ROOM "\001"

static int check_row(const struct vmm__sheet *s, size_t row, struct vmm_err *err)
{
	const char *name = vmm_table_at(s->t, row, "name");
	double vcpus, mem;

	if (!*name)
		return vmm__sheet_wrong(s, row, err, "a VM without a name");
	if ((size_t)vmm_table_find(s->t, vmm_table_col(s->t, "name"), name) != row)
		return vmm__sheet_wrong(s, row, err, "VM '%s' stands twice", name);
	if (vmm__sheet_u64(s, row, vmm_table_col(s->t, "vcpus"), &vcpus, err) < 0 ||
	    vmm__sheet_u64(s, row, vmm_table_col(s->t, "mem"), &mem, err) < 0)
		return VMM_EINPUT;
	if (!(vcpus > 0) || !(mem > 0))
		return vmm__sheet_wrong(s, row, err, "VM '%s' has no %s", name,
					vcpus > 0 ? "mem" : "vcpus");
	return 0;
}

int vmm__waiting_check(const struct vmm_table *rows, const char *file, struct vmm_err *err)
{
	static const char *const needed[] = { "name", "vcpus", "mem" };
	const struct vmm__sheet s = { rows, file, vmm_table_col(rows, "line") };

	for (size_t i = 0; i < 3; i++)
		if (vmm__sheet_need(&s, needed[i], err) < 0)
			return VMM_EINPUT;
	if (vmm__sheet_check(&s, err) < 0)
		return VMM_EINPUT;
	for (size_t row = 0; row < vmm_table_rows(rows); row++)
		if (check_row(&s, row, err) < 0)
			return VMM_EINPUT;
	return 0;
}

static struct vmm_table *copy(const struct vmm_table *from)
{
	struct vmm_table *t = vmm_table_new(NULL);

	for (size_t c = 0; t && c < vmm_table_cols(from); c++)
		if (vmm_table_need(t, vmm_table_colname(from, c)) < 0) {
			vmm_table_free(t);
			return NULL;
		}
	for (size_t row = 0; t && row < vmm_table_rows(from); row++)
		if (vmm_table_copy_row(t, from, row) < 0) {
			vmm_table_free(t);
			return NULL;
		}
	return t;
}

static int add_room(struct vmm__waiting *w, const char *name, const char *group)
{
	long row = vmm_table_add(w->hosts);

	return row < 0 || vmm_table_put(w->hosts, (size_t)row, "name", name) < 0 ||
			       vmm_table_put(w->hosts, (size_t)row, "group", group) < 0 ||
			       vmm_table_put(w->hosts, (size_t)row, "state", "stop") < 0
		       ? VMM_ENOMEM
		       : 0;
}

/* What nobody has measured yet may be all that it may use. */
static int add_vm(struct vmm__waiting *w, const char *room, const struct vmm_table *rows,
		  size_t from, size_t number)
{
	const char *vcpus = vmm_table_at(rows, from, "vcpus"), *cpu = vmm_table_at(rows, from, "cpu");
	long row = vmm_table_add(w->vms);
	char uuid[32];

	snprintf(uuid, sizeof(uuid), "%s%zu", room, number);
	if (row < 0 || vmm_table_put(w->vms, (size_t)row, "uuid", uuid) < 0 ||
	    vmm_table_put(w->vms, (size_t)row, "host", room) < 0 ||
	    vmm_table_put(w->vms, (size_t)row, "name", vmm_table_at(rows, from, "name")) < 0 ||
	    vmm_table_put(w->vms, (size_t)row, "vcpus", vcpus) < 0 ||
	    vmm_table_put(w->vms, (size_t)row, "mem", vmm_table_at(rows, from, "mem")) < 0 ||
	    vmm_table_put(w->vms, (size_t)row, "cpu", *cpu ? cpu : vcpus) < 0)
		return VMM_ENOMEM;
	return 0;
}

static int add_group(struct vmm__waiting *w, size_t group, const char *name,
		     const struct vmm_table *rows, const size_t *copies)
{
	char room[32];
	int rc;

	snprintf(room, sizeof(room), ROOM "%zu.", group);
	rc = add_room(w, room, name);
	for (size_t i = 0; !copies && rc == 0 && i < vmm_table_rows(rows); i++)
		rc = add_vm(w, room, rows, i, i);
	for (size_t i = 0; copies && rc == 0 && i < copies[group]; i++)
		rc = add_vm(w, room, rows, 0, i);
	return rc;
}

static int enter(struct vmm__waiting *w)
{
	char room[32];

	w->room = calloc(w->f->ngroups + 1, sizeof(*w->room));
	if (!w->room || vmm__homes_init(&w->h, w->f) < 0)
		return VMM_ENOMEM;
	for (size_t g = 0; g < w->f->ngroups; g++) {
		snprintf(room, sizeof(room), ROOM "%zu.", g);
		w->room[g] = vmm__fleet_host(w->f, room);
		w->h.gone[w->room[g]] = true;
	}
	return 0;
}

int vmm__waiting_init(struct vmm__waiting *w, const struct vmm_fleet_input *in,
		      const struct vmm_table *rows, const char *file, const size_t *copies,
		      struct vmm_err *err)
{
	struct vmm_fleet_input all = *in;
	int rc = vmm__waiting_check(rows, file, err);

	*w = (struct vmm__waiting){ .hosts = copy(in->hosts), .vms = copy(in->vms) };
	if (rc == 0 && (!w->hosts || !w->vms))
		rc = vmm_err_nomem(err);
	for (size_t g = 0; rc == 0 && g < in->ngroups; g++)
		if (add_group(w, g, in->groups[g]->name, rows, copies) < 0)
			rc = vmm_err_nomem(err);
	all.hosts = w->hosts;
	all.vms = w->vms;
	if (rc == 0)
		rc = vmm_fleet_read(&all, &w->f, err);
	if (rc == 0 && enter(w) < 0)
		rc = vmm_err_nomem(err);
	if (rc < 0)
		vmm__waiting_release(w);
	return rc;
}

void vmm__waiting_release(struct vmm__waiting *w)
{
	vmm__homes_release(&w->h);
	free(w->room);
	vmm_fleet_free(w->f);
	vmm_table_free(w->hosts);
	vmm_table_free(w->vms);
	*w = (struct vmm__waiting){ 0 };
}

bool vmm__waits(const struct vmm_fleet *f, uint32_t vm)
{
	return *f->hosts[f->vms[vm].host].name == *ROOM;
}

/* The VMs of a name stand side by side. */
bool vmm__name_taken(const struct vmm_fleet *f, const uint32_t *at, uint32_t vm, uint32_t host)
{
	const char *name = f->vms[vm].name;
	uint32_t first = vm;

	while (first > 0 && strcmp(f->vms[first - 1].name, name) == 0)
		first--;
	for (; first < f->nvms && strcmp(f->vms[first].name, name) == 0; first++)
		if (first != vm && at[first] == host)
			return true;
	return false;
}
