/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared between the files of this folder only.
 */
#ifndef VMM_INVENTORY_INTERNAL_H
#define VMM_INVENTORY_INTERNAL_H

#include "inventory/inventory.h"

/* The columns of hosts and vms, keys first; each list ends with NULL. */
extern const char *const vmm__host_declared[], *const vmm__host_seen[], *const vmm__vm_columns[];
int vmm__inventory_columns(struct vmm_table *hosts, struct vmm_table *vms, struct vmm_err *err);

/* vmm_table_put(), but nothing is done when the cell has that value already. */
int vmm__put(struct vmm_table *t, size_t row, const char *column, const char *value,
	     struct vmm_err *err);
/* Deletes the marked rows among the first n. */
void vmm__del_rows(struct vmm_table *t, const bool *marked, size_t n);
/* One VM as one host showed it. */
struct vmm__view {
	const char *uuid, *host;
	const struct vmm_sighting *by;
	size_t row; /* in by->vms */
};

/* Sightings in the order in which they are merged. */
struct vmm__batch {
	const char *now;
	struct vmm_index *hosts; /* the table may change only after the last look at this */
	size_t nhosts;
	const struct vmm_sighting **said; /* by row of hosts; NULL: not visited */
	struct vmm__view *views;          /* by uuid, host */
	size_t nviews;
	bool complete;      /* every declared host answered for all its VMs */
	const char *oldest; /* the earliest `at` */
};
int vmm__batch_init(struct vmm__batch *b, const struct vmm_table *hosts,
		    const struct vmm_sighting *seen, size_t n, const char *now, struct vmm_err *err);
void vmm__batch_release(struct vmm__batch *b);
const char *vmm__sighting_at(const struct vmm__batch *b, const struct vmm_sighting *s);
/* Whether what was looked at then is outdated by a row that was seen at `seen`. */
bool vmm__batch_stale(const struct vmm__batch *b, const char *at, const char *seen);

int vmm__merge_vms(const struct vmm__batch *b, struct vmm_table *vms, struct vmm_table *diff,
		   struct vmm_err *err);

/* A VM before or after a merge. */
struct vmm__face {
	const char *host, *name, *state, *last;
};
/* The rows for a VM that was and is there; then those for one that came or went. */
int vmm__diff_changes(struct vmm_table *diff, const char *uuid, const struct vmm__face *was,
		      const struct vmm__face *is, struct vmm_err *err);
int vmm__diff_new(struct vmm_table *diff, const char *uuid, const struct vmm__face *is,
		  struct vmm_err *err);
int vmm__diff_gone(struct vmm_table *diff, const char *uuid, const struct vmm__face *was,
		   struct vmm_err *err);
/* The row for a host, in state `was` until this visit, that fell silent or answers again. */
int vmm__diff_host(struct vmm_table *diff, const char *was, const struct vmm_sighting *by,
		   struct vmm_err *err);

#endif
