/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A VM where it really is. What is recorded is looked at first, cheaply; only if it is not
 * true any more are all hosts visited.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "scan/scan-internal.h"

#define SEARCH_MS (2 * VMM__SCAN_TIMEOUT_MS)
#define ROUND_MS 100 /* a limit is told to people */

struct search {
	struct vmm_store *st;
	const struct vmm_inventory *inv; /* what was known, then `fresh` */
	struct vmm_inventory fresh;
	const char *selector;
	const struct vmm_cancel *cancel;
	uint64_t half, until; /* for the recorded host; for all, on the monotonic clock */
	struct vmm_err *err;
	size_t row;            /* in inv->vms */
	struct vmm_table *was; /* the VM as it was recorded */
};

static const char *now(const struct search *s, const char *column)
{
	return vmm_table_at(s->inv->vms, s->row, column);
}

static const char *was(const struct search *s, const char *column)
{
	return vmm_table_at(s->was, 0, column);
}

static int nomem(const struct search *s)
{
	return vmm_err_nomem(s->err);
}

static int record(struct search *s, const struct vmm_sighting *seen, size_t n)
{
	int rc = vmm__scan_record(s->st, &s->fresh, seen, n, s->err);

	if (rc == 0)
		s->inv = &s->fresh;
	return rc;
}

static struct vmm_scan_options options(const struct search *s, uint64_t ms)
{
	if (ms > VMM__SCAN_TIMEOUT_MS)
		ms = VMM__SCAN_TIMEOUT_MS;
	if (ms > ROUND_MS)
		ms -= ms % ROUND_MS;
	return (struct vmm_scan_options){ .timeout_ms = ms ? ms : 1, .cancel = s->cancel };
}

static uint64_t time_left(const struct search *s)
{
	uint64_t now = vmm_clock_ms();

	return s->until > now ? s->until - now : 0;
}

static int visit_all(struct search *s, char **silent)
{
	struct vmm_scan_options opt = options(s, time_left(s));
	int rc = vmm_scan_everywhere(s->st, s->inv, &opt, &s->fresh, silent, s->err);

	if (rc == 0)
		s->inv = &s->fresh;
	return rc;
}

/* ---- the recorded host ---- */

/* What it says about this VM alone. Its err says why it doesn't. */
static int ask_host(struct search *s, long host, struct vmm__outcome *o)
{
	struct vmm_scan_options opt = options(s, s->half);
	struct vmm__visit *v = vmm__visit_new(s->inv->hosts, (size_t)host, &opt);
	int rc;

	if (!v)
		return nomem(s);
	memcpy(v->only, was(s, "uuid"), VMM_UUID_LEN);
	rc = vmm__visit_all(&v, 1, &opt, o, s->err);
	if (rc == 0 && !o->visited)
		rc = vmm_err_set(s->err, VMM_ECANCEL, "cancelled");
	return rc;
}

static bool off(const char *state)
{
	return strcmp(state, "stop") == 0;
}

/* 1: it is there, and inv is up to date; 0: not there, or not for sure; or an error. */
static int look_at_home(struct search *s)
{
	long host = vmm_inventory_host(s->inv, was(s, "host"));
	struct vmm__outcome o = { 0 };
	struct vmm_sighting seen;
	const char *state;
	int rc = 0;

	if (host < 0)
		return 0;
	rc = ask_host(s, host, &o);
	if (rc < 0 || o.code || !vmm_table_rows(o.vms))
		goto out;
	state = vmm_table_at(o.vms, 0, "state");
	/* Off here may mean that it runs elsewhere: it went there, or was known to be there too. */
	if (off(state) && (!off(was(s, "last")) || *was(s, "also")))
		goto out;
	if (strcmp(state, was(s, "state")) != 0 ||
	    strcmp(vmm_table_at(o.vms, 0, "name"), was(s, "name")) != 0) {
		seen = vmm__outcome_sighting(&o, true);
		rc = record(s, &seen, 1);
	}
	if (rc == 0)
		rc = 1;
out:
	vmm__outcome_release(&o);
	return rc;
}

/* ---- what has changed ---- */

/* The states of an unreachable host are no news: what counts is what was seen. */
static int tell(const struct search *s, char **changed)
{
	const struct vmm_scan_seen before = { was(s, "host"), was(s, "name"), was(s, "last") };
	const struct vmm_scan_seen after = { now(s, "host"), now(s, "name"), now(s, "last") };

	return vmm_scan_changes(&before, &after, changed, s->err);
}

/* Whoever names a VM by a name that it has no longer may mean another one. */
static int check_name(const struct search *s)
{
	if (strcmp(was(s, "name"), now(s, "name")) == 0 || strcmp(s->selector, now(s, "uuid")) == 0)
		return 0;
	return vmm_err_set(s->err, VMM_EREFUSED, "'%s' was renamed to '%s' since it was last seen",
			   was(s, "name"), now(s, "name"));
}

/* ---- the search ---- */

static int take(struct search *s, size_t row)
{
	s->row = row;
	s->was = vmm_table_new(NULL);
	return s->was && vmm_table_copy_row(s->was, s->inv->vms, row) >= 0 ? 0 : nomem(s);
}

/* A selector that means nothing yet: perhaps nobody has looked. */
static int find_new(struct search *s, char **changed)
{
	VMM_STR_AUTO silent = NULL;
	size_t row;
	int rc = visit_all(s, &silent);

	if (rc == 0)
		rc = vmm_inventory_find_vm(s->inv, s->selector, &row, s->err);
	if (rc == VMM_ENOTFOUND && silent)
		return vmm_err_set(s->err, VMM_EAGAIN, "'%s' was not found, but %s", s->selector,
				   silent);
	if (rc < 0)
		return rc;
	s->row = row;
	return vmm_scan_changes(NULL, &(struct vmm_scan_seen){ .host = now(s, "host") }, changed,
				s->err);
}

/* After a visit to all hosts: is it known where it is? */
static int check_found(struct search *s, const char *silent)
{
	long row = vmm_table_find(s->inv->vms, vmm_table_col(s->inv->vms, "uuid"), was(s, "uuid"));

	if (row < 0)
		return vmm_err_set(s->err, VMM_ENOTFOUND,
				   "'%s' is on no host any more, since it was last seen on '%s'",
				   s->selector, was(s, "host"));
	s->row = (size_t)row;
	if (strcmp(now(s, "state"), "unknown") == 0)
		return vmm_err_set(s->err, VMM_EAGAIN, "nobody can tell where '%s' is: %s",
				   s->selector, silent ? silent : "it was not seen");
	if (silent && off(now(s, "state")) && !off(was(s, "last")))
		return vmm_err_set(s->err, VMM_EAGAIN,
				   "'%s' is off on '%s', where it ran when last seen, but %s",
				   s->selector, now(s, "host"), silent);
	return 0;
}

static int find_known(struct search *s, char **changed)
{
	VMM_STR_AUTO silent = NULL;
	int rc = look_at_home(s);

	if (rc == 0) {
		rc = visit_all(s, &silent);
		if (rc < 0)
			return rc;
	}
	if (rc >= 0)
		rc = check_found(s, silent);
	if (rc == 0)
		rc = check_name(s);
	return rc < 0 ? rc : tell(s, changed);
}

/* What the caller gets: copies of the two rows. */
static int tell_place(const struct search *s, struct vmm_place *place)
{
	long host = vmm_inventory_host(s->inv, now(s, "host"));
	struct vmm_table *vm = vmm_table_new(NULL), *on = vmm_table_new(NULL);

	if (vm && on && vmm_table_copy_row(vm, s->inv->vms, s->row) >= 0 &&
	    (host < 0 || vmm_table_copy_row(on, s->inv->hosts, (size_t)host) >= 0)) {
		place->vm = vm;
		place->host = on;
		return 0;
	}
	vmm_table_free(vm);
	vmm_table_free(on);
	return nomem(s);
}

void vmm_place_release(struct vmm_place *place)
{
	vmm_table_free(place->vm);
	vmm_table_free(place->host);
	free(place->changed);
	*place = (struct vmm_place)VMM_PLACE_INIT;
}

int vmm_scan_locate(struct vmm_store *st, const struct vmm_inventory *known, const char *selector,
		    const struct vmm_scan_options *opt, struct vmm_place *place, struct vmm_err *err)
{
	uint64_t limit = opt->timeout_ms ? opt->timeout_ms : SEARCH_MS;
	struct search s = { .st = st,
			    .inv = known,
			    .selector = selector,
			    .cancel = opt->cancel,
			    .half = limit / 2,
			    .until = vmm_clock_ms() + limit,
			    .err = err };
	char *how = NULL;
	size_t row;
	int rc = vmm_inventory_find_vm(known, selector, &row, err);

	if (rc == VMM_ENOTFOUND) {
		rc = find_new(&s, &how);
	} else if (rc == 0) {
		rc = take(&s, row);
		if (rc == 0)
			rc = find_known(&s, &how);
	}
	if (rc == 0)
		rc = tell_place(&s, place);
	if (rc == 0)
		place->changed = how;
	else
		free(how);
	vmm_table_free(s.was);
	vmm_inventory_release(&s.fresh);
	return rc;
}
