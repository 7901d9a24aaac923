/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What load there was: records of hosts and of VMs, appended to plain files in the state
 * (load/hosts-YYYY-MM-DD.tsv and load/vms-…, a file a day, UTC; vmm-state(5)).
 *
 *	struct vmm_history_limits keep = { .keep_ms = …, .max_bytes = … };
 *
 *	if (vmm_history_add(st, VMM_HISTORY_HOSTS, rows, &keep, err) < 0) …;
 *	if (vmm_history_recent(st, VMM_HISTORY_HOSTS, 3600000, &means, err) < 0) …;
 *
 * A record has the columns of vmm_history_columns(): `time` (of the end of its interval) and
 * `seconds` (its length), whose it is, and numbers in the units of host-stat and vm-stat; an empty
 * cell is not known. Records are nearly in the order of their times.
 *
 * A clock may have been wrong for a while. `now` is the present time, and records that are more than an hour
 * later are not read.
 *
 * Writers keep each other out by a lock and append whole lines in one write. A last line without
 * its end was cut by a crash: readers pass it over, the next writer cuts it off. Nothing is synced: the
 * last records before a crash of the machine may be lost. Errors name the file.
 */
#ifndef VMM_HISTORY_HISTORY_H
#define VMM_HISTORY_HISTORY_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/table.h"
#include "store/store.h"

enum vmm_history { VMM_HISTORY_HOSTS, VMM_HISTORY_VMS };

/* The columns of its files, then NULL. */
const char *const *vmm_history_columns(enum vmm_history kind);
/* Whose a record is: "name" of hosts, "uuid" of VMs. */
const char *vmm_history_key(enum vmm_history kind);

/*
 * Days that are more than keep_ms before the newest row, or after it, go; but where the day before its own has no
 * records nothing does: its clock may have leapt. The oldest days go when all together is more than max_bytes; of a
 * single day then its older half.
 */
struct vmm_history_limits {
	uint64_t keep_ms, max_bytes;
};

/* Appends a record for each row; columns that the files don't have are left out. A `time` that is none: VMM_EINPUT. */
int vmm_history_add(struct vmm_store *st, enum vmm_history kind, const struct vmm_table *rows,
		    const struct vmm_history_limits *limits, struct vmm_err *err);

/*
 * The records from `since` on, in their order, some thousands at a time: `rows` are n rows of `t`, which
 * belongs to the callee and is gone after the call. What it returns, if not 0, ends the reading.
 */
typedef int vmm_history_fn(struct vmm_table *t, const size_t *rows, size_t n, void *arg,
			   struct vmm_err *err);
int vmm_history_read(struct vmm_store *st, enum vmm_history kind, time_t since, time_t now,
		     vmm_history_fn *fn, void *arg, struct vmm_err *err);

enum vmm_history_way { VMM_HISTORY_MEAN, VMM_HISTORY_P95, VMM_HISTORY_MAX };

/*
 * One row for each host or VM that has a record since then, sorted by key: each number for itself, over the
 * records that know it (p95: the smallest that 95 of 100 do not exceed); `seconds` is the sum, `time`
 * and the names are those of the newest record. *out is the caller's.
 */
int vmm_history_sum(struct vmm_store *st, enum vmm_history kind, time_t since, time_t now,
		    enum vmm_history_way way, struct vmm_table **out, struct vmm_err *err);

/*
 * For planners: the means of the records that are at most window_ms older than the newest one of that kind.
 * No records: a table without rows. How old the newest is, its `time` tells.
 */
int vmm_history_recent(struct vmm_store *st, enum vmm_history kind, uint64_t window_ms, time_t now,
		       struct vmm_table **out, struct vmm_err *err);

/*
 * The same, written into the rows of an inventory's table (hosts or vms), by their keys. Records that are an hour
 * older than what the table was last seen like (`seen`) tell nothing of it: then nothing is written.
 */
int vmm_history_join(struct vmm_store *st, enum vmm_history kind, uint64_t window_ms, time_t now,
		     struct vmm_table *t, struct vmm_err *err);

#endif
