/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The groups of hosts together. */
#include <stdlib.h>
#include <string.h>

#include "group/group.h"

static int load_one(const char *name, const char *path, struct vmm_group **out, struct vmm_err *err)
{
	if (path ? *path : *name)
		return vmm_group_load(path, name, out, err);
	*out = vmm_group_new(name);
	return *out ? 0 : vmm_err_nomem(err);
}

static int load_all(const struct vmm_strv *names, const char *path, struct vmm_group **groups,
		    size_t *n, struct vmm_err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		if (i > 0 && strcmp(names->s[i], names->s[i - 1]) == 0)
			continue;
		if (load_one(names->s[i], path, &groups[*n], err) < 0)
			return err ? (int)err->code : VMM_EINPUT;
		(*n)++;
	}
	return 0;
}

int vmm_groups_load(const struct vmm_table *hosts, const char *path, struct vmm_group ***out,
		    size_t *n, struct vmm_err *err)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	size_t rows = vmm_table_rows(hosts), loaded = 0;
	int column = vmm_table_col(hosts, "group"), rc;
	struct vmm_group **groups = calloc(rows + 1, sizeof(*groups));

	for (size_t row = 0; groups && row < rows; row++)
		if (vmm_strv_add(&names, vmm_table_get(hosts, row, column)) < 0)
			break;
	if (!groups || names.n < rows) {
		free(groups);
		return vmm_err_nomem(err);
	}
	vmm_strv_sort(&names, 0);
	rc = load_all(&names, path, groups, &loaded, err);
	if (rc < 0) {
		vmm_groups_free(groups, loaded);
		return rc;
	}
	*out = groups;
	*n = loaded;
	return 0;
}

void vmm_groups_free(struct vmm_group **groups, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vmm_group_free(groups[i]);
	free(groups);
}
