/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors: a class for the program, a sentence for the person.
 *
 * A function that can fail takes a `struct vmm_err *` as its last parameter and
 * returns 0 or a negative `enum vmm_code`. On failure the sentence is in
 * err->text: lower case, no full stop, one line whatever bytes the names in it
 * hold: what a terminal would not show (percent.h) or is not UTF-8 is written %xx. The
 * caller adds what it knows with vmm_err_prefix() on the way up. On success *err is left
 * alone. NULL is allowed where the sentence is not wanted.
 *
 *	struct vmm_err err;
 *
 *	if (vmm_num_u64("vcpus", text, 1, 512, &n, &err) < 0)
 *		return vmm_err_prefix(&err, "%s:%zu", file, line);
 *
 * Nothing to free: the text is part of the struct and is cut at its end.
 */
#ifndef VMM_BASE_ERR_H
#define VMM_BASE_ERR_H

#include <stdarg.h>

enum vmm_code {
	VMM_OK = 0,
	VMM_EFAIL = -1,     /* it was tried and failed */
	VMM_EINPUT = -2,    /* bad input: an argument, a row, a file */
	VMM_EPART = -3,     /* some of several failed */
	VMM_EREFUSED = -4,  /* a precondition or rule forbids it; nothing was changed */
	VMM_EAGAIN = -5,    /* try again later: lock held, host unreachable */
	VMM_ENOTFOUND = -6, /* no such object */
	VMM_ECANCEL = -7,   /* the user asked to stop */
	VMM_ENOMEM = -8,    /* out of memory */
};

struct vmm_err {
	enum vmm_code code;
	char text[1024];
};

/* All return the code, so that `return vmm_err_set(…)` reads well. */
int vmm_err_set(struct vmm_err *err, enum vmm_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Appends ": " and strerror(errno). ENOMEM becomes VMM_ENOMEM. */
int vmm_err_errno(struct vmm_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for a file that was to be read: VMM_EINPUT. */
int vmm_err_unreadable(struct vmm_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int vmm_err_nomem(struct vmm_err *err);
/*
 * Puts "…: " in front of what is there. Where err may be NULL, return the code you have:
 * this one is then VMM_EFAIL.
 */
int vmm_err_prefix(struct vmm_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The exit status documented for a code: 0, 1, 2, 3, 4 or 75. */
int vmm_err_exit(int code);
/* What a batch says of one item: `good` for VMM_OK; else "refused", "aborted" or "failed". */
const char *vmm_err_word(int code, const char *good);

#endif
