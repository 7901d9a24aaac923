/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time: the wall clock for people and files, the monotonic one for limits.
 *
 * Wall time is UTC in ISO 8601, to the second: 2026-11-22T03:04:05Z. Monotonic
 * time is milliseconds from an arbitrary start; it never jumps.
 */
#ifndef VMM_BASE_CLOCK_H
#define VMM_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define VMM_TIME_LEN 20

/* Only the years 1000 to 9999 can be written; a time outside becomes the nearest of them. */
void vmm_time_format(time_t t, char out[VMM_TIME_LEN + 1]);
void vmm_time_now(char out[VMM_TIME_LEN + 1]);
/* 0 and *out, or -1: not such a time. */
int vmm_time_parse(const char *text, time_t *out);

uint64_t vmm_clock_ms(void);
/* The same, but it goes on while this machine is suspended: for what was counted elsewhere meanwhile. */
uint64_t vmm_clock_boot_ms(void);
/* A signal ends the sleep early: the caller looks at its cancel flag and the clock. */
void vmm_sleep_ms(uint64_t ms);

#endif
