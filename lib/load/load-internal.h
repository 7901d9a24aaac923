/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Samples and what is made of two of them, as the files of this folder share it.
 *
 * A probe is touched by one job at a time, since a job may be abandoned whenever it likes.
 */
#ifndef VMM_LOAD_INTERNAL_H
#define VMM_LOAD_INTERNAL_H

#include <libvirt/libvirt.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/num.h"
#include "load/load.h"

#define VMM__UNTOLD UINT64_MAX

/* A disk's counters, or those of a network interface. */
enum vmm__disk_counter {
	VMM__RD_BYTES,
	VMM__WR_BYTES,
	VMM__RD_OPS,
	VMM__WR_OPS,
	VMM__RD_NS,
	VMM__WR_NS
};
enum vmm__nic_counter { VMM__RX_BYTES, VMM__TX_BYTES };
#define VMM__DEVICE_COUNTERS 6

struct vmm__device {
	char *name;
	uint64_t n[VMM__DEVICE_COUNTERS];
};

struct vmm__devices {
	struct vmm__device *d;
	size_t n;
	bool told; /* otherwise there may be some */
};

struct vmm__guest {
	char uuid[VMM_UUID_LEN + 1];
	char *name;
	const char *state; /* constant */
	bool active;
	unsigned id; /* another one: another process */
	uint64_t cpu_ns, delay_ns;
	uint64_t vcpus, mem, mem_actual, mem_rss, mem_guest;
	struct vmm__devices disks, nics;
};

/* A host at one moment. */
struct vmm__sample {
	uint64_t at_ms; /* vmm_clock_boot_ms(): hosts count on while this machine is suspended */
	char time[VMM_TIME_LEN + 1];
	uint64_t busy_ns, idle_ns, mem_total, mem_used;
	uint64_t cpus;
	struct vmm__guest *guests; /* by uuid */
	size_t n;
};

/* Asks. *out is the caller's. */
int vmm__sample_take(virConnectPtr conn, struct vmm__sample **out, struct vmm_err *err);
void vmm__sample_free(struct vmm__sample *s);
/* The guest of that uuid, or NULL; `s` may be NULL. */
const struct vmm__guest *vmm__sample_guest(const struct vmm__sample *s, const char *uuid);
/* What a call's statistics of one domain say. */
int vmm__counters_read(struct vmm__guest *g, virTypedParameterPtr params, int n, struct vmm_err *err);

/* What was used in an interval; NAN: not known. */
enum vmm__use {
	VMM__USE_CPU,   /* ns */
	VMM__USE_DELAY, /* ns */
	VMM__USE_RD,
	VMM__USE_WR,
	VMM__USE_OPS,
	VMM__USE_OPS_NS,
	VMM__USE_RX,
	VMM__USE_TX,
	VMM__USES
};
struct vmm__used {
	double v[VMM__USES];
};

/* What a counter grew by: NAN if one of them is not told, all of `now` if it fell. */
double vmm__growth(uint64_t was, uint64_t now);
/* `was` NULL: it was not running there. */
struct vmm__used vmm__guest_used(const struct vmm__guest *was, const struct vmm__guest *now);
/* Adds to a sum what is known; a sum that nothing known was added to, of some, is NAN. */
struct vmm__used vmm__guests_used(const struct vmm__sample *was, const struct vmm__sample *now);
/* Processors busy on the host, or NAN. */
double vmm__host_cpu(const struct vmm__sample *was, const struct vmm__sample *now);

/* One host over many rounds. */
struct vmm__probe {
	struct vmm_table *host; /* one row: as it was declared */
	const struct vmm_cancel *cancel;
	uint64_t interval_ms;
	virConnectPtr conn;
	struct vmm__sample *was, *now;
	uint64_t headway;
	struct vmm_err err;
};

struct vmm__probe *vmm__probe_new(const struct vmm_table *hosts, size_t row,
				  const struct vmm_load_options *opt);
/* `arg` is a struct vmm__probe. */
int vmm__probe_run(void *arg);
int vmm__probe_close(void *arg);
void vmm__probe_free(void *arg);

/* The tables of a sighting: the host's seen columns, and its VMs. NULL: out of memory. */
struct vmm_table *vmm__seen_host(const struct vmm__sample *now);
struct vmm_table *vmm__seen_vms(const struct vmm__sample *now);
/* Adds the load columns, empty, then fills them for a host and its VMs in those rows. */
int vmm__rows_prepare(struct vmm_inventory *inv);
int vmm__rows_fill(struct vmm_inventory *inv, const struct vmm_index *vms, size_t host_row,
		   const struct vmm__sample *was, const struct vmm__sample *now);
int vmm__rows_fail(struct vmm_inventory *inv, size_t host_row, const char *error);

#endif
