/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One VM in a merge: what is recorded of it, what a batch shows of it (evidence.c), and how
 * its row is brought up to date (record.c). For these two and merge.c only.
 */
#ifndef VMM_INVENTORY_MERGE_INTERNAL_H
#define VMM_INVENTORY_MERGE_INTERNAL_H

#include "inventory/internal.h"

struct vmm__merge {
	const struct vmm__batch *batch;
	struct vmm_table *vms, *diff;
	bool *gone; /* rows to delete */
	struct vmm_err *err;
};

struct vmm__vm {
	const char *uuid;
	long row;                      /* -1: not recorded */
	const struct vmm__view *views; /* one a host, by host */
	size_t n;
	struct vmm__face was; /* as recorded */
};

/* What a host has to say about one VM. */
enum vmm__standing {
	VMM__HERE,
	VMM__ABSENT,    /* it would have shown it; also a host that is not declared */
	VMM__SILENT,    /* it did not answer */
	VMM__UNVISITED, /* not asked, or before the VM was last seen */
};

/* How alive a VM is, as far as that decides whose it is. */
enum vmm__rank {
	VMM__INACTIVE,  /* stop, unknown */
	VMM__MIGRATING, /* arriving or leaving: it may not be the running one */
	VMM__ACTIVE,
};

const char *vmm__view_at(const struct vmm__view *view, const char *column);
enum vmm__rank vmm__view_rank(const struct vmm__view *view);
/* The VM on this host, or NULL. */
const struct vmm__view *vmm__vm_view(const struct vmm__vm *vm, const char *host);
/* "" if it is not recorded. */
const char *vmm__vm_recorded(const struct vmm__merge *m, const struct vmm__vm *vm,
			     const char *column);
struct vmm__face vmm__vm_face(const struct vmm__merge *m, const struct vmm__vm *vm);
enum vmm__standing vmm__vm_standing(const struct vmm__merge *m, const struct vmm__vm *vm,
				    const char *host);

/* Each writes the row, and what changed into the diff. */
int vmm__vm_discover(struct vmm__merge *m, struct vmm__vm *vm, const struct vmm__view *view);
int vmm__vm_record(struct vmm__merge *m, const struct vmm__vm *vm, const struct vmm__view *view);
int vmm__vm_lose_sight(struct vmm__merge *m, const struct vmm__vm *vm);
int vmm__vm_forget(struct vmm__merge *m, const struct vmm__vm *vm);
/* Only which hosts hold it besides `home`. */
int vmm__vm_put_also(struct vmm__merge *m, const struct vmm__vm *vm, const char *home);

#endif
