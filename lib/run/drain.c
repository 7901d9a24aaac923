/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the VMs of hosts that are to be empty go: the planner's answer to what was just seen. */
#include <limits.h>

#include "plan/drain.h"
#include "run/maint-internal.h"

/* The planner moves what runs. Those that go go, whatever they do; a stopped one may be among them. */
static struct vmm_table *as_running(const struct vmm_table *vms, const size_t *rows, size_t n)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	struct vmm_table *out = t;

	for (size_t r = 0; t && r < vmm_table_rows(vms); r++)
		if (vmm_table_copy_row(t, vms, r) < 0)
			return NULL;
	for (size_t i = 0; t && i < n; i++)
		if (vmm_table_put(t, rows[i], "state", "normal") < 0)
			return NULL;
	t = NULL;
	return out;
}

static int names_of(const struct vmm_inventory *inv, const bool *drained, struct vmm_strv *names)
{
	for (size_t r = 0; r < vmm_table_rows(inv->hosts); r++)
		if (drained[r] && vmm_strv_add(names, vmm_table_at(inv->hosts, r, "name")) < 0)
			return VMM_ENOMEM;
	return 0;
}

/* The plan of the fleet; its rows outlive what they were made of. */
static int ask(const struct vmm_fleet_input *in, const struct vmm_strv *hosts,
	       struct vmm_table **plan, struct vmm_table **left, struct vmm_err *err)
{
	VMM_FLEET_AUTO *f = NULL;
	int rc = vmm_fleet_read(in, &f, err);

	/* How many at a time is for the runner to say: its window is better than a wave. */
	return rc < 0 ? rc : vmm_plan_drain(f, hosts, UINT_MAX, plan, left, err);
}

/* Of those that were to go. */
static void tell_left(const struct vmm_inventory *inv, const size_t *vms, size_t n,
		      const struct vmm_table *left, vmm__no_place *none, void *ctx)
{
	int uuid = vmm_table_col(left, "uuid");

	for (size_t i = 0; i < n; i++) {
		long row = vmm_table_find(left, uuid, vmm_table_at(inv->vms, vms[i], "uuid"));

		if (row >= 0)
			none(vms[i], vmm_table_at(left, (size_t)row, "reason"), ctx);
	}
}

int vmm__drain(const struct vmm_inventory *inv, const bool *drained, const size_t *vms, size_t n,
	       struct vmm_plan **out, vmm__no_place *none, void *ctx, struct vmm_err *err)
{
	VMM_TABLE_AUTO *running = as_running(inv->vms, vms, n);
	VMM_TABLE_AUTO *left = NULL;
	VMM_STRV_AUTO hosts = VMM_STRV_INIT;
	struct vmm_fleet_input in = {
		.hosts = inv->hosts, .vms = running, .hosts_file = "hosts", .vms_file = "vms"
	};
	struct vmm_table *plan = NULL;
	int rc;

	if (!running || names_of(inv, drained, &hosts) < 0)
		return vmm_err_nomem(err);
	rc = vmm_groups_load(inv->hosts, NULL, &in.groups, &in.ngroups, err);
	if (rc == 0)
		rc = ask(&in, &hosts, &plan, &left, err);
	if (rc == 0) {
		tell_left(inv, vms, n, left, none, ctx);
		rc = vmm_plan_read(plan, "plan", out, err);
	}
	vmm_groups_free(in.groups, in.ngroups);
	return rc;
}
