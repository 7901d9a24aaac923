/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One line a subject, drawn over itself. Reports come from worker threads; drawing is limited to ten
 * times a second. An abandoned worker (base/jobs.h) may report after the end, so the one sink is
 * static and a report to a closed one is dropped.
 */
#include "frame/bars.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/percent.h"
#include "base/rows.h"
#include "frame/frame.h"

#define BAR_MAX 64 /* lines shown; further subjects are counted, not drawn */
#define BAR_WIDTH 20
#define BAR_EVERY_MS 100

struct bar {
	char *subject;
	char text[256];
	uint64_t reported;
	char stage[32];
};

static struct {
	struct vmm_progress_sink sink; /* first: the sink is the whole */
	pthread_mutex_t lock;
	bool open, json;
	struct bar bars[BAR_MAX];
	size_t n, drawn;
	uint64_t last;
} bars = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void wipe(void)
{
	if (bars.drawn > 0)
		fprintf(stderr, "\033[%zuA\033[J", bars.drawn);
	bars.drawn = 0;
}

static unsigned terminal_width(void)
{
	struct winsize ws;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 ? ws.ws_col : 80;
}

static void draw(void)
{
	unsigned width = terminal_width();

	wipe();
	for (size_t i = 0; i < bars.n; i++)
		fprintf(stderr, "%.*s\n", (int)width - 1, bars.bars[i].text);
	bars.drawn = bars.n;
	fflush(stderr);
}

static void describe(struct bar *bar, const struct vmm_progress *p)
{
	char done[32], total[32], rate[32], meter[BAR_WIDTH + 1];
	size_t full = p->total > 0 && p->done <= p->total ? p->done * BAR_WIDTH / p->total : 0;
	VMM_BUF_AUTO name = VMM_BUF_INIT;
	int n;

	vmm_percent_encode_ascii(&name, p->subject); /* it is cut by bytes, in any locale */
	memset(meter, '.', BAR_WIDTH);
	memset(meter, '#', full);
	meter[BAR_WIDTH] = '\0';
	n = snprintf(bar->text, sizeof(bar->text), "%-24.60s %-8s", name.data, p->stage);
	if (p->total > 0 && n < (int)sizeof(bar->text))
		n += snprintf(bar->text + n, sizeof(bar->text) - (size_t)n,
			      " [%s] %s of %s, %s left, %s/s", meter,
			      vmm_num_human(p->done, done, sizeof(done)),
			      vmm_num_human(p->total, total, sizeof(total)),
			      vmm_num_human(p->total - (p->done < p->total ? p->done : p->total),
					    (char[32]){ 0 }, 32),
			      vmm_num_human(p->rate, rate, sizeof(rate)));
	if (p->downtime_ms >= 0 && n < (int)sizeof(bar->text))
		snprintf(bar->text + n, sizeof(bar->text) - (size_t)n, ", downtime %" PRId64 " ms",
			 p->downtime_ms);
}

static void print_json(const struct vmm_progress *p)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	char n[32];

	vmm_buf_addc(&b, '{');
	vmm_json_member(&b, false, "subject", p->subject, VMM_TEXT);
	vmm_json_member(&b, true, "stage", p->stage, VMM_TEXT);
	snprintf(n, sizeof(n), "%" PRIu64, p->done);
	vmm_json_member(&b, true, "done", n, VMM_NUMBER);
	snprintf(n, sizeof(n), "%" PRIu64, p->total);
	vmm_json_member(&b, true, "total", n, VMM_NUMBER);
	snprintf(n, sizeof(n), "%" PRIu64, p->rate);
	vmm_json_member(&b, true, "rate", n, VMM_NUMBER);
	snprintf(n, sizeof(n), "%" PRId64, p->downtime_ms);
	vmm_json_member(&b, true, "downtime_ms", p->downtime_ms < 0 ? "" : n, VMM_NUMBER);
	fprintf(stderr, "%s}\n", b.data);
	fflush(stderr);
}

static struct bar *find(const char *subject)
{
	for (size_t i = 0; i < bars.n; i++)
		if (strcmp(bars.bars[i].subject, subject) == 0)
			return &bars.bars[i];
	if (bars.n == BAR_MAX)
		return NULL;
	bars.bars[bars.n].subject = strdup(subject);
	if (!bars.bars[bars.n].subject)
		return NULL;
	bars.bars[bars.n].reported = 0;
	return &bars.bars[bars.n++];
}

static void drop(struct bar *bar)
{
	free(bar->subject);
	*bar = bars.bars[--bars.n];
}

static void report(struct vmm_progress_sink *sink, const struct vmm_progress *p)
{
	uint64_t now = vmm_clock_ms();
	struct bar *bar;

	(void)sink;
	pthread_mutex_lock(&bars.lock);
	bar = bars.open ? find(p->subject) : NULL;
	if (bar && bars.json &&
	    (now - bar->reported >= 2 * BAR_EVERY_MS || strcmp(bar->stage, p->stage) != 0)) {
		print_json(p);
		bar->reported = now;
	}
	if (bar) {
		snprintf(bar->stage, sizeof(bar->stage), "%s", p->stage);
		describe(bar, p);
		if (strcmp(p->stage, "done") == 0)
			drop(bar);
		if (!bars.json && now - bars.last >= BAR_EVERY_MS) {
			bars.last = now;
			draw();
		}
	}
	pthread_mutex_unlock(&bars.lock);
}

const char *const cmd_bars_ways[] = { "bars", "json", "none", NULL };

int cmd_bars_new(const char *how, struct vmm_progress_sink **out, struct vmm_err *err)
{
	const char *term = getenv("TERM");
	bool tty = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;

	if (how && cmd_opt_word("--progress", cmd_bars_ways, how, err) < 0)
		return err->code;
	bars.json = how && strcmp(how, "json") == 0;
	bars.open = how ? strcmp(how, "none") != 0 : tty;
	bars.sink.report = report;
	*out = bars.open ? &bars.sink : NULL;
	return 0;
}

void cmd_bars_pause(struct vmm_progress_sink *sink)
{
	if (!sink)
		return;
	pthread_mutex_lock(&bars.lock);
	if (!bars.json)
		wipe();
	pthread_mutex_unlock(&bars.lock);
}

void cmd_bars_free(struct vmm_progress_sink *sink)
{
	if (!sink)
		return;
	cmd_bars_pause(sink);
	pthread_mutex_lock(&bars.lock);
	bars.open = false;
	while (bars.n > 0)
		drop(&bars.bars[0]);
	pthread_mutex_unlock(&bars.lock);
}
