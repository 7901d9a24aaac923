/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Progress of long work: what is reported, not how it is shown.
 *
 * The library calls vmm_progress_report() as often as it likes; the program that
 * started the work decides (bars on a terminal, JSON lines, nothing). The sink is
 * called from worker threads and does its own locking. A NULL sink is silence.
 */
#ifndef VMM_BASE_PROGRESS_H
#define VMM_BASE_PROGRESS_H

#include <stdint.h>

struct vmm_progress {
	const char *subject;  /* what is worked on: a VM, a host */
	const char *stage;    /* "check", "copy", "memory", "done" */
	uint64_t done, total; /* bytes or items; total 0: not known */
	uint64_t rate;        /* bytes a second; 0: not known */
	int64_t downtime_ms;  /* expected; -1: not known */
};

struct vmm_progress_sink {
	void (*report)(struct vmm_progress_sink *sink, const struct vmm_progress *p);
};

void vmm_progress_report(struct vmm_progress_sink *sink, const struct vmm_progress *p);

#endif
