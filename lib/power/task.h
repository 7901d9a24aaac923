/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One VM of a batch, for batch.c. */
#ifndef VMM_POWER_TASK_H
#define VMM_POWER_TASK_H

#include "inventory/inventory.h"
#include "power/power.h"

/*
 * What the VMs of a batch have in common. An abandoned job (base/jobs.h) may hold it beyond the
 * batch; it goes with the last holder.
 */
struct vmm__shared;
int vmm__shared_new(struct vmm_store *st, struct vmm__shared **out, struct vmm_err *err);
const struct vmm_inventory *vmm__shared_inventory(const struct vmm__shared *s);
void vmm__shared_leave(struct vmm__shared *s);

struct vmm__task {
	struct vmm__shared *shared;
	struct vmm_store *st;
	char *selector;
	char *at; /* the host where it has to be; NULL: anywhere */
	enum vmm_power_op op;
	struct vmm_power_options opt;
	bool dry_run;

	virConnectPtr conn;
	virDomainPtr dom;
	char *name, *uuid, *host, *note;
	const char *state; /* static */
	bool again; /* somebody has this VM already: nothing was done, nothing is to be told */
	bool did;
	uint64_t claim; /* the intent that keeps moves away, or 0 */
	uint64_t ms;
	struct vmm_err err;
};

/* opt->timeout_ms is for all, from the search to the result; not 0. */
int vmm__task_new(struct vmm_store *st, struct vmm__shared *shared, const char *selector,
		  enum vmm_power_op op, const struct vmm_power_options *opt, struct vmm__task **out,
		  struct vmm_err *err);
/* `arg` is a struct vmm__task. */
int vmm__task_run(void *arg);
void vmm__task_free(void *arg);

#endif
