/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A growing byte buffer, always NUL-terminated.
 *
 *	struct vmm_buf b = VMM_BUF_INIT;
 *
 *	vmm_buf_addf(&b, "%s/%s", host, name);
 *	text = vmm_buf_steal(&b);	(or use b.data, then vmm_buf_release)
 *
 * Running out of memory is remembered, not reported at each call: everything
 * added afterwards is dropped, b.failed is set, and vmm_buf_steal() returns NULL.
 * So a chain of additions is checked once, at its end.
 */
#ifndef VMM_BASE_BUF_H
#define VMM_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct vmm_buf {
	char *data; /* never NULL; "" when empty */
	size_t len; /* without the NUL */
	size_t cap; /* 0: data is not ours */
	bool failed;
};

extern char vmm_buf_empty[1];
#define VMM_BUF_INIT                       \
	{                                  \
		vmm_buf_empty, 0, 0, false \
	}
#define VMM_BUF_AUTO __attribute__((cleanup(vmm_buf_release))) struct vmm_buf

void vmm_buf_release(struct vmm_buf *b);              /* and ready for use again */
void vmm_buf_reset(struct vmm_buf *b);                /* empties, keeps the memory */
void vmm_buf_reserve(struct vmm_buf *b, size_t more); /* makes room, for speed only */
void vmm_buf_add(struct vmm_buf *b, const void *bytes, size_t n);
void vmm_buf_adds(struct vmm_buf *b, const char *s);
void vmm_buf_addc(struct vmm_buf *b, char c);
void vmm_buf_addf(struct vmm_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The text becomes the caller's to free(); NULL if memory ran out. */
char *vmm_buf_steal(struct vmm_buf *b);

/* For `char *` that leaves its scope: VMM_STR_AUTO s = strdup(…); */
void vmm_str_release(char **s);
#define VMM_STR_AUTO __attribute__((cleanup(vmm_str_release))) char *

/* The text, or "" for NULL; borrowed. */
const char *vmm_str_or_empty(const char *s);

#endif
