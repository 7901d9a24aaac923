/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan as lines of bars. */
#include <stdio.h>
#include <string.h>

#include "base/percent.h"
#include "plan/view-internal.h"

#define NAME_MAX_WIDTH 24u
#define BAR_MIN 6u
#define BAR_MAX 40u
/* "  cpu    " and " 100% → 100%"; "->" is one more */
#define LABEL_WIDTH 9u
#define SHARES_WIDTH 13u

struct pen {
	const struct vmm_view *v;
	const struct vmm_view_look *look;
	struct vmm_buf *out;
	unsigned name, bar; /* widths */
};

/* Characters; wide ones count as one. */
static unsigned width_of(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void add_shown(const struct pen *p, const char *text, struct vmm_buf *shown)
{
	if (p->look->utf8)
		vmm_percent_encode(shown, text);
	else
		vmm_percent_encode_ascii(shown, text);
}

static void add_name(const struct pen *p, const char *name)
{
	VMM_BUF_AUTO shown = VMM_BUF_INIT;
	const char *at;
	unsigned n = 0;

	add_shown(p, name, &shown);
	for (at = shown.data; *at && (n < p->name || ((unsigned char)*at & 0xc0) == 0x80); at++)
		n += ((unsigned char)*at & 0xc0) != 0x80;
	vmm_buf_add(p->out, shown.data, (size_t)(at - shown.data));
	vmm_buf_addf(p->out, "%*s", (int)(p->name - n), "");
}

static void add_run(const struct pen *p, unsigned n, const char *block, const char *ascii,
		    const char *colour)
{
	bool coloured = p->look->colour && colour && n > 0;

	if (coloured)
		vmm_buf_addf(p->out, "\033[%sm", colour);
	for (unsigned i = 0; i < n; i++)
		vmm_buf_adds(p->out, p->look->utf8 ? block : ascii);
	if (coloured)
		vmm_buf_adds(p->out, "\033[m");
}

static unsigned cells_of(const struct pen *p, double share)
{
	return (unsigned)lround(fmin(share, 1) * p->bar);
}

/* What stays, then what leaves or what comes, then what is free. */
static void add_bar(const struct pen *p, double before, double after)
{
	unsigned b = cells_of(p, before), a = cells_of(p, after);
	unsigned stays = a < b ? a : b, most = a > b ? a : b;

	add_run(p, stays, "█", "#", NULL);
	if (a > b)
		add_run(p, a - b, "▓", "+", "32");
	else
		add_run(p, b - a, "░", "-", "33");
	add_run(p, p->bar - most, "·", ".", "2");
}

static void add_shares(const struct pen *p, double before, double after)
{
	char text[48];

	snprintf(text, sizeof(text), " %3.0f%% %s %3.0f%%", fmin(999, before * 100),
		 p->look->utf8 ? "→" : "->", fmin(999, after * 100));
	vmm_buf_adds(p->out, text);
}

static void add_host(const struct pen *p, size_t host)
{
	const struct vmm_fleet_host *h = &p->v->f->hosts[host];
	bool first = true;

	for (int r = 0; r < VMM_RESOURCES; r++) {
		double before = vmm__view_share(p->v, p->v->before, host, r);
		double after = vmm__view_share(p->v, p->v->after, host, r);

		if (h->cap[r] <= 0)
			continue;
		vmm_buf_adds(p->out, "  ");
		add_name(p, first ? h->name : "");
		vmm_buf_addf(p->out, "  %-*s", (int)LABEL_WIDTH - 2, vmm_resource_names[r]);
		add_bar(p, before, after);
		add_shares(p, before, after);
		if (first && *vmm__view_note(p->v, host)) {
			vmm_buf_adds(p->out, "  ");
			add_shown(p, vmm__view_note(p->v, host), p->out);
		}
		vmm_buf_addc(p->out, '\n');
		first = false;
	}
}

static unsigned name_width(const struct pen *p)
{
	unsigned most = 4;

	for (size_t i = 0; i < p->v->f->nhosts; i++) {
		VMM_BUF_AUTO shown = VMM_BUF_INIT;

		add_shown(p, p->v->f->hosts[i].name, &shown);
		most = width_of(shown.data) > most ? width_of(shown.data) : most;
	}
	return most < NAME_MAX_WIDTH ? most : NAME_MAX_WIDTH;
}

static unsigned bar_width(const struct pen *p)
{
	unsigned width = p->look->width ? p->look->width : 80;
	unsigned other = 2 + p->name + LABEL_WIDTH + SHARES_WIDTH + !p->look->utf8;

	if (width < other + BAR_MIN)
		return BAR_MIN;
	return width - other < BAR_MAX ? width - other : BAR_MAX;
}

static void add_group(const struct pen *p, size_t group)
{
	add_shown(p, vmm__view_group(p->v, group), p->out);
	vmm_buf_adds(p->out, ": ");
	vmm__view_sum(p->v, group, p->look->utf8 ? "→" : "->", p->out);
	vmm_buf_addc(p->out, '\n');
	for (size_t i = 0; i < p->v->f->nhosts; i++)
		if (p->v->f->hosts[i].group == group)
			add_host(p, i);
}

void vmm_view_text(const struct vmm_view *v, const struct vmm_view_look *look, struct vmm_buf *out)
{
	struct pen p = { v, look, out, 0, 0 };

	p.name = name_width(&p);
	p.bar = bar_width(&p);
	for (size_t g = 0; g < v->f->ngroups; g++)
		if (!vmm__view_empty(v, g))
			add_group(&p, g);
}
