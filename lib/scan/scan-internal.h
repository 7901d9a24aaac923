/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A visit, as the files of this folder share it.
 *
 * Everything here is touched by one job only, since a job may be abandoned at any time.
 */
#ifndef VMM_SCAN_INTERNAL_H
#define VMM_SCAN_INTERNAL_H

#include "base/clock.h"
#include "base/num.h"
#include "scan/scan.h"
#include "virt/domxml.h"

#define VMM__SCAN_TIMEOUT_MS 10000

/* A VM found on the host. */
struct vmm__found {
	virDomainPtr dom;
	char uuid[VIR_UUID_STRING_BUFLEN];
	size_t row; /* in the visit's vms */
	const char *state;
	bool active;
	bool snapshots;
};

struct vmm__visit {
	/* what is recorded: copies */
	struct vmm_table *was;       /* one row: the host */
	struct vmm_table *known;     /* its VMs: uuid last detailed (yes) */
	struct vmm_index *by_uuid;   /* of known */
	char only[VMM_UUID_LEN + 1]; /* not "": this VM's uuid name state, and nothing else */
	bool full;
	bool host_only; /* no VMs */
	uint64_t timeout_ms;

	/* under way */
	virConnectPtr conn;
	struct vmm__found *found; /* by uuid */
	size_t nfound;
	uint64_t details_until; /* on the monotonic clock */

	/* the result */
	char at[VMM_TIME_LEN + 1];
	struct vmm_table *host, *vms;
	struct vmm_err err;
};

/* To the host in this row. NULL: out of memory. */
struct vmm__visit *vmm__visit_new(const struct vmm_table *hosts, size_t row,
				  const struct vmm_scan_options *opt);
/* `arg` is a struct vmm__visit. */
int vmm__visit_run(void *arg);
void vmm__visit_free(void *arg);

/* What came out of a visit. */
struct vmm__outcome {
	bool visited;
	char *name;
	char at[VMM_TIME_LEN + 1];
	int code; /* 0: answered */
	struct vmm_err err;
	struct vmm_table *host, *vms;
};

/* What was seen into the inventory, and *now gets what that is then, instead of what it was. */
int vmm__scan_record(struct vmm_store *st, struct vmm_inventory *now,
		     const struct vmm_sighting *seen, size_t n, struct vmm_err *err);

/* Makes n visits, which become this function's; out[i] is what came of the i-th. */
int vmm__visit_all(struct vmm__visit **visits, size_t n, const struct vmm_scan_options *opt,
		   struct vmm__outcome *out, struct vmm_err *err);
void vmm__outcome_release(struct vmm__outcome *o);
/* As the inventory wants it; points into o. */
struct vmm_sighting vmm__outcome_sighting(const struct vmm__outcome *o, bool partial);

/* The steps of a visit. */
int vmm__scan_host(struct vmm__visit *v, struct vmm_err *err);
int vmm__scan_list(struct vmm__visit *v, struct vmm_err *err);
int vmm__scan_only(struct vmm__visit *v, struct vmm_err *err);
int vmm__scan_flags(struct vmm__visit *v, struct vmm_err *err);
int vmm__scan_details(struct vmm__visit *v, struct vmm_err *err);

/* What is recorded of the host. */
const char *vmm__scan_was(const struct vmm__visit *v, const char *column);
/* The VM of that uuid among those found, or NULL. */
struct vmm__found *vmm__scan_find(struct vmm__visit *v, const char *uuid);

/* The <host> of a capabilities XML: uuid, arch, cpu_model. */
int vmm__caps_read(const char *xml, struct vmm_table *host, struct vmm_err *err);

/* What a VM's XML tells about further questions. */
struct vmm__detail {
	bool agent;        /* it is there to be asked for addresses and host name */
	bool nics, leases; /* it may have addresses, of libvirt's own DHCP server */
};

/* The pieces of one VM's details. Sets `details`. */
int vmm__detail_xml(virDomainPtr dom, struct vmm_table *vms, size_t row, struct vmm__detail *detail,
		    struct vmm_err *err);
int vmm__detail_snapshots(virDomainPtr dom, struct vmm_table *vms, size_t row, struct vmm_err *err);
/* Addresses as the host sees them. */
int vmm__detail_addresses(virDomainPtr dom, struct vmm_table *vms, size_t row,
			  const struct vmm__detail *detail, struct vmm_err *err);
/* Adds those that a source of libvirt's knows and that are worth knowing, each once. */
void vmm__addresses_add(struct vmm_buf *cell, virDomainPtr dom, unsigned source);

/*
 * VMs of one connection whose agents are to be asked: host name and addresses into their rows.
 * None keeps us beyond `until`, on the monotonic clock. Afterwards the connection may be busy
 * with an agent that did not answer: it is good for closing only. With its URI ("": not known)
 * the others are asked over a new one.
 */
struct vmm__asked {
	virDomainPtr dom;
	size_t row;
};
int vmm__agents_ask(const struct vmm__asked *asked, size_t n, const char *uri, const char *auth_file,
		    struct vmm_table *vms, uint64_t until, struct vmm_err *err);

/* Short forms of vmm_table_put(). */
int vmm__cell(struct vmm_table *t, size_t row, const char *column, const char *value,
	      struct vmm_err *err);
int vmm__cell_u64(struct vmm_table *t, size_t row, const char *column, unsigned long long n,
		  struct vmm_err *err);

#endif
