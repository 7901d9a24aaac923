/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Folding goes number by number, the last in the names first: names that are alike but
 * for one number become one, with its values in brackets. A name so folded is text like
 * any other to the next round, which folds a number further ahead.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/hostlist.h"

/* A name, and which of its bytes are the number that this round is about; len 0: none. */
struct item {
	char *name;
	size_t at, len;
};

/* The digits at s without leading zeros; *len of them. */
static const char *significant(const char *s, size_t *len)
{
	s += strspn(s, "0");
	*len = strspn(s, "0123456789");
	return s;
}

/* Two runs of digits by value; goes behind both. */
static int by_value(const char **a, const char **b)
{
	size_t len_a, len_b;
	const char *x = significant(*a, &len_a);
	const char *y = significant(*b, &len_b);

	*a = x + len_a;
	*b = y + len_b;
	if (len_a != len_b)
		return len_a < len_b ? -1 : 1;
	return memcmp(x, y, len_a);
}

/* Numbers by value, all else by bytes, as if the brackets of folded ones did not begin. */
static int natural(const char *a, const char *b)
{
	int c = 0;

	while (!c) {
		a += *a == '[';
		b += *b == '[';
		if (!*a || !*b)
			return (*a != '\0') - (*b != '\0');
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b))
			c = by_value(&a, &b);
		else
			c = (unsigned char)*a++ - (unsigned char)*b++;
	}
	return c;
}

static int by_name(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c = natural(x->name, y->name);

	return c ? c : strcmp(x->name, y->name); /* h1 and h01 */
}

static int by_length(size_t x, size_t y)
{
	return (x > y) - (x < y);
}

/* What stands around the number: equal in names that can be folded into one. */
static int by_rest(const struct item *x, const struct item *y)
{
	int c = by_length(x->at, y->at);

	if (!c)
		c = by_length(!x->len, !y->len);
	if (!c)
		c = memcmp(x->name, y->name, x->at);
	return c ? c : strcmp(x->name + x->at + x->len, y->name + y->at + y->len);
}

/* So that names to be folded stand side by side, their numbers in order. */
static int by_rest_and_number(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c = by_rest(x, y);

	if (!c)
		c = by_length(x->len, y->len);
	return c ? c : memcmp(x->name + x->at, y->name + y->at, x->len);
}

/* Points the item at the number that `which` others precede. False: it has not that many. */
static bool locate(struct item *item, size_t which)
{
	const char *s = item->name;

	for (;;) {
		s += strcspn(s, "0123456789");
		item->at = (size_t)(s - item->name);
		item->len = strspn(s, "0123456789");
		if (!item->len)
			return false;
		/* One that is too long for brackets is but text. */
		if (item->len <= VMM_HOSTLIST_DIGITS && !which--)
			return true;
		s += item->len;
	}
}

static unsigned long long value(const struct item *item)
{
	return strtoull(item->name + item->at, NULL, 10);
}

/* Whether b is what a range that has come to a goes on with. */
static bool follows(const struct item *a, const struct item *b)
{
	bool longer = b->len == a->len + 1 && b->name[b->at] != '0';

	return (b->len == a->len || longer) && value(b) == value(a) + 1;
}

static void add_number(struct vmm_buf *out, const struct item *item)
{
	vmm_buf_add(out, item->name + item->at, item->len);
}

static void add_ranges(struct vmm_buf *out, const struct item *items, size_t n)
{
	for (size_t i = 0, first; i < n; i++) {
		first = i;
		if (first)
			vmm_buf_addc(out, ',');
		add_number(out, &items[first]);
		while (i + 1 < n && follows(&items[i], &items[i + 1]))
			i++;
		if (i > first) {
			vmm_buf_addc(out, '-');
			add_number(out, &items[i]);
		}
	}
}

/* n items that differ in their number become the first of them. */
static int join(struct item *items, size_t n)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	char *name;

	vmm_buf_add(&b, items[0].name, items[0].at);
	vmm_buf_addc(&b, '[');
	add_ranges(&b, items, n);
	vmm_buf_addc(&b, ']');
	vmm_buf_adds(&b, items[0].name + items[0].at + items[0].len);
	name = vmm_buf_steal(&b);
	if (!name)
		return VMM_ENOMEM;
	for (size_t i = 0; i < n; i++)
		vmm_str_release(&items[i].name);
	items[0].name = name;
	return 0;
}

static size_t group(const struct item *items, size_t n)
{
	size_t g = 1;

	while (g < n && items[0].len && by_rest(&items[0], &items[g]) == 0)
		g++;
	return g;
}

struct fold {
	struct item *items;
	size_t n;
};

static int fold_number(struct fold *f, size_t which)
{
	size_t kept = 0;
	int code = 0;

	for (size_t i = 0; i < f->n; i++)
		locate(&f->items[i], which);
	qsort(f->items, f->n, sizeof(struct item), by_rest_and_number);
	for (size_t i = 0, g; i < f->n; i += g) {
		g = group(f->items + i, f->n - i);
		if (g > 1 && !code)
			code = join(f->items + i, g);
		if (code)
			g = 1; /* drop nothing that was not joined */
		f->items[kept++] = f->items[i];
	}
	f->n = kept;
	return code;
}

static void drop_doubles(struct fold *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (kept && strcmp(f->items[kept - 1].name, f->items[i].name) == 0)
			free(f->items[i].name);
		else
			f->items[kept++] = f->items[i];
	}
	f->n = kept;
}

/* How many rounds there are: the most numbers that a name has. */
static size_t count_numbers(const struct fold *f)
{
	size_t most = 0;

	for (size_t i = 0; i < f->n; i++)
		while (locate(&f->items[i], most))
			most++;
	return most;
}

static int fold_all(struct fold *f)
{
	int code = 0;

	qsort(f->items, f->n, sizeof(struct item), by_name);
	drop_doubles(f);
	for (size_t which = count_numbers(f); which-- && !code;)
		code = fold_number(f, which);
	qsort(f->items, f->n, sizeof(struct item), by_name);
	return code;
}

static int add_items(struct fold *f, const struct vmm_strv *names, struct vmm_err *err)
{
	f->items = calloc(names->n + 1, sizeof(struct item));
	if (!f->items)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < names->n; i++) {
		if (!vmm_hostlist_is_name(names->s[i]))
			return vmm_err_set(err, VMM_EINPUT, "'%s' is no name that can be folded",
					   names->s[i]);
		f->items[i].name = strdup(names->s[i]);
		if (!f->items[i].name)
			return vmm_err_nomem(err);
		f->n++;
	}
	return 0;
}

static void fold_release(struct fold *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->items[i].name);
	free(f->items);
}

int vmm_hostlist_fold(const struct vmm_strv *names, struct vmm_buf *out, struct vmm_err *err)
{
	__attribute__((cleanup(fold_release))) struct fold f = { NULL, 0 };
	int code = add_items(&f, names, err);

	if (code)
		return code;
	if (fold_all(&f) < 0)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < f.n; i++) {
		if (i)
			vmm_buf_addc(out, ',');
		vmm_buf_adds(out, f.items[i].name);
	}
	return out->failed ? vmm_err_nomem(err) : 0;
}
