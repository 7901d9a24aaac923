/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How busy hosts and their VMs are: counters read twice, and what they grew by a second.
 *
 *	struct vmm_load_options opt = { .interval_ms = 5000 };
 *	struct vmm_load *load;
 *
 *	if (vmm_load_new(&inv, rows, n, &opt, &load, err) < 0) …;
 *	do {
 *		…vmm_inventory_read(st, &inv, err)…
 *		if (vmm_load_round(load, &inv, &result, err) < 0) …;
 *		…inv.hosts and inv.vms have the columns below…
 *	} while (…);
 *	vmm_load_free(load);
 *
 * In the first round each host is asked twice, interval_ms apart, over one connection; in later ones once,
 * and the time since the round before is the interval. A host that does not answer within its time
 * holds up no other; one that let its time pass is left alone for a while, which grows from 10 seconds to
 * five minutes.
 *
 * A round brings inv up to date, in memory, with what the hosts say (vmm_inventory_apply()), and adds these
 * columns, an empty cell meaning that it is not known:
 *	cpu		processors busy, mean over the interval
 *	steal		processors' worth of virtual CPUs that could run and had to wait; of a host: of its VMs
 *	pressure	of hosts: of the processor time that its VMs wanted, the percentage for which they waited
 *	mem_actual	of VMs, bytes: what the balloon leaves it
 *	mem_rss		of VMs, bytes: what it takes of the host's memory
 *	mem_guest	of VMs, bytes: used inside, as the guest's balloon driver tells
 *	disk_rd disk_wr	bytes a second; disk_iops: operations a second; disk_ms: milliseconds each took, mean
 *	net_rx net_tx	bytes a second, as the VM sees it
 *	seconds		length of the interval
 *	time		its end
 *	error		why there are none
 * Disks and network of a host are the sums of its VMs'. A VM that is off has no load; of one that was started,
 * or arrived, within the interval all that it used since counts. A counter that fell began anew at zero.
 *
 * QEMU is asked for disks, balloon and virtual CPUs; one that hangs costs its host one round's answer, and
 * after that only its own numbers of these.
 */
#ifndef VMM_LOAD_LOAD_H
#define VMM_LOAD_LOAD_H

#include "base/jobs.h"
#include "inventory/inventory.h"

struct vmm_load_options {
	unsigned jobs;       /* hosts at a time; 0: 256 */
	uint64_t timeout_ms; /* for each host to connect and answer, beside the interval; 0: 10 s */
	uint64_t interval_ms;            /* of the first round */
	const struct vmm_cancel *cancel; /* may be NULL */
};

struct vmm_load;

/* For the hosts in these rows of inv->hosts. inv and rows are needed only for the call. */
int vmm_load_new(const struct vmm_inventory *inv, const size_t *rows, size_t n,
		 const struct vmm_load_options *opt, struct vmm_load **out, struct vmm_err *err);
void vmm_load_free(struct vmm_load *load);

/*
 * What came of a round: for each host 0 or why not, in the order of `rows` of vmm_load_new(). Borrowed until
 * the next round.
 */
struct vmm_load_result {
	const int *codes;
	size_t n, failed;
};

/* VMM_ECANCEL when it was cancelled (level 1 is enough: measuring changes nothing); inv is as it was then. */
int vmm_load_round(struct vmm_load *load, struct vmm_inventory *inv, struct vmm_load_result *result,
		   struct vmm_err *err);

/*
 * Rounds, each with the inventory as it is recorded then: one, or with every_ms one each so often until it
 * is cancelled, which is no failure once a round was made. What round() returns, if not 0, ends it.
 */
struct vmm_load_watch {
	uint64_t every_ms;
	int (*round)(struct vmm_inventory *inv, const struct vmm_load_result *result, void *arg,
		     struct vmm_err *err);
	void *arg;
};
int vmm_load_watch(struct vmm_store *st, const struct vmm_inventory *inv, const size_t *rows,
		   size_t n, const struct vmm_load_options *opt, const struct vmm_load_watch *watch,
		   struct vmm_err *err);

#endif
