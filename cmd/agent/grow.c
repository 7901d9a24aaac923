/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last partition and its file system take the rest of the disk. What isn't ext4 or xfs stays
 * as it is; xfs grows once it is mounted (root.c).
 */
#include "agent/agent.h"

static int grow_partition(struct agent *a, const struct agent_parts *parts,
			  const struct agent_part *p, struct vmm_err *err)
{
	const char *move[] = { "sfdisk",      "--relocate",  "gpt-bak-std",
			       "--no-reread", a->disk->path, NULL };
	char number[16];
	const char *grow[] = { "sfdisk", "--quiet", "--wipe",      "never",
			       "-N",     number,    a->disk->path, NULL };
	int ret = 0;

	if (parts->gpt)
		ret = agent_run(a, move, NULL, NULL, err);
	snprintf(number, sizeof(number), "%u", p->number);
	return ret ? ret : agent_run(a, grow, ", +\n", NULL, err);
}

/* Corrects by itself what is safe to; 1 says that it did. */
static int check_ext4(struct agent *a, const char *node, struct vmm_err *err)
{
	const char *argv[] = { "e2fsck", "-f", "-p", node, NULL };
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	int ret = agent_run(a, argv, NULL, &got, err);

	return ret < 0 && got.status == 1 ? 0 : ret;
}

static int grow_ext4(struct agent *a, const char *node, struct vmm_err *err)
{
	const char *argv[] = { "resize2fs", node, NULL };
	int ret = check_ext4(a, node, err);

	return ret ? ret : agent_run(a, argv, NULL, NULL, err);
}

static bool grows(const char *fs)
{
	return strncmp(fs, "ext", 3) == 0 || strcmp(fs, "xfs") == 0;
}

int agent_grow(struct agent *a, struct vmm_err *err)
{
	struct agent_parts parts = { NULL };
	const struct agent_part *last;
	int ret = agent_parts_read(a, &parts, err);

	if (ret < 0)
		return ret;
	last = parts.n ? &parts.p[parts.n - 1] : NULL;
	if (!last || !grows(last->fs)) {
		agent_log(a, "the last partition is not ext4 or xfs: nothing grows");
	} else {
		if (parts.table)
			ret = grow_partition(a, &parts, last, err);
		if (ret == 0 && strcmp(last->fs, "xfs") != 0)
			ret = grow_ext4(a, last->node, err);
	}
	agent_parts_release(&parts);
	return ret < 0 ? vmm_err_prefix(err, "cannot grow the last partition") : 0;
}
