/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which machine has the place of which logical host: the table `logicals`. */
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "group/internal.h"

static const char *const columns[] = { "logical", "host", "since" };
static const char *const tables[] = { "hosts", "vms", "logicals", NULL };

static int need_columns(struct vmm_table *t, struct vmm_err *err)
{
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		if (vmm_table_need(t, columns[i]) < 0)
			return vmm_err_nomem(err);
	return 0;
}

int vmm_place_load(const char *name, struct vmm_group **group, struct vmm_place *place,
		   struct vmm_err *err)
{
	const char *slash = strchr(name, '/');
	VMM_STR_AUTO part = strndup(name, strcspn(name, "/"));
	VMM_GROUP_AUTO *g = NULL;
	int code;

	if (!part)
		return vmm_err_nomem(err);
	if (!slash || !*part || !slash[1])
		return vmm_err_set(err, VMM_EINPUT, "'%s' is not GROUP/NAME", name);
	code = vmm_group_load(NULL, part, &g, err);
	if (code)
		return code;
	for (size_t i = 0; i < g->nlogicals; i++) {
		if (strcmp(g->logicals[i].name, slash + 1) != 0)
			continue;
		*place = (struct vmm_place){ g, &g->logicals[i] };
		*group = g;
		g = NULL;
		return 0;
	}
	return vmm_err_set(err, VMM_ENOTFOUND, "no logical host '%s' is defined", name);
}

int vmm_logicals_read(struct vmm_store *st, struct vmm_inventory *inv, struct vmm_table **logicals,
		      struct vmm_err *err)
{
	struct vmm_table *t[3];
	int code = vmm_store_read(st, tables, t, err);

	if (code)
		return code;
	code = need_columns(t[2], err);
	if (code) {
		for (size_t i = 0; i < 3; i++)
			vmm_table_free(t[i]);
		return code;
	}
	*inv = (struct vmm_inventory){ t[0], t[1] };
	*logicals = t[2];
	return 0;
}

static const char *look_up(const struct vmm_table *t, const char *key, const char *value,
			   const char *column)
{
	long row = vmm_table_find(t, vmm_table_col(t, key), value);

	return row < 0 ? "" : vmm_table_at(t, (size_t)row, column);
}

const char *vmm_logical_host(const struct vmm_table *logicals, const char *name)
{
	return look_up(logicals, "logical", name, "host");
}

const char *vmm_logical_at(const struct vmm_table *logicals, const char *host)
{
	return look_up(logicals, "host", host, "logical");
}

/* On the tables as they are, or on a copy of them. */
static int apply(struct vmm_store *st, bool dry_run, vmm_store_fn *fn, void *arg, struct vmm_err *err)
{
	struct vmm_table *t[3];
	int code;

	if (!dry_run)
		return vmm_store_change(st, tables, fn, arg, err);
	code = vmm_store_read(st, tables, t, err);
	if (code)
		return code;
	code = fn(t, arg, err);
	for (size_t i = 0; i < 3; i++)
		vmm_table_free(t[i]);
	return code;
}

/* What is told of a change; a try before this one may have left its own. */
static int keep_row(struct vmm_table **out, const struct vmm_table *t, size_t row, struct vmm_err *err)
{
	vmm_table_free(*out);
	*out = vmm_table_new(NULL);
	return *out && vmm_table_copy_row(*out, t, row) >= 0 ? 0 : vmm_err_nomem(err);
}

static int give_row(struct vmm_table **out, struct vmm_table *row, int code)
{
	if (code)
		vmm_table_free(row);
	else
		*out = row;
	return code;
}

/* ---- assign ---- */

struct assigning {
	const struct vmm_place *place;
	const char *name, *host;
	struct vmm_table *row;
};

static int check_free(const struct assigning *a, const struct vmm_inventory *inv,
		      const struct vmm_table *logicals, size_t row, struct vmm_err *err)
{
	const char *has = vmm_logical_host(logicals, a->name);
	VMM_BUF_AUTO why = VMM_BUF_INIT;

	if (*has)
		return vmm_err_set(err, VMM_EREFUSED, "it is '%s' already", has);
	vmm__place_fit(a->place, inv, logicals, row, &why);
	if (why.failed)
		return vmm_err_nomem(err);
	return why.len ? vmm_err_set(err, VMM_EREFUSED, "%s", why.data) : 0;
}

static int assign(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	struct assigning *a = arg;
	struct vmm_inventory inv = { t[0], t[1] };
	char now[VMM_TIME_LEN + 1];
	long host = vmm_inventory_host(&inv, a->host), row;
	int code = need_columns(t[2], err);

	if (code)
		return code;
	if (host < 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "no such host is declared");
	code = check_free(a, &inv, t[2], (size_t)host, err);
	if (code)
		return code;
	vmm_time_now(now);
	row = vmm_table_add(t[2]);
	if (row < 0 || vmm_table_put(t[2], (size_t)row, "logical", a->name) < 0 ||
	    vmm_table_put(t[2], (size_t)row, "host", a->host) < 0 ||
	    vmm_table_put(t[2], (size_t)row, "since", now) < 0 ||
	    vmm_table_put(t[0], (size_t)host, "group", a->place->group->name) < 0)
		return vmm_err_nomem(err);
	return keep_row(&a->row, t[2], (size_t)row, err);
}

int vmm_logical_assign(struct vmm_store *st, const struct vmm_place *p, const char *host,
		       bool dry_run, struct vmm_table **row, struct vmm_err *err)
{
	VMM_BUF_AUTO name = VMM_BUF_INIT;
	struct assigning a = { .place = p, .host = host };
	int code;

	vmm_buf_addf(&name, "%s/%s", p->group->name, p->logical->name);
	if (name.failed)
		return vmm_err_nomem(err);
	a.name = name.data;
	code = apply(st, dry_run, assign, &a, err);
	if (code)
		vmm_err_prefix(err, "cannot assign '%s' to '%s'", host, name.data);
	return give_row(row, a.row, code);
}

/* ---- unassign ---- */

struct unassigning {
	const char *name;
	bool keep;
	struct vmm_table *row;
};

static int leave_group(const struct unassigning *u, struct vmm_table **t, size_t place,
		       struct vmm_err *err)
{
	struct vmm_inventory inv = { t[0], t[1] };
	const char *host = vmm_table_at(t[2], place, "host");
	long row = vmm_inventory_host(&inv, host);
	size_t running = vmm__running_on(t[1], host);

	if (u->keep || row < 0)
		return 0;
	if (running)
		return vmm_err_set(err, VMM_EREFUSED, "running VMs on '%s': %zu", host, running);
	return vmm_table_put(t[0], (size_t)row, "group", "") < 0 ? vmm_err_nomem(err) : 0;
}

static int unassign(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	struct unassigning *u = arg;
	long row = vmm_table_find(t[2], vmm_table_col(t[2], "logical"), u->name);
	int code;

	if (row < 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "no host is assigned to it");
	code = leave_group(u, t, (size_t)row, err);
	if (!code)
		code = keep_row(&u->row, t[2], (size_t)row, err);
	if (!code)
		vmm_table_del(t[2], (size_t)row);
	return code;
}

int vmm_logical_unassign(struct vmm_store *st, const char *name, bool keep, bool dry_run,
			 struct vmm_table **row, struct vmm_err *err)
{
	struct unassigning u = { .name = name, .keep = keep };
	int code = apply(st, dry_run, unassign, &u, err);

	if (code)
		vmm_err_prefix(err, "cannot unassign '%s'", name);
	return give_row(row, u.row, code);
}
