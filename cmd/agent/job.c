/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The job, checked: whatever isn't there has its usual value, what has another type is an error. */
#include "agent/agent.h"

static const struct {
	const char *name;
	uint64_t seconds;
} stages[] = {
	[STAGE_AGENT] = { "agent", 300 },          [STAGE_SCRIPTS] = { "scripts", 3600 },
	[STAGE_IMAGE] = { "image", 4 * 3600 },     [STAGE_DRIVERS] = { "drivers", 1800 },
	[STAGE_CUSTOMISE] = { "customise", 1800 },
};

const char *agent_stage_name(enum agent_stage stage)
{
	return stages[stage].name;
}

uint64_t agent_stage_limit(const struct agent_job *job, enum agent_stage stage)
{
	const json_t *limits = json_object_get(job->text, "stage_limits");
	json_int_t told = json_integer_value(json_object_get(limits, stages[stage].name));

	return told > 0 ? (uint64_t)told : stages[stage].seconds;
}

struct reader {
	const json_t *in;
	const char *wrong; /* the first key that was */
};

static const char *text(struct reader *r, const char *key)
{
	const json_t *v = json_object_get(r->in, key);

	if (v && !json_is_null(v) && !json_is_string(v) && !r->wrong)
		r->wrong = key;
	return json_is_string(v) ? json_string_value(v) : "";
}

static uint64_t number(struct reader *r, const char *key)
{
	const json_t *v = json_object_get(r->in, key);

	if (v && !json_is_null(v) && (!json_is_integer(v) || json_integer_value(v) < 0) && !r->wrong)
		r->wrong = key;
	return json_is_integer(v) ? (uint64_t)json_integer_value(v) : 0;
}

static bool yes(struct reader *r, const char *key, bool otherwise)
{
	const json_t *v = json_object_get(r->in, key);

	if (v && !json_is_boolean(v) && !r->wrong)
		r->wrong = key;
	return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

/* The object of that name; without one all in it is as usual. */
static struct reader inside(const struct agent_job *job, const char *key)
{
	const json_t *v = json_object_get(job->text, key);
	bool wrong = v && !json_is_null(v) && !json_is_object(v);

	return (struct reader){ .in = v, .wrong = wrong ? key : NULL };
}

static bool is_sha256(const char *s)
{
	return strspn(s, "0123456789abcdef") == VMM_SHA256_HEX && !s[VMM_SHA256_HEX];
}

/* The name is part of a path here: a plain file name it must be. */
static bool is_name(const char *s)
{
	return *s && *s != '.' && !strchr(s, '/');
}

static int read_files(struct reader *r, const char *key, struct agent_file **out, size_t *n,
		      struct vmm_err *err)
{
	const json_t *list = json_object_get(r->in, key);
	struct agent_file *files = calloc(json_array_size(list) + 1, sizeof(*files));

	if (!files)
		return vmm_err_nomem(err);
	if (list && !json_is_null(list) && !json_is_array(list)) {
		free(files);
		return vmm_err_set(err, VMM_EINPUT, "the job's '%s' is wrong", key);
	}
	*out = files;
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct reader one = { .in = json_array_get(list, i) };
		struct agent_file *f = &files[(*n)++];

		f->name = text(&one, "name");
		f->sha256 = text(&one, "sha256");
		f->when = text(&one, "when");
		f->match = json_object_get(one.in, "match");
		if (one.wrong || !is_name(f->name) || !is_sha256(f->sha256))
			return vmm_err_set(err, VMM_EINPUT, "the job's %s[%zu] is wrong", key, i);
	}
	return 0;
}

static const char *wrong_in_disk(struct agent_job *job)
{
	struct reader r = inside(job, "disk");

	job->disk.serial = text(&r, "serial");
	job->disk.kind = text(&r, "kind");
	job->disk.name = text(&r, "name");
	job->disk.only = text(&r, "only");
	job->disk.min = number(&r, "min");
	job->disk.max = number(&r, "max");
	return r.wrong;
}

static const char *wrong_in_image(struct agent_job *job)
{
	struct reader r = inside(job, "image");

	job->image = text(&r, "sha256");
	job->map_sha256 = text(&r, "map_sha256");
	job->image_size = number(&r, "size");
	job->image_used = number(&r, "used");
	if (json_is_object(r.in) &&
	    (!is_sha256(job->image) || !is_sha256(job->map_sha256) || !job->image_size))
		return "image";
	return r.wrong;
}

static const char *wrong_in_custom(struct agent_job *job)
{
	struct reader r = inside(job, "custom");

	job->custom_sha256 = text(&r, "sha256");
	job->custom_size = number(&r, "size");
	return *job->custom_sha256 && !is_sha256(job->custom_sha256) ? "custom" : r.wrong;
}

static const char *wrong_at_top(struct agent_job *job)
{
	struct reader r = { .in = job->text };

	job->inspect = strcmp(text(&r, "mode"), "inspect") == 0;
	job->wipe = yes(&r, "wipe", false);
	job->grow = yes(&r, "grow", true);
	job->until = text(&r, "until");
	job->zero = text(&r, "zero");
	if (!*job->zero)
		job->zero = "rest";
	if (strcmp(job->zero, "rest") != 0 && strcmp(job->zero, "all") != 0 &&
	    strcmp(job->zero, "trust") != 0)
		return "zero";
	return r.wrong;
}

static int read_job(struct agent_job *job, struct vmm_err *err)
{
	struct reader r = { .in = job->text };
	const char *wrong = wrong_at_top(job);
	int ret;

	if (!wrong)
		wrong = wrong_in_disk(job);
	if (!wrong)
		wrong = wrong_in_image(job);
	if (!wrong)
		wrong = wrong_in_custom(job);
	if (wrong)
		return vmm_err_set(err, VMM_EINPUT, "the job's '%s' is wrong", wrong);
	ret = read_files(&r, "scripts", &job->scripts, &job->n_scripts, err);
	return ret ? ret : read_files(&r, "drivers", &job->drivers, &job->n_drivers, err);
}

int agent_job_read(const char *bytes, size_t n, struct agent_job *job, struct vmm_err *err)
{
	json_error_t e;

	job->text = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &e);
	if (!json_is_object(job->text))
		return vmm_err_set(err, VMM_EINPUT, "the job is not a JSON object: %s", e.text);
	return read_job(job, err);
}

void agent_job_release(struct agent_job *job)
{
	free(job->scripts);
	free(job->drivers);
	json_decref(job->text);
}
