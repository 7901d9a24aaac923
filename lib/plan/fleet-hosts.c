/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hosts of a fleet: what they have, what VMs may use of it, who takes no more. */
#include <stdlib.h>
#include <string.h>

#include "plan/internal.h"

struct columns {
	int name, group, state, maint, labels, cpus, mem_total;
};

static int find_columns(const struct vmm__sheet *s, struct columns *c, struct vmm_err *err)
{
	static const char *const needed[] = { "name", "cpus", "mem_total", NULL };

	for (size_t i = 0; needed[i]; i++)
		if (vmm__sheet_need(s, needed[i], err) < 0)
			return VMM_EINPUT;
	if (vmm__sheet_check(s, err) < 0)
		return VMM_EINPUT;
	*c = (struct columns){ vmm_table_col(s->t, "name"),     vmm_table_col(s->t, "group"),
			       vmm_table_col(s->t, "state"),    vmm_table_col(s->t, "maint"),
			       vmm_table_col(s->t, "labels"),   vmm_table_col(s->t, "cpus"),
			       vmm_table_col(s->t, "mem_total") };
	return 0;
}

static bool in_maintenance(const char *maint)
{
	return *maint && strcmp(maint, "no") != 0;
}

static const char *why_closed(const char *state, const char *maint)
{
	if (in_maintenance(maint))
		return "in maintenance";
	if (strcmp(state, "unknown") == 0)
		return "silent";
	if (*state && strcmp(state, "normal") != 0)
		return "not known to be well";
	return NULL;
}

static int find_group(const struct vmm_fleet *f, const struct vmm__sheet *s, size_t row,
		      const char *name, size_t *out, struct vmm_err *err)
{
	for (size_t i = 0; i < f->ngroups; i++) {
		if (strcmp(f->groups[i]->name, name) != 0)
			continue;
		*out = i;
		return 0;
	}
	return vmm__sheet_wrong(s, row, err, "group '%s' is not known", name);
}

/* A limit is a share of what is left beyond the reserve. What a host does not tell and the group neither has no bounds. */
static void bound(struct vmm_fleet_host *h, const struct vmm_group *g, enum vmm_resource r)
{
	double reserve = g->reserve[r].share * h->cap[r] + (double)g->reserve[r].fixed;
	double rest = fmax(0, h->cap[r] - reserve);

	h->room[r] = INFINITY;
	if (h->cap[r] <= 0)
		return;
	if (g->limit[r] > 0)
		h->room[r] = g->limit[r] * rest;
	else if (reserve > 0)
		h->room[r] = rest;
}

static int read_host(const struct vmm_fleet *f, const struct vmm__sheet *s, const struct columns *c,
		     size_t row, struct vmm_fleet_host *h, struct vmm_err *err)
{
	const struct vmm_group *g;
	double cpus, memory;

	h->name = vmm_table_get(s->t, row, c->name);
	h->labels = vmm_table_get(s->t, row, c->labels);
	if (!*h->name)
		return vmm__sheet_wrong(s, row, err, "a host without a name");
	if (find_group(f, s, row, vmm_table_get(s->t, row, c->group), &h->group, err) < 0 ||
	    vmm__sheet_decimal(s, row, c->cpus, &cpus, err) < 0 ||
	    vmm__sheet_u64(s, row, c->mem_total, &memory, err) < 0)
		return VMM_EINPUT;
	h->closed =
		why_closed(vmm_table_get(s->t, row, c->state), vmm_table_get(s->t, row, c->maint));
	g = f->groups[h->group];
	h->cap[VMM_CPU] = cpus > 0 ? cpus : (double)g->capacity[VMM_CPU];
	h->cap[VMM_MEMORY] = memory > 0 ? memory : (double)g->capacity[VMM_MEMORY];
	h->cap[VMM_DISK] = (double)g->capacity[VMM_DISK];
	h->cap[VMM_NET] = (double)g->capacity[VMM_NET];
	if (!h->closed && h->cap[VMM_MEMORY] <= 0)
		h->closed = "its memory is not known";
	h->unwell = h->closed && !in_maintenance(vmm_table_get(s->t, row, c->maint));
	for (int r = 0; r < VMM_RESOURCES; r++)
		bound(h, g, (enum vmm_resource)r);
	return 0;
}

int vmm__fleet_hosts(struct vmm_fleet *f, const struct vmm_fleet_input *in, struct vmm_err *err)
{
	const struct vmm__sheet s = { in->hosts, in->hosts_file, vmm_table_col(in->hosts, "line") };
	struct columns c;
	uint32_t *rows;
	int rc = find_columns(&s, &c, err);

	if (rc < 0)
		return rc;
	rows = vmm__rows_sorted(in->hosts, c.name, -1, -1);
	if (!rows)
		return vmm_err_nomem(err);
	for (; rc == 0 && f->nhosts < vmm_table_rows(in->hosts); f->nhosts++) {
		struct vmm_fleet_host *h = &f->hosts[f->nhosts];

		rc = read_host(f, &s, &c, rows[f->nhosts], h, err);
		if (rc == 0 && f->nhosts > 0 && strcmp(h[-1].name, h->name) == 0)
			rc = vmm__sheet_wrong(&s, rows[f->nhosts], err, "host '%s' stands twice",
					      h->name);
	}
	free(rows);
	return rc;
}
