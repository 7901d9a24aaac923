/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Means, 95th percentiles and maxima of records. */
#include <math.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/history-internal.h"

#define COLUMNS_MAX 20

/* What is known of one host or VM. */
struct series {
	char *text[COLUMNS_MAX]; /* of its newest record: the columns that are text; the key too */
	double *values;          /* a row of all columns for each record; NAN: not known */
	size_t n, room;
	const char *key;
};

struct sums {
	const char *const *columns;
	size_t ncols, key; /* the key's number */
	void *tree;        /* of struct series *, by key */
	struct series **all;
	size_t n, room;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct series *)a)->key, ((const struct series *)b)->key);
}

static int by_key_at(const void *a, const void *b)
{
	return by_key(*(struct series *const *)a, *(struct series *const *)b);
}

static void series_free(struct series *s)
{
	for (size_t i = 0; s && i < COLUMNS_MAX; i++)
		free(s->text[i]);
	if (s)
		free(s->values);
	free(s);
}

static void leave(void *node)
{
	(void)node;
}

static void sums_release(struct sums *s)
{
	tdestroy(s->tree, leave);
	for (size_t i = 0; i < s->n; i++)
		series_free(s->all[i]);
	free(s->all);
}

/* Grows an array by doubling. */
static void *grown(void *old, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return old;
	*room = *room ? *room * 2 : 16;
	return reallocarray(old, *room, size);
}

static struct series *series_new(struct sums *s, const char *key)
{
	struct series *new = calloc(1, sizeof(*new));
	struct series **all = grown(s->all, s->n, &s->room, sizeof(struct series *));

	if (all)
		s->all = all;
	if (new)
		new->text[s->key] = strdup(key);
	if (new)
		new->key = new->text[s->key];
	if (!all || !new || !new->key || !tsearch(new, &s->tree, by_key)) {
		series_free(new);
		return NULL;
	}
	s->all[s->n++] = new;
	return new;
}

static struct series *series_of(struct sums *s, const char *key)
{
	const struct series wanted = { .key = key };
	struct series **found = tfind(&wanted, &s->tree, by_key);

	return found ? *found : series_new(s, key);
}

static double number(const char *text)
{
	char *end;
	double d = strtod(text, &end);

	return *text && !*end && isfinite(d) ? d : NAN;
}

static int take_text(struct series *x, size_t i, const char *value)
{
	char *copy;

	if (x->text[i] && strcmp(x->text[i], value) == 0)
		return 0;
	copy = strdup(value);
	if (!copy)
		return VMM_ENOMEM;
	free(x->text[i]);
	x->text[i] = copy;
	return 0;
}

static int take_row(struct sums *s, const struct vmm_table *t, size_t row, const int *at)
{
	struct series *x = series_of(s, vmm_table_get(t, row, at[s->key]));
	double *values = x ? grown(x->values, x->n, &x->room, s->ncols * sizeof(double)) : NULL;
	bool newest;

	if (!values)
		return VMM_ENOMEM;
	x->values = values;
	newest = !x->text[0] || strcmp(vmm_table_get(t, row, at[0]), x->text[0]) >= 0;
	for (size_t i = 0; i < s->ncols; i++) {
		const char *cell = vmm_table_get(t, row, at[i]);

		values[x->n * s->ncols + i] = number(cell);
		if (i != s->key && newest && vmm__history_digits(s->columns[i]) < 0 &&
		    take_text(x, i, cell) < 0)
			return VMM_ENOMEM;
	}
	x->n++;
	return 0;
}

static int take(struct vmm_table *t, const size_t *rows, size_t n, void *arg, struct vmm_err *err)
{
	struct sums *s = arg;
	int at[COLUMNS_MAX];

	for (size_t i = 0; i < s->ncols; i++)
		at[i] = vmm_table_col(t, s->columns[i]);
	for (size_t i = 0; i < n; i++)
		if (take_row(s, t, rows[i], at) < 0)
			return vmm_err_nomem(err);
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* `v` is n numbers, at least one, which may be reordered. */
static double sum_up(double *v, size_t n, enum vmm_history_way way)
{
	double sum = 0;

	qsort(v, n, sizeof(*v), by_value);
	if (way == VMM_HISTORY_MAX)
		return v[n - 1];
	if (way == VMM_HISTORY_P95)
		return v[(n * 95 + 99) / 100 - 1];
	for (size_t i = 0; i < n; i++)
		sum += v[i];
	return sum / (double)n;
}

/* The known numbers of a column into `v`. */
static size_t column(const struct series *x, size_t ncols, size_t i, double *v)
{
	size_t n = 0;

	for (size_t r = 0; r < x->n; r++)
		if (!isnan(x->values[r * ncols + i]))
			v[n++] = x->values[r * ncols + i];
	return n;
}

static int put_cell(const struct sums *s, const struct series *x, size_t i,
		    enum vmm_history_way way, struct vmm_table *t, size_t row, double *v)
{
	int digits = vmm__history_digits(s->columns[i]);
	char text[352]; /* the largest double has 309 digits */
	size_t n;

	if (digits < 0)
		return vmm_table_set(t, row, (int)i, x->text[i] ? x->text[i] : "");
	n = column(x, s->ncols, i, v);
	if (n == 0)
		return 0;
	if (strcmp(s->columns[i], "seconds") == 0)
		snprintf(text, sizeof(text), "%.3f", sum_up(v, n, VMM_HISTORY_MEAN) * (double)n);
	else
		snprintf(text, sizeof(text), "%.*f", digits, sum_up(v, n, way));
	return vmm_table_set(t, row, (int)i, text);
}

static int put_row(const struct sums *s, const struct series *x, enum vmm_history_way way,
		   struct vmm_table *t)
{
	double *v = calloc(x->n, sizeof(*v));
	long row = v ? vmm_table_add(t) : -1;
	int rc = row < 0 ? VMM_ENOMEM : 0;

	for (size_t i = 0; i < s->ncols && rc == 0; i++)
		rc = put_cell(s, x, i, way, t, (size_t)row, v);
	free(v);
	return rc;
}

static int put_all(struct sums *s, enum vmm_history_way way, struct vmm_table **out,
		   struct vmm_err *err)
{
	struct vmm_table *t = vmm_table_new(s->columns);
	int rc = t ? 0 : VMM_ENOMEM;

	if (s->n > 0)
		qsort(s->all, s->n, sizeof(*s->all), by_key_at);
	for (size_t i = 0; i < s->n && rc == 0; i++)
		rc = put_row(s, s->all[i], way, t);
	if (rc < 0) {
		vmm_table_free(t);
		return vmm_err_nomem(err);
	}
	*out = t;
	return 0;
}

int vmm_history_sum(struct vmm_store *st, enum vmm_history kind, time_t since,
		    enum vmm_history_way way, struct vmm_table **out, struct vmm_err *err)
{
	struct sums s = { .columns = vmm_history_columns(kind) };
	int rc;

	for (; s.columns[s.ncols]; s.ncols++)
		if (strcmp(s.columns[s.ncols], vmm_history_key(kind)) == 0)
			s.key = s.ncols;
	rc = vmm_history_read(st, kind, since, take, &s, err);
	if (rc == 0)
		rc = put_all(&s, way, out, err);
	sums_release(&s);
	return rc;
}

/* The newest record is in the newest file that has any. *newest is 0 where there is none. */
static int find_newest(struct vmm_store *st, enum vmm_history kind, time_t *newest,
		       struct vmm_err *err)
{
	VMM_STR_AUTO folder = vmm__history_folder(st, err);
	VMM_STRV_AUTO files = VMM_STRV_INIT;
	int rc = folder ? vmm__history_files(folder, kind, &files, err) : VMM_EREFUSED;

	*newest = 0;
	for (size_t i = files.n; i > 0 && rc == 0 && *newest == 0; i--)
		rc = vmm__history_last(folder, files.s[i - 1], newest, err);
	return rc;
}

int vmm_history_recent(struct vmm_store *st, enum vmm_history kind, uint64_t window_ms,
		       struct vmm_table **out, struct vmm_err *err)
{
	time_t newest;
	int rc = find_newest(st, kind, &newest, err);

	if (rc < 0)
		return rc;
	if (newest == 0)
		return (*out = vmm_table_new(vmm_history_columns(kind))) ? 0 : vmm_err_nomem(err);
	return vmm_history_sum(st, kind, newest - (time_t)(window_ms / 1000), VMM_HISTORY_MEAN, out,
			       err);
}
