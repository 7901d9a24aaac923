/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strict numbers: the whole text is the number, in range, or it is an error that
 * names `what`. No signs where none belong, no blanks, no locale, no silent wrap.
 *
 * vmm_num_size() reads bytes with an optional binary unit: 4096, 64K, 512M, 2G, 1T,
 * P, E and the same with iB (4GiB), or B for bytes; decimal units (kB, MB, …) are refused
 * rather than guessed. vmm_num_duration() reads seconds with an optional unit
 * ms s m h d: "90", "1.5s", "250ms", "2h"; the result is in milliseconds, and
 * what is finer than one is refused.
 */
#ifndef VMM_BASE_NUM_H
#define VMM_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

int vmm_num_u64(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *out,
		struct vmm_err *err);
int vmm_num_size(const char *what, const char *text, uint64_t *bytes, struct vmm_err *err);
/* "12", "0.25": digits, and behind a point more digits; at most 15 in all, so that no digit is lost. */
int vmm_num_decimal(const char *what, const char *text, double *out, struct vmm_err *err);
int vmm_num_duration(const char *what, const char *text, uint64_t *ms, struct vmm_err *err);

/* "0", "640K", "1.5G", "12G": at most three digits, binary units. Returns buf (5 bytes do). */
const char *vmm_num_human(uint64_t bytes, char *buf, size_t size);

/* 8-4-4-4-12 hexadecimal digits; `out` gets it in lower case. */
#define VMM_UUID_LEN 36
bool vmm_uuid_parse(const char *text, char out[VMM_UUID_LEN + 1]);

#endif
