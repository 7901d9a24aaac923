/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table as lines. Widths: 14 8 [bar] 9 [bar] 11 5 5 5, and what is left over for bars and names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/percent.h"
#include "frame/top.h"

#define NAME_WIDTH 14
#define HOST_WIDTH 8
#define FIXED_WIDTH 70
#define BAR_MAX 30

struct paint {
	const struct cmd_top_view *v;
	struct vmm_buf *out;
	unsigned lines;
	unsigned name, bar; /* widths */
};

/* One line, cut at the edge; nothing below the last one. */
static void add_line(struct paint *p, const char *text)
{
	if (p->lines >= p->v->height)
		return;
	p->lines++;
	vmm_buf_addf(p->out, "%.*s\n", (int)p->v->width, text);
}

static const char *cell(const struct paint *p, size_t row, const char *column)
{
	return vmm_table_at(p->v->t, row, column);
}

/* [####....] for a part of a whole; dots only where one of them is not known. */
static void add_bar(struct vmm_buf *line, unsigned width, const char *part, const char *whole)
{
	double of = strtod(whole, NULL), share = of > 0 ? strtod(part, NULL) / of : 0;
	unsigned full = share >= 1 ? width : share > 0 ? (unsigned)(share * width + 0.5) : 0;

	if (width < 3)
		return;
	vmm_buf_addc(line, '[');
	for (unsigned i = 0; i < width; i++)
		vmm_buf_addc(line, i < full ? '#' : '.');
	vmm_buf_adds(line, "] ");
}

static const char *human(const char *text, char buf[8])
{
	uint64_t n;

	return *text && vmm_num_u64("", text, 0, UINT64_MAX, &n, NULL) == 0
		       ? vmm_num_human(n, buf, 8)
		       : "-";
}

static void add_name(struct vmm_buf *line, const char *name, unsigned width)
{
	VMM_BUF_AUTO shown = VMM_BUF_INIT;

	vmm_percent_encode_ascii(&shown, name);
	vmm_buf_addf(line, "%-*.*s ", (int)width, (int)width, shown.data);
}

static void add_numbers(struct paint *p, size_t row, struct vmm_buf *line)
{
	const char *cpu = cell(p, row, "cpu"), *cpus = cell(p, row, "cpus");
	const char *mem = cell(p, row, "mem"), *total = cell(p, row, "mem_total");
	const char *steal = cell(p, row, "steal");
	char a[8], b[8];

	add_bar(line, p->bar, cpu, cpus);
	if (*cpu)
		vmm_buf_addf(line, "%5.2f/%-3.3s ", strtod(cpu, NULL), cpus);
	else
		vmm_buf_addf(line, "%5s/%-3.3s ", "-", *cpus ? cpus : "-");
	add_bar(line, p->bar, mem, total);
	vmm_buf_addf(line, "%5s/%-5s ", human(mem, a), human(total, b));
	if (*steal)
		vmm_buf_addf(line, "%5.2f ", strtod(steal, NULL));
	else
		vmm_buf_addf(line, "%5s ", "-");
	vmm_buf_addf(line, "%5s %5s", human(cell(p, row, "disk"), a), human(cell(p, row, "net"), b));
}

static void paint_row(struct paint *p, size_t row)
{
	VMM_BUF_AUTO line = VMM_BUF_INIT;
	const char *error = cell(p, row, "error");

	add_name(&line, cell(p, row, "name"), p->name);
	add_name(&line, cell(p, row, "host"), HOST_WIDTH);
	if (*error)
		add_name(&line, error, (unsigned)strlen(error));
	else
		add_numbers(p, row, &line);
	if (!line.failed)
		add_line(p, line.data);
}

static void paint_heading(struct paint *p, const char *what)
{
	VMM_BUF_AUTO line = VMM_BUF_INIT;
	unsigned bar = p->bar < 3 ? 0 : p->bar + 3;

	vmm_buf_addf(&line, "%-*s %-*s %-*s %-*s %5s %5s %5s", (int)p->name, what, HOST_WIDTH,
		     *what == 'V' ? "HOST" : "", (int)bar + 9, "CPU", (int)bar + 11, "MEM", "STEAL",
		     "DISK", "NET");
	if (!line.failed)
		add_line(p, line.data);
}

static size_t count_hosts(const struct vmm_table *t)
{
	size_t n = 0;

	while (n < vmm_table_rows(t) && strcmp(vmm_table_at(t, n, "what"), "host") == 0)
		n++;
	return n;
}

static void paint_title(struct paint *p, size_t hosts)
{
	VMM_BUF_AUTO line = VMM_BUF_INIT;

	vmm_buf_addf(&line, "%s  hosts %zu, VMs %zu  by %s (keys c m d n a, q quits)", p->v->time,
		     hosts, vmm_table_rows(p->v->t) - hosts, cmd_top_orders[p->v->order]);
	if (!line.failed)
		add_line(p, line.data);
}

/* The rows from..to, as many as there is room for; the last line tells how many are left out. */
static void paint_rows(struct paint *p, size_t from, size_t to, size_t room)
{
	size_t shown = to - from <= room ? to - from : room > 0 ? room - 1 : 0;
	char rest[64];

	for (size_t i = 0; i < shown; i++)
		paint_row(p, from + i);
	if (shown == to - from)
		return;
	snprintf(rest, sizeof(rest), "... and %zu more", to - from - shown);
	add_line(p, rest);
}

void cmd_top_paint(const struct cmd_top_view *v, struct vmm_buf *out)
{
	struct paint p = { .v = v, .out = out };
	unsigned rest = v->width > FIXED_WIDTH ? v->width - FIXED_WIDTH : 0;
	size_t hosts = count_hosts(v->t), all = vmm_table_rows(v->t), third = v->height / 3;

	/* A bar comes with two brackets and a blank. */
	p.bar = rest / 2 > 3 ? rest / 2 - 3 : 0;
	if (p.bar > BAR_MAX)
		p.bar = BAR_MAX;
	p.name = NAME_WIDTH + (p.bar < 3 ? rest : rest - 2 * (p.bar + 3));
	paint_title(&p, hosts);
	paint_heading(&p, "HOSTS");
	paint_rows(&p, 0, hosts, all - hosts + hosts + 3 <= v->height ? hosts : third);
	paint_heading(&p, "VMS");
	paint_rows(&p, hosts, all, v->height > p.lines ? v->height - p.lines : 0);
}
