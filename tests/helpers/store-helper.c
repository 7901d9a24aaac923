/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store from a shell, for tests/cli/store-*.t and tests/bench: small enough that strace
 * can kill it at each of its system calls.
 *
 *	store-helper set STATE VALUE [PADDING]	one change: cell v of the tables a and pools/b
 *	store-helper get STATE			prints both cells
 *	store-helper count STATE N		N changes, each adds 1 to both
 *	store-helper watch STATE N		reads until both are N; fails when they differ
 *	store-helper hold STATE			a change that lasts until the end of stdin
 *	store-helper begin STATE OP SUBJECT [DETAIL]	begins an intent and ends at the end of stdin
 *	store-helper work STATE OP SUBJECT	begins, notes and ends an intent
 *	store-helper take STATE ID		takes over an intent and ends it
 *	store-helper list STATE			prints the open intents
 *	store-helper check STATE [repair]	prints what is found
 *	store-helper bench STATE N		N changes, then N intents: rates
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/rows.h"
#include "store/store.h"

static const char *const names[] = { "a", "pools/b", NULL };

struct call {
	struct vmm_store *st;
	char **args; /* behind STATE */
	int n;
	struct vmm_err err;
};

static const char *arg(const struct call *c, int i)
{
	return i < c->n ? c->args[i] : "";
}

/* ---- tables ---- */

static const char *value(const struct vmm_table *t)
{
	long row = vmm_table_find(t, vmm_table_col(t, "name"), "x");

	return row < 0 ? "" : vmm_table_at(t, (size_t)row, "v");
}

static int put(struct vmm_table *t, const char *column, const char *text)
{
	long row;

	if (vmm_table_need(t, "name") < 0)
		return VMM_ENOMEM;
	row = vmm_table_find(t, vmm_table_col(t, "name"), "x");
	if (row < 0)
		row = vmm_table_add(t);
	if (row < 0 || vmm_table_put(t, (size_t)row, "name", "x") < 0)
		return VMM_ENOMEM;
	return vmm_table_put(t, (size_t)row, column, text);
}

static int set_both(struct vmm_table **t, void *p, struct vmm_err *err)
{
	struct call *c = p;
	VMM_BUF_AUTO pad = VMM_BUF_INIT;
	uint64_t n = 0;

	if (c->n > 1 && vmm_num_u64("PADDING", arg(c, 1), 0, 1 << 28, &n, err) < 0)
		return VMM_EINPUT;
	vmm_buf_reserve(&pad, n + 1);
	for (uint64_t i = 0; i < n; i++)
		vmm_buf_addc(&pad, 'x');
	for (int i = 0; i < 2; i++)
		if (put(t[i], "v", arg(c, 0)) < 0 || (n && put(t[i], "pad", pad.data) < 0))
			return vmm_err_nomem(err);
	return 0;
}

static int do_set(struct call *c)
{
	return vmm_store_change(c->st, names, set_both, c, &c->err);
}

static int do_get(struct call *c)
{
	struct vmm_table *t[2];
	int rc = vmm_store_read(c->st, names, t, &c->err);

	if (rc < 0)
		return rc;
	printf("%s %s\n", value(t[0]), value(t[1]));
	vmm_table_free(t[0]);
	vmm_table_free(t[1]);
	return 0;
}

static int add_one(struct vmm_table **t, void *p, struct vmm_err *err)
{
	(void)p;
	for (int i = 0; i < 2; i++) {
		const char *old = value(t[i]);
		char text[24];
		uint64_t n = 0;

		if (*old && vmm_num_u64("v", old, 0, INT32_MAX, &n, err) < 0)
			return VMM_EINPUT;
		snprintf(text, sizeof(text), "%" PRIu64, n + 1);
		if (put(t[i], "v", text) < 0)
			return vmm_err_nomem(err);
	}
	return 0;
}

static int times(const struct call *c, uint64_t *n)
{
	return vmm_num_u64("N", arg(c, 0), 0, INT32_MAX, n, NULL);
}

static int do_count(struct call *c)
{
	uint64_t n = 0;
	int rc = times(c, &n);

	for (uint64_t i = 0; rc == 0 && i < n; i++)
		rc = vmm_store_change(c->st, names, add_one, NULL, &c->err);
	return rc;
}

static int do_watch(struct call *c)
{
	uint64_t reads = 0;
	int rc = 0;

	for (bool end = false; rc == 0 && !end; reads++) {
		struct vmm_table *t[2];

		rc = vmm_store_read(c->st, names, t, &c->err);
		if (rc < 0)
			break;
		if (strcmp(value(t[0]), value(t[1])) != 0)
			rc = vmm_err_set(&c->err, VMM_EFAIL, "'%s' and '%s' in one reading",
					 value(t[0]), value(t[1]));
		end = strcmp(value(t[0]), arg(c, 0)) == 0;
		/* Leave something of the processor to the writers. */
		if (reads % 10 == 9)
			vmm_sleep_ms(1);
		vmm_table_free(t[0]);
		vmm_table_free(t[1]);
	}
	printf("# %" PRIu64 " readings\n", reads);
	return rc;
}

/* ---- intents ---- */

/* Says that it has come so far, and stays there. */
static void linger(void)
{
	char byte;

	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
}

static int wait_inside(struct vmm_table **t, void *p, struct vmm_err *err)
{
	(void)t;
	(void)p;
	(void)err;
	puts("holding");
	linger();
	return 0;
}

static int do_hold(struct call *c)
{
	return vmm_store_change(c->st, names, wait_inside, NULL, &c->err);
}

static int do_begin(struct call *c)
{
	uint64_t id;
	int rc = vmm_intent_begin(c->st, arg(c, 0), arg(c, 1), c->n > 2 ? arg(c, 2) : "begun", &id,
				  &c->err);

	if (rc < 0)
		return rc;
	printf("%" PRIu64 "\n", id);
	linger();
	return 0;
}

static int work(struct call *c, const char *op, const char *subject)
{
	uint64_t id;
	int rc = vmm_intent_begin(c->st, op, subject, "begun", &id, &c->err);

	if (rc == 0)
		rc = vmm_intent_note(c->st, id, "half way", &c->err);
	if (rc == 0)
		rc = vmm_intent_end(c->st, id, "done", &c->err);
	return rc;
}

static int do_work(struct call *c)
{
	return work(c, arg(c, 0), arg(c, 1));
}

static int do_take(struct call *c)
{
	uint64_t id = 0;
	int rc = vmm_num_u64("ID", arg(c, 0), 1, INT64_MAX, &id, &c->err);

	if (rc == 0)
		rc = vmm_intent_take(c->st, id, &c->err);
	return rc ? rc : vmm_intent_end(c->st, id, "mended", &c->err);
}

static int do_list(struct call *c)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	struct vmm_table *t;
	int rc = vmm_intent_list(c->st, &t, &c->err);

	if (rc < 0)
		return rc;
	vmm_tsv_format(&text, t);
	fputs(text.data, stdout);
	vmm_table_free(t);
	return 0;
}

/* ---- the rest ---- */

static void found(const char *object, const char *what, bool mended, void *p)
{
	(void)p;
	printf("%s: %s%s\n", object, what, mended ? " (mended)" : "");
}

static int do_check(struct call *c)
{
	return vmm_store_check(c->st, strcmp(arg(c, 0), "repair") == 0, found, NULL, &c->err);
}

static void rate(const char *what, uint64_t n, uint64_t start)
{
	uint64_t ms = vmm_clock_ms() - start;

	printf("%s\t%" PRIu64 "\t%.1f/s\n", what, n, (double)n * 1000 / (double)(ms ? ms : 1));
}

static int do_bench(struct call *c)
{
	uint64_t n = 0, start = vmm_clock_ms();
	int rc = do_count(c);

	times(c, &n);
	if (rc == 0)
		rate("changes of two tables", n, start);
	start = vmm_clock_ms();
	for (uint64_t i = 0; rc == 0 && i < n; i++)
		rc = work(c, "bench", "x");
	if (rc == 0)
		rate("intents (3 records)", n, start);
	return rc;
}

static const struct {
	const char *name;
	int (*run)(struct call *c);
} modes[] = {
	{ "set", do_set },     { "get", do_get },     { "count", do_count }, { "watch", do_watch },
	{ "begin", do_begin }, { "work", do_work },   { "take", do_take },   { "list", do_list },
	{ "check", do_check }, { "bench", do_bench }, { "hold", do_hold },
};

int main(int argc, char **argv)
{
	struct call c = { .args = argv + 3, .n = argc - 3 };
	int rc = VMM_EINPUT;

	if (argc < 3)
		return 2;
	if (vmm_store_open(argv[2], &c.st, &c.err) < 0)
		goto out;
	vmm_err_set(&c.err, VMM_EINPUT, "no such mode");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, argv[1]) == 0)
			rc = modes[i].run(&c);
	vmm_store_close(c.st);
out:
	if (rc < 0)
		fprintf(stderr, "store-helper: %s\n", c.err.text);
	return vmm_err_exit(rc);
}
