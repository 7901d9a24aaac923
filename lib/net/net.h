/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Logical networks: defined once in text, made the same on many hosts as libvirt networks.
 *
 *	struct vmm_net *net;
 *
 *	if (vmm_net_load(vmm_conf_folder(), "prod", &net, err) < 0) …;
 *	struct vmm_net_work work = { .net = net, .hosts = rows, .nhosts = n };
 *	vmm_net_batch(st, &inv, VMM_NET_APPLY, &work, 1, &opt, done, ctx, err);
 *	vmm_net_free(net);
 *
 * A definition is the file networks/NAME.conf (vmm-networks(5)) below the folder of definitions. On
 * the hosts vmm-utils' own networks carry a mark in their <metadata>; others of the same name
 * are left alone unless they are to be adopted.
 *
 * No call here touches a running network that VMs use: its definition is renewed, and what needs
 * their restart is said.
 */
#ifndef VMM_NET_NET_H
#define VMM_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/jobs.h"
#include "base/strv.h"
#include "base/table.h"
#include "inventory/inventory.h"

enum vmm_net_type {
	VMM_NET_BRIDGE,   /* a Linux bridge that the host has */
	VMM_NET_ISOLATED, /* among the VMs of one host */
	VMM_NET_NAT,
	VMM_NET_ROUTED,
	VMM_NET_OPENVSWITCH, /* an Open vSwitch bridge that the host has */
};

/* Strings are never NULL and live as long as the definition. */
struct vmm_net {
	char *name, *file;
	enum vmm_net_type type;
	char *bridge, *device;     /* "": not said */
	unsigned mtu, vlan;        /* 0: not said */
	struct vmm_strv trunk;     /* tags, each a number */
	struct vmm_strv addresses; /* ADDRESS/PREFIX of the host in it */
	struct vmm_strv dhcp;      /* FIRST-LAST */
	struct vmm_strv pools;     /* names of address pools */
	struct vmm_strv hosts;     /* operands of hosts (vmm_inventory_hosts); none: all */
	/* [host NAME]: the i-th of each belong together; "" where the section does not say */
	struct vmm_strv at_host, at_bridge, at_device;
};

/* Where the definitions are in the folder of all definitions (vmm_conf_folder, vmm_conf_names). */
#define VMM_NET_KIND "networks"
/* Errors are "FILE:LINE: …". No such definition: VMM_ENOTFOUND. */
int vmm_net_load(const char *folder, const char *name, struct vmm_net **out, struct vmm_err *err);
void vmm_net_free(struct vmm_net *net);

/* "bridge", "isolated", "nat", "routed", "openvswitch" */
const char *vmm_net_type(enum vmm_net_type type);
const char *vmm_net_bridge(const struct vmm_net *net, const char *host);
const char *vmm_net_device(const struct vmm_net *net, const char *host);
/* The libvirt network as it is to be on a host, with vmm-utils' mark; appended. */
int vmm_net_xml(const struct vmm_net *net, const char *host, struct vmm_buf *out,
		struct vmm_err *err);

/* ---- on hosts ---- */

enum vmm_net_op {
	VMM_NET_APPLY,
	VMM_NET_CHECK,
	VMM_NET_REMOVE,
};

struct vmm_net_options {
	unsigned jobs;       /* hosts at a time; 0: 64 */
	uint64_t timeout_ms; /* for each host, connecting included; 0: 30 s */
	bool adopt;          /* networks of the name that are not ours become ours */
	bool dry_run;
	/* check: on these hosts, rows of inv->hosts, tell also of our networks that are not work there */
	const size_t *stray_hosts;
	size_t nstray_hosts;
	bool fail_fast;
	const struct vmm_cancel *cancel; /* may be NULL */
};

/* One network, and the rows of inv->hosts it is about. For REMOVE a name is enough. */
struct vmm_net_work {
	const struct vmm_net *net; /* may be NULL with REMOVE */
	const char *name;          /* NULL: net->name */
	const size_t *hosts;
	size_t nhosts;
};

/*
 * What came of one network on one host; strings are "" where there is nothing to say, and live
 * until the call returns. `result` is for
 *	apply	created changed already possible pending refused failed unknown skipped
 *	remove	removed already possible refused failed unknown skipped
 *	check	ok, or a result for each kind of drift: missing foreign inactive autostart transient
 *		differs pending nobridge mtu stray; or failed unknown skipped
 * pending: the definition is as wanted, and the rest will be when what `what` says has been done:
 * VMs have stopped, or the host's bridge has got another MTU. The code is 0 where all is as wanted.
 */
struct vmm_net_result {
	const char *network, *host, *result, *what, *error;
	int code;
};
/* Called in the caller's thread; non-zero: nothing more is started. */
typedef int vmm_net_done(const struct vmm_net_result *r, void *ctx);

/*
 * Works on all hosts at once, on each one's networks in turn. 0 even if some failed. What was found
 * is recorded in the table `networks` (vmm-state(5)) unless it is a dry run.
 */
int vmm_net_batch(struct vmm_store *st, const struct vmm_inventory *inv, enum vmm_net_op op,
		  const struct vmm_net_work *work, size_t n, const struct vmm_net_options *opt,
		  vmm_net_done *done, void *ctx, struct vmm_err *err);

/* What was recorded: at host network state what error seen. */
int vmm_net_recorded(struct vmm_store *st, struct vmm_table **out, struct vmm_err *err);
/* The row for a network on a host, or -1. */
long vmm_net_recorded_row(const struct vmm_table *t, const char *network, const char *host);

/*
 * The way from a VM's interfaces to the wire. The VM is found as vmm_scan_locate() does. Rows: nic
 * level kind name detail, where level is 1 interface, 2 VM network, 3 logical network, 4 virtual
 * switch, 5 physical device. What libvirt cannot tell is kind "unknown", and detail says why.
 * *changed: how the VM is other than it was recorded, in one line (the caller's), or NULL.
 */
int vmm_net_trace(struct vmm_store *st, const char *selector, const char *folder,
		  const struct vmm_net_options *opt, struct vmm_table **out, char **changed,
		  struct vmm_err *err);

#endif
