/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A list of strings, which it owns. Terminated by NULL, so v.s works as an argv.
 *
 *	struct vmm_strv v = VMM_STRV_INIT;
 *
 *	if (vmm_strv_add(&v, "h1") < 0) …;
 *	for (size_t i = 0; i < v.n; i++) puts(v.s[i]);
 *	vmm_strv_release(&v);
 */
#ifndef VMM_BASE_STRV_H
#define VMM_BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

struct vmm_strv {
	char **s;
	size_t n, cap;
};

#define VMM_STRV_INIT      \
	{                  \
		NULL, 0, 0 \
	}
#define VMM_STRV_AUTO __attribute__((cleanup(vmm_strv_release))) struct vmm_strv

void vmm_strv_release(struct vmm_strv *v);
/* Copies s. 0 or VMM_ENOMEM. */
int vmm_strv_add(struct vmm_strv *v, const char *s);
int vmm_strv_addn(struct vmm_strv *v, const char *s, size_t len);
/* The parts of text between any of the bytes in `seps`; empty parts are kept ("" has one). */
int vmm_strv_split(struct vmm_strv *v, const char *text, const char *seps);
void vmm_strv_del(struct vmm_strv *v, size_t at);
/* By their bytes, those from `first` on. */
void vmm_strv_sort(struct vmm_strv *v, size_t first);
bool vmm_strv_has(const struct vmm_strv *v, const char *s);

#endif
