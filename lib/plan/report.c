/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How groups are, as rows. */
#include <stdio.h>

#include "plan/internal.h"

struct counts {
	size_t hosts, vms;
};

static struct counts count(const struct vmm_fleet *f, size_t group)
{
	struct counts c = { 0, 0 };

	for (size_t h = 0; h < f->nhosts; h++)
		c.hosts += f->hosts[h].group == group;
	for (uint32_t v = 0; v < f->nvms; v++)
		c.vms += f->vms[v].running && vmm__vm_group(f, v) == group;
	return c;
}

static int add_row(struct vmm_table *t, const struct vmm__place *p, size_t group)
{
	const struct vmm__sums *s = &p->sums[group];
	struct vmm__broken broken = vmm__broken_now(p, group);
	struct counts n = count(p->f, group);
	char cells[11][40];
	long row = vmm_table_add(t);
	int rc = 0;

	snprintf(cells[0], sizeof(cells[0]), "%zu", n.hosts);
	snprintf(cells[1], sizeof(cells[1]), "%zu", s->open);
	snprintf(cells[2], sizeof(cells[2]), "%zu", n.vms);
	snprintf(cells[3], sizeof(cells[3]), "%.6f", s->score);
	for (int r = 0; r < VMM_RESOURCES; r++)
		snprintf(cells[4 + r], sizeof(cells[0]), "%.6f", vmm__deviation(s, r));
	snprintf(cells[8], sizeof(cells[8]), "%ld", broken.hard);
	snprintf(cells[9], sizeof(cells[9]), "%ld", broken.soft);
	snprintf(cells[10], sizeof(cells[10]), "%.6f", broken.over);
	rc |= vmm_table_set(t, (size_t)row, 0, p->f->groups[group]->name);
	for (int i = 0; i < 11; i++)
		rc |= vmm_table_set(t, (size_t)row, i + 1, cells[i]);
	return row < 0 || rc ? VMM_ENOMEM : 0;
}

int vmm_fleet_score(const struct vmm_fleet *f, struct vmm_table **rows, struct vmm_err *err)
{
	static const char *const columns[] = { "group",  "hosts",  "open", "vms", "score",
					       "cpu",    "memory", "disk", "net", "broken",
					       "should", "over",   NULL };
	VMM_TABLE_AUTO *t = vmm_table_new(columns);
	VMM__PLACE_AUTO *p = vmm__place_new(f);
	int rc = t && p ? 0 : VMM_ENOMEM;

	for (size_t g = 0; rc == 0 && g < f->ngroups; g++)
		rc = add_row(t, p, g);
	if (rc < 0)
		return vmm_err_nomem(err);
	*rows = t;
	t = NULL;
	return 0;
}
