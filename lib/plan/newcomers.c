/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/newcomers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/waiting-internal.h"

#define DUST 1e-9

/* A VM on one of the hosts. */
struct offer {
	uint32_t host, vm; /* which is the copy of it in the host's group */
	bool ok;
	long soft;
	double gain;
	const char *reason;
};

static int by_merit(const void *a, const void *b)
{
	const struct offer *x = a, *y = b;

	if (x->ok != y->ok)
		return x->ok ? -1 : 1;
	if (x->ok && x->soft != y->soft)
		return x->soft < y->soft ? -1 : 1;
	if (x->ok && x->gain != y->gain)
		return x->gain > y->gain ? -1 : 1;
	return (x->host > y->host) - (x->host < y->host);
}

static void judge(const struct vmm__waiting *w, struct offer *o)
{
	if (vmm__name_taken(w->f, w->h.p->at, o->vm, o->host)) {
		o->reason = "has a VM of that name";
		return;
	}
	o->ok = !vmm__home_refused(&w->h, o->vm, o->host, &o->reason);
	if (!o->ok)
		return;
	o->soft = vmm__broken_by(w->h.p, o->vm, o->host).soft;
	/* In whole dust: what is alike is so for all that are compared. */
	o->gain = DUST * round(vmm__gain(w->h.p, o->vm, o->host) / DUST);
	o->reason = o->soft >= 0 ? "" : "preferred by a rule";
}

static int add_offer(struct vmm_table *t, const struct vmm_fleet *f, const struct offer *o,
		     size_t rank)
{
	char number[24], gain[40] = "";
	long row = vmm_table_add(t);
	int rc = row < 0;

	snprintf(number, sizeof(number), "%zu", rank);
	if (o->ok)
		snprintf(gain, sizeof(gain), "%.6f", fabs(o->gain) < 5e-7 ? 0 : o->gain);
	const char *cells[] = { f->vms[o->vm].name,
				number,
				f->hosts[o->host].name,
				f->groups[f->hosts[o->host].group]->name,
				o->ok ? "yes" : "no",
				gain,
				o->reason };
	for (int c = 0; !rc && c < 7; c++)
		rc = vmm_table_set(t, (size_t)row, c, cells[c]) < 0;
	return rc ? VMM_ENOMEM : 0;
}

/* The copies of a newcomer have the same name, and no other VM that waits has it. */
static uint32_t copy_in(const struct vmm__waiting *w, const char *name, size_t group)
{
	for (uint32_t v = w->h.p->first[w->room[group]]; v != VMM__NONE; v = w->h.p->next[v])
		if (strcmp(w->f->vms[v].name, name) == 0)
			return v;
	return VMM__NONE;
}

static int place(struct vmm__waiting *w, const char *name, struct offer *offers, uint32_t *copies,
		 struct vmm_table *out)
{
	const struct vmm_fleet *f = w->f;
	size_t n = 0;

	for (size_t g = 0; g < f->ngroups; g++)
		copies[g] = copy_in(w, name, g);
	for (uint32_t host = 0; host < f->nhosts; host++) {
		if (w->h.gone[host])
			continue;
		offers[n] = (struct offer){ .host = host, .vm = copies[f->hosts[host].group] };
		judge(w, &offers[n++]);
	}
	qsort(offers, n, sizeof(*offers), by_merit);
	for (size_t i = 0; i < n; i++)
		if (add_offer(out, f, &offers[i], i + 1) < 0)
			return VMM_ENOMEM;
	if (n > 0 && offers[0].ok)
		vmm__place_move(w->h.p, offers[0].vm, offers[0].host);
	return 0;
}

/* Each newcomer is in the list once for each group: the first that is met stands for all. */
static int place_all(struct vmm__waiting *w, const struct vmm_table *newcomers, struct vmm_table *out)
{
	struct offer *offers = calloc(w->f->nhosts + 1, sizeof(*offers));
	uint32_t *vms = calloc(w->f->nvms + 1, sizeof(*vms));
	uint32_t *copies = calloc(w->f->ngroups + 1, sizeof(*copies));
	bool *done = calloc(vmm_table_rows(newcomers) + 1, sizeof(*done));
	int rc = offers && vms && copies && done ? 0 : VMM_ENOMEM;
	size_t n = rc == 0 ? vmm__homes_of(&w->h, NULL, vms) : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const char *name = w->f->vms[vms[i]].name;
		long row = vmm_table_find(newcomers, vmm_table_col(newcomers, "name"), name);

		if (!done[row])
			rc = place(w, name, offers, copies, out);
		done[row] = true;
	}
	free(offers);
	free(vms);
	free(copies);
	free(done);
	return rc;
}

int vmm_plan_place(const struct vmm_fleet_input *in, const struct vmm_table *newcomers,
		   const char *file, struct vmm_table **out, struct vmm_err *err)
{
	static const char *const columns[] = { "vm", "rank", "host",   "group",
					       "ok", "gain", "reason", NULL };
	VMM_TABLE_AUTO *rows = vmm_table_new(columns);
	struct vmm__waiting w;
	int rc;

	if (!rows)
		return vmm_err_nomem(err);
	if (vmm__waiting_init(&w, in, newcomers, file, NULL, err) < 0)
		return err ? (int)err->code : VMM_EINPUT;
	rc = place_all(&w, newcomers, rows);
	vmm__waiting_release(&w);
	if (rc < 0)
		return vmm_err_nomem(err);
	*out = rows;
	rows = NULL;
	return 0;
}
