/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fleet before a plan and after it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "plan/view-internal.h"

/* The VMs of a name stand side by side; without a UUID it is the one that is where the step says. */
static bool is_vm(const struct vmm_view *v, const struct vmm_step *s, uint32_t vm, const char *name)
{
	const struct vmm_fleet_vm *w = &v->f->vms[vm];

	if (*s->uuid)
		return strcmp(w->uuid, s->uuid) == 0;
	return strcmp(w->name, name) == 0 &&
	       (!*s->from || strcmp(v->f->hosts[v->after->at[vm]].name, s->from) == 0);
}

static uint32_t find_vm(const struct vmm_view *v, const struct vmm_step *s)
{
	for (uint32_t i = 0; i < v->f->nvms; i++)
		if (is_vm(v, s, i, s->vm))
			return i;
	/* HOST/NAME */
	for (uint32_t i = 0; strchr(s->vm, '/') && i < v->f->nvms; i++)
		if (is_vm(v, s, i, strchr(s->vm, '/') + 1))
			return i;
	return VMM__NONE;
}

static int move(struct vmm_view *v, const struct vmm_step *s, struct vmm_err *err)
{
	uint32_t vm = find_vm(v, s), to = vmm__fleet_host(v->f, s->to);

	if (vm == VMM__NONE)
		return vmm_err_set(err, VMM_EINPUT, "step %u: VM '%s' is not on host '%s'", s->step,
				   s->vm, s->from);
	if (to == VMM__NONE)
		return vmm_err_set(err, VMM_EINPUT, "step %u: no such host: '%s'", s->step, s->to);
	if (strcmp(v->f->hosts[v->after->at[vm]].name, s->from) != 0)
		return vmm_err_set(err, VMM_EINPUT, "step %u: VM '%s' is on host '%s', not on '%s'",
				   s->step, s->vm, v->f->hosts[v->after->at[vm]].name, s->from);
	/* One that is off uses nothing, here or there. */
	if (v->f->vms[vm].running)
		vmm__place_move(v->after, vm, to);
	else
		v->after->at[vm] = to;
	return 0;
}

static int follow(struct vmm_view *v, struct vmm_err *err)
{
	for (size_t i = 0; i < v->plan->n; i++) {
		const struct vmm_step *s = &v->plan->steps[i];

		if ((s->action == VMM_ACTION_MIGRATE || s->action == VMM_ACTION_PARK) &&
		    move(v, s, err) < 0)
			return VMM_EINPUT;
	}
	return 0;
}

static struct vmm_view *alloc(const struct vmm_fleet *f, const struct vmm_plan *plan)
{
	struct vmm_view *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->f = f;
	v->plan = plan;
	v->before = vmm__place_new(f);
	v->after = vmm__place_new(f);
	if (v->before && v->after)
		return v;
	vmm_view_free(v);
	return NULL;
}

int vmm_view_new(const struct vmm_fleet *f, const struct vmm_plan *plan, struct vmm_view **out,
		 struct vmm_err *err)
{
	VMM_VIEW_AUTO *v = alloc(f, plan);

	if (!v)
		return vmm_err_nomem(err);
	if (follow(v, err) < 0)
		return VMM_EINPUT;
	*out = v;
	v = NULL;
	return 0;
}

void vmm_view_free(struct vmm_view *v)
{
	if (!v)
		return;
	vmm__place_free(v->before);
	vmm__place_free(v->after);
	free(v);
}

void vmm_view_cleanup(struct vmm_view **v)
{
	vmm_view_free(*v);
}

double vmm__view_share(const struct vmm_view *v, const struct vmm__place *p, size_t host, int resource)
{
	double cap = v->f->hosts[host].cap[resource];

	return cap > 0 ? fmax(0, p->load[host][resource]) / cap : 0;
}

bool vmm__view_draws(const struct vmm_view *v, size_t group, int resource)
{
	for (size_t i = 0; i < v->f->nhosts; i++)
		if (v->f->hosts[i].group == group && v->f->hosts[i].cap[resource] > 0)
			return true;
	return false;
}

const char *vmm__view_note(const struct vmm_view *v, size_t host)
{
	const struct vmm_fleet_host *h = &v->f->hosts[host];

	for (size_t i = 0; i < v->plan->n; i++) {
		const struct vmm_step *s = &v->plan->steps[i];

		if (s->action == VMM_ACTION_POWER_OFF && strcmp(s->from, h->name) == 0)
			return "is switched off";
		if (s->action == VMM_ACTION_POWER_ON && strcmp(s->to, h->name) == 0)
			return "is switched on";
	}
	return h->closed ? h->closed : "";
}

const char *vmm__view_group(const struct vmm_view *v, size_t group)
{
	const char *name = v->f->groups[group]->name;

	return name && *name ? name : "-";
}

bool vmm__view_empty(const struct vmm_view *v, size_t group)
{
	for (size_t i = 0; i < v->f->nhosts; i++)
		if (v->f->hosts[i].group == group)
			return false;
	return true;
}

struct sum {
	size_t hosts, vms, moves;
	unsigned waves;
	uint64_t bytes;
};

static void count(const struct vmm_view *v, size_t group, struct sum *sum)
{
	unsigned wave = 0;

	*sum = (struct sum){ 0 };
	for (size_t i = 0; i < v->f->nhosts; i++)
		sum->hosts += v->f->hosts[i].group == group;
	for (size_t i = 0; i < v->f->nvms; i++)
		sum->vms += v->f->vms[i].running && v->f->hosts[v->f->vms[i].host].group == group;
	for (size_t i = 0; i < v->plan->n; i++) {
		const struct vmm_step *s = &v->plan->steps[i];
		uint32_t from = vmm__fleet_host(v->f, s->from);

		if ((s->action != VMM_ACTION_MIGRATE && s->action != VMM_ACTION_PARK) ||
		    from == VMM__NONE || v->f->hosts[from].group != group)
			continue;
		sum->moves++;
		sum->bytes += s->cost_bytes;
		sum->waves += s->wave != wave;
		wave = s->wave;
	}
}

void vmm__view_sum(const struct vmm_view *v, size_t group, const char *arrow, struct vmm_buf *out)
{
	struct sum sum;
	char bytes[32];

	count(v, group, &sum);
	vmm_buf_addf(out, "%zu %s, %zu %s, score %.4f %s %.4f; %zu %s", sum.hosts,
		     sum.hosts == 1 ? "host" : "hosts", sum.vms, sum.vms == 1 ? "VM" : "VMs",
		     v->before->sums[group].score, arrow, v->after->sums[group].score, sum.moves,
		     sum.moves == 1 ? "move" : "moves");
	if (sum.moves > 0)
		vmm_buf_addf(out, " in %u %s, %s", sum.waves, sum.waves == 1 ? "wave" : "waves",
			     vmm_num_human(sum.bytes, bytes, sizeof(bytes)));
}

static int add_row(const struct vmm_view *v, struct vmm_table *t, size_t host, int r)
{
	const struct vmm_fleet_host *h = &v->f->hosts[host];
	double numbers[] = { h->cap[r], v->before->load[host][r], v->after->load[host][r] };
	char text[3][40];
	long row = vmm_table_add(t);
	int rc = row < 0;

	for (int i = 0; i < 3; i++)
		snprintf(text[i], sizeof(text[i]), r == VMM_CPU ? "%.3f" : "%.0f",
			 fmax(0, numbers[i]));
	const char *cells[] = { v->f->groups[h->group]->name,
				h->name,
				vmm_resource_names[r],
				text[0],
				text[1],
				text[2] };
	for (int c = 0; !rc && c < 6; c++)
		rc = vmm_table_set(t, (size_t)row, c, cells[c]) < 0;
	return rc ? VMM_ENOMEM : 0;
}

struct vmm_table *vmm_view_rows(const struct vmm_view *v)
{
	static const char *const columns[] = { "group",  "host",  "resource", "capacity",
					       "before", "after", NULL };
	struct vmm_table *t = vmm_table_new(columns);

	for (size_t g = 0; g < v->f->ngroups; g++)
		for (size_t i = 0; i < v->f->nhosts; i++)
			for (int r = 0; t && r < VMM_RESOURCES; r++) {
				if (v->f->hosts[i].group != g || v->f->hosts[i].cap[r] <= 0 ||
				    add_row(v, t, i, r) == 0)
					continue;
				vmm_table_free(t);
				t = NULL;
			}
	return t;
}
