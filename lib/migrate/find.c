/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which VM a request means, where it is, and whether others are at it. */
#include <stdlib.h>
#include <string.h>

#include "migrate/batch.h"
#include "scan/scan.h"

static int name_it(struct vmm__task *it, const struct vmm_inventory *inv, size_t row)
{
	free(it->name);
	free(it->uuid);
	free(it->from);
	it->name = strdup(vmm_table_at(inv->vms, row, "name"));
	it->uuid = strdup(vmm_table_at(inv->vms, row, "uuid"));
	it->from = strdup(vmm_table_at(inv->vms, row, "host"));
	return it->name && it->uuid && it->from ? 0 : vmm_err_nomem(&it->err);
}

static int remember(struct vmm__task *it, const struct vmm_inventory *inv, size_t row)
{
	if (it->is_new || it->was_from)
		return 0;
	it->was_from = strdup(it->from);
	it->was_name = strdup(it->name);
	it->was_state = strdup(vmm_table_at(inv->vms, row, "last"));
	return it->was_from && it->was_name && it->was_state ? 0 : vmm_err_nomem(&it->err);
}

static int fill_move(struct vmm__batch *b, struct vmm__task *it, size_t row)
{
	struct vmm__move *m = it->m;

	m->opt = b->opt;
	m->may_roam = strcmp(vmm_table_at(b->inv.vms, row, "last"), "stop") != 0 ||
		      *vmm_table_at(b->inv.vms, row, "also");
	m->by_name = strcmp(it->req->vm, it->uuid) != 0;
	m->downtime_ms = -1;
	m->name = strdup(it->name);
	m->uuid = strdup(it->uuid);
	m->expected = it->req->from ? strdup(it->req->from) : NULL;
	if (!m->name || !m->uuid || (it->req->from && !m->expected))
		return vmm_err_nomem(&it->err);
	if (vmm_store_dup(b->st, &m->st, &it->err) < 0)
		return it->err.code;
	if (!vmm__end_fill(&m->dst, &b->inv, it->req->to))
		return vmm_err_set(&it->err, VMM_ENOTFOUND, "no host '%s' is declared", it->req->to);
	if (!vmm__end_fill(&m->src, &b->inv, it->from))
		return vmm_err_set(&it->err, VMM_ENOTFOUND,
				   "its host '%s' is not declared any more", it->from);
	return 0;
}

static int take(struct vmm__batch *b, struct vmm__task *it, size_t row)
{
	vmm__moves_free(&it->m, 1);
	it->m = calloc(1, sizeof(*it->m));
	if (!it->m)
		return vmm_err_nomem(&it->err);
	if (name_it(it, &b->inv, row) < 0 || remember(it, &b->inv, row) < 0 ||
	    fill_move(b, it, row) < 0)
		return it->err.code;
	/* What its hosts would say of one that is halfway is no ground to decide anything on. */
	return vmm_intent_check(b->open, it->uuid, &it->err);
}

static int find(struct vmm__batch *b, struct vmm__task *it)
{
	size_t row;

	if (vmm_inventory_find_vm(&b->inv, it->req->vm, &row, &it->err) < 0)
		return it->err.code;
	return take(b, it, row);
}

/* If that is cancelled, so will be what is to come. */
static int look_everywhere(struct vmm__batch *b, struct vmm_err *err)
{
	const struct vmm_scan_options opt = { .timeout_ms = b->opt.check_ms, .cancel = b->opt.cancel };
	char *silent = NULL;
	int rc = vmm_scan_everywhere(b->st, &b->inv, &opt, &b->inv, &silent, err);

	free(b->silent);
	b->silent = silent;
	b->cancelled = rc == VMM_ECANCEL;
	return b->cancelled ? 0 : rc;
}

/* After a look at every host, for one that nobody knew. */
static int find_new(struct vmm__batch *b, struct vmm__task *it)
{
	int rc = find(b, it);

	if (rc != VMM_ENOTFOUND || it->uuid)
		return rc;
	if (b->cancelled)
		return vmm_err_set(&it->err, VMM_ECANCEL, "not started");
	if (b->silent)
		return vmm_err_set(&it->err, VMM_EAGAIN, "'%s' was not found, but %s", it->req->vm,
				   b->silent);
	return rc;
}

/* A name may mean another VM by now, which nobody asked to move; HOST/NAME means none if it left the host. */
static int check_selector(const struct vmm__batch *b, struct vmm__task *it)
{
	size_t row;
	int rc = vmm_inventory_find_vm(&b->inv, it->req->vm, &row, &it->err);

	if (rc < 0)
		return rc == VMM_ENOTFOUND ? 0 : rc;
	if (strcmp(vmm_table_at(b->inv.vms, row, "uuid"), it->uuid) == 0)
		return 0;
	return vmm_err_set(&it->err, VMM_EREFUSED, "'%s' is another VM now (%s)", it->req->vm,
			   vmm_table_at(b->inv.vms, row, "uuid"));
}

/* After a look at every host. */
static int find_moved(struct vmm__batch *b, struct vmm__task *it)
{
	long row = vmm_table_find(b->inv.vms, vmm_table_col(b->inv.vms, "uuid"), it->uuid);
	const char *name;

	if (row < 0)
		return vmm_err_set(&it->err, VMM_ENOTFOUND,
				   "it is on no host any more, since it was last seen on '%s'",
				   it->from);
	if (check_selector(b, it) < 0)
		return it->err.code;
	if (strcmp(vmm_table_at(b->inv.vms, (size_t)row, "state"), "unknown") == 0)
		return vmm_err_set(&it->err, VMM_EAGAIN, "nobody can tell where it is: %s",
				   b->silent ? b->silent : "it was not seen");
	name = vmm_table_at(b->inv.vms, (size_t)row, "name");
	if (strcmp(it->req->vm, it->uuid) != 0 && strcmp(it->name, name) != 0)
		return vmm_err_set(&it->err, VMM_EREFUSED,
				   "'%s' was renamed to '%s' since it was last seen", it->name, name);
	return take(b, it, (size_t)row);
}

int vmm__find_all(struct vmm__batch *b, struct vmm_err *err)
{
	bool unknown = false;

	if (vmm_intent_list(b->st, &b->open, err) < 0)
		return err->code;
	for (size_t i = 0; i < b->n; i++) {
		b->items[i].code = find(b, &b->items[i]);
		unknown |= b->items[i].code == VMM_ENOTFOUND && !b->items[i].uuid;
	}
	if (!unknown)
		return 0;
	if (look_everywhere(b, err) < 0)
		return err->code;
	for (size_t i = 0; i < b->n; i++) {
		struct vmm__task *it = &b->items[i];

		it->is_new = it->code == VMM_ENOTFOUND && !it->uuid;
		if (!it->uuid)
			it->code = find_new(b, it);
		else if (!b->cancelled)
			it->code = find_moved(b, it);
	}
	return 0;
}

int vmm__find_again(struct vmm__batch *b, struct vmm_err *err)
{
	if (look_everywhere(b, err) < 0)
		return err->code;
	if (b->cancelled)
		return 0;
	for (size_t i = 0; i < b->n; i++) {
		struct vmm__task *it = &b->items[i];
		bool roams = it->m && it->m->may_roam;

		if (it->ended || !it->stale)
			continue;
		it->code = find_moved(b, it);
		it->stale = it->code == 0;
		if (it->stale) /* every host was asked: only one that did not answer may run it */
			it->m->may_roam = roams && b->silent;
	}
	return 0;
}

char *vmm__changes(const struct vmm__task *it)
{
	const struct vmm__move *m = it->m;
	char *changed = NULL;

	if (!m || !m->state)
		return NULL;
	const struct vmm_scan_seen was = { it->was_from, it->was_name, it->was_state };
	const struct vmm_scan_seen now = { it->from, m->name, m->state };

	vmm_scan_changes(it->is_new ? NULL : &was, &now, &changed, NULL);
	return changed;
}
