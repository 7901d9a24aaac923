/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/stat.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "frame/signals.h"

#define INTERVAL_MS 5000
#define SHORTEST_MS 1000
#define KEEP_MS ((uint64_t)30 * 86400 * 1000)
#define MAX_SIZE ((uint64_t)256 << 20)

struct cmd_stat_text cmd_stat_text;

/* ---- options ---- */

static int read_period(struct cmd_run *c, const char *option, const char *text, uint64_t *ms)
{
	if (!text)
		return 0;
	if (vmm_num_duration(option, text, ms, &c->err) < 0)
		return c->err.code;
	if (*ms < SHORTEST_MS)
		return vmm_err_set(&c->err, VMM_EINPUT, "%s '%s': must be at least 1s", option, text);
	return 0;
}

/* A time, or how long ago. */
static int read_since(struct cmd_run *c, const char *text, time_t *since)
{
	uint64_t ago;

	if (vmm_time_parse(text, since) == 0)
		return 0;
	if (vmm_num_duration("--since", text, &ago, NULL) < 0)
		return vmm_err_set(&c->err, VMM_EINPUT,
				   "--since: '%s' is neither a time such as 2026-11-22T03:04:05Z nor "
				   "how long ago, such as 2h",
				   text);
	*since = time(NULL) - (time_t)(ago / 1000);
	return 0;
}

static int check(struct cmd_run *c)
{
	const struct cmd_stat_text *t = &cmd_stat_text;

	if (!t->since && (t->mean || t->p95 || t->max))
		return vmm_err_set(&c->err, VMM_EINPUT, "--avg, --p95 and --max go with --since");
	if (t->mean + t->p95 + t->max > 1)
		return vmm_err_set(&c->err, VMM_EINPUT, "--avg, --p95 and --max exclude each other");
	if (t->since && (t->record || t->watch || t->interval))
		return vmm_err_set(&c->err, VMM_EINPUT,
				   "--since reads the history; --interval, --watch and --record measure");
	if (!t->record && (t->keep || t->max_size))
		return vmm_err_set(&c->err, VMM_EINPUT, "--keep and --max-size go with --record");
	return 0;
}

static int read_limits(struct cmd_run *c, struct vmm_history_limits *limits)
{
	const struct cmd_stat_text *t = &cmd_stat_text;

	*limits = (struct vmm_history_limits){ KEEP_MS, MAX_SIZE };
	if (t->keep && vmm_num_duration("--keep", t->keep, &limits->keep_ms, &c->err) < 0)
		return c->err.code;
	if (t->max_size && vmm_num_size("--max-size", t->max_size, &limits->max_bytes, &c->err) < 0)
		return c->err.code;
	return 0;
}

int cmd_stat_read(struct cmd_run *c, struct cmd_stat *s)
{
	const struct cmd_stat_text *t = &cmd_stat_text;

	*s = (struct cmd_stat){ .record = t->record,
				.history = t->since,
				.single = !t->mean && !t->p95 && !t->max,
				.way = t->max   ? VMM_HISTORY_MAX
				       : t->p95 ? VMM_HISTORY_P95
						: VMM_HISTORY_MEAN };
	if (check(c) < 0 || read_limits(c, &s->limits) < 0 ||
	    read_period(c, "--watch", t->watch, &s->every_ms) < 0)
		return c->err.code;
	if (s->every_ms)
		cmd_signals_are_the_end();
	s->interval_ms = s->every_ms && s->every_ms < INTERVAL_MS ? s->every_ms : INTERVAL_MS;
	if (read_period(c, "--interval", t->interval, &s->interval_ms) < 0)
		return c->err.code;
	return t->since ? read_since(c, t->since, &s->since) : 0;
}

/* ---- recording ---- */

/* What was not measured has no seconds. */
static int record(struct cmd_run *c, const struct cmd_stat *s, enum vmm_history kind,
		  const struct vmm_table *t)
{
	VMM_TABLE_AUTO *rows = vmm_table_new(NULL);

	for (size_t r = 0; rows && r < vmm_table_rows(t); r++)
		if (*vmm_table_at(t, r, "seconds") && vmm_table_copy_row(rows, t, r) < 0)
			return vmm_err_nomem(&c->err);
	return rows ? vmm_history_add(c->store, kind, rows, &s->limits, &c->err)
		    : vmm_err_nomem(&c->err);
}

int cmd_stat_record(struct cmd_run *c, const struct cmd_stat *s, const struct vmm_inventory *inv)
{
	int rc;

	if (!s->record)
		return 0;
	rc = record(c, s, VMM_HISTORY_HOSTS, inv->hosts);
	if (rc == 0)
		rc = record(c, s, VMM_HISTORY_VMS, inv->vms);
	/* The lock, or the room on the disk, may be there for the next round. */
	if (rc == 0 || rc == VMM_ENOMEM || !s->every_ms)
		return rc;
	cmd_say(c, "this round is not recorded: %s", c->err.text);
	cmd_tally(c, rc);
	c->err = (struct vmm_err){ 0 };
	return 0;
}

/* ---- reading ---- */

struct reading {
	struct cmd_run *c;
	const struct cmd_stat *s;
	enum vmm_history kind;
	const struct vmm_inventory *inv;
	const struct vmm_table *recorded; /* the one of inv's tables */
	struct vmm_index *by_key;
	const bool *wanted;
};

/* What a sum tells of a VM's place is as old as its newest record; the inventory may know better. */
static int join(const struct reading *r, struct vmm_table *t, size_t row, size_t known)
{
	static const char *const hosts[] = { "group",     "state",  "maint", "cpus",
					     "mem_total", "labels", NULL };
	static const char *const vms[] = { "state", "vcpus", "mem", NULL };
	static const char *const place[] = { "host", "name", NULL };
	const char *const *columns = r->kind == VMM_HISTORY_HOSTS ? hosts : vms;
	int rc = 0;

	for (; *columns && rc == 0; columns++)
		rc = vmm_table_put(t, row, *columns, vmm_table_at(r->recorded, known, *columns));
	if (r->kind == VMM_HISTORY_HOSTS)
		return rc;
	for (size_t i = 0; place[i] && rc == 0 && !r->s->single; i++)
		rc = vmm_table_put(t, row, place[i], vmm_table_at(r->recorded, known, place[i]));
	return rc < 0 ? rc : vmm_table_put(t, row, "group", vmm_inventory_group(r->inv, known));
}

static int print(struct vmm_table *t, const size_t *rows, size_t n, void *arg, struct vmm_err *err)
{
	const struct reading *r = arg;
	int key = vmm_table_col(t, vmm_history_key(r->kind));
	size_t *chosen = calloc(n + 1, sizeof(*chosen)), k = 0;
	int rc = chosen ? 0 : vmm_err_nomem(err);

	for (size_t i = 0; i < n && rc == 0; i++) {
		long known = vmm_index_find(r->by_key, vmm_table_get(t, rows[i], key));

		if (r->wanted && (known < 0 || !r->wanted[known]))
			continue;
		chosen[k++] = rows[i];
		if (known >= 0 && join(r, t, rows[i], (size_t)known) < 0)
			rc = vmm_err_nomem(err);
	}
	if (rc == 0)
		rc = cmd_rows_at(r->c, t, chosen, k);
	free(chosen);
	return rc;
}

static int print_sums(struct reading *r)
{
	struct cmd_run *c = r->c;
	VMM_TABLE_AUTO *t = NULL;
	size_t *rows;
	int rc = vmm_history_sum(c->store, r->kind, r->s->since, time(NULL), r->s->way, &t, &c->err);

	if (rc < 0)
		return rc;
	rows = calloc(vmm_table_rows(t) + 1, sizeof(*rows));
	if (!rows)
		return vmm_err_nomem(&c->err);
	for (size_t i = 0; i < vmm_table_rows(t); i++)
		rows[i] = i;
	rc = print(t, rows, vmm_table_rows(t), r, &c->err);
	free(rows);
	return rc;
}

int cmd_stat_history(struct cmd_run *c, const struct cmd_stat *s, enum vmm_history kind,
		     struct vmm_inventory *inv, const bool *wanted)
{
	struct reading r = { .c = c, .s = s, .kind = kind, .inv = inv, .wanted = wanted };
	int rc;

	r.recorded = kind == VMM_HISTORY_HOSTS ? inv->hosts : inv->vms;
	r.by_key = vmm_index_new(r.recorded, vmm_table_col(r.recorded, vmm_history_key(kind)));
	if (!r.by_key)
		return vmm_err_nomem(&c->err);
	rc = s->single ? vmm_history_read(c->store, kind, s->since, time(NULL), print, &r, &c->err)
		       : print_sums(&r);
	vmm_index_free(r.by_key);
	return rc;
}
