/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What items use up: names are numbered once, so that a limit is looked up and not searched for. */
#include "base/jobs-internal.h"

#include <stdlib.h>
#include <string.h>

#define NO_KEY SIZE_MAX

struct named {
	const char *name;
	size_t *number;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

int vmm__keys_init(struct vmm__keys *k, const struct vmm_job *jobs, size_t n, unsigned limit)
{
	struct named *all = calloc(n * VMM_JOB_KEYS + 1, sizeof(*all));
	size_t m = 0, number = 0;

	k->limit = limit;
	k->of = calloc(n + 1, sizeof(*k->of));
	k->in_use = calloc(n * VMM_JOB_KEYS + 1, sizeof(*k->in_use));
	if (!all || !k->of || !k->in_use) {
		free(all);
		return VMM_ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < VMM_JOB_KEYS; j++) {
			k->of[i][j] = NO_KEY;
			if (jobs[i].keys[j])
				all[m++] = (struct named){ jobs[i].keys[j], &k->of[i][j] };
		}
	}
	qsort(all, m, sizeof(*all), by_name);
	for (size_t i = 0; i < m; i++) {
		if (i > 0 && strcmp(all[i].name, all[i - 1].name) != 0)
			number++;
		*all[i].number = number;
	}
	free(all);
	return 0;
}

void vmm__keys_release(struct vmm__keys *k)
{
	free(k->of);
	free(k->in_use);
}

bool vmm__keys_fit(const struct vmm__keys *k, size_t job)
{
	for (size_t j = 0; k->limit && j < VMM_JOB_KEYS; j++)
		if (k->of[job][j] != NO_KEY && k->in_use[k->of[job][j]] >= k->limit)
			return false;
	return true;
}

/* A job that names one key twice (a host with itself) uses it once. */
static bool counts(const size_t *keys, size_t j)
{
	if (keys[j] == NO_KEY)
		return false;
	for (size_t i = 0; i < j; i++)
		if (keys[i] == keys[j])
			return false;
	return true;
}

void vmm__keys_occupy(struct vmm__keys *k, size_t job)
{
	for (size_t j = 0; j < VMM_JOB_KEYS; j++)
		if (counts(k->of[job], j))
			k->in_use[k->of[job][j]]++;
}

void vmm__keys_vacate(struct vmm__keys *k, size_t job)
{
	for (size_t j = 0; j < VMM_JOB_KEYS; j++)
		if (counts(k->of[job], j))
			k->in_use[k->of[job][j]]--;
}
