/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts declared, changed and taken out again. */
#include <stdlib.h>
#include <string.h>

#include "base/bmcurl.h"
#include "base/rows.h"
#include "inventory/internal.h"
#include "inventory/uri.h"

static const char *const tables[] = { "hosts", "vms", NULL };

struct declaration {
	const char *name;
	const struct vmm_table *row; /* its first row; NULL to remove */
	struct vmm_table *added;     /* the row as it is recorded */
};

static long find(const struct vmm_table *hosts, const char *name)
{
	return vmm_table_find(hosts, vmm_table_col(hosts, "name"), name);
}

static bool same(const struct vmm_table *hosts, size_t a, size_t b, const char *column)
{
	const char *value = vmm_table_at(hosts, a, column);

	return *value && strcmp(value, vmm_table_at(hosts, b, column)) == 0;
}

/* A machine that is declared under two names would be planned for, and drained, twice. */
static int check_identity(const struct vmm_table *hosts, size_t row, struct vmm_err *err)
{
	for (size_t r = 0; r < vmm_table_rows(hosts); r++) {
		const char *other = vmm_table_at(hosts, r, "name");

		if (r == row)
			continue;
		if (same(hosts, r, row, "uri"))
			return vmm_err_set(err, VMM_EREFUSED, "host '%s' has the same uri '%s'",
					   other, vmm_table_at(hosts, row, "uri"));
		if (same(hosts, r, row, "uuid") && same(hosts, r, row, "hypervisor"))
			return vmm_err_set(err, VMM_EREFUSED,
					   "host '%s' is the same machine (%s, uuid %s)", other,
					   vmm_table_at(hosts, row, "hypervisor"),
					   vmm_table_at(hosts, row, "uuid"));
	}
	return 0;
}

/* Brings the labels as they were given into order. */
static int normalize_labels(struct vmm_table *hosts, size_t row, struct vmm_err *err)
{
	VMM_STRV_AUTO given = VMM_STRV_INIT;
	VMM_STR_AUTO list = strdup("");

	if (!list || vmm_list_split(&given, vmm_table_at(hosts, row, "labels")) < 0)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < given.n; i++) {
		VMM_BUF_AUTO longer = VMM_BUF_INIT;
		int rc = vmm_labels_set(list, given.s[i], &longer, err);

		if (rc < 0)
			return rc;
		vmm_str_release(&list);
		list = vmm_buf_steal(&longer);
		if (!list)
			return vmm_err_nomem(err);
	}
	return vmm__put(hosts, row, "labels", list, err);
}

/* Those that are given now: one from a state written by hand is refused when it is used. */
static int check_uris(const struct vmm_table *from, struct vmm_err *err)
{
	const char *uri = vmm_table_at(from, 0, "uri"), *peer = vmm_table_at(from, 0, "peer_uri");
	const char *migrate = vmm_table_at(from, 0, "migrate_uri"),
		   *bmc = vmm_table_at(from, 0, "bmc");

	if (*uri && vmm_uri_check(uri, err) < 0)
		return err ? err->code : VMM_EINPUT;
	if (*peer && vmm_uri_check(peer, err) < 0)
		return vmm_err_prefix(err, "peer uri");
	if (*migrate && vmm_uri_check_migration(migrate, err) < 0)
		return vmm_err_prefix(err, "migration uri");
	if (*bmc && vmm_bmcurl_check(bmc, err) < 0)
		return err ? err->code : VMM_EINPUT;
	return 0;
}

static int check_row(struct vmm_table *hosts, size_t row, struct vmm_err *err)
{
	const char *group = vmm_table_at(hosts, row, "group");
	int rc = 0;

	if (!*vmm_table_at(hosts, row, "uri"))
		return vmm_err_set(err, VMM_EINPUT, "uri is empty");
	if (*group)
		rc = vmm_name_check("group", group, err);
	return rc < 0 ? rc : normalize_labels(hosts, row, err);
}

static int copy_columns(struct vmm_table *hosts, size_t row, const struct vmm_table *from,
			const char *const *columns, struct vmm_err *err)
{
	int rc = 0;

	for (; *columns && rc == 0; columns++) {
		int col = vmm_table_col(from, *columns);

		if (col >= 0)
			rc = vmm__put(hosts, row, *columns, vmm_table_get(from, 0, col), err);
	}
	return rc;
}

/* One label edit after the other: old text in, new text out. */
static int edit_labels(struct vmm_buf *cell, const char *edits,
		       int (*edit)(const char *old, const char *what, struct vmm_buf *out,
				   struct vmm_err *err),
		       struct vmm_err *err)
{
	VMM_STRV_AUTO items = VMM_STRV_INIT;
	int rc = 0;

	if (vmm_list_split(&items, edits) < 0)
		return vmm_err_nomem(err);
	for (size_t i = 0; rc == 0 && i < items.n; i++) {
		struct vmm_buf next = VMM_BUF_INIT;

		rc = edit(cell->data, items.s[i], &next, err);
		vmm_buf_release(cell);
		*cell = next;
	}
	return rc;
}

/* Labels are changed one by one, so that two who set different ones don't undo each other. */
static int change_labels(struct vmm_table *hosts, size_t row, const struct vmm_table *from,
			 struct vmm_err *err)
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;
	int rc;

	vmm_buf_adds(&cell, vmm_table_at(hosts, row, "labels"));
	rc = edit_labels(&cell, vmm_table_at(from, 0, "unlabel"), vmm_labels_unset, err);
	if (rc == 0)
		rc = edit_labels(&cell, vmm_table_at(from, 0, "label"), vmm_labels_set, err);
	if (rc == 0 && cell.failed)
		rc = vmm_err_nomem(err);
	return rc < 0 ? rc : vmm__put(hosts, row, "labels", cell.data, err);
}

/* Since when is said by who sets it, and goes when the mark changes. */
static int change_maint(struct vmm_table *hosts, size_t row, const struct vmm_table *from,
			struct vmm_err *err)
{
	if (vmm_table_col(from, "maint") < 0 || vmm_table_col(from, "maint_since") >= 0 ||
	    strcmp(vmm_table_at(from, 0, "maint"), vmm_table_at(hosts, row, "maint")) == 0)
		return 0;
	return vmm__put(hosts, row, "maint_since", "", err);
}

int vmm_inventory_declare(struct vmm_table *hosts, const char *name, const struct vmm_table *from,
			  struct vmm_err *err)
{
	const char *uri;
	long row;
	int rc;

	row = find(hosts, name);
	if (row < 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "no such host is declared");
	uri = vmm_table_at(hosts, (size_t)row, "uri");
	/* The key comes first in the list of columns, and stays. */
	rc = check_uris(from, err);
	if (rc == 0)
		rc = change_maint(hosts, (size_t)row, from, err);
	if (rc == 0)
		rc = copy_columns(hosts, (size_t)row, from, vmm__host_declared + 1, err);
	if (rc == 0)
		rc = change_labels(hosts, (size_t)row, from, err);
	if (rc == 0)
		rc = check_row(hosts, (size_t)row, err);
	/* Not otherwise: what a scan found out about it must not keep a host from maintenance. */
	if (rc == 0 && strcmp(vmm_table_at(hosts, (size_t)row, "uri"), uri) != 0)
		rc = check_identity(hosts, (size_t)row, err);
	return rc;
}

static int fill_new(struct vmm_table *hosts, size_t row, const struct vmm_table *from,
		    struct vmm_err *err)
{
	int rc = check_uris(from, err);

	if (rc == 0)
		rc = copy_columns(hosts, row, from, vmm__host_declared, err);

	if (rc == 0)
		rc = copy_columns(hosts, row, from, vmm__host_seen, err);
	if (rc == 0)
		rc = change_labels(hosts, row, from, err);
	if (rc == 0 && !*vmm_table_at(hosts, row, "maint"))
		rc = vmm__put(hosts, row, "maint", "no", err);
	if (rc == 0 && !*vmm_table_at(hosts, row, "state"))
		rc = vmm__put(hosts, row, "state", "unknown", err);
	if (rc == 0)
		rc = check_row(hosts, row, err);
	return rc < 0 ? rc : check_identity(hosts, row, err);
}

static int keep_added(struct declaration *d, const struct vmm_table *hosts, size_t row,
		      struct vmm_err *err)
{
	vmm_table_free(d->added); /* of a try before this one */
	d->added = vmm_table_new(NULL);
	return d->added && vmm_table_copy_row(d->added, hosts, row) >= 0 ? 0 : vmm_err_nomem(err);
}

static int add(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	struct declaration *d = arg;
	long row;
	int rc;

	rc = vmm__inventory_columns(t[0], t[1], err);
	if (rc < 0)
		return rc;
	if (find(t[0], d->name) >= 0)
		return vmm_err_set(err, VMM_EREFUSED, "it is declared already");
	row = vmm_table_add(t[0]);
	rc = row < 0 ? vmm_err_nomem(err) : fill_new(t[0], (size_t)row, d->row, err);
	return rc < 0 ? rc : keep_added(d, t[0], (size_t)row, err);
}

static int set(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	const struct declaration *d = arg;
	int rc = vmm__inventory_columns(t[0], t[1], err);

	return rc < 0 ? rc : vmm_inventory_declare(t[0], d->name, d->row, err);
}

static int remove_from_also(struct vmm_table *vms, size_t row, const char *host, struct vmm_err *err)
{
	VMM_STRV_AUTO also = VMM_STRV_INIT;
	VMM_BUF_AUTO cell = VMM_BUF_INIT;

	if (vmm_list_split(&also, vmm_table_at(vms, row, "also")) < 0)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < also.n; i++)
		if (strcmp(also.s[i], host) != 0)
			vmm_list_add(&cell, also.s[i]);
	if (cell.failed)
		return vmm_err_nomem(err);
	return vmm__put(vms, row, "also", cell.data, err);
}

static int remove_vms(struct vmm_table *vms, const char *host, struct vmm_err *err)
{
	size_t n = vmm_table_rows(vms);
	bool *gone = calloc(n + 1, sizeof(*gone));
	int rc = 0;

	if (!gone)
		return vmm_err_nomem(err);
	for (size_t r = 0; r < n && rc == 0; r++) {
		gone[r] = strcmp(vmm_table_at(vms, r, "host"), host) == 0;
		if (!gone[r])
			rc = remove_from_also(vms, r, host, err);
	}
	if (rc == 0)
		vmm__del_rows(vms, gone, n);
	free(gone);
	return rc;
}

/* The place of a logical host that it has (group/state.h). */
static void remove_place(struct vmm_table *logicals, const char *host)
{
	long row = vmm_table_find(logicals, vmm_table_col(logicals, "host"), host);

	if (row >= 0)
		vmm_table_del(logicals, (size_t)row);
}

static int rm(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	const struct declaration *d = arg;
	long row;
	int rc;

	rc = vmm__inventory_columns(t[0], t[1], err);
	if (rc < 0)
		return rc;
	row = find(t[0], d->name);
	if (row < 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "no such host is declared");
	vmm_table_del(t[0], (size_t)row);
	remove_place(t[2], d->name);
	return remove_vms(t[1], d->name, err);
}

/* On a copy: needs no lock, and no right to write. */
static int add_dry(struct vmm_store *st, struct declaration *d, struct vmm_err *err)
{
	struct vmm_table *t[2];
	int rc = vmm_store_read(st, tables, t, err);

	if (rc < 0)
		return rc;
	rc = add(t, d, err);
	vmm_table_free(t[0]);
	vmm_table_free(t[1]);
	return rc;
}

int vmm_inventory_add_host(struct vmm_store *st, const struct vmm_table *row, bool dry_run,
			   struct vmm_table **added, struct vmm_err *err)
{
	struct declaration d = { .row = row };
	int rc;

	if (vmm_table_rows(row) == 0)
		return vmm_err_set(err, VMM_EINPUT, "no host is given");
	d.name = vmm_table_at(row, 0, "name");
	rc = vmm_name_check("host name", d.name, err);
	if (rc < 0)
		return rc;
	rc = dry_run ? add_dry(st, &d, err) : vmm_store_change(st, tables, add, &d, err);
	if (rc < 0) {
		vmm_err_prefix(err, "cannot add host '%s'", d.name);
	} else if (added) {
		*added = d.added;
		d.added = NULL;
	}
	vmm_table_free(d.added);
	return rc;
}

int vmm_inventory_set_host(struct vmm_store *st, const char *name, const struct vmm_table *row,
			   struct vmm_err *err)
{
	struct declaration d = { .name = name, .row = row };
	int rc;

	if (vmm_table_rows(row) == 0)
		return vmm_err_set(err, VMM_EINPUT, "nothing to change of host '%s' is given", name);
	rc = vmm_store_change(st, tables, set, &d, err);
	if (rc < 0)
		vmm_err_prefix(err, "cannot change host '%s'", name);
	return rc;
}

int vmm_inventory_rm_host(struct vmm_store *st, const char *name, struct vmm_err *err)
{
	static const char *const all[] = { "hosts", "vms", "logicals", NULL };
	struct declaration d = { .name = name };
	int rc = vmm_store_change(st, all, rm, &d, err);

	if (rc < 0)
		vmm_err_prefix(err, "cannot remove host '%s'", name);
	return rc;
}
