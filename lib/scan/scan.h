/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Visits to hosts: what is there now. Many at once, each with a deadline, and one dead
 * host never holds up the rest.
 *
 *	struct vmm_scan_options opt = { .timeout_ms = 10000 };
 *	struct vmm_scan *scan;
 *
 *	if (vmm_scan_visit(&inv, rows, n, &opt, &scan, err) < 0) …;
 *	vmm_inventory_update(st, scan->seen, scan->n, diff, err);
 *	vmm_scan_free(scan);
 *
 * A visit costs a fixed number of round trips, however many VMs there are: states, autostart
 * and persistence, by libvirt's bulk calls, none of which asks a guest or its QEMU. Details
 * (disks nics addresses snapshots guest, and the sizes) cost calls for each VM. They are read
 * for VMs that are new there or have another state than when they were last seen, or for all
 * with `full`; when they would take more than the better part of the visit's time, the rest
 * waits for the next visit. So a CPU or disk plugged in while the VM runs, or a guest agent
 * that came up late, is noticed with `full` only.
 *
 * What a host is (hypervisor arch cpu_model cpus uuid caps) is read at the first visit, after
 * a change of version, and with `full`; otherwise the sighting has no such columns.
 *
 * Cells: state as vmm_virt_state() says; mem is the VM's size (maximum memory), mem_total and
 * mem_used (without buffers and caches) the host's, all in bytes; vcpus those that are
 * plugged in; autostart and persistent yes or no; snapshots a number.
 * Lists: disks TARGET:SOURCE (vda:/srv/a.qcow2, vdb:POOL/VOLUME, sda: when empty), nics
 * MAC@SOURCE (52:54:00:00:00:01@br0), addresses IPv4 and IPv6 without loopback and link-local.
 */
#ifndef VMM_SCAN_SCAN_H
#define VMM_SCAN_SCAN_H

#include <libvirt/libvirt.h>

#include "base/jobs.h"
#include "inventory/inventory.h"

struct vmm_scan_options {
	unsigned jobs;                   /* hosts at a time; 0: 128 */
	uint64_t timeout_ms;             /* for each host, connecting included; 0: 10 s */
	bool full;                       /* details of every VM */
	const struct vmm_cancel *cancel; /* may be NULL */
};

/* The visits made, in the order asked for; hosts that a cancel left out are not among them. */
struct vmm_scan {
	struct vmm_sighting *seen;
	size_t n, failed; /* failed: not answered */
	/* what the sightings point to is kept here until vmm_scan_free() */
	struct vmm_scan_own *own;
};

/* Visits the hosts in these rows of inv->hosts. 0 even if some failed: see failed and seen[].error. */
int vmm_scan_visit(const struct vmm_inventory *inv, const size_t *rows, size_t n,
		   const struct vmm_scan_options *opt, struct vmm_scan **out, struct vmm_err *err);
void vmm_scan_free(struct vmm_scan *s);

/*
 * After something was done on these hosts: visits them (doubles once, unknown names passed over)
 * and records what is there. One that does not answer will be seen later.
 */
void vmm_scan_refresh(struct vmm_store *st, const struct vmm_inventory *inv,
		      const struct vmm_strv *hosts, uint64_t limit_ms);

/*
 * Visits all hosts of inv and records what they say; *now, which may be inv, gets the inventory
 * as it is then, instead of what it was. *silent gets a sentence about one that did not answer
 * (the caller's), or NULL if all did.
 */
int vmm_scan_everywhere(struct vmm_store *st, const struct vmm_inventory *inv,
			const struct vmm_scan_options *opt, struct vmm_inventory *now,
			char **silent, struct vmm_err *err);

/* One host that need not be declared yet (host-add): its seen columns, as one row. */
int vmm_scan_probe(const char *uri, const char *auth_file, uint64_t timeout_ms,
		   struct vmm_table **host, struct vmm_err *err);

/*
 * One VM as it is now: adds a row with the columns of vms, details included; fit for a partial
 * sighting. Runs in the caller's thread, except that the guest agent gets 2 s to answer. Where
 * it doesn't, the connection is still busy with it afterwards, and other calls may be slow.
 */
int vmm_scan_domain(virDomainPtr dom, const char *host, struct vmm_table *vms, struct vmm_err *err);

/* Where a VM is: its row and that of its host (no row: not declared), as they are recorded now. */
struct vmm_place {
	struct vmm_table *vm, *host;
	char *changed; /* how that differs from what was known, in one line; NULL: not at all */
};
#define VMM_PLACE_INIT           \
	{                        \
		NULL, NULL, NULL \
	}
void vmm_place_release(struct vmm_place *place);

/*
 * How a VM is other than it was recorded, in one line: "moved from h1 to h2, changed from normal to
 * stop since it was last seen"; `was` is NULL if it was not. *changed is the caller's; NULL if it is not.
 */
struct vmm_scan_seen {
	const char *host, *name, *state;
};
int vmm_scan_changes(const struct vmm_scan_seen *was, const struct vmm_scan_seen *now,
		     char **changed, struct vmm_err *err);

/*
 * Finds a VM where it really is: first on the host that the inventory names, and if it is not
 * (any more) there, or has stopped there since, on all the others. A selector that the
 * inventory does not know is looked up after a scan of all hosts. If reality was different, the
 * state is updated, and place->changed says how ("moved from h1 to h2 since it was last seen").
 *
 * `known` is only read, so that many can search with one. opt->timeout_ms is for the whole
 * search (0: 20 s), at most half of it for the host that the inventory names; no host gets
 * more than 10 s.
 *
 * VMM_ENOTFOUND: every host answered and it is nowhere. VMM_EAGAIN: a host that may have it
 * did not answer, so nobody can tell. VMM_EREFUSED: the name means several VMs, or the VM was
 * renamed since: the caller has to look again.
 */
int vmm_scan_locate(struct vmm_store *st, const struct vmm_inventory *known, const char *selector,
		    const struct vmm_scan_options *opt, struct vmm_place *place, struct vmm_err *err);

#endif
