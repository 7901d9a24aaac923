/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* After a failure or a crash: both hosts are asked, settle.h decides, and here it is done. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "migrate/internal.h"
#include "scan/scan.h"

#define OPEN_MS 15000 /* for a host to answer */
#define BUSY_MS 60000 /* for libvirtd to end what it is at */
#define LOOK_EVERY_MS 500
#define SHUTDOWN_MS 20000 /* for a guest to do what it may have been asked to */

static enum vmm__sight sight_of(int state, int reason)
{
	if (state == VIR_DOMAIN_RUNNING && reason != VIR_DOMAIN_RUNNING_POSTCOPY &&
	    reason != VIR_DOMAIN_RUNNING_POSTCOPY_FAILED)
		return VMM__RUNNING;
	if (state == VIR_DOMAIN_RUNNING)
		return VMM__POSTCOPY;
	if (state == VIR_DOMAIN_SHUTOFF)
		return VMM__STOPPED;
	if (state != VIR_DOMAIN_PAUSED)
		return VMM__PAUSED;
	switch (reason) {
	case VIR_DOMAIN_PAUSED_MIGRATION:
	case VIR_DOMAIN_PAUSED_STARTING_UP:
		return VMM__HALFWAY;
	case VIR_DOMAIN_PAUSED_POSTCOPY:
	case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED:
		return VMM__POSTCOPY;
	default:
		return VMM__PAUSED;
	}
}

static enum vmm__sight look(struct vmm__end *e, const char *uuid)
{
	int state, reason;
	const virError *error;

	if (!e->conn)
		return VMM__UNREACHABLE;
	if (e->dom)
		virDomainFree(e->dom);
	e->dom = virDomainLookupByUUIDString(e->conn, uuid);
	if (e->dom && virDomainGetState(e->dom, &state, &reason, 0) == 0)
		return sight_of(state, reason);
	error = virGetLastError();
	return error && error->code == VIR_ERR_NO_DOMAIN ? VMM__ABSENT : VMM__UNREACHABLE;
}

/*
 * Whether libvirtd is moving it there, and not saving or backing it up; of a VM that comes in it
 * says that only the source knows.
 */
static bool busy(const struct vmm__end *e, enum vmm__sight sight)
{
	virTypedParameterPtr p = NULL;
	int type, n = 0, op = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;

	if (sight == VMM__UNREACHABLE || sight == VMM__ABSENT || sight == VMM__STOPPED)
		return false;
	if (virDomainGetJobStats(e->dom, &type, &p, &n, 0) < 0)
		return virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID;
	virTypedParamsGetInt(p, n, VIR_DOMAIN_JOB_OPERATION, &op);
	virTypedParamsFree(p, n);
	return type != VIR_DOMAIN_JOB_NONE && (op == VIR_DOMAIN_JOB_OPERATION_UNKNOWN ||
					       op == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT ||
					       op == VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN);
}

struct sights {
	enum vmm__sight src, dst;
	bool busy;
};

static struct sights look_at_both(struct vmm__move *m)
{
	struct sights s = { look(&m->src, m->uuid), look(&m->dst, m->uuid), false };

	s.busy = busy(&m->src, s.src) || busy(&m->dst, s.dst);
	return s;
}

/* It may have been asked to shut down, and be about to. */
static bool going_down(const struct vmm__move *m, enum vmm__sight src, uint64_t started)
{
	return m->story.stopped_by_us && src == VMM__RUNNING &&
	       vmm_clock_ms() - started < SHUTDOWN_MS;
}

/*
 * A call of a client that is dead may still be under way: both have to be idle and say the same
 * twice.
 */
static struct sights look_until_calm(struct vmm__move *m)
{
	uint64_t started = vmm_clock_ms();
	struct sights before, now = look_at_both(m);
	bool calm;

	if (now.busy && m->abort && m->src.dom)
		virDomainAbortJob(m->src.dom); /* if it fails, that it is busy will tell */

	do {
		before = now;
		vmm_sleep_ms(LOOK_EVERY_MS);
		now = look_at_both(m);
		calm = !now.busy && now.src == before.src && now.dst == before.dst &&
		       !going_down(m, now.src, started);
	} while (!calm && vmm_clock_ms() - started < BUSY_MS);
	now.busy = !calm;
	return now;
}

/* One step; what it did or why it failed is added to the sentence. act() says 1 if there was nothing to do. */
static bool step(bool wanted, int (*act)(virDomainPtr), virDomainPtr dom, struct vmm_buf *sentence,
		 const char *did)
{
	struct vmm_err err;
	int rc = wanted ? act(dom) : 1;

	if (rc == 0)
		vmm_buf_addf(sentence, ", %s", did);
	if (rc >= 0)
		return true;
	vmm_err_virt(&err, "not %s", did);
	vmm_buf_addf(sentence, ", %s", err.text);
	return false;
}

static int undefine(virDomainPtr dom)
{
	if (virDomainIsPersistent(dom) != 1)
		return 1; /* it went with its process */
	return virDomainUndefineFlags(dom, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM);
}

static int set_autostart(virDomainPtr dom)
{
	return virDomainSetAutostart(dom, 1);
}

static bool take_steps(struct vmm__move *m, const struct vmm__verdict *v, struct vmm_buf *s)
{
	bool ok = true;

	/* The remnant first: two must never run. */
	ok = ok && step(v->destroy_target, virDomainDestroy, m->dst.dom, s,
			"ended its remnant on the target");
	ok = ok && step(v->undefine_target, undefine, m->dst.dom, s,
			"removed its definition from the target");
	ok = ok && step(v->destroy_source, virDomainDestroy, m->src.dom, s,
			"ended its remnant on the source");
	ok = ok && step(v->undefine_source, undefine, m->src.dom, s,
			"removed its definition from the source");
	ok = ok && step(v->resume_source, virDomainResume, m->src.dom, s, "resumed");
	ok = ok && step(v->start_source, virDomainCreate, m->src.dom, s, "started again");
	ok = ok && step(v->start_target, virDomainCreate, m->dst.dom, s, "started");
	return ok && step(v->where == VMM__AT_TARGET && m->autostart, set_autostart, m->dst.dom, s,
			  "set to start with its host");
}

/* The disks of the side that does not have it. */
static bool drop_disks(struct vmm__move *m, const struct vmm__verdict *v, struct vmm_buf *s)
{
	struct vmm__end *loser = v->where == VMM__AT_SOURCE ? &m->dst : &m->src;
	struct vmm_err err;

	if (v->where == VMM__NOWHERE)
		return true; /* whose they are now is not ours to say */
	if (vmm__copies_remove(m, loser, &err) == 0)
		return true;
	vmm_buf_addf(s, ", %s", err.text);
	return false;
}

static const char *state_word(enum vmm__sight s)
{
	static const char *const words[] = { "out of reach", "absent",  "stopped",     "running",
					     "paused",       "halfway", "in post-copy" };

	return words[s];
}

static void say_where(const struct vmm__move *m, const struct vmm__verdict *v, enum vmm__sight src,
		      enum vmm__sight dst, struct vmm_buf *s)
{
	switch (v->where) {
	case VMM__AT_SOURCE:
		vmm_buf_addf(s, "the VM is on '%s' (%s%s)", m->src.host, state_word(src),
			     src == VMM__RUNNING && m->story.stopped_by_us
				     ? ", though asked to shut down"
				     : "");
		break;
	case VMM__AT_TARGET:
		vmm_buf_addf(s, "the VM is on '%s' (%s)", m->dst.host, state_word(dst));
		break;
	case VMM__ON_BOTH:
		vmm_buf_addf(s, "the VM is active on both '%s' and '%s': end one of them by hand",
			     m->src.host, m->dst.host);
		break;
	case VMM__NOWHERE:
		vmm_buf_addf(s, "the VM is neither on '%s' nor on '%s'", m->src.host, m->dst.host);
		vmm__copies_tell(m, s);
		break;
	case VMM__CANT_TELL:
		vmm_buf_addf(s, "where the VM is can't be told now: '%s' %s, '%s' %s", m->src.host,
			     state_word(src), m->dst.host, state_word(dst));
		break;
	}
}

bool vmm__settle_move(struct vmm__move *m, bool repair, struct vmm_buf *sentence)
{
	struct vmm__verdict v;
	struct sights s;
	struct vmm_err err;

	if (vmm__end_open(&m->src, OPEN_MS, &err) < 0)
		vmm_buf_addf(sentence, "%s; ", err.text);
	if (vmm__end_open(&m->dst, OPEN_MS, &err) < 0)
		vmm_buf_addf(sentence, "%s; ", err.text);
	s = repair ? look_until_calm(m) : look_at_both(m);
	if (s.busy) {
		vmm_buf_addf(sentence, "the VM is still on its way from '%s' to '%s'", m->src.host,
			     m->dst.host);
		return false;
	}
	v = vmm__settle(s.src, s.dst, &m->story);
	say_where(m, &v, s.src, s.dst, sentence);
	if (!repair || !take_steps(m, &v, sentence) || !v.sure)
		return false;
	return drop_disks(m, &v, sentence);
}

/* One entry of the journal, as a job. */
struct mending {
	struct vmm__move *m;
	bool repair, closed;
	struct vmm_buf sentence;
};

static void free_mending(void *arg)
{
	struct mending *w = arg;

	vmm__move_free(w->m);
	vmm_buf_release(&w->sentence);
	free(w);
}

static int run_mending(void *arg)
{
	struct mending *w = arg;

	vmm_buf_addf(&w->sentence, "its move from '%s' to '%s' was cut short; ", w->m->src.host,
		     w->m->dst.host);
	w->closed = vmm__settle_move(w->m, w->repair, &w->sentence);
	if (w->closed)
		vmm__intent_end(w->m, "mended");
	vmm__move_close(w->m);
	return 0;
}

/* NULL: see err; VMM_ENOTFOUND if somebody has seen to it meanwhile. */
static struct mending *prepare(struct vmm_store *st, const struct vmm_inventory *inv,
			       const struct vmm_table *t, size_t row, bool repair, bool abort,
			       struct vmm_err *err)
{
	struct mending *w = calloc(1, sizeof(*w));
	uint64_t id;

	if (!w || !(w->m = calloc(1, sizeof(*w->m)))) {
		free(w);
		vmm_err_nomem(err);
		return NULL;
	}
	w->sentence = (struct vmm_buf)VMM_BUF_INIT;
	w->repair = repair;
	w->m->abort = abort;
	w->m->uuid = strdup(vmm_table_at(t, row, "subject"));
	if (!w->m->uuid || vmm_intent_id(t, row, &id, err) < 0 ||
	    vmm__intent_read(vmm_table_at(t, row, "detail"), w->m, err) < 0)
		goto bad;
	for (int i = 0; i < 2; i++) {
		struct vmm__end *e = i ? &w->m->dst : &w->m->src;
		VMM_STR_AUTO host = strdup(e->host);
		VMM_STR_AUTO machine = strdup(e->uuid);

		if (!host || !machine || !vmm__end_fill(e, inv, host)) {
			vmm_err_set(err, VMM_EREFUSED, "host '%s' is not declared any more", e->host);
			goto bad;
		}
		if (strcmp(machine, e->uuid) != 0) {
			vmm_err_set(err, VMM_EREFUSED, "host '%s' is another machine now", e->host);
			goto bad;
		}
	}
	if (repair &&
	    (vmm_store_dup(st, &w->m->st, err) < 0 || vmm_intent_take(w->m->st, id, err) < 0))
		goto bad;
	w->m->intent = id;
	return w;
bad:
	free_mending(w);
	return NULL;
}

struct mend_ctx {
	vmm_migrate_found *found;
	void *ctx;
	size_t open;
	struct vmm_strv hosts; /* seen to */
};

static int mended(struct vmm_job *job, void *arg)
{
	struct mend_ctx *c = arg;
	struct mending *w = job->arg;

	if (job->state == VMM_JOB_DONE) {
		c->found(w->m->name, w->sentence.data, w->closed, c->ctx);
		c->open += !w->closed;
		if (vmm_strv_add(&c->hosts, w->m->src.host) < 0 ||
		    vmm_strv_add(&c->hosts, w->m->dst.host) < 0)
			return VMM_ENOMEM;
	} else {
		c->found(job->keys[0], "not at an end within the time limit", false, c->ctx);
		c->open++;
	}
	return 0;
}

int vmm_migrate_mend(struct vmm_store *st, bool repair, bool abort, uint64_t timeout_ms,
		     vmm_migrate_found *found, void *ctx, struct vmm_err *err)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	VMM_TABLE_AUTO *t = NULL;
	struct mend_ctx c = { found, ctx, 0, VMM_STRV_INIT };
	struct vmm_job *jobs;
	size_t n = 0;
	int ret;

	if (vmm_inventory_read(st, &inv, err) < 0 || vmm_intent_list(st, &t, err) < 0)
		return err->code;
	jobs = calloc(vmm_table_rows(t) + 1, sizeof(*jobs));
	if (!jobs)
		return vmm_err_nomem(err);
	for (size_t r = 0; r < vmm_table_rows(t); r++) {
		struct mending *w;
		struct vmm_err why;

		if (strcmp(vmm_table_at(t, r, "op"), "migrate") != 0 ||
		    strcmp(vmm_table_at(t, r, "alive"), "yes") == 0)
			continue;
		w = prepare(st, &inv, t, r, repair, abort, &why);
		if (!w && why.code == VMM_ENOTFOUND)
			continue;
		if (!w) {
			found(vmm_table_at(t, r, "subject"), why.text, false, ctx);
			c.open++;
			continue;
		}
		jobs[n++] = (struct vmm_job){
			.run = run_mending,
			.arg = w,
			.free_arg = free_mending,
			.limit_ms = timeout_ms,
			.keys = { vmm_table_at(t, r, "subject") },
		};
	}
	ret = vmm_jobs_run(jobs, n, &(struct vmm_jobs_limits){ .jobs = 16 }, NULL, mended, &c, err);
	free(jobs);
	if (repair)
		vmm_scan_refresh(st, &inv, &c.hosts, OPEN_MS);
	vmm_strv_release(&c.hosts);
	return ret < 0 ? ret : c.open > 0 ? VMM_EPART : VMM_OK;
}
