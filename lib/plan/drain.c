/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/drain.h"

#include <stdio.h>
#include <stdlib.h>

#include "plan/home-internal.h"

struct drain {
	struct vmm_fleet *f;
	struct vmm__homes h;
	bool *stuck; /* of each VM: one that has to stay keeps it */
	uint32_t *vms;
	size_t n;
};

static int close_hosts(struct vmm_fleet *f, const struct vmm_strv *hosts, bool *drained,
		       struct vmm_err *err)
{
	for (size_t i = 0; i < hosts->n; i++) {
		uint32_t at = vmm__fleet_host(f, hosts->s[i]);

		if (at == VMM__NONE)
			return vmm_err_set(err, VMM_EREFUSED, "no such host: '%s'", hosts->s[i]);
		drained[at] = true;
		f->hosts[at].closed = "to be emptied";
	}
	return 0;
}

static bool movable(const struct vmm_fleet_vm *v)
{
	return !v->fixed;
}

/* With a VM that stays, those stay that have to be together with it, and so on. */
static void bind(struct drain *d)
{
	const struct vmm__fleet *m = d->f->more;
	bool more = true;

	for (size_t v = 0; v < d->f->nvms; v++)
		d->stuck[v] = d->f->vms[v].running && d->h.gone[d->h.p->at[v]] && d->f->vms[v].fixed;
	while (more) {
		more = false;
		for (size_t i = 0; i < m->nrules; i++) {
			const struct vmm__rule *r = &m->rules[i];
			bool any = false;

			for (size_t v = 0; r->text->kind == VMM_TOGETHER && v < r->nvms; v++)
				any |= d->stuck[r->vms[v]];
			for (size_t v = 0; any && v < r->nvms; v++)
				if (d->h.gone[d->h.p->at[r->vms[v]]] && !d->stuck[r->vms[v]])
					more = d->stuck[r->vms[v]] = true;
		}
	}
}

static void choose_vms(struct drain *d)
{
	size_t n = vmm__homes_of(&d->h, movable, d->vms);

	for (size_t i = 0; i < n; i++)
		if (!d->stuck[d->vms[i]])
			d->vms[d->n++] = d->vms[i];
}

static int add_left(const struct drain *d, uint32_t vm, struct vmm_table *left)
{
	const struct vmm_fleet_vm *v = &d->f->vms[vm];
	VMM_BUF_AUTO reason = VMM_BUF_INIT;
	long row = vmm_table_add(left);

	if (v->fixed)
		vmm_buf_adds(&reason, v->fixed);
	else if (d->stuck[vm])
		vmm_buf_adds(&reason, "has to be together with one that stays");
	else if (vmm__home_none(&d->h, vm, &reason) < 0)
		return VMM_ENOMEM;
	return reason.failed || row < 0 || vmm_table_set(left, (size_t)row, 0, v->name) < 0 ||
			       vmm_table_set(left, (size_t)row, 1, v->uuid) < 0 ||
			       vmm_table_set(left, (size_t)row, 2, d->f->hosts[v->host].name) < 0 ||
			       vmm_table_set(left, (size_t)row, 3, reason.data) < 0
		       ? VMM_ENOMEM
		       : 0;
}

static int print_left(const struct drain *d, struct vmm_table **out, struct vmm_err *err)
{
	static const char *const columns[] = { "vm", "uuid", "host", "reason", NULL };
	VMM_TABLE_AUTO *left = vmm_table_new(columns);

	for (uint32_t v = 0; left && v < d->f->nvms; v++)
		if (d->f->vms[v].running && d->h.gone[d->h.p->at[v]] && add_left(d, v, left) < 0)
			return vmm_err_nomem(err);
	if (!left)
		return vmm_err_nomem(err);
	*out = left;
	left = NULL;
	return 0;
}

static int print_moves(const struct drain *d, unsigned per_host, struct vmm_table **out,
		       struct vmm_err *err)
{
	struct vmm__move *moves = calloc(d->n + 1, sizeof(*moves));
	VMM_PLAN_AUTO *plan = vmm_plan_new();
	size_t n = 0;
	int rc;

	for (size_t i = 0; moves && i < d->n; i++) {
		uint32_t vm = d->vms[i], from = (uint32_t)d->f->vms[vm].host;

		if (d->h.p->at[vm] != from)
			moves[n++] = (struct vmm__move){ vm, from, d->h.p->at[vm], 0,
							 "its host is to be emptied" };
	}
	if (!moves || !plan || vmm__moves_wave(moves, n, d->f->nhosts, per_host, 1) < 0)
		rc = vmm_err_nomem(err);
	else
		rc = vmm__moves_print(d->f, moves, n, plan, err);
	free(moves);
	if (rc == 0) {
		*out = plan->rows;
		plan->rows = NULL;
	}
	return rc;
}

static int drain(struct drain *d, const struct vmm_strv *hosts, unsigned per_host,
		 struct vmm_table **plan, struct vmm_table **left, struct vmm_err *err)
{
	VMM_TABLE_AUTO *rows = NULL;
	bool *drained = calloc(d->f->nhosts + 1, sizeof(*drained));
	int rc = drained ? close_hosts(d->f, hosts, drained, err) : vmm_err_nomem(err);

	/* After they are closed: those count in no score. */
	if (rc == 0 && vmm__homes_init(&d->h, d->f) < 0)
		rc = vmm_err_nomem(err);
	for (size_t i = 0; rc == 0 && i < d->f->nhosts; i++)
		d->h.gone[i] = drained[i];
	free(drained);
	if (rc < 0)
		return rc;
	bind(d);
	choose_vms(d);
	rc = vmm__homes_find(&d->h, d->vms, d->n, VMM__HOMES_EVEN, NULL, err);
	if (rc == 0)
		rc = print_moves(d, per_host, &rows, err);
	if (rc == 0)
		rc = print_left(d, left, err);
	if (rc == 0) {
		*plan = rows;
		rows = NULL;
	}
	return rc;
}

int vmm_plan_drain(struct vmm_fleet *f, const struct vmm_strv *hosts, unsigned per_host,
		   struct vmm_table **plan, struct vmm_table **left, struct vmm_err *err)
{
	struct drain d = { .f = f,
			   .stuck = calloc(f->nvms + 1, sizeof(*d.stuck)),
			   .vms = calloc(f->nvms + 1, sizeof(*d.vms)) };
	int rc = d.stuck && d.vms ? drain(&d, hosts, per_host, plan, left, err) : vmm_err_nomem(err);

	vmm__homes_release(&d.h);
	free(d.stuck);
	free(d.vms);
	return rc;
}
