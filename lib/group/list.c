/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which groups there are, and what they have. */
#include <string.h>

#include "base/num.h"
#include "group/state.h"

static int add_once(struct vmm_strv *names, size_t first, const char *name)
{
	for (size_t i = first; i < names->n; i++)
		if (strcmp(names->s[i], name) == 0)
			return 0;
	return vmm_strv_add(names, name);
}

int vmm_group_names(const struct vmm_table *hosts, struct vmm_strv *out, struct vmm_err *err)
{
	int col = vmm_table_col(hosts, "group"), code;
	size_t first = out->n;

	code = vmm_conf_names(vmm_conf_folder(), VMM_GROUP_KIND, out, err);
	if (code)
		return code;
	for (size_t r = 0; r < vmm_table_rows(hosts); r++) {
		const char *group = vmm_table_get(hosts, r, col);

		if (*group && add_once(out, first, group) < 0)
			return vmm_err_nomem(err);
	}
	vmm_strv_sort(out, first);
	return 0;
}

static void add_number(const struct vmm_table *t, size_t row, const char *column, uint64_t *sum)
{
	uint64_t n;

	if (vmm_num_u64(column, vmm_table_at(t, row, column), 0, INT64_MAX, &n, NULL) == 0)
		*sum += n;
}

static bool runs(const struct vmm_table *vms, size_t row)
{
	const char *state = vmm_table_at(vms, row, "state");

	return strcmp(state, "stop") != 0 && strcmp(state, "unknown") != 0;
}

void vmm_group_sum(const struct vmm_inventory *inv, const char *group, struct vmm_group_sums *out)
{
	struct vmm_group_sums s = { 0 };

	for (size_t r = 0; r < vmm_table_rows(inv->hosts); r++) {
		if (strcmp(vmm_table_at(inv->hosts, r, "group"), group) != 0)
			continue;
		s.hosts++;
		add_number(inv->hosts, r, "cpus", &s.cpus);
		add_number(inv->hosts, r, "mem_total", &s.mem_total);
		add_number(inv->hosts, r, "mem_used", &s.mem_used);
	}
	for (size_t r = 0; r < vmm_table_rows(inv->vms); r++) {
		if (strcmp(vmm_inventory_group(inv, r), group) != 0)
			continue;
		s.vms++;
		s.running += runs(inv->vms, r);
	}
	*out = s;
}
