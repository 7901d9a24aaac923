/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char vmm_buf_empty[1]; /* shared and never written to */

void vmm_buf_release(struct vmm_buf *b)
{
	if (b->cap)
		free(b->data);
	*b = (struct vmm_buf)VMM_BUF_INIT;
}

void vmm_buf_reset(struct vmm_buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->cap)
		b->data[0] = '\0';
}

static void grow(struct vmm_buf *b, size_t need)
{
	size_t cap = b->cap > SIZE_MAX / 2 ? need : b->cap * 2;
	char *data;

	if (cap < need)
		cap = need < 64 ? 64 : need;
	data = realloc(b->cap ? b->data : NULL, cap);
	if (!data) {
		b->failed = true;
		return;
	}
	data[b->len] = '\0';
	b->data = data;
	b->cap = cap;
}

void vmm_buf_reserve(struct vmm_buf *b, size_t more)
{
	if (b->failed)
		return;
	if (more >= SIZE_MAX - b->len)
		b->failed = true;
	else if (b->len + more >= b->cap)
		grow(b, b->len + more + 1);
}

void vmm_buf_add(struct vmm_buf *b, const void *bytes, size_t n)
{
	vmm_buf_reserve(b, n);
	if (b->failed || !n)
		return;
	memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void vmm_buf_adds(struct vmm_buf *b, const char *s)
{
	vmm_buf_add(b, s, strlen(s));
}

void vmm_buf_addc(struct vmm_buf *b, char c)
{
	vmm_buf_add(b, &c, 1);
}

void vmm_buf_addf(struct vmm_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	vmm_buf_reserve(b, (size_t)n);
	if (b->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

char *vmm_buf_steal(struct vmm_buf *b)
{
	char *text = NULL;

	vmm_buf_reserve(b, 0);
	if (!b->failed) {
		text = b->data;
		b->cap = 0;
	}
	vmm_buf_release(b);
	return text;
}

void vmm_str_release(char **s)
{
	free(*s);
	*s = NULL;
}

const char *vmm_str_or_empty(const char *s)
{
	return s ? s : "";
}
