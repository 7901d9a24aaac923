/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a plan makes of a fleet: the use of each host before and after, for people.
 *
 *	struct vmm_view *view;
 *
 *	if (vmm_view_new(fleet, plan, &view, err) < 0) …;
 *	vmm_view_text(view, &look, &buf);
 *	vmm_view_free(view);
 *
 * The fleet and the plan outlive the view. Text is added to a buffer; whether memory sufficed is in buf->failed.
 */
#ifndef VMM_PLAN_VIEW_H
#define VMM_PLAN_VIEW_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/table.h"
#include "plan/fleet.h"
#include "plan/steps.h"

struct vmm_view;

/* VMM_EINPUT "step N: …" where the plan is none for this fleet: a VM or host that isn't there, or is elsewhere. */
int vmm_view_new(const struct vmm_fleet *f, const struct vmm_plan *plan, struct vmm_view **out,
		 struct vmm_err *err);
void vmm_view_free(struct vmm_view *v);
void vmm_view_cleanup(struct vmm_view **v);
#define VMM_VIEW_AUTO __attribute__((cleanup(vmm_view_cleanup))) struct vmm_view

/*
 * group host resource capacity before after: for each resource whose capacity is known, in its unit. The
 * caller's; NULL: out of memory.
 */
struct vmm_table *vmm_view_rows(const struct vmm_view *v);

struct vmm_view_look {
	unsigned width; /* of a line; 0: 80 */
	bool utf8;      /* blocks, else ASCII */
	bool colour;    /* with escape sequences of a terminal */
};
/* A line for each group and each host, with bars: what stays, what leaves, what comes. */
void vmm_view_text(const struct vmm_view *v, const struct vmm_view_look *look, struct vmm_buf *out);
/* A drawing that needs nothing else: SVG 1.1, UTF-8. */
void vmm_view_svg(const struct vmm_view *v, struct vmm_buf *out);
/* A page that needs nothing else: the drawing and the steps. */
void vmm_view_html(const struct vmm_view *v, struct vmm_buf *out);

#endif
