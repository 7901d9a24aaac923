/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which disk: the one that the rule names. Where it names several or none, nothing is written. */
#include <inttypes.h>

#include "agent/agent.h"
#include "base/num.h"
#include "base/percent.h"

static bool matches(const struct agent_disk *d, const struct agent_rule *r)
{
	bool any = !*r->kind || strcmp(r->kind, "any") == 0;

	return (!*r->serial || strcmp(r->serial, d->serial) == 0) &&
	       (!*r->name || strcmp(r->name, d->name) == 0) &&
	       (any || strcmp(r->kind, d->kind) == 0) && (!r->min || d->size >= r->min) &&
	       (!r->max || d->size <= r->max);
}

static void describe(struct vmm_buf *out, const struct agent_disk *d)
{
	char size[8];

	vmm_buf_addf(out, "%s%s (%s, %s%s%s)", out->len ? ", " : "", d->name,
		     vmm_num_human(d->size, size, sizeof(size)), d->kind,
		     *d->serial ? ", serial " : "", d->serial);
}

static void describe_all(struct vmm_buf *out, const struct agent_hardware *hw,
			 const struct agent_rule *rule)
{
	for (size_t i = 0; i < hw->n_disks; i++)
		if (!rule || matches(&hw->disks[i], rule))
			describe(out, &hw->disks[i]);
	if (!out->len)
		vmm_buf_adds(out, "none");
}

int agent_choose(const struct agent_hardware *hw, const struct agent_rule *rule, uint64_t least,
		 const struct agent_disk **out, struct vmm_err *err)
{
	const struct agent_disk *found = NULL;
	VMM_BUF_AUTO those = VMM_BUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < hw->n_disks; i++) {
		if (!matches(&hw->disks[i], rule))
			continue;
		found = &hw->disks[i];
		n++;
	}
	describe_all(&those, hw, n ? rule : NULL);
	if (n == 0)
		return vmm_err_set(err, VMM_EREFUSED,
				   "the profile's rule names no disk of this machine: %s",
				   those.data);
	if (n > 1)
		return vmm_err_set(err, VMM_EREFUSED, "the profile's rule names %zu disks: %s", n,
				   those.data);
	if (found->size < least)
		return vmm_err_set(err, VMM_EREFUSED,
				   "the image has %" PRIu64 " bytes, more than the disk %s", least,
				   those.data);
	*out = found;
	return 0;
}

/* Whatever a disk has that another one has not. */
static void identify(const struct agent_disk *d, struct vmm_buf *out)
{
	bool wwid = *d->wwid, serial = *d->serial;

	vmm_buf_adds(out, wwid ? "wwid:" : serial ? "serial:" : "name:");
	vmm_percent_encode(out, wwid ? d->wwid : serial ? d->serial : d->name);
}

int agent_pin(struct agent *a, struct vmm_err *err)
{
	VMM_BUF_AUTO id = VMM_BUF_INIT;
	VMM_BUF_AUTO what = VMM_BUF_INIT;

	identify(a->disk, &id);
	describe(&what, a->disk);
	if (id.failed || what.failed)
		return vmm_err_nomem(err);
	if (*a->job.disk.only && strcmp(a->job.disk.only, id.data) != 0)
		return vmm_err_set(err, VMM_EREFUSED,
				   "the profile's rule names the disk %s, but an earlier start has begun "
				   "another one, %s",
				   what.data, a->job.disk.only);
	agent_event(a, "disk", id.data);
	return 0;
}

/* What wipefs says, as "dos, ext4". What isn't understood is no blank disk. */
static int take_signatures(const json_t *list, const char *path, struct vmm_buf *found,
			   struct vmm_err *err)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(list))
		return vmm_err_set(err, VMM_EFAIL, "cannot understand what wipefs says of '%s'",
				   path);
	json_array_foreach(list, i, one)
	{
		const char *type = json_string_value(json_object_get(one, "type"));

		type = type ? type : "something";
		if (!strstr(found->data, type))
			vmm_buf_addf(found, "%s%s", found->len ? ", " : "", type);
	}
	return found->failed ? vmm_err_nomem(err) : 0;
}

/* "" for nothing. */
static int find_signatures(struct agent *a, const char *path, struct vmm_buf *found,
			   struct vmm_err *err)
{
	const char *argv[] = { "wipefs", "--json", "--", path, NULL };
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	int ret = agent_run(a, argv, NULL, &got, err);
	json_t *said;

	if (ret < 0 || !got.out.len)
		return ret;
	said = json_loadb(got.out.data, got.out.len, 0, NULL);
	ret = take_signatures(json_object_get(said, "signatures"), path, found, err);
	json_decref(said);
	return ret;
}

int agent_check_blank(struct agent *a, const struct agent_disk *d, struct vmm_err *err)
{
	VMM_BUF_AUTO what = VMM_BUF_INIT;
	VMM_BUF_AUTO found = VMM_BUF_INIT;
	int ret = find_signatures(a, d->path, &found, err);

	describe(&what, d);
	if (ret < 0 || !found.len)
		return ret;
	return vmm_err_set(err, VMM_EREFUSED, "the disk %s carries data already: %s", what.data,
			   found.data);
}
