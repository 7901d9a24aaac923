/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/strv.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void vmm_strv_release(struct vmm_strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->s[i]);
	free(v->s);
	*v = (struct vmm_strv)VMM_STRV_INIT;
}

static int grow(struct vmm_strv *v)
{
	size_t cap = v->cap ? v->cap * 2 : 8;
	char **s = reallocarray(v->s, cap, sizeof(*s));

	if (!s)
		return VMM_ENOMEM;
	v->s = s;
	v->cap = cap;
	return 0;
}

int vmm_strv_addn(struct vmm_strv *v, const char *s, size_t len)
{
	char *copy;

	if (v->n + 1 >= v->cap && grow(v) < 0)
		return VMM_ENOMEM;
	copy = strndup(s, len);
	if (!copy)
		return VMM_ENOMEM;
	v->s[v->n++] = copy;
	v->s[v->n] = NULL;
	return 0;
}

int vmm_strv_add(struct vmm_strv *v, const char *s)
{
	return vmm_strv_addn(v, s, strlen(s));
}

int vmm_strv_split(struct vmm_strv *v, const char *text, const char *seps)
{
	for (;;) {
		size_t len = strcspn(text, seps);

		if (vmm_strv_addn(v, text, len) < 0)
			return VMM_ENOMEM;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

void vmm_strv_del(struct vmm_strv *v, size_t at)
{
	free(v->s[at]);
	memmove(&v->s[at], &v->s[at + 1], (v->n - at) * sizeof(*v->s)); /* the NULL too */
	v->n--;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void vmm_strv_sort(struct vmm_strv *v, size_t first)
{
	if (v->n > first)
		qsort(v->s + first, v->n - first, sizeof(*v->s), by_bytes);
}

bool vmm_strv_has(const struct vmm_strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->s[i], s) == 0)
			return true;
	return false;
}
