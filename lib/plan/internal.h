/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Internal to lib/plan: resolved rules, where VMs are at a time of planning, moves. */
#ifndef VMM_PLAN_INTERNAL_H
#define VMM_PLAN_INTERNAL_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/table.h"
#include "plan/fleet.h"

#define VMM__NONE UINT32_MAX

/* ---- fleet.c and fleet-*.c ---- */

/* A rule about VMs on hosts of a fleet: together, apart, must, never, should. */
struct vmm__rule {
	const struct vmm_rule *text;
	size_t group;
	uint32_t *vms; /* those that run */
	size_t nvms;
	bool *hosts; /* of all hosts: those that it names; NULL: it is about VMs alone */
};

struct vmm__fleet {
	struct vmm__arena text;
	struct vmm__rule *rules;
	size_t nrules;
	/* The rules of VM v are of[from[v]] to of[from[v + 1] - 1]. */
	uint32_t *of, *from;
};

/* A table that is being read, and what errors name. */
struct vmm__sheet {
	const struct vmm_table *t;
	const char *file;
	int line; /* column */
};
/* Returns VMM_EINPUT; "FILE:LINE: …". */
int vmm__sheet_wrong(const struct vmm__sheet *s, size_t row, struct vmm_err *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int vmm__sheet_need(const struct vmm__sheet *s, const char *column, struct vmm_err *err);
/* A cell that holds a whole number, or a decimal one. An empty one and no column (-1): NAN. */
int vmm__sheet_u64(const struct vmm__sheet *s, size_t row, int col, double *out, struct vmm_err *err);
int vmm__sheet_decimal(const struct vmm__sheet *s, size_t row, int col, double *out,
		       struct vmm_err *err);

/* The rows of a table in the order in which planners see them; the caller frees it. */
uint32_t *vmm__rows_sorted(const struct vmm_table *t, int first, int second, int third);

int vmm__fleet_hosts(struct vmm_fleet *f, const struct vmm_fleet_input *in, struct vmm_err *err);
int vmm__fleet_vms(struct vmm_fleet *f, const struct vmm_fleet_input *in, struct vmm_err *err);
int vmm__fleet_rules(struct vmm_fleet *f, struct vmm_err *err);
/* The host of that name, or VMM__NONE. */
uint32_t vmm__fleet_host(const struct vmm_fleet *f, const char *name);

#endif
