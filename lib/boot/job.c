/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jobs: folders that appear and go as a whole. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/internal.h"

#define JOB_MAX ((size_t)4 << 20)

void vmm__boot_job_path(char out[VMM__BOOT_PATH], const char *id, const char *file)
{
	snprintf(out, VMM__BOOT_PATH, "jobs/%s%s%s", id, *file ? "/" : "", file);
}

int vmm__boot_id(const char *id, struct vmm_err *err)
{
	if (vmm__boot_is_hex(id, VMM_BOOT_ID_LEN))
		return 0;
	return vmm_err_set(err, VMM_EINPUT, "'%s' is no job", id);
}

/* What custom_fd has, into the job's folder; its hash and size. */
static int copy_custom(const struct vmm_boot *b, int folder, int from, json_t **custom,
		       struct vmm_err *err)
{
	static const char name[] = "custom.tar";
	int to = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	char sha256[VMM_BOOT_SHA_LEN + 1];
	uint64_t size;
	int ret = 0;

	if (to < 0 || vmm__boot_copy(from, to, sha256, &size) < 0 || vmm__boot_give(b, to) < 0 ||
	    fsync(to) < 0)
		ret = vmm_err_errno(err, "cannot copy the customisation");
	if (to >= 0)
		close(to);
	if (ret < 0)
		return ret;
	*custom = json_pack("{s:s, s:I}", "sha256", sha256, "size", (json_int_t)size);
	return *custom ? 0 : vmm_err_nomem(err);
}

static int write_json(const struct vmm_boot *b, int folder, json_t *root, struct vmm_err *err)
{
	char *text = json_dumps(root, JSON_INDENT(1));
	struct vmm_boot_job *job = NULL;
	int ret;

	if (!text)
		return vmm_err_nomem(err);
	ret = vmm__boot_job_parse("new", text, strlen(text), &job, err);
	vmm_boot_job_free(job);
	if (ret == 0 && vmm__boot_put_at(b, folder, "job.json", 0640, text, strlen(text)) < 0)
		ret = vmm_err_errno(err, "cannot write the job");
	free(text);
	return ret;
}

static int fill(const struct vmm_boot *b, int folder, json_t *root, int custom_fd, const char *id,
		struct vmm_err *err)
{
	json_t *custom = NULL;
	int ret = custom_fd < 0 ? 0 : copy_custom(b, folder, custom_fd, &custom, err);

	if (ret < 0)
		return ret;
	if (json_object_set_new(root, "id", json_string(id)) < 0 ||
	    json_object_set_new(root, "custom", custom ? custom : json_null()) < 0)
		return vmm_err_nomem(err);
	ret = write_json(b, folder, root, err);
	if (ret == 0 && (vmm__boot_give(b, folder) < 0 || fsync(folder) < 0))
		ret = vmm_err_errno(err, "cannot write the job");
	return ret;
}

/* In jobs/, which is open: made aside and renamed in. */
static int make_in(const struct vmm_boot *b, int jobs, json_t *root, int custom_fd, const char *id,
		   struct vmm_err *err)
{
	char aside[sizeof(VMM__BOOT_NEW) + VMM_BOOT_ID_LEN];
	int folder, ret;

	snprintf(aside, sizeof(aside), VMM__BOOT_NEW "%s", id);
	if (mkdirat(jobs, aside, 0750) < 0)
		return vmm__boot_err(b, "make a job in", "jobs", err);
	folder = openat(jobs, aside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return vmm__boot_err(b, "make a job in", "jobs", err);
	ret = fill(b, folder, root, custom_fd, id, err);
	close(folder);
	if (ret == 0 && (renameat(jobs, aside, jobs, id) < 0 || fsync(jobs) < 0))
		ret = vmm__boot_err(b, "make a job in", "jobs", err);
	if (ret < 0)
		vmm__boot_clear(jobs, aside);
	return ret;
}

int vmm_boot_job_make(struct vmm_boot *b, const char *json, int custom_fd,
		      char id[VMM_BOOT_ID_LEN + 1], struct vmm_err *err)
{
	json_error_t why;
	json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, &why);
	char made[VMM_BOOT_ID_LEN + 1];
	int jobs, ret;

	if (!json_is_object(root)) {
		ret = vmm_err_set(err, VMM_EINPUT, "cannot make a job: %s",
				  root ? "it is no object" : why.text);
		json_decref(root);
		return ret;
	}
	jobs = vmm__boot_folder(b, "jobs");
	ret = jobs < 0 ? vmm__boot_err(b, "open", "jobs", err)
		       : vmm__boot_random(made, VMM_BOOT_ID_LEN, err);
	if (ret == 0)
		ret = make_in(b, jobs, root, custom_fd, made, err);
	if (jobs >= 0)
		close(jobs);
	json_decref(root);
	if (ret == 0)
		memcpy(id, made, sizeof(made));
	return ret;
}

int vmm_boot_job_read(struct vmm_boot *b, const char *id, struct vmm_boot_job **out,
		      struct vmm_err *err)
{
	char path[VMM__BOOT_PATH];
	char *text;
	size_t len;
	int ret = vmm__boot_id(id, err);

	if (ret < 0)
		return ret;
	vmm__boot_job_path(path, id, "job.json");
	ret = vmm__boot_read(b, path, JOB_MAX, &text, &len, err);
	if (ret < 0)
		return ret;
	ret = vmm__boot_job_parse(id, text, len, out, err);
	if (ret < 0) {
		free(text);
		return ret;
	}
	memcpy((*out)->id, id, VMM_BOOT_ID_LEN + 1);
	(*out)->text = text;
	(*out)->len = len;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int vmm_boot_job_list(struct vmm_boot *b, struct vmm_strv *ids, struct vmm_err *err)
{
	int fd = vmm__boot_folder(b, "jobs"), ret = 0;
	size_t first = ids->n;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		ret = vmm__boot_err(b, "read", "jobs", err);
		if (fd >= 0)
			close(fd);
		return ret;
	}
	while (ret == 0 && (e = readdir(d)))
		if (vmm__boot_is_hex(e->d_name, VMM_BOOT_ID_LEN) && vmm_strv_add(ids, e->d_name) < 0)
			ret = vmm_err_nomem(err);
	closedir(d);
	if (ids->n > first)
		qsort(ids->s + first, ids->n - first, sizeof(*ids->s), by_text);
	return ret;
}

/* Renamed first: then it is gone for everybody, whatever happens to its files. */
int vmm_boot_job_remove(struct vmm_boot *b, const char *id, struct vmm_err *err)
{
	char gone[sizeof(VMM__BOOT_NEW) + VMM_BOOT_ID_LEN];
	int jobs, ret = vmm__boot_id(id, err);

	if (ret < 0)
		return ret;
	snprintf(gone, sizeof(gone), VMM__BOOT_NEW "%s", id);
	jobs = vmm__boot_folder(b, "jobs");
	if (jobs < 0)
		return vmm__boot_err(b, "open", "jobs", err);
	if (renameat(jobs, id, jobs, gone) < 0 && errno != ENOENT)
		ret = vmm__boot_err(b, "remove from", "jobs", err);
	if (ret == 0)
		vmm__boot_clear(jobs, gone);
	if (ret == 0 && fsync(jobs) < 0)
		ret = vmm__boot_err(b, "sync", "jobs", err);
	close(jobs);
	return ret;
}

int vmm_boot_job_inspect(struct vmm_boot *b, const char *name, const char *uuid, const char *mac,
			 char id[VMM_BOOT_ID_LEN + 1], struct vmm_err *err)
{
	json_t *root = json_pack("{s:s, s:s, s:s, s:[]}", "mode", "inspect", "name", name, "uuid",
				 uuid, "macs");
	char *text = NULL;
	int ret;

	if (mac)
		json_array_append_new(json_object_get(root, "macs"), json_string(mac));
	text = root ? json_dumps(root, 0) : NULL;
	ret = text ? vmm_boot_job_make(b, text, -1, id, err)
		   : vmm_err_set(err, VMM_EINPUT, "'%s' is no machine", uuid);

	free(text);
	json_decref(root);
	return ret;
}
