/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several at a time: hosts by operands, VMs by conditions. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hostlist.h"
#include "base/percent.h"
#include "inventory/internal.h"

static int mark_group(const struct vmm_inventory *inv, const char *group, bool *marked,
		      struct vmm_err *err)
{
	int col = vmm_table_col(inv->hosts, "group");
	size_t found = 0;

	/* Not "the hosts of no group": in scripts that is @$GROUP with nothing in it. */
	if (!*group)
		return vmm_err_set(err, VMM_EINPUT, "'@' without the name of a group");
	for (size_t r = 0; r < vmm_table_rows(inv->hosts); r++) {
		if (strcmp(vmm_table_get(inv->hosts, r, col), group) == 0) {
			marked[r] = true;
			found++;
		}
	}
	if (found == 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "no host is in group '%s'", group);
	return 0;
}

static int mark_range(const struct vmm_inventory *inv, const char *range, bool *marked,
		      struct vmm_err *err)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int rc;

	rc = vmm_hostlist_expand(range, &names, err);
	if (rc < 0)
		return rc;
	if (names.n == 0)
		return vmm_err_set(err, VMM_EINPUT, "'%s' names no host", range);
	for (size_t i = 0; i < names.n; i++) {
		long row = vmm_inventory_host(inv, names.s[i]);

		if (row < 0)
			return vmm_err_set(err, VMM_ENOTFOUND, "no host '%s' is declared",
					   names.s[i]);
		marked[row] = true;
	}
	return 0;
}

static int mark(const struct vmm_inventory *inv, const char *operand, bool *marked,
		struct vmm_err *err)
{
	if (*operand == '@')
		return mark_group(inv, operand + 1, marked, err);
	return mark_range(inv, operand, marked, err);
}

int vmm_inventory_hosts(const struct vmm_inventory *inv, const struct vmm_strv *operands,
			size_t *rows, size_t *n, struct vmm_err *err)
{
	size_t total = vmm_table_rows(inv->hosts), chosen = 0, nops = operands ? operands->n : 0;
	bool *marked;
	int rc = 0;

	marked = calloc(total + 1, sizeof(*marked));
	if (!marked)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < nops && rc == 0; i++)
		rc = mark(inv, operands->s[i], marked, err);
	if (rc < 0)
		goto out;
	for (size_t r = 0; r < total; r++)
		if (nops == 0 || marked[r])
			rows[chosen++] = r;
	*n = chosen;
out:
	free(marked);
	return rc;
}

static bool in_list(const struct vmm_strv *list, const char *value)
{
	return !list || list->n == 0 || vmm_strv_has(list, value);
}

static bool like_one(const struct vmm_strv *patterns, const char *name)
{
	VMM_BUF_AUTO shown = VMM_BUF_INIT;

	if (!patterns || patterns->n == 0)
		return true;
	vmm_percent_encode(&shown, name);
	for (size_t i = 0; i < patterns->n; i++)
		if (fnmatch(patterns->s[i], name, 0) == 0 ||
		    fnmatch(patterns->s[i], shown.data, 0) == 0)
			return true;
	return false;
}

bool vmm_inventory_match(const struct vmm_inventory *inv, size_t vm_row,
			 const struct vmm_vm_filter *filter)
{
	return in_list(filter->hosts, vmm_table_at(inv->vms, vm_row, "host")) &&
	       in_list(filter->states, vmm_table_at(inv->vms, vm_row, "state")) &&
	       like_one(filter->names, vmm_table_at(inv->vms, vm_row, "name")) &&
	       in_list(filter->groups, vmm_inventory_group(inv, vm_row));
}
