/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups beside the inventory: which there are, what is wrong with their files, and which machine has the place
 * of which logical host.
 *
 *	vmm_group_names(inv.hosts, &names, err);
 *	vmm_group_load(NULL, names.s[0], &g, err);
 *	vmm_group_check(g, &inv, logicals, found, arg, err);
 *
 *	struct vmm_place p = { g, &g->logicals[0] };
 *	vmm_logical_fit(&p, &inv, logicals, &hosts, err);
 *	vmm_logical_assign(st, &p, "h1", false, err);
 *
 * The table `logicals`, key logical: logical (GROUP/NAME) host since. A host has one place at most, and loses it
 * when it is removed from the inventory.
 *
 * Names of logical hosts are GROUP/NAME everywhere. Tables that functions give are the caller's.
 */
#ifndef VMM_GROUP_STATE_H
#define VMM_GROUP_STATE_H

#include "group/group.h"
#include "inventory/inventory.h"

/* The groups that hosts are in and those that have a file, sorted, appended, each once. */
int vmm_group_names(const struct vmm_table *hosts, struct vmm_strv *out, struct vmm_err *err);

/* What a group has. What is not known of a host does not count. */
struct vmm_group_sums {
	size_t hosts, vms, running;
	uint64_t cpus, mem_total, mem_used; /* processors; bytes */
};
void vmm_group_sum(const struct vmm_inventory *inv, const char *group, struct vmm_group_sums *out);

/*
 * What contradicts itself in a group's file, and what is in it that means nothing: each finding is
 * "FILE:LINE: …". A negative code that `found` gives ends it and comes back.
 */
typedef int vmm_group_found(const char *what, bool warning, void *arg);
int vmm_group_check(const struct vmm_group *g, const struct vmm_inventory *inv,
		    const struct vmm_table *logicals, vmm_group_found *found, void *arg,
		    struct vmm_err *err);

/* A logical host, which borrows from its group. */
struct vmm_place {
	const struct vmm_group *group;
	const struct vmm_logical *logical;
};
/* Finds GROUP/NAME in the group's file, which the caller frees. VMM_EINPUT, VMM_ENOTFOUND. */
int vmm_place_load(const char *name, struct vmm_group **group, struct vmm_place *place,
		   struct vmm_err *err);

/* The inventory and the table beside it, both of one moment. All columns of the table exist afterwards. */
int vmm_logicals_read(struct vmm_store *st, struct vmm_inventory *inv, struct vmm_table **logicals,
		      struct vmm_err *err);
/* Where that logical host is, "" for nowhere; which logical host is there. */
const char *vmm_logical_host(const struct vmm_table *logicals, const char *name);
const char *vmm_logical_at(const struct vmm_table *logicals, const char *host);

/*
 * All hosts, with the columns of the inventory and fit (yes, no) and why (not). Those that fit come first, of these the
 * ones with least memory, then processors. Fit: it has what the model asks, answers, is not in
 * maintenance, has no place, and is in the group or free: in no group, and no VM runs there.
 */
int vmm_logical_fit(const struct vmm_place *p, const struct vmm_inventory *inv,
		    const struct vmm_table *logicals, struct vmm_table **out, struct vmm_err *err);

/*
 * Gives it a host that fits, which comes into the group. VMM_EREFUSED: it has one, or that one does not fit;
 * VMM_ENOTFOUND: no such host. With dry_run all is checked and nothing changed. *row gets its row of the table.
 */
int vmm_logical_assign(struct vmm_store *st, const struct vmm_place *p, const char *host,
		       bool dry_run, struct vmm_table **row, struct vmm_err *err);
/*
 * Takes the host out of its place and, unless `keep`, of the group, which is refused (VMM_EREFUSED) while VMs run
 * there. The place need not be defined any more. VMM_ENOTFOUND: it has no host. *row gets the row that goes.
 */
int vmm_logical_unassign(struct vmm_store *st, const char *name, bool keep, bool dry_run,
			 struct vmm_table **row, struct vmm_err *err);

#endif
