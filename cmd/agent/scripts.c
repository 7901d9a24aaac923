/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The profile's scripts. Those for firmware, RAID and partitions run before the image is written, in
 * this system; late ones when the new root is mounted, which VMM_ROOT tells. One that fails ends the job.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"

static int take_output(void *arg, const char *bytes, size_t n, struct vmm_err *err)
{
	(void)err;
	agent_log_bytes(arg, bytes, n);
	return 0;
}

static int add_setting(struct vmm_strv *set, const char *name, const char *value)
{
	VMM_STR_AUTO text = NULL;

	if (asprintf(&text, "%s=%s", name, value) < 0) {
		text = NULL;
		return VMM_ENOMEM;
	}
	return vmm_strv_add(set, text);
}

static int settings(const struct agent *a, const struct agent_file *script, struct vmm_strv *set)
{
	if (add_setting(set, "VMM_WHEN", script->when) < 0 ||
	    add_setting(set, "VMM_DISK", a->disk ? a->disk->path : "") < 0 ||
	    add_setting(set, "VMM_UUID", a->hw.uuid) < 0 ||
	    add_setting(set, "VMM_PRODUCT", a->hw.product) < 0)
		return VMM_ENOMEM;
	return add_setting(set, "VMM_ROOT", a->mounted ? a->at.root : "");
}

static int run_script(struct agent *a, const struct agent_file *script, const char *path,
		      struct vmm_err *err)
{
	/* Its errors come in their place among what it prints. */
	const char *argv[] = { "vmm-both", path, NULL };
	VMM_STRV_AUTO set = VMM_STRV_INIT;
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	struct vmm_spawn what = VMM_SPAWN_INIT;
	int ret;

	if (settings(a, script, &set) < 0)
		return vmm_err_nomem(err);
	what.argv = argv;
	what.set = (const char *const *)set.s;
	what.out_fn = take_output;
	what.out_arg = a;
	what.limit_ms = agent_time_left(a);
	ret = vmm_spawn(&what, &got, err);
	if (got.status > 0)
		return vmm_err_set(err, VMM_EFAIL, "it ended with status %d", got.status);
	return ret;
}

static int one_script(struct agent *a, const struct agent_file *script, struct vmm_err *err)
{
	VMM_STR_AUTO from = NULL;
	VMM_STR_AUTO to = NULL;
	int ret;

	if (asprintf(&from, "/v1/file/%s", script->sha256) < 0)
		from = NULL;
	if (asprintf(&to, "%s/script-%s", a->at.work, script->name) < 0)
		to = NULL;
	if (!from || !to)
		return vmm_err_nomem(err);
	agent_log(a, "script %s (%s)", script->name, script->when);
	ret = agent_get_file(a->http, from, script->sha256, 0, to, 0700, err);
	if (ret == 0)
		ret = run_script(a, script, to, err);
	unlink(to);
	return ret < 0 ? vmm_err_prefix(err, "script '%s'", script->name), VMM_EFAIL : 0;
}

int agent_scripts_when(struct agent *a, const char *when, struct vmm_err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < a->job.n_scripts; i++)
		if (strcmp(a->job.scripts[i].when, when) == 0)
			ret = one_script(a, &a->job.scripts[i], err);
	return ret;
}

static bool has_when(const struct agent *a, const char *when)
{
	for (size_t i = 0; i < a->job.n_scripts; i++)
		if (strcmp(a->job.scripts[i].when, when) == 0)
			return true;
	return false;
}

/* Disks come and go with RAID sets and new firmware: a choice that was made before is made again. */
static int choose_again(struct agent *a, struct vmm_err *err)
{
	int ret;

	a->disk = NULL;
	agent_disks_release(&a->hw);
	ret = agent_disks_read(&a->at, &a->hw, err);
	return ret ? ret : agent_choose(&a->hw, &a->job.disk, a->job.image_size, &a->disk, err);
}

/*
 * Nothing is lost on a machine that nobody said to wipe. Scripts for RAID sets may destroy
 * what is on any disk, so with them all must be blank.
 */
static int check_blank(struct agent *a, struct vmm_err *err)
{
	bool any = has_when(a, "raid") || has_when(a, "partition");
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < a->hw.n_disks; i++)
		if (any || &a->hw.disks[i] == a->disk)
			ret = agent_check_blank(a, &a->hw.disks[i], err);
	return ret;
}

/* The disk may be one that nobody has looked at: a RAID set that was there and is seen only now. */
static int settle_disk(struct agent *a, struct vmm_err *err)
{
	int ret = choose_again(a, err);

	return ret || a->job.wipe ? ret : agent_check_blank(a, a->disk, err);
}

int agent_scripts(struct agent *a, struct vmm_err *err)
{
	bool raid = has_when(a, "raid");
	int ret = agent_choose(&a->hw, &a->job.disk, a->job.image_size, &a->disk, err);

	if (ret == VMM_EREFUSED && raid)
		ret = 0; /* the disk may be what the script makes */
	if (ret == 0 && !a->job.wipe)
		ret = check_blank(a, err);
	/* What a script makes of disks is another one each time. */
	if (ret == 0 && !raid)
		ret = agent_pin(a, err);
	if (ret == 0)
		ret = agent_scripts_when(a, "firmware", err);
	if (ret == 0)
		ret = agent_scripts_when(a, "raid", err);
	if (ret == 0 && (raid || has_when(a, "firmware")))
		ret = settle_disk(a, err);
	if (ret == 0)
		ret = agent_scripts_when(a, "partition", err);
	if (ret == 0 && has_when(a, "partition"))
		ret = choose_again(a, err);
	/* The one that is written to, also when scripts have changed which that is. */
	return ret == 0 && !raid ? agent_pin(a, err) : ret;
}
