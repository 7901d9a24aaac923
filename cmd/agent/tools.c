/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent/agent.h"
#include "base/clock.h"

/* For programs that need to be told that there is one. */
static const char *const pass[] = { "HOME", NULL };

uint64_t agent_time_left(const struct agent *a)
{
	uint64_t now = vmm_clock_ms();

	if (!a->deadline)
		return 0;
	return now < a->deadline ? a->deadline - now : 1;
}

int agent_in_time(const struct agent *a, struct vmm_err *err)
{
	if (!a->deadline || vmm_clock_ms() < a->deadline)
		return 0;
	return vmm_err_set(err, VMM_EFAIL, "it took longer than the %llu s that it may",
			   (unsigned long long)agent_stage_limit(&a->job, a->stage));
}

int agent_run(struct agent *a, const char *const *argv, const char *in, struct vmm_spawned *got,
	      struct vmm_err *err)
{
	VMM_SPAWNED_AUTO own = VMM_SPAWNED_INIT;
	struct vmm_spawn what = VMM_SPAWN_INIT;
	int ret;

	if (!got)
		got = &own;
	what.argv = argv;
	what.pass = pass;
	what.in = in;
	what.in_len = in ? strlen(in) : 0;
	what.limit_ms = agent_time_left(a);
	ret = vmm_spawn(&what, got, err);
	if (ret < 0) {
		agent_log_bytes(a, got->out.data, got->out.len);
		agent_log_bytes(a, got->err.data, got->err.len);
	}
	return ret;
}
