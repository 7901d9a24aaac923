/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of addresses as spans: what they cost depends on how many spans there are, not on their size. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "pool/internal.h"

void vmm__spans_release(struct vmm__spans *v)
{
	free(v->s);
	*v = (struct vmm__spans){ NULL, 0, 0 };
}

int vmm__spans_add(struct vmm__spans *v, vmm__num first, vmm__num last)
{
	if (v->n == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 8;
		struct vmm__span *s = reallocarray(v->s, cap, sizeof(*s));

		if (!s)
			return VMM_ENOMEM;
		v->s = s;
		v->cap = cap;
	}
	v->s[v->n++] = (struct vmm__span){ first, last };
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct vmm__span *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

void vmm__spans_sort(struct vmm__spans *v)
{
	size_t n = 0;

	if (v->n)
		qsort(v->s, v->n, sizeof(*v->s), by_first);
	for (size_t i = 0; i < v->n; i++) {
		struct vmm__span *last = n ? &v->s[n - 1] : NULL;

		/* 2^128 - 1 has no successor, but nothing is behind it either. */
		if (!last || (v->s[i].first > last->last && v->s[i].first - last->last > 1))
			v->s[n++] = v->s[i];
		else if (v->s[i].last > last->last)
			last->last = v->s[i].last;
	}
	v->n = n;
}

int vmm__spans_take(struct vmm__spans *v, vmm__num first, vmm__num last)
{
	struct vmm__spans left = { NULL, 0, 0 };
	int rc = 0;

	for (size_t i = 0; i < v->n && rc == 0; i++) {
		struct vmm__span s = v->s[i];

		if (s.last < first || s.first > last) {
			rc = vmm__spans_add(&left, s.first, s.last);
			continue;
		}
		if (s.first < first)
			rc = vmm__spans_add(&left, s.first, first - 1);
		if (rc == 0 && s.last > last)
			rc = vmm__spans_add(&left, last + 1, s.last);
	}
	vmm__spans_release(rc == 0 ? v : &left);
	if (rc == 0)
		*v = left;
	return rc;
}

size_t vmm__spans_find(const struct vmm__spans *v, vmm__num num)
{
	size_t from = 0, to = v->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (v->s[mid].last < num)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

bool vmm__spans_has(const struct vmm__spans *v, vmm__num num)
{
	size_t i = vmm__spans_find(v, num);

	return i < v->n && v->s[i].first <= num;
}

/* ---- text ---- */

static int parse_network(const char *what, const char *text, struct vmm__addr a, const char *length,
			 struct vmm__span *out, int *prefix, struct vmm_err *err)
{
	unsigned bits = vmm__addr_bits(a.family);
	char net[VMM__ADDR_LEN];
	uint64_t n;
	vmm__num host;

	if (vmm_num_u64("its prefix", length, 0, bits, &n, err) < 0)
		return vmm_err_prefix(err, "%s '%s'", what, text);
	host = n == bits ? 0 : ~(vmm__num)0 >> (128 - bits + n);
	if (a.num & host) {
		a.num &= ~host;
		vmm__addr_format(a, net);
		return vmm_err_set(err, VMM_EINPUT, "%s '%s': not a network; is %s/%s meant?", what,
				   text, net, length);
	}
	*out = (struct vmm__span){ a.num, a.num | host };
	if (prefix)
		*prefix = (int)n;
	return 0;
}

int vmm__span_parse(const char *what, const char *text, enum vmm__family *family,
		    struct vmm__span *out, int *prefix, struct vmm_err *err)
{
	size_t len = strcspn(text, "-/");
	VMM_STR_AUTO first = strndup(text, len);
	struct vmm__addr a, b;

	if (!first)
		return vmm_err_nomem(err);
	if (!vmm__addr_parse(first, &a))
		return vmm_err_set(err, VMM_EINPUT, "%s '%s': '%s' is not an address", what, text,
				   first);
	*family = a.family;
	if (text[len] == '/')
		return parse_network(what, text, a, text + len + 1, out, prefix, err);
	b = a;
	if (text[len] == '-' && !vmm__addr_parse(text + len + 1, &b))
		return vmm_err_set(err, VMM_EINPUT, "%s '%s': '%s' is not an address", what, text,
				   text + len + 1);
	if (a.family != b.family)
		return vmm_err_set(err, VMM_EINPUT, "%s '%s': two kinds of address", what, text);
	if (a.num > b.num)
		return vmm_err_set(err, VMM_EINPUT, "%s '%s': its end is before its start", what,
				   text);
	*out = (struct vmm__span){ a.num, b.num };
	return 0;
}

void vmm__span_format(enum vmm__family family, struct vmm__span s, struct vmm_buf *out)
{
	char text[VMM__ADDR_LEN];

	vmm__addr_format((struct vmm__addr){ family, s.first }, text);
	vmm_buf_adds(out, text);
	if (s.first == s.last)
		return;
	vmm__addr_format((struct vmm__addr){ family, s.last }, text);
	vmm_buf_addf(out, "-%s", text);
}
