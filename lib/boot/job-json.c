/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a job says: its JSON. */
#include <jansson.h>
#include <stdlib.h>

#include "base/num.h"
#include "boot/internal.h"

static int wrong(struct vmm_err *err, const char *key)
{
	return vmm_err_set(err, VMM_EINPUT, "'%s' is missing or not as it should be", key);
}

static int copy_text(json_t *root, const char *key, char **out, struct vmm_err *err)
{
	json_t *v = json_object_get(root, key);

	if (v && !json_is_string(v) && !json_is_null(v))
		return wrong(err, key);
	*out = strdup(json_is_string(v) ? json_string_value(v) : "");
	return *out ? 0 : vmm_err_nomem(err);
}

static int read_uuid(json_t *root, struct vmm_boot_job *job, struct vmm_err *err)
{
	char uuid[VMM_UUID_LEN + 1];
	int ret = copy_text(root, "uuid", &job->uuid, err);

	if (ret < 0)
		return ret;
	if (!vmm_uuid_parse(job->uuid, uuid))
		return wrong(err, "uuid");
	memcpy(job->uuid, uuid, sizeof(uuid));
	return 0;
}

static int read_macs(json_t *root, struct vmm_boot_job *job, struct vmm_err *err)
{
	json_t *list = json_object_get(root, "macs"), *v;
	size_t i;

	/* Whose machine is only known by its BMC is to be inspected for that. */
	if (!json_is_array(list) || (json_array_size(list) == 0 && !job->inspect))
		return wrong(err, "macs");
	json_array_foreach(list, i, v)
	{
		char mac[VMM_BOOT_MAC_LEN + 1];

		if (!json_is_string(v) || !vmm_boot_mac(json_string_value(v), mac))
			return wrong(err, "macs");
		if (vmm_strv_add(&job->macs, mac) < 0)
			return vmm_err_nomem(err);
	}
	return 0;
}

static int read_mode(json_t *root, struct vmm_boot_job *job, struct vmm_err *err)
{
	json_t *v = json_object_get(root, "mode");
	const char *mode = v ? json_string_value(v) : "deploy";

	if (!mode || (strcmp(mode, "deploy") != 0 && strcmp(mode, "inspect") != 0))
		return wrong(err, "mode");
	job->inspect = strcmp(mode, "inspect") == 0;
	return 0;
}

static const char *sha_of(json_t *v)
{
	const char *sha = json_string_value(json_object_get(v, "sha256"));

	return sha && vmm__boot_is_hex(sha, VMM_BOOT_SHA_LEN) ? sha : NULL;
}

static int read_image(json_t *root, struct vmm_boot_job *job, struct vmm_err *err)
{
	json_t *v = json_object_get(root, "image");
	const char *sha = v && !json_is_null(v) ? sha_of(v) : "";

	if (!sha)
		return wrong(err, "image");
	job->image = strdup(sha);
	return job->image ? 0 : vmm_err_nomem(err);
}

static int read_files(json_t *root, const char *key, struct vmm_boot_job *job, struct vmm_err *err)
{
	json_t *list = json_object_get(root, key), *v;
	size_t i;

	if (list && !json_is_array(list))
		return wrong(err, key);
	json_array_foreach(list, i, v)
	{
		const char *sha = sha_of(v);

		if (!sha)
			return wrong(err, key);
		if (vmm_strv_add(&job->files, sha) < 0)
			return vmm_err_nomem(err);
	}
	return 0;
}

static int read_all(json_t *root, struct vmm_boot_job *job, struct vmm_err *err)
{
	int ret = read_uuid(root, job, err);

	if (ret == 0)
		ret = read_mode(root, job, err);
	if (ret == 0)
		ret = read_macs(root, job, err);
	if (ret == 0)
		ret = read_image(root, job, err);
	if (ret == 0)
		ret = read_files(root, "scripts", job, err);
	if (ret == 0)
		ret = read_files(root, "drivers", job, err);
	if (ret == 0)
		ret = copy_text(root, "name", &job->name, err);
	return ret == 0 ? copy_text(root, "serial", &job->serial, err) : ret;
}

int vmm__boot_job_parse(const char *source, const char *text, size_t len, struct vmm_boot_job **out,
			struct vmm_err *err)
{
	struct vmm_boot_job *job = calloc(1, sizeof(*job));
	json_error_t why;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	int ret = 0;

	if (!job)
		ret = vmm_err_nomem(err);
	else if (!json_is_object(root))
		ret = vmm_err_set(err, VMM_EINPUT, "%s", root ? "it is no object" : why.text);
	else
		ret = read_all(root, job, err);
	json_decref(root);
	if (ret < 0) {
		vmm_boot_job_free(job);
		vmm_err_prefix(err, "cannot use job '%s'", source);
		return ret;
	}
	*out = job;
	return 0;
}

void vmm_boot_job_free(struct vmm_boot_job *job)
{
	if (!job)
		return;
	vmm_strv_release(&job->macs);
	vmm_strv_release(&job->files);
	free(job->name);
	free(job->uuid);
	free(job->serial);
	free(job->image);
	free(job->text);
	free(job);
}

void vmm_boot_job_cleanup(struct vmm_boot_job **job)
{
	vmm_boot_job_free(*job);
}

bool vmm_boot_job_is(const struct vmm_boot_job *job, const char *uuid, const char *mac,
		     const char *serial)
{
	char u[VMM_UUID_LEN + 1], m[VMM_BOOT_MAC_LEN + 1];

	return vmm_uuid_parse(uuid, u) && strcmp(u, job->uuid) == 0 && vmm_boot_mac(mac, m) &&
	       (!job->macs.n || vmm_strv_has(&job->macs, m)) &&
	       (!*job->serial || strcmp(job->serial, serial) == 0);
}
