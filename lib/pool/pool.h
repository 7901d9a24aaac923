/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Address pools: which addresses there are to give out, and who holds which. Tables and a log of
 * the store; nothing here talks to a hypervisor or a network.
 *
 *	struct vmm_pools *p;
 *	struct vmm_pool_ask asks[] = {
 *		{ .pool = "web", .holder = uuid, .n = 1 },
 *		{ .pool = "macs", .holder = uuid, .n = 2 },
 *	};
 *
 *	vmm_pools_open(st, &p, err);
 *	vmm_pool_checkout(p, asks, 2, VMM_POOL_ALL, &rows, err);
 *	…
 *	vmm_pool_checkin(p, NULL, uuid, NULL, &freed, err);
 *	vmm_pools_close(p);
 *
 * A pool is a row of the table `pools` (key pool): type (ip4 ip6 mac vip) ranges reserved prefix
 * gateway dns vlan network created. Never given out are the gateway, what is reserved, and with a
 * prefix the network and broadcast address of IPv4 and the all-zero one of IPv6. No two pools
 * have an address in common. vip is for addresses that wander between machines: IPv4 or IPv6.
 *
 * A lease is a record of the log `leases`: pool, address, holder (any text but the empty one; for a
 * VM its UUID), since, expires, and missing: when gc first found that nobody knows its holder.
 * Rows of leases have the columns
 *
 *	address pool type prefix gateway dns vlan network holder since expires missing error
 *
 * The lowest free address is given out first: so a pool stays dense, what it gives can be foretold,
 * and nothing but the leases themselves has to be remembered. What a call costs depends on the
 * number of leases, never on the size of the ranges. A handle reads the log once and
 * afterwards only what others appended.
 *
 * A call's leases are durable when it returns. A crash or loss of power in the middle of a call may
 * leave the first of its leases: they belong to its holder, who gets the same ones by asking again;
 * if he never does, and is not in the inventory, check tells of them as leaked and gc
 * takes them back. So a VM's UUID is made up first, leases are taken next, and all the rest after
 * that. No address is ever held twice.
 *
 * A handle is for one thread at a time; the store must outlive it. Times are UTC, ISO 8601.
 */
#ifndef VMM_POOL_POOL_H
#define VMM_POOL_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/table.h"
#include "store/store.h"

struct vmm_pools;

int vmm_pools_open(struct vmm_store *st, struct vmm_pools **out, struct vmm_err *err);
void vmm_pools_close(struct vmm_pools *p);

/*
 * `row` is the first row of a table with columns as above; ranges, reserved and dns are list cells
 * of "A-B", "A" or "NETWORK/PREFIX". It is brought into order and completed in place. Refused
 * (VMM_EREFUSED): the name is taken by another pool (the very same is fine: nothing changes), or
 * another pool has some of the addresses. VMM_EINPUT: what no pool can be.
 */
int vmm_pool_create(struct vmm_pools *p, struct vmm_table *row, bool dry_run, struct vmm_err *err);
/* A pool with leases is refused, unless `force`: then they are taken back first. */
int vmm_pool_rm(struct vmm_pools *p, const char *name, bool force, bool dry_run, struct vmm_err *err);
/*
 * The pools, in the order of names, with size used free (numbers; a size above 2^64 - 1 is that),
 * and the leases, in the order of pools and addresses; expired ones are none. `pool` and `holder`
 * may be NULL: all. The tables are the caller's.
 */
int vmm_pool_list(struct vmm_pools *p, const char *pool, struct vmm_table **out, struct vmm_err *err);
int vmm_pool_leases(struct vmm_pools *p, const char *pool, const char *holder,
		    struct vmm_table **out, struct vmm_err *err);
/* Into a column of a table with VMs: the IP addresses that each holds by its UUID, a list. */
int vmm_pool_join(struct vmm_store *st, struct vmm_table *vms, const char *column,
		  struct vmm_err *err);

/*
 * n addresses (0 is 1) of a pool for a holder. Those that he holds already come first, lowest first:
 * asking again takes nothing. With `addr` that one and no other. With ttl_s the lease ends so many
 * seconds from now, also one that is held already; without, never. `code` is the outcome.
 */
struct vmm_pool_ask {
	const char *pool, *holder, *addr;
	unsigned n;
	uint64_t ttl_s;
	int code;
};
enum vmm_pool_mode {
	VMM_POOL_ALL,  /* an ask that can't be met fails the call; nothing is taken */
	VMM_POOL_EACH, /* it has a row with pool, holder and error, and nothing is taken for it */
};
/*
 * All asks in one change, with one sync. *rows, in the order of the asks, is the caller's. A pool with
 * too few free addresses, or an address that is not to be had: VMM_EREFUSED. No such pool:
 * VMM_ENOTFOUND.
 */
int vmm_pool_checkout(struct vmm_pools *p, struct vmm_pool_ask *asks, size_t n,
		      enum vmm_pool_mode mode, struct vmm_table **rows, struct vmm_err *err);

/*
 * Takes back what a holder has in a pool (NULL: in all), or one address of it. Nothing to take back
 * is no error, but an address that another one holds is VMM_EREFUSED. *freed gets rows as they were.
 */
int vmm_pool_checkin(struct vmm_pools *p, const char *pool, const char *holder, const char *addr,
		     struct vmm_table **freed, struct vmm_err *err);
/* The same of several (pool, holder, addr of each ask), with one sync. */
int vmm_pool_checkin_all(struct vmm_pools *p, struct vmm_pool_ask *asks, size_t n,
			 enum vmm_pool_mode mode, struct vmm_table **freed, struct vmm_err *err);

/*
 * What is wrong (pool, NULL: all): columns finding pool address holder since detail. finding is
 * `double` (held twice), `foreign` (no pool gives this address out) or `leaked` (the inventory has
 * neither a VM nor a host of the holder's name or UUID).
 */
int vmm_pool_check(struct vmm_pools *p, const char *pool, struct vmm_table **out,
		   struct vmm_err *err);
/*
 * Marks leaked leases as missing, and takes back those that have been for grace_s seconds and what
 * has expired; a holder that is known again is not missing any more. *freed gets the rows of those
 * taken back.
 */
int vmm_pool_gc(struct vmm_pools *p, const char *pool, uint64_t grace_s, bool dry_run,
		struct vmm_table **freed, struct vmm_err *err);

#endif
