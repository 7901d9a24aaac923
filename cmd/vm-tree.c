/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints group > host > VM: as a tree on a terminal, else a row for each of them. */
#include <stdlib.h>
#include <string.h>

#include "frame/filter.h"
#include "frame/live.h"

static int live;

/* clang-format off */
static const struct poptOption options[] = {
	CMD_FILTER_OPTIONS,
	{ "live", 0, POPT_ARG_NONE, &live, 0, "ask the hosts now; nothing is recorded", NULL },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "name", VMM_TEXT, false, "of the group, host or VM" },
	{ "kind", VMM_TEXT, false, "group, host or vm" },
	{ "in", VMM_TEXT, false, "the group of a host, the host of a VM" },
	{ "state", VMM_TEXT, false, "of the host or VM" },
	{ "guest", VMM_TEXT, false, "host name that the guest's agent tells" },
	{ "uuid", VMM_TEXT, true, "of the host or VM" },
	{ "mem", VMM_BYTES, true, "memory of the VM, or in all of the host" },
	CMD_COLUMNS_END
};
/* clang-format on */

struct tree {
	struct vmm_table *t;
	long *parent;
	size_t n;
};

static long add(struct tree *tree, long parent, const char *kind, const char *name, const char *in)
{
	long row = vmm_table_add(tree->t);

	if (row < 0 || vmm_table_put(tree->t, (size_t)row, "name", name) < 0 ||
	    vmm_table_put(tree->t, (size_t)row, "kind", kind) < 0 ||
	    vmm_table_put(tree->t, (size_t)row, "in", in) < 0)
		return -1;
	tree->parent[tree->n++] = parent;
	return row;
}

static int fill(struct tree *tree, long row, const struct vmm_table *from, size_t at, const char *mem)
{
	if (row < 0 ||
	    vmm_table_put(tree->t, (size_t)row, "state", vmm_table_at(from, at, "state")) < 0 ||
	    vmm_table_put(tree->t, (size_t)row, "uuid", vmm_table_at(from, at, "uuid")) < 0 ||
	    vmm_table_put(tree->t, (size_t)row, "guest", vmm_table_at(from, at, "guest")) < 0 ||
	    vmm_table_put(tree->t, (size_t)row, "mem", vmm_table_at(from, at, mem)) < 0)
		return -1;
	return 0;
}

static int add_vms(struct tree *tree, const struct vmm_inventory *inv, const size_t *vms, size_t n,
		   long host_row, const char *host)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(vmm_table_at(inv->vms, vms[i], "host"), host) != 0)
			continue;
		if (fill(tree, add(tree, host_row, "vm", vmm_table_at(inv->vms, vms[i], "name"), host),
			 inv->vms, vms[i], "mem") < 0)
			return -1;
	}
	return 0;
}

static int by_group(const void *a, const void *b, void *arg)
{
	const struct vmm_inventory *inv = arg;
	size_t ra = *(const size_t *)a, rb = *(const size_t *)b;
	int cmp =
		strcmp(vmm_table_at(inv->hosts, ra, "group"), vmm_table_at(inv->hosts, rb, "group"));

	return cmp != 0 ? cmp : (ra > rb) - (ra < rb);
}

static int grow(struct tree *tree, struct vmm_inventory *inv, size_t *hosts, size_t nhosts,
		const size_t *vms, size_t nvms)
{
	const char *group = NULL;
	long top = -1, row;

	qsort_r(hosts, nhosts, sizeof(*hosts), by_group, inv);
	for (size_t i = 0; i < nhosts; i++) {
		const char *name = vmm_table_at(inv->hosts, hosts[i], "name");

		if (!group || strcmp(group, vmm_table_at(inv->hosts, hosts[i], "group")) != 0) {
			group = vmm_table_at(inv->hosts, hosts[i], "group");
			top = add(tree, -1, "group", *group ? group : "-", "");
			if (top < 0)
				return -1;
		}
		row = add(tree, top, "host", name, group);
		if (fill(tree, row, inv->hosts, hosts[i], "mem_total") < 0 ||
		    add_vms(tree, inv, vms, nvms, row, name) < 0)
			return -1;
	}
	return 0;
}

static int print(struct cmd_run *c, struct vmm_inventory *inv, const struct cmd_filter *f)
{
	size_t nvms = vmm_table_rows(inv->vms);
	size_t *vms = calloc(nvms + 1, sizeof(*vms));
	struct tree tree = { vmm_table_new(NULL), calloc(2 * f->nhosts + nvms + 1, sizeof(long)), 0 };
	int ret = VMM_OK;

	if (!vms || !tree.t || !tree.parent)
		ret = vmm_err_nomem(&c->err);
	if (ret == 0) {
		nvms = vmm_inventory_select(inv, &f->filter, vms);
		if (grow(&tree, inv, f->host_rows, f->nhosts, vms, nvms) < 0)
			ret = vmm_err_nomem(&c->err);
	}
	if (ret == 0)
		ret = cmd_tree(c, tree.t, tree.parent);
	free(tree.parent);
	vmm_table_free(tree.t);
	free(vms);
	return ret;
}

static int run(struct cmd_run *c)
{
	return cmd_vms(c, live, print);
}

static const struct cmd vm_tree = {
	.name = "vm-tree",
	.operands = "",
	.summary = "Show which VM runs where: group > host > VM.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS | CMD_TIMEOUT,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&vm_tree, argc, argv);
}
