/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/newcomers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "frame/rowsfile.h"

#define CPUS_MAX 65536
#define MEMORY_MIN 0x100000 /* less is a unit forgotten */

struct cmd_newcomers_text cmd_newcomers_text;

static int by_options(struct cmd_run *c, struct vmm_table **out)
{
	static const char *const columns[] = { "name", "vcpus", "mem", NULL };
	const struct cmd_newcomers_text *t = &cmd_newcomers_text;
	VMM_TABLE_AUTO *rows = vmm_table_new(columns);
	uint64_t cpus = 0, memory = 0;
	char text[2][24];

	if (!t->cpus || !t->memory)
		return vmm_err_set(&c->err, VMM_EINPUT, "--cpus and --memory, or FILE, are needed");
	if (cmd_opt_u64(c, "--cpus", t->cpus, 1, CPUS_MAX, &cpus) < 0 ||
	    vmm_num_size("--memory", t->memory, &memory, &c->err) < 0)
		return c->err.code;
	if (memory < MEMORY_MIN)
		return vmm_err_set(&c->err, VMM_EINPUT,
				   "--memory: '%s' is less than 1M; without a unit it is bytes",
				   t->memory);
	snprintf(text[0], sizeof(text[0]), "%" PRIu64, cpus);
	snprintf(text[1], sizeof(text[1]), "%" PRIu64, memory);
	if (!rows || vmm_table_add(rows) < 0 ||
	    vmm_table_set(rows, 0, 0, t->name ? t->name : "new") < 0 ||
	    vmm_table_set(rows, 0, 1, text[0]) < 0 || vmm_table_set(rows, 0, 2, text[1]) < 0)
		return vmm_err_nomem(&c->err);
	*out = rows;
	rows = NULL;
	return 0;
}

static bool same_file(const char *a, const char *b)
{
	return a && b && strcmp(a, "-") == 0 && strcmp(b, "-") == 0;
}

int cmd_newcomers_read(struct cmd_run *c, struct vmm_table **out, const char **file)
{
	const struct cmd_newcomers_text *t = &cmd_newcomers_text;

	*file = "options";
	if (c->args.n == 0)
		return by_options(c, out);
	if (c->args.n > 1)
		return vmm_err_set(&c->err, VMM_EINPUT, "one FILE is enough");
	if (t->name || t->cpus || t->memory)
		return vmm_err_set(&c->err, VMM_EINPUT,
				   "FILE and --name, --cpus, --memory exclude each other");
	if (same_file(c->args.s[0], cmd_planner_text.hosts) ||
	    same_file(c->args.s[0], cmd_planner_text.vms))
		return vmm_err_set(&c->err, VMM_EINPUT, "only one of the files can be stdin");
	return cmd_read_rows(c, c->args.s[0], out, file);
}

struct vmm_fleet_input cmd_planner_input(const struct cmd_planner *p)
{
	return (struct vmm_fleet_input){ .hosts = p->hosts,
					 .vms = p->vms,
					 .hosts_file = p->hosts_file,
					 .vms_file = p->vms_file,
					 .groups = p->groups,
					 .ngroups = p->ngroups };
}
