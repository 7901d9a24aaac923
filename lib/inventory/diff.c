/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What changed, as rows. */
#include <string.h>

#include "inventory/internal.h"

/* A NULL table takes no rows: the callers need not ask. */
static int add(struct vmm_table *diff, const char *change, const struct vmm__face *vm,
	       const char *uuid, const char *old, const char *new, struct vmm_err *err)
{
	const char *const cells[][2] = {
		{ "change", change }, { "host", vm->host }, { "name", vm->name },
		{ "uuid", uuid },     { "old", old },       { "new", new },
	};
	long row;

	if (!diff)
		return 0;
	row = vmm_table_add(diff);
	if (row < 0)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
		if (vmm_table_put(diff, (size_t)row, cells[i][0], cells[i][1]) < 0)
			return vmm_err_nomem(err);
	return 0;
}

static bool unknown(const char *state)
{
	return !*state || strcmp(state, "unknown") == 0;
}

static bool stopped(const char *state)
{
	return strcmp(state, "stop") == 0;
}

static int add_state(struct vmm_table *diff, const char *uuid, const struct vmm__face *was,
		     const struct vmm__face *is, struct vmm_err *err)
{
	/* One that was out of sight has started or stopped if it is not what it was before that. */
	const char *before = unknown(was->state) ? was->last : was->state;
	const char *old = was->state;

	if (strcmp(was->state, is->state) == 0)
		return 0;
	if (!unknown(before) && !unknown(is->state)) {
		if (stopped(before) && !stopped(is->state))
			return add(diff, "started", is, uuid, old, is->state, err);
		if (!stopped(before) && stopped(is->state))
			return add(diff, "stopped", is, uuid, old, is->state, err);
	}
	return add(diff, "state", is, uuid, old, is->state, err);
}

int vmm__diff_changes(struct vmm_table *diff, const char *uuid, const struct vmm__face *was,
		      const struct vmm__face *is, struct vmm_err *err)
{
	int rc = 0;

	if (strcmp(was->host, is->host) != 0)
		rc = add(diff, "moved", is, uuid, was->host, is->host, err);
	if (rc == 0 && strcmp(was->name, is->name) != 0)
		rc = add(diff, "renamed", is, uuid, was->name, is->name, err);
	return rc < 0 ? rc : add_state(diff, uuid, was, is, err);
}

int vmm__diff_new(struct vmm_table *diff, const char *uuid, const struct vmm__face *is,
		  struct vmm_err *err)
{
	return add(diff, "new", is, uuid, "", is->host, err);
}

int vmm__diff_gone(struct vmm_table *diff, const char *uuid, const struct vmm__face *was,
		   struct vmm_err *err)
{
	return add(diff, "gone", was, uuid, was->host, "", err);
}

/* Never visited before: no change. */
int vmm__diff_host(struct vmm_table *diff, const char *was, const struct vmm_sighting *by,
		   struct vmm_err *err)
{
	const struct vmm__face host = { .host = by->name, .name = "" };
	const char *now = by->host ? vmm_table_at(by->host, 0, "state") : "";
	int rc;

	if (!diff || !*was || unknown(was) == !by->answered)
		return 0;
	if (by->answered)
		return add(diff, "back", &host, "", was, *now ? now : "normal", err);
	rc = add(diff, "lost", &host, "", was, "unknown", err);
	if (rc == 0 &&
	    vmm_table_put(diff, vmm_table_rows(diff) - 1, "error", by->error ? by->error : "") < 0)
		rc = vmm_err_nomem(err);
	return rc;
}
