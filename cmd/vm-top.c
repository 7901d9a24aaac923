/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A live view of hosts and VMs for people: bars, sorted; elsewhere one plain table. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "frame/hosts.h"
#include "frame/screen.h"
#include "frame/top.h"
#include "load/load.h"

#define KEY_WAIT_MS 200

static char *every_text, *sort_text;
static int once;
static uint64_t every_ms = 2000;
static enum cmd_top_order order;
/* Of the measuring thread; a host that was given up may look at it until the process ends. */
static struct vmm_cancel cancel;

/* clang-format off */
static const struct poptOption options[] = {
	{ "interval", 'i', POPT_ARG_STRING, &every_text, 0, "measure for so long (usual: 2s)", "TIME" },
	{ "sort", 's', POPT_ARG_STRING, &sort_text, 0,
		"cpu, mem, disk, net or name (usual: cpu)", "COLUMN" },
	{ "once", '1', POPT_ARG_NONE, &once, 0, "print one table and end", NULL },
	POPT_TABLEEND
};
/* clang-format on */

/* What the measuring thread and the one that paints share. */
struct top {
	struct cmd_run *c;
	struct vmm_strv hosts;
	pthread_mutex_t lock;
	struct vmm_table *t; /* of the newest round; NULL: none yet */
	char time[VMM_TIME_LEN + 1];
	unsigned rounds;
	bool ended; /* by an error, which is in err */
	struct vmm_err err;
	/* what is asked: borrowed until the thread has ended */
	const struct vmm_inventory *inv;
	const size_t *rows;
	size_t n;
};

/* ---- measuring ---- */

static int take(struct vmm_inventory *inv, const struct vmm_load_result *result, void *arg,
		struct vmm_err *err)
{
	struct top *top = arg;
	struct vmm_table *t = cmd_top_table(inv, &top->hosts), *old;

	if (!t)
		return vmm_err_nomem(err);
	pthread_mutex_lock(&top->lock);
	old = top->t;
	top->t = t;
	vmm_time_now(top->time);
	top->rounds++;
	pthread_mutex_unlock(&top->lock);
	vmm_table_free(old);
	for (size_t i = 0; once && i < result->n; i++)
		cmd_tally(top->c, result->codes[i]);
	return 0;
}

static int measure(struct top *top, struct vmm_err *err)
{
	const struct vmm_load_options opt = { .jobs = top->c->jobs,
					      .timeout_ms = top->c->timeout_ms,
					      .interval_ms = every_ms,
					      .cancel = once ? top->c->cancel : &cancel };
	const struct vmm_load_watch watch = { once ? 0 : every_ms, take, top };

	return vmm_load_watch(top->c->store, top->inv, top->rows, top->n, &opt, &watch, err);
}

static void *keep_measuring(void *arg)
{
	struct top *top = arg;
	struct vmm_err err = { .text = "" };
	int rc = measure(top, &err);

	pthread_mutex_lock(&top->lock);
	top->ended = true;
	if (rc < 0)
		top->err = err;
	pthread_mutex_unlock(&top->lock);
	return NULL;
}

/* Signals are for the thread that has the terminal. */
static int start_measuring(struct top *top, pthread_t *thread)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	rc = pthread_create(thread, NULL, keep_measuring, top);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc == 0 ? 0 : vmm_err_set(&top->c->err, VMM_EAGAIN, "cannot start a thread");
}

/* ---- showing ---- */

static void paint(struct top *top)
{
	struct cmd_top_view v = { .order = order, .time = top->time };
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	cmd_screen_size(&v.width, &v.height);
	pthread_mutex_lock(&top->lock);
	if (top->t) {
		cmd_top_sort(top->t, order);
		v.t = top->t;
		cmd_top_paint(&v, &text);
	} else {
		vmm_buf_adds(&text, "measuring\n");
	}
	pthread_mutex_unlock(&top->lock);
	cmd_screen_paint(&text);
}

/* Whether it was one that means something. */
static bool take_key(int key)
{
	static const char keys[] = "cmdna";
	const char *k = key > 0 ? strchr(keys, key) : NULL;

	if (k)
		order = (enum cmd_top_order)(k - keys);
	return k;
}

static bool has_ended(struct top *top, unsigned *rounds)
{
	bool ended;

	pthread_mutex_lock(&top->lock);
	ended = top->ended;
	*rounds = top->rounds;
	pthread_mutex_unlock(&top->lock);
	return ended;
}

static void show(struct top *top)
{
	unsigned painted = 0, rounds = 0, w = 0, h = 0, width, height;
	int key;

	paint(top);
	do {
		key = cmd_screen_key(KEY_WAIT_MS);
		cmd_screen_size(&width, &height);
		if (has_ended(top, &rounds))
			break;
		if (take_key(key) || rounds != painted || width != w || height != h)
			paint(top);
		painted = rounds;
		w = width;
		h = height;
	} while (key != CMD_SCREEN_END && key != 'q');
}

static int live(struct top *top)
{
	struct cmd_run *c = top->c;
	pthread_t thread;

	cmd_no_rows(c);
	if (cmd_screen_open(&c->err) < 0)
		return c->err.code;
	if (start_measuring(top, &thread) < 0) {
		cmd_screen_close();
		return c->err.code;
	}
	show(top);
	cmd_screen_close();
	cancel.level = 2;
	pthread_join(thread, NULL);
	c->err = top->err;
	return c->err.code;
}

static int print_once(struct top *top)
{
	struct cmd_run *c = top->c;
	int rc;

	once = 1;
	rc = measure(top, &c->err);
	if (rc < 0)
		return rc;
	cmd_top_sort(top->t, order);
	rc = cmd_rows(c, top->t);
	return rc < 0 ? rc : cmd_status(c);
}

static int work(struct cmd_run *c, struct vmm_inventory *inv, const size_t *rows, size_t n)
{
	struct top top = { .c = c, .inv = inv, .rows = rows, .n = n, .hosts = VMM_STRV_INIT };
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = vmm_strv_add(&top.hosts, vmm_table_at(inv->hosts, rows[i], "name"));
	pthread_mutex_init(&top.lock, NULL);
	if (rc < 0)
		rc = vmm_err_nomem(&c->err);
	else
		rc = once || !cmd_screen_possible() ? print_once(&top) : live(&top);
	pthread_mutex_destroy(&top.lock);
	vmm_table_free(top.t);
	vmm_strv_release(&top.hosts);
	return rc;
}

static int run(struct cmd_run *c)
{
	int i = sort_text ? cmd_opt_word("--sort", cmd_top_orders, sort_text, &c->err) : 0;

	if (i < 0)
		return i;
	order = (enum cmd_top_order)i;
	if (every_text && vmm_num_duration("--interval", every_text, &every_ms, &c->err) < 0)
		return c->err.code;
	if (every_ms < 1000)
		return vmm_err_set(&c->err, VMM_EINPUT, "--interval '%s': must be at least 1s",
				   every_text);
	return cmd_hosts(c, work);
}

static const struct cmd vm_top = {
	.name = "vm-top",
	.operands = "[HOST...]",
	.summary = "Watch how busy hosts and their VMs are; HOST may be a range or @GROUP.",
	.options = options,
	.columns = cmd_top_columns,
	.words = (const struct cmd_words[]){ { "sort", cmd_top_orders }, { NULL, NULL } },
	.uses = CMD_ROWS | CMD_BATCH | CMD_TIMEOUT,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&vm_top, argc, argv);
}
