/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fleet: hosts, VMs and groups as the planners see them. Numbers only, no clock, no network.
 *
 *	struct vmm_fleet *f;
 *	struct vmm_fleet_input in = { .hosts = hosts, .vms = vms, … };
 *
 *	if (vmm_fleet_read(&in, &f, err) < 0) …;
 *	vmm_fleet_free(f);
 *
 * Hosts are sorted by name and VMs by name, then UUID, so that the order of the input's rows means
 * nothing. The tables and groups outlive the fleet, which borrows their text.
 *
 * Units: processors, bytes, bytes a second. `use` is what counts in the score, `need` what must fit. A VM that
 * does not run has neither, and no planner moves it. What a VM uses moves with it; what the host itself uses (its
 * own load beyond that of its VMs) stays.
 */
#ifndef VMM_PLAN_FLEET_H
#define VMM_PLAN_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/table.h"
#include "group/group.h"

struct vmm_fleet_host {
	const char *name, *labels;
	size_t group;              /* in groups[] */
	double cap[VMM_RESOURCES]; /* 0: not known, the resource is not looked at here */
	double own[VMM_RESOURCES]; /* used by the host itself */
	double room[VMM_RESOURCES]; /* what VMs may need or use at most: cap less reserve, and no more than the limit */
	const char *closed; /* why no VM is moved to it ("in maintenance", …), or NULL */
	bool unwell;        /* closed, and nobody asked for that */
	bool excluded;      /* its VMs are left alone too */
	bool promised; /* the processors that VMs use are those they may use; nobody measured */
};

struct vmm_fleet_vm {
	const char *name, *uuid;
	size_t host; /* in hosts[]; never out of it: a running VM on an unknown host is an error */
	double use[VMM_RESOURCES];
	double need[VMM_RESOURCES]; /* memory: all that it may have; others 0 */
	uint64_t cost;              /* bytes that moving it copies */
	unsigned priority;
	const char *fixed; /* why it isn't moved ("pinned by pin db", "stopped", …), or NULL */
	bool bound;        /* by a rule: it has no other place even when its host fails */
	bool held;         /* moved not long ago: only a broken rule moves it */
	bool running;
};

struct vmm_fleet_input {
	const struct vmm_table *hosts, *vms;
	const char *hosts_file, *vms_file; /* what errors name */
	struct vmm_group **groups; /* those the hosts name; a host's group that isn't there is an error */
	size_t ngroups;
};

struct vmm_fleet {
	struct vmm_fleet_host *hosts;
	struct vmm_fleet_vm *vms;
	struct vmm_group **groups;
	size_t nhosts, nvms, ngroups;
	/* private to plan/ from here on: resolved rules and so on */
	struct vmm__fleet *more;
};

/* VMM_EINPUT "FILE:LINE: …" for a missing column, a number that is none, a host or VM that stands twice. */
int vmm_fleet_read(const struct vmm_fleet_input *in, struct vmm_fleet **out, struct vmm_err *err);
/*
 * ganeti's text format, what hbal -t reads: the same two tables, as vmm_fleet_read() takes them; its score
 * then is hbal's with --ignore-dynu on shared storage.
 */
int vmm_ganeti_read(const char *file, const char *text, size_t len, struct vmm_table **hosts,
		    struct vmm_table **vms, struct vmm_err *err);
void vmm_fleet_free(struct vmm_fleet *f);
void vmm_fleet_cleanup(struct vmm_fleet **f);
#define VMM_FLEET_AUTO __attribute__((cleanup(vmm_fleet_cleanup))) struct vmm_fleet

#endif
