/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was written, read back from the disk itself. All of it would take as long again as the writing, so
 * it's the first and the last range and some in between, unless the job wants all ("verify": "all").
 */
#include "agent/agent.h"

#define SAMPLES 32

static int check(struct agent *a, int fd, const struct vmm_range *r, char *bytes, struct vmm_err *err)
{
	int ret = agent_in_time(a, err);

	if (ret < 0)
		return ret;
	ret = agent_pread(fd, bytes, r->length, r->offset, err);
	if (ret == 0 && !vmm_range_holds(r, bytes))
		ret = vmm_err_set(err, VMM_EFAIL, "byte %llu on is not what was written there",
				  (unsigned long long)r->offset);
	return ret < 0 ? vmm_err_prefix(err, "the disk '%s' is faulty", a->disk->path) : 0;
}

int agent_verify(struct agent *a, int fd, const struct vmm_blockmap *m, struct vmm_err *err)
{
	const char *how = json_string_value(json_object_get(a->job.text, "verify"));
	bool all = how && strcmp(how, "all") == 0;
	size_t step = all || m->n <= SAMPLES ? 1 : m->n / SAMPLES;
	VMM_STR_AUTO bytes = agent_pages(VMM_RANGE_MAX);
	int ret = bytes ? 0 : vmm_err_nomem(err);

	for (size_t i = 0; ret == 0 && i < m->n; i += step)
		ret = check(a, fd, &m->ranges[i], bytes, err);
	if (ret == 0 && m->n)
		ret = check(a, fd, &m->ranges[m->n - 1], bytes, err);
	return ret;
}
