/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan as a drawing and as a page. Names come from whoever owns the host or the VM: they are made visible as for
 * a terminal and then escaped.
 */
#include "base/num.h"
#include "base/percent.h"
#include "plan/view-internal.h"

#define LEFT 170   /* where bars begin */
#define BAR 240    /* their length */
#define COLUMN 360 /* from one resource's bars to the next one's */
#define LINE 20
#define MARGIN 16

static const char style[] =
	"text{font:12px sans-serif;fill:#222}.g{font-weight:bold;font-size:14px}.s{fill:#666}"
	".free{fill:#e8e8e8}.stays{fill:#4a7bb5}.leaves{fill:#e0a84a}.comes{fill:#5aa469}";

static void escape(struct vmm_buf *out, const char *text)
{
	VMM_BUF_AUTO shown = VMM_BUF_INIT;

	vmm_percent_encode(&shown, text);
	for (const char *p = shown.data; *p; p++)
		switch (*p) {
		case '&':
			vmm_buf_adds(out, "&amp;");
			break;
		case '<':
			vmm_buf_adds(out, "&lt;");
			break;
		case '>':
			vmm_buf_adds(out, "&gt;");
			break;
		case '"':
			vmm_buf_adds(out, "&quot;");
			break;
		case '\'':
			vmm_buf_adds(out, "&#39;");
			break;
		default:
			vmm_buf_addc(out, *p);
		}
	out->failed |= shown.failed;
}

/* Percent signs of ours stay. */
static void add_shares(struct vmm_buf *out, double before, double after, unsigned x, unsigned y)
{
	vmm_buf_addf(out, "<text x=\"%u\" y=\"%u\" class=\"s\">%ld%% → %ld%%</text>\n", x, y,
		     lround(before * 100), lround(after * 100));
}

static void add_text(struct vmm_buf *out, unsigned x, unsigned y, const char *class, const char *text)
{
	vmm_buf_addf(out, "<text x=\"%u\" y=\"%u\" class=\"%s\">", x, y, class);
	escape(out, text);
	vmm_buf_adds(out, "</text>\n");
}

/* Tenths of a pixel, so that no locale has a say. */
static void add_piece(struct vmm_buf *out, double from, double to, unsigned x, unsigned y,
		      const char *class)
{
	long a = lround(fmin(from, 1) * BAR * 10), b = lround(fmin(to, 1) * BAR * 10);

	if (b > a)
		vmm_buf_addf(out,
			     "<rect x=\"%ld.%ld\" y=\"%u\" width=\"%ld.%ld\" height=\"12\" class=\"%s\"/>\n",
			     x + a / 10, a % 10, y, (b - a) / 10, (b - a) % 10, class);
}

static void add_bar(struct vmm_buf *out, double before, double after, unsigned x, unsigned y)
{
	add_piece(out, 0, fmin(before, after), x, y, "stays");
	add_piece(out, after, before, x, y, "leaves");
	add_piece(out, before, after, x, y, "comes");
	add_piece(out, fmax(before, after), 1, x, y, "free");
	add_shares(out, before, after, x + BAR + 6, y + 11);
}

static unsigned columns(const struct vmm_view *v)
{
	unsigned n = 1, of_group;

	for (size_t g = 0; g < v->f->ngroups; g++) {
		of_group = 0;
		for (int r = 0; r < VMM_RESOURCES; r++)
			of_group += vmm__view_draws(v, g, r);
		n = of_group > n ? of_group : n;
	}
	return n;
}

static unsigned lines(const struct vmm_view *v)
{
	unsigned n = 0;

	for (size_t g = 0; g < v->f->ngroups; g++)
		n += vmm__view_empty(v, g) ? 0 : 3;
	return n + (unsigned)v->f->nhosts;
}

static void add_host(const struct vmm_view *v, struct vmm_buf *out, size_t host, unsigned y)
{
	const struct vmm_fleet_host *h = &v->f->hosts[host];
	const char *note = vmm__view_note(v, host);
	unsigned x = LEFT;

	vmm_buf_adds(out, "<g><title>");
	escape(out, h->name);
	vmm_buf_adds(out, *note ? ": " : "");
	escape(out, note);
	vmm_buf_adds(out, "</title>\n");
	add_text(out, MARGIN, y + 11, *note ? "s" : "n", h->name);
	for (int r = 0; r < VMM_RESOURCES; r++) {
		if (!vmm__view_draws(v, h->group, r))
			continue;
		if (h->cap[r] > 0)
			add_bar(out, vmm__view_share(v, v->before, host, r),
				vmm__view_share(v, v->after, host, r), x, y);
		x += COLUMN;
	}
	vmm_buf_adds(out, "</g>\n");
}

static unsigned add_group(const struct vmm_view *v, struct vmm_buf *out, size_t group, unsigned y)
{
	VMM_BUF_AUTO sum = VMM_BUF_INIT;
	unsigned x = LEFT;

	vmm_buf_addf(&sum, "%s: ", vmm__view_group(v, group));
	vmm__view_sum(v, group, "→", &sum);
	add_text(out, MARGIN, y + 14, "g", sum.data);
	y += LINE;
	for (int r = 0; r < VMM_RESOURCES; r++)
		if (vmm__view_draws(v, group, r)) {
			add_text(out, x, y + 14, "s", vmm_resource_names[r]);
			x += COLUMN;
		}
	y += LINE;
	for (size_t i = 0; i < v->f->nhosts; i++)
		if (v->f->hosts[i].group == group) {
			add_host(v, out, i, y);
			y += LINE;
		}
	return y + LINE;
}

void vmm_view_svg(const struct vmm_view *v, struct vmm_buf *out)
{
	unsigned width = LEFT + columns(v) * COLUMN, height = 2 * MARGIN + lines(v) * LINE,
		 y = MARGIN;

	vmm_buf_addf(out,
		     "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		     "viewBox=\"0 0 %u %u\">\n<style>%s</style>\n"
		     "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		     width, height, width, height, style);
	for (size_t g = 0; g < v->f->ngroups; g++)
		if (!vmm__view_empty(v, g))
			y = add_group(v, out, g, y);
	vmm_buf_adds(out, "</svg>\n");
}

static void add_cell(struct vmm_buf *out, const char *text)
{
	vmm_buf_adds(out, "<td>");
	escape(out, text);
	vmm_buf_adds(out, "</td>");
}

static void add_step(struct vmm_buf *out, const struct vmm_step *s)
{
	char cost[32];

	vmm_buf_addf(out, "<tr><td>%u</td><td>%u</td>", s->step, s->wave);
	add_cell(out, vmm_action_names[s->action]);
	add_cell(out, s->vm);
	add_cell(out, s->from);
	add_cell(out, s->to);
	add_cell(out, s->cost_bytes ? vmm_num_human(s->cost_bytes, cost, sizeof(cost)) : "");
	add_cell(out, s->gain);
	add_cell(out, s->reason);
	vmm_buf_adds(out, "</tr>\n");
}

void vmm_view_html(const struct vmm_view *v, struct vmm_buf *out)
{
	vmm_buf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			  "<title>Plan</title>\n<style>body{font:14px sans-serif;margin:1em}"
			  "table{border-collapse:collapse}td,th{padding:.2em .6em;text-align:left;"
			  "border-bottom:1px solid #ddd}svg{max-width:100%;height:auto}</style>\n"
			  "</head>\n<body>\n");
	vmm_view_svg(v, out);
	vmm_buf_adds(out, "<table>\n<thead><tr><th>step</th><th>wave</th><th>action</th><th>vm</th>"
			  "<th>from</th><th>to</th><th>cost</th><th>gain</th><th>reason</th></tr>"
			  "</thead>\n<tbody>\n");
	for (size_t i = 0; i < v->plan->n; i++)
		add_step(out, &v->plan->steps[i]);
	vmm_buf_adds(out, "</tbody>\n</table>\n</body>\n</html>\n");
}
