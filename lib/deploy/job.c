/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the boot server and the agent are told of a machine: job.json and custom.tar. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "deploy/internal.h"

static json_t *texts(const struct vmm_strv *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(list, json_string(v->s[i]));
	return list;
}

static json_t *files(const struct vmm_profile_file *f, const struct vmm_strv *sha)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sha->n; i++) {
		json_t *one = json_pack("{s:s, s:s}", "name", f[i].label, "sha256", sha->s[i]);

		if (f[i].when)
			json_object_set_new(one, "when", json_string(f[i].when));
		else
			json_object_set_new(one, "match", texts(&f[i].match));
		json_array_append_new(list, one);
	}
	return list;
}

/* Only what there is a rule for. */
static json_t *disk(const struct vmm_profile_disk *d, const char *begun)
{
	json_t *rule = json_pack("{s:s}", "kind", *d->kind ? d->kind : "any");

	if (*d->serial)
		json_object_set_new(rule, "serial", json_string(d->serial));
	if (*d->name)
		json_object_set_new(rule, "name", json_string(d->name));
	if (begun)
		json_object_set_new(rule, "only", json_string(begun));
	if (d->min)
		json_object_set_new(rule, "min", json_integer((json_int_t)d->min));
	if (d->max)
		json_object_set_new(rule, "max", json_integer((json_int_t)d->max));
	return rule;
}

static json_t *limits(const struct vmm_profile *p)
{
	json_t *all = json_object();

	for (unsigned s = VMM_STAGE_AGENT; s <= VMM_STAGE_CUSTOMISE; s++)
		json_object_set_new(all, vmm_boot_stage(s),
				    json_integer((json_int_t)((p->limits[s] + 999) / 1000)));
	return all;
}

static char *text_of(const struct vmm__task *k)
{
	json_t *job = json_pack(
		"{s:s, s:s, s:s, s:s, s:o, s:b, s:o, s:o, s:{s:s, s:I, s:I, s:s}, s:o, s:o, s:b, s:s, s:b, s:s}",
		"name", k->name, "mode", "deploy", "uuid", k->uuid, "serial", k->serial, "macs",
		texts(&k->macs), "wipe", k->wipe || k->touched, "stage_limits", limits(k->p),
		"disk", disk(&k->p->disk, k->disk_id), "image", "sha256", k->image.sha256, "size",
		(json_int_t)k->disk.size, "used", (json_int_t)k->disk.used, "map_sha256",
		k->disk.map_sha256, "scripts", files(k->p->scripts, &k->script_sha), "drivers",
		files(k->p->drivers, &k->driver_sha), "grow", 1, "zero",
		k->p->zero_rest ? "rest" : "trust", "reboot", 1, "until",
		vmm_boot_stage(k->opt.until));
	char *text = job ? json_dumps(job, JSON_COMPACT) : NULL;

	json_decref(job);
	return text;
}

/* In memory only: it has keys, and maybe secrets of a first-boot script. */
static int custom_fd(struct vmm__task *k)
{
	const struct vmm_machine m = { .name = k->name,
				       .uuid = k->uuid,
				       .macs = &k->macs,
				       .places = k->places,
				       .first_boot = k->first_boot };
	VMM_BUF_AUTO tar = VMM_BUF_INIT;
	int fd;

	if (vmm_profile_custom(k->p, &m, &tar, &k->err) < 0)
		return k->err.code;
	fd = memfd_create("custom", MFD_CLOEXEC);
	if (fd < 0)
		return vmm_err_errno(&k->err, "cannot make a file in memory");
	if (vmm_write_fd(fd, tar.data, tar.len) == 0)
		return fd;
	vmm_err_errno(&k->err, "cannot write a file in memory");
	close(fd);
	return k->err.code;
}

int vmm__job_make(struct vmm__task *k)
{
	VMM_STR_AUTO text = text_of(k);
	int fd, ret;

	if (!text)
		return vmm_err_nomem(&k->err);
	vmm__job_remove(k);
	fd = custom_fd(k);
	if (fd < 0)
		return fd;
	ret = vmm_boot_job_make(k->boot, text, fd, k->job, &k->err);
	close(fd);
	return ret < 0 ? ret : vmm__deploy_record(k, "deploying");
}

void vmm__job_remove(struct vmm__task *k)
{
	if (*k->job) {
		vmm_boot_job_disarm(k->boot, k->job, NULL);
		vmm_boot_job_remove(k->boot, k->job, NULL);
	}
	*k->job = '\0';
}
