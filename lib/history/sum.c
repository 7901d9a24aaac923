/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Means, 95th percentiles and maxima of records. */
#include <math.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "history/history-internal.h"

#define COLUMNS_MAX 20

/* A column's numbers that are known. */
struct tally {
	double sum, max;
	size_t n;
};

/* What is known of one host or VM. */
struct series {
	char *text[COLUMNS_MAX]; /* of its newest record: the columns that are text; the key too */
	struct tally tally[COLUMNS_MAX];
	double *values; /* for a percentile: a row of all columns for each record; NAN: not known */
	size_t n, room;
	const char *key;
};

struct sums {
	const char *const *columns;
	size_t ncols, key; /* the key's number */
	enum vmm_history_way way;
	void *tree; /* of struct series *, by key */
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

static void count(struct tally *t, double d)
{
	if (isnan(d))
		return;
	t->max = t->n == 0 || d > t->max ? d : t->max;
	t->sum += d;
	t->n++;
}

/* Where the numbers of one more record go; NULL: no memory. */
static double *one_more(const struct sums *s, struct series *x)
{
	double *values = grown(x->values, x->n, &x->room, s->ncols * sizeof(double));

	if (!values)
		return NULL;
	x->values = values;
	return values + x->n++ * s->ncols;
}

static int take_row(struct sums *s, const struct vmm_table *t, size_t row, const int *at)
{
	struct series *x = series_of(s, vmm_table_get(t, row, at[s->key]));
	double *values = x && s->way == VMM_HISTORY_P95 ? one_more(s, x) : NULL;
	bool newest;

	if (!x || (!values && s->way == VMM_HISTORY_P95))
		return VMM_ENOMEM;
	newest = !x->text[0] || strcmp(vmm_table_get(t, row, at[0]), x->text[0]) >= 0;
	for (size_t i = 0; i < s->ncols; i++) {
		const char *cell = vmm_table_get(t, row, at[i]);
		double d = number(cell);

		count(&x->tally[i], d);
		if (values)
			values[i] = d;
		if (i != s->key && newest && vmm__history_digits(s->columns[i]) < 0 &&
		    take_text(x, i, cell) < 0)
			return VMM_ENOMEM;
	}
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

/* Of the known numbers of a column, of which there is one at least; `v` has room for all. */
static double p95(const struct series *x, size_t ncols, size_t i, double *v)
{
	size_t n = 0;

	for (size_t r = 0; r < x->n; r++)
		if (!isnan(x->values[r * ncols + i]))
			v[n++] = x->values[r * ncols + i];
	qsort(v, n, sizeof(*v), by_value);
	return v[(n * 95 + 99) / 100 - 1];
}

static double sum_up(const struct sums *s, const struct series *x, size_t i, double *v)
{
	const struct tally *t = &x->tally[i];

	if (strcmp(s->columns[i], "seconds") == 0)
		return t->sum;
	switch (s->way) {
	case VMM_HISTORY_MAX:
		return t->max;
	case VMM_HISTORY_P95:
		return p95(x, s->ncols, i, v);
	case VMM_HISTORY_MEAN:
		break;
	}
	return t->sum / (double)t->n;
}

static int put_cell(const struct sums *s, const struct series *x, size_t i, struct vmm_table *t,
		    size_t row, double *v)
{
	int digits = vmm__history_digits(s->columns[i]);
	char text[352]; /* the largest double has 309 digits */

	if (digits < 0)
		return vmm_table_set(t, row, (int)i, x->text[i] ? x->text[i] : "");
	if (x->tally[i].n == 0)
		return 0;
	snprintf(text, sizeof(text), "%.*f", digits, sum_up(s, x, i, v));
	return vmm_table_set(t, row, (int)i, text);
}

static int put_row(const struct sums *s, const struct series *x, struct vmm_table *t)
{
	double *v = calloc(x->n + 1, sizeof(*v));
	long row = v ? vmm_table_add(t) : -1;
	int rc = row < 0 ? VMM_ENOMEM : 0;

	for (size_t i = 0; i < s->ncols && rc == 0; i++)
		rc = put_cell(s, x, i, t, (size_t)row, v);
	free(v);
	return rc;
}

static int put_all(struct sums *s, struct vmm_table **out, struct vmm_err *err)
{
	struct vmm_table *t = vmm_table_new(s->columns);
	int rc = t ? 0 : VMM_ENOMEM;

	if (s->n > 0)
		qsort(s->all, s->n, sizeof(*s->all), by_key_at);
	for (size_t i = 0; i < s->n && rc == 0; i++)
		rc = put_row(s, s->all[i], t);
	if (rc < 0) {
		vmm_table_free(t);
		return vmm_err_nomem(err);
	}
	*out = t;
	return 0;
}

int vmm_history_sum(struct vmm_store *st, enum vmm_history kind, time_t since, time_t now,
		    enum vmm_history_way way, struct vmm_table **out, struct vmm_err *err)
{
	struct sums s = { .columns = vmm_history_columns(kind), .way = way };
	int rc;

	for (; s.columns[s.ncols]; s.ncols++)
		if (strcmp(s.columns[s.ncols], vmm_history_key(kind)) == 0)
			s.key = s.ncols;
	rc = vmm_history_read(st, kind, since, now, take, &s, err);
	if (rc == 0)
		rc = put_all(&s, out, err);
	sums_release(&s);
	return rc;
}

/* ---- recent ---- */

struct latest {
	char time[VMM_TIME_LEN + 1];
};

static int look(struct vmm_table *t, const size_t *rows, size_t n, void *arg, struct vmm_err *err)
{
	struct latest *l = arg;

	(void)err;
	for (size_t i = 0; i < n; i++)
		if (strcmp(vmm_table_at(t, rows[i], "time"), l->time) > 0)
			snprintf(l->time, sizeof(l->time), "%s", vmm_table_at(t, rows[i], "time"));
	return 0;
}

/* Where the last record is ahead of the clock: the newest that is not, of that day. 0: there is none. */
static int search(struct vmm_store *st, enum vmm_history kind, time_t since, time_t now,
		  time_t *newest, struct vmm_err *err)
{
	struct latest l = { "" };
	int rc = vmm_history_read(st, kind, since, now, look, &l, err);

	if (vmm_time_parse(l.time, newest) < 0)
		*newest = 0;
	return rc;
}

/* The newest record is in the newest file that has any. *newest is 0 where there is none. */
static int find_newest(struct vmm_store *st, enum vmm_history kind, time_t now, time_t *newest,
		       struct vmm_err *err)
{
	VMM_STR_AUTO folder = vmm__history_folder(st, err);
	VMM_STRV_AUTO files = VMM_STRV_INIT;
	int rc = folder ? vmm__history_files(folder, kind, &files, err) : VMM_EREFUSED;

	*newest = 0;
	for (size_t i = files.n; i > 0 && rc == 0 && *newest == 0; i--) {
		rc = vmm__history_last(folder, files.s[i - 1], newest, err);
		if (rc == 0 && *newest > now + VMM__AHEAD_S)
			rc = search(st, kind, *newest - *newest % VMM__DAY_S, now, newest, err);
	}
	return rc;
}

int vmm_history_recent(struct vmm_store *st, enum vmm_history kind, uint64_t window_ms, time_t now,
		       struct vmm_table **out, struct vmm_err *err)
{
	time_t newest;
	int rc = find_newest(st, kind, now, &newest, err);

	if (rc < 0)
		return rc;
	if (newest == 0)
		return (*out = vmm_table_new(vmm_history_columns(kind))) ? 0 : vmm_err_nomem(err);
	return vmm_history_sum(st, kind, newest - (time_t)(window_ms / 1000), now, VMM_HISTORY_MEAN,
			       out, err);
}
