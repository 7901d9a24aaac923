/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One VM of a batch: the work of one job. */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "power/batch.h"
#include "power/task.h"
#include "scan/scan.h"
#include "virt/virt.h"

struct vmm__shared {
	struct vmm_inventory inv; /* read by all, changed by nobody */
	pthread_mutex_t lock;
	size_t holders;
	struct vmm_strv taken; /* uuids of VMs that somebody works on, or has */
};

int vmm__shared_new(struct vmm_store *st, struct vmm__shared **out, struct vmm_err *err)
{
	struct vmm__shared *s = calloc(1, sizeof(*s));
	int rc = s ? vmm_inventory_read(st, &s->inv, err) : vmm_err_nomem(err);

	if (rc < 0) {
		free(s);
		return rc;
	}
	pthread_mutex_init(&s->lock, NULL);
	s->holders = 1;
	*out = s;
	return 0;
}

const struct vmm_inventory *vmm__shared_inventory(const struct vmm__shared *s)
{
	return &s->inv;
}

static struct vmm__shared *hold(struct vmm__shared *s)
{
	pthread_mutex_lock(&s->lock);
	s->holders++;
	pthread_mutex_unlock(&s->lock);
	return s;
}

void vmm__shared_leave(struct vmm__shared *s)
{
	bool last;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	last = --s->holders == 0;
	pthread_mutex_unlock(&s->lock);
	if (!last)
		return;
	vmm_inventory_release(&s->inv);
	vmm_strv_release(&s->taken);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Two names may mean one VM, which can be told only once it is found: the first has it. */
static int take(struct vmm__task *t)
{
	struct vmm__shared *s = t->shared;
	int rc = 0;

	pthread_mutex_lock(&s->lock);
	t->again = vmm_strv_has(&s->taken, t->uuid);
	if (!t->again && vmm_strv_add(&s->taken, t->uuid) < 0)
		rc = vmm_err_nomem(&t->err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

void vmm__task_free(void *arg)
{
	struct vmm__task *t = arg;

	if (t->dom)
		virDomainFree(t->dom);
	if (t->conn)
		virConnectClose(t->conn);
	vmm_store_close(t->st);
	vmm__shared_leave(t->shared);
	free(t->selector);
	free(t->at);
	free(t->name);
	free(t->uuid);
	free(t->host);
	free(t->note);
	free(t);
}

int vmm__task_new(struct vmm_store *st, struct vmm__shared *shared, const char *selector,
		  enum vmm_power_op op, const struct vmm_power_options *opt, struct vmm__task **out,
		  struct vmm_err *err)
{
	struct vmm__task *t = calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return vmm_err_nomem(err);
	t->shared = hold(shared);
	t->op = op;
	t->opt = *opt;
	t->selector = strdup(selector);
	rc = t->selector ? vmm_store_dup(st, &t->st, err) : vmm_err_nomem(err);
	if (rc == 0)
		*out = t;
	else
		vmm__task_free(t);
	return rc;
}

static int remember(struct vmm__task *t, struct vmm_place *place)
{
	t->name = strdup(vmm_table_at(place->vm, 0, "name"));
	t->uuid = strdup(vmm_table_at(place->vm, 0, "uuid"));
	t->host = strdup(vmm_table_at(place->vm, 0, "host"));
	t->note = place->changed;
	place->changed = NULL;
	return t->name && t->uuid && t->host ? 0 : vmm_err_nomem(&t->err);
}

static int connect_to(struct vmm__task *t, const struct vmm_table *host)
{
	if (!vmm_table_rows(host))
		return vmm_err_set(&t->err, VMM_ENOTFOUND, "its host '%s' is not declared", t->host);
	if (vmm_virt_open(vmm_table_at(host, 0, "uri"), vmm_table_at(host, 0, "auth_file"),
			  &t->conn, &t->err) < 0)
		return vmm_err_prefix(&t->err, "host '%s'", t->host);
	t->dom = virDomainLookupByUUIDString(t->conn, t->uuid);
	return t->dom ? 0 : vmm_err_virt(&t->err, "cannot find it on '%s'", t->host);
}

static int check_place(struct vmm__task *t, const struct vmm_table *host)
{
	if (!t->at)
		return 0;
	if (strcmp(t->host, t->at) != 0)
		return vmm_err_set(&t->err, VMM_EREFUSED, "it is on '%s', not on '%s'", t->host,
				   t->at);
	if (t->op == VMM_POWER_ON && strcmp(vmm_table_at(host, 0, "maint"), "yes") == 0)
		return vmm_err_set(&t->err, VMM_EREFUSED, "'%s' is in maintenance", t->host);
	return 0;
}

/* Connects to where it is; looks for it everywhere if it is not where it was last seen. */
static int find(struct vmm__task *t)
{
	const struct vmm_scan_options opt = { .timeout_ms = t->opt.timeout_ms,
					      .cancel = t->opt.cancel };
	struct vmm_place place = VMM_PLACE_INIT;
	int rc = vmm_scan_locate(t->st, &t->shared->inv, t->selector, &opt, &place, &t->err);

	if (rc == 0)
		rc = remember(t, &place);
	if (rc == 0)
		rc = check_place(t, place.host);
	if (rc == 0)
		rc = take(t);
	if (rc == 0 && !t->again)
		rc = connect_to(t, place.host);
	vmm_place_release(&place);
	return rc;
}

/* The search counts too: what it left is for the result. */
static int check_time(struct vmm__task *t, uint64_t started)
{
	t->opt.spent_ms = vmm_clock_ms() - started;
	if (t->opt.spent_ms < t->opt.timeout_ms)
		return 0;
	return vmm_err_set(&t->err, VMM_EAGAIN, "to find it took %" PRIu64 " s: nothing was done",
			   t->opt.spent_ms / 1000);
}

/* Only says what claim() would. */
static int check_claim(struct vmm__task *t)
{
	VMM_TABLE_AUTO *open = NULL;

	if (vmm_intent_list(t->st, &open, &t->err) < 0)
		return t->err.code;
	return vmm_intent_check(open, t->uuid, &t->err);
}

/* A guest that is off because it is being moved must not be started in between (two of it would run). */
static int claim(struct vmm__task *t)
{
	if (t->op != VMM_POWER_ON)
		return 0;
	if (t->dry_run)
		return check_claim(t);
	return vmm_intent_begin(t->st, VMM_POWER_START, t->uuid, NULL, &t->claim, &t->err);
}

/* One that can't be ended is left to vmm-fsck. */
static void end_claim(struct vmm__task *t)
{
	if (t->claim)
		vmm_intent_end(t->st, t->claim, "done", NULL);
	t->claim = 0;
}

static void read_state(struct vmm__task *t)
{
	int state, reason;

	if (virDomainGetState(t->dom, &state, &reason, 0) == 0)
		t->state = vmm_virt_state(state, reason);
}

int vmm__task_run(void *arg)
{
	struct vmm__task *t = arg;
	uint64_t started = vmm_clock_ms();
	int ret = find(t);

	if (t->again)
		return ret;
	if (ret == 0)
		ret = claim(t);
	if (ret == 0)
		ret = check_time(t, started);
	if (ret == 0 && !t->dry_run)
		ret = vmm_power(t->dom, t->op, &t->opt, &t->did, &t->err);
	end_claim(t);
	if (t->dom)
		read_state(t);
	t->ms = vmm_clock_ms() - started;
	return ret;
}
