/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of this folder. */
#ifndef VMM_NET_INTERNAL_H
#define VMM_NET_INTERNAL_H

#include <libvirt/libvirt.h>

#include "net/net.h"

#define VMM__NET_NS "urn:vmm-utils:1"
#define VMM__NET_TIMEOUT_MS 30000

/* ---- definitions ---- */

#define VMM_NET_TYPE_NONE ((enum vmm_net_type)99)

struct vmm__address {
	unsigned char bytes[16];
	size_t len; /* 4 or 16 */
};

/* Each checks one item of a list and adds it, in its one way of writing, to out. */
int vmm__net_any(const char *item, struct vmm_strv *out, struct vmm_err *err);
int vmm__net_name(const char *item, struct vmm_strv *out, struct vmm_err *err);
int vmm__net_tags(const char *item, struct vmm_strv *out, struct vmm_err *err);
int vmm__net_address(const char *item, struct vmm_strv *out, struct vmm_err *err);
int vmm__net_range(const char *item, struct vmm_strv *out, struct vmm_err *err);
/* Whether FIRST-LAST lies in the net of ADDRESS/PREFIX. */
bool vmm__net_in_subnet(const char *range, const char *address);
/* The keys of a definition, and where each was said last ("FILE:LINE", or NULL). */
#define VMM__NET_KEYS 11
extern const char *const vmm__net_keys[VMM__NET_KEYS + 1];
struct vmm__places {
	char *key[VMM__NET_KEYS];
	unsigned includes; /* files that were included */
};
/* What must hold of a definition as a whole. */
int vmm__net_rules(const struct vmm_net *net, const struct vmm__places *where, struct vmm_err *err);

/* ---- a libvirt network, as far as definitions decide on it ---- */

enum vmm__fact {
	VMM__FACT_TYPE,
	VMM__FACT_BRIDGE,
	VMM__FACT_DEVICE,
	VMM__FACT_VLAN,
	VMM__FACT_MTU,
	VMM__FACT_ADDRESS,
	VMM__FACT_DHCP,
	VMM__FACT_DNS,
	VMM__FACT_OTHER, /* elements that no definition has */
	VMM__FACTS,
};

struct vmm__facts {
	char *value[VMM__FACTS]; /* "" where there is nothing */
	char *uuid;
	bool ours; /* has our mark */
};

int vmm__facts_read(const char *xml, struct vmm__facts *out, struct vmm_err *err);
void vmm__facts_release(struct vmm__facts *f);
/* Appends "mtu 1500, not 9000; …" for what is otherwise than wanted. */
void vmm__facts_compare(const struct vmm__facts *is, const struct vmm__facts *wanted,
			struct vmm_buf *out);

/* ---- one network on one host ---- */

/* What is wanted there: strings only, for a job that may outlive its batch. */
struct vmm__item {
	char *name;
	char *xml;    /* NULL: it is to go */
	char *bridge; /* that the host must have, or "" */
	bool ovs;     /* it must be no Linux bridge */
	unsigned mtu; /* that the bridge must let through; 0: any */
};

enum vmm__drift {
	VMM__MISSING = 1,
	VMM__FOREIGN = 2,
	VMM__INACTIVE = 4,
	VMM__NO_AUTOSTART = 8,
	VMM__TRANSIENT = 16,
	VMM__DIFFERS = 32,  /* its definition */
	VMM__RUNS_OLD = 64, /* what runs differs */
	VMM__NO_BRIDGE = 128,
	VMM__MTU = 256, /* the host's bridge has a smaller one */
};

struct vmm__look {
	virNetworkPtr net; /* NULL: missing */
	unsigned drift;    /* of enum vmm__drift */
	bool active;
	char *uuid, *keep_bridge;
	struct vmm_buf differs, runs; /* in which fields */
	struct vmm_buf bridge;        /* why it is none */
	struct vmm_buf mtu;           /* what is wrong with it */
};

int vmm__net_look(virConnectPtr conn, const struct vmm__item *item, struct vmm__look *out,
		  struct vmm_err *err);
void vmm__net_look_release(struct vmm__look *l);
/* The XML of what is defined, which may not be what runs. NULL with libvirt's error; the caller's. */
char *vmm__net_definition(virNetworkPtr net);

/* Names of the VMs that use it: those running, or with `all` also those that are only defined. */
int vmm__net_users(virConnectPtr conn, virNetworkPtr net, bool all, struct vmm_strv *names,
		   struct vmm_err *err);
/* Appends "web, db, … (7)". */
void vmm__net_say_users(const struct vmm_strv *names, struct vmm_buf *out);
/* Host devices of the interfaces of all running VMs. */
int vmm__net_taps(virConnectPtr conn, struct vmm_strv *names, struct vmm_err *err);

/* What came of it. */
struct vmm__outcome {
	char *network; /* NULL: that of the item */
	const char *result;
	struct vmm_buf what;
	struct vmm_err err; /* of code 0: none */
	int code;
};

void vmm__net_apply(virConnectPtr conn, const struct vmm__item *item, bool adopt, bool dry_run,
		    struct vmm__outcome *o);
void vmm__net_remove(virConnectPtr conn, const struct vmm__item *item, bool dry_run,
		     struct vmm__outcome *o);

/* All outcomes on one host. */
struct vmm__outcomes {
	struct vmm__outcome *o;
	size_t n, cap;
};
/* An empty one at the end; NULL: out of memory. */
struct vmm__outcome *vmm__outcomes_add(struct vmm__outcomes *all);
void vmm__outcomes_release(struct vmm__outcomes *all);
int vmm__net_check(virConnectPtr conn, const struct vmm__item *item, struct vmm__outcomes *all);
/* Our networks there that none of the items is. */
int vmm__net_strays(virConnectPtr conn, const struct vmm__item *items, size_t n,
		    struct vmm__outcomes *all, struct vmm_err *err);

/* ---- the record ---- */

/*
 * What was found: rows at host network state what error. State "" is a network that is gone. Of the
 * hosts in `whole` nothing else remains, nor of hosts that are not declared any more.
 */
int vmm__net_record(struct vmm_store *st, const struct vmm_table *found,
		    const struct vmm_strv *whole, struct vmm_err *err);
/* The cell `at`. */
void vmm__net_at(struct vmm_buf *out, const char *network, const char *host);

/* ---- the way of a VM's interfaces ---- */

/* How a host is asked; both give what is the caller's, or NULL: not known. */
struct vmm__asker {
	char *(*iface)(void *ctx, const char *name);  /* an interface, as libvirt's XML */
	char *(*parent)(void *ctx, const char *name); /* the device it is on; "computer": none */
	void *ctx;
};

/* Rows of one of a VM's interfaces are added to t. */
struct vmm__trace {
	struct vmm_table *t;
	const char *nic;
	const struct vmm__asker *ask;
	struct vmm_err *err;
};

int vmm__trace_row(struct vmm__trace *tr, unsigned level, const char *kind, const char *name,
		   const char *detail);
/* A device of the host and those below it (of a VLAN or a bond), level 5. */
int vmm__trace_device(struct vmm__trace *tr, const char *name, unsigned depth);
/* The ports of a Linux bridge that are no `taps` of VMs. */
int vmm__trace_ports(struct vmm__trace *tr, const char *bridge, const struct vmm_strv *taps);
/* Appends "mtu 1500, link up, …" of an interface XML. */
void vmm__trace_iface(const char *xml, struct vmm_buf *out);

/*
 * One <interface> of a domain XML, with what libvirt has of its network (NULL: nothing) and the
 * definition (NULL: there is none; `why` not "": it is bad).
 */
struct vmm__nic {
	char *type, *mac, *model, *target, *network, *bridge, *dev, *mode, *vlan, *port, *link;
};
struct vmm__nic_net {
	const char *xml;
	bool active;
	const struct vmm_net *net;
	const char *why;
};
int vmm__nics_read(const char *domain_xml, struct vmm__nic **out, size_t *n, struct vmm_err *err);
void vmm__nics_free(struct vmm__nic *nics, size_t n);
int vmm__trace_nic(struct vmm__trace *tr, const struct vmm__nic *nic, const struct vmm__nic_net *of,
		   const struct vmm_strv *taps);

#endif
