/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ganeti's text format: sections parted by empty lines, '|' between fields, memory in MiB.
 * Groups, nodes and instances, in this order; what follows (tags, policies) is not needed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/strv.h"
#include "plan/fleet.h"

#define MIB_MAX (UINT64_MAX >> 20)

enum section { GROUPS, NODES, INSTANCES };

struct reader {
	const char *file;
	size_t line;
	struct vmm_table *groups, *hosts, *vms;
	struct vmm_index *uuids, *names; /* of groups; of hosts */
	struct vmm_err *err;
};

static int wrong(struct reader *r, const char *what, const char *text)
{
	return vmm_err_set(r->err, VMM_EINPUT, "%s:%zu: %s '%s'", r->file, r->line, what, text);
}

/* MiB as bytes, as text that *out then holds. */
static int mebibytes(struct reader *r, const char *what, const char *text, uint64_t *bytes)
{
	if (vmm_num_u64(what, text, 0, MIB_MAX, bytes, NULL) < 0)
		return wrong(r, what, text);
	*bytes <<= 20;
	return 0;
}

static int put(struct reader *r, struct vmm_table *t, const char *const *cells, size_t n)
{
	long row = vmm_table_add(t);
	char line[24];
	int rc = 0;

	snprintf(line, sizeof(line), "%zu", r->line);
	for (size_t i = 0; i < n; i++)
		rc |= vmm_table_set(t, (size_t)row, (int)i, cells[i]);
	rc |= vmm_table_put(t, (size_t)row, "line", line);
	return row < 0 || rc ? vmm_err_nomem(r->err) : 0;
}

static int read_group(struct reader *r, char *const *f, size_t n)
{
	const char *cells[] = { f[0], n > 1 ? f[1] : "" };

	if (n < 2)
		return wrong(r, "this is no group", f[0]);
	return put(r, r->groups, cells, 2);
}

static int read_node(struct reader *r, char *const *f, size_t n)
{
	uint64_t total = 0, unused = 0;
	char mem_total[24], mem_used[24];
	bool off = n > 7 && strcmp(f[7], "Y") == 0;
	long group;

	if (n < 9)
		return wrong(r, "this is no node", f[0]);
	if (!off && (mebibytes(r, "memory", f[1], &total) < 0 ||
		     mebibytes(r, "free memory", f[3], &unused) < 0))
		return VMM_EINPUT;
	if (unused > total)
		return wrong(r, "more memory is free than there is", f[3]);
	group = vmm_index_find(r->uuids, f[8]);
	if (group < 0)
		return wrong(r, "there is no group", f[8]);
	snprintf(mem_total, sizeof(mem_total), "%" PRIu64, total);
	snprintf(mem_used, sizeof(mem_used), "%" PRIu64, total - unused);
	const char *cells[] = { f[0],
				vmm_table_get(r->groups, (size_t)group, 0),
				off ? "unknown" : "normal",
				off ? "" : f[6],
				mem_total,
				mem_used };
	return put(r, r->hosts, cells, 6);
}

/* Those that are not up are there all the same, as VMs that are off. */
static const char *state(const char *status)
{
	static const char *const up[] = { "running", "ERROR_up", "ADMIN_up", "ERROR_wrongnode", NULL };

	for (size_t i = 0; up[i]; i++)
		if (strcmp(up[i], status) == 0)
			return "normal";
	return "stop";
}

static int read_instance(struct reader *r, char *const *f, size_t n)
{
	uint64_t bytes;
	char mem[24];

	if (n < 7)
		return wrong(r, "this is no instance", f[0]);
	if (mebibytes(r, "memory", f[1], &bytes) < 0)
		return VMM_EINPUT;
	if (vmm_index_find(r->names, f[6]) < 0)
		return wrong(r, "there is no node", f[6]);
	snprintf(mem, sizeof(mem), "%" PRIu64, bytes);
	const char *cells[] = { "", f[6], f[0], state(f[4]), f[3], mem, mem };
	return put(r, r->vms, cells, 7);
}

/* What the next section refers to is complete. */
static int begin(struct reader *r, enum section section)
{
	struct vmm_index **index = section == NODES ? &r->uuids : &r->names;
	const struct vmm_table *of = section == NODES ? r->groups : r->hosts;

	if (section != NODES && section != INSTANCES)
		return 0;
	*index = vmm_index_new(of, section == NODES ? 1 : 0);
	return *index ? 0 : vmm_err_nomem(r->err);
}

static int read_line(struct reader *r, enum section section, const char *line)
{
	static int (*const read[])(struct reader * r, char *const *f,
				   size_t n) = { read_group, read_node, read_instance };
	VMM_STRV_AUTO fields = VMM_STRV_INIT;

	if (vmm_strv_split(&fields, line, "|") < 0)
		return vmm_err_nomem(r->err);
	return read[section](r, fields.s, fields.n);
}

static int read_all(struct reader *r, const char *text)
{
	VMM_STRV_AUTO lines = VMM_STRV_INIT;
	int section = GROUPS, rc = 0;

	if (vmm_strv_split(&lines, text, "\n") < 0)
		return vmm_err_nomem(r->err);
	for (r->line = 1; rc == 0 && r->line <= lines.n && section <= INSTANCES; r->line++) {
		const char *line = lines.s[r->line - 1];

		rc = *line ? read_line(r, (enum section)section, line)
			   : begin(r, (enum section)++ section);
	}
	if (rc == 0 && section < INSTANCES)
		rc = vmm_err_set(r->err, VMM_EINPUT,
				 "%s: a section is missing: groups, nodes, instances", r->file);
	return rc;
}

int vmm_ganeti_read(const char *file, const char *text, size_t len, struct vmm_table **hosts,
		    struct vmm_table **vms, struct vmm_err *err)
{
	static const char *const groups[] = { "name", "uuid", NULL };
	static const char *const host[] = { "name",      "group",    "state", "cpus",
					    "mem_total", "mem_used", NULL };
	static const char *const vm[] = { "uuid",  "host", "name",    "state",
					  "vcpus", "mem",  "mem_rss", NULL };
	struct reader r = { .file = file,
			    .groups = vmm_table_new(groups),
			    .hosts = vmm_table_new(host),
			    .vms = vmm_table_new(vm),
			    .err = err };
	int rc;

	if (strlen(text) != len)
		rc = vmm_err_set(err, VMM_EINPUT, "%s: a NUL in it", file);
	else
		rc = r.groups && r.hosts && r.vms ? read_all(&r, text) : vmm_err_nomem(err);
	if (rc == 0) {
		*hosts = r.hosts;
		*vms = r.vms;
		r.hosts = r.vms = NULL;
	}
	vmm_index_free(r.uuids);
	vmm_index_free(r.names);
	vmm_table_free(r.groups);
	vmm_table_free(r.hosts);
	vmm_table_free(r.vms);
	return rc;
}
