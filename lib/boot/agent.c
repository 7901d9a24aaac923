/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the agent asks, over TLS. */
#include <jansson.h>
#include <stdlib.h>

#include "boot/serve-internal.h"

#define JSON_MAX ((size_t)128 << 10)
#define LOG_MAX ((size_t)1 << 20)
#define SESSION_S 43200

/* NULL: it is no object. */
static json_t *body_json(struct vmm__boot_request *r)
{
	json_t *root = json_loadb(r->body.data, r->body.len, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

static const char *text_of(const json_t *root, const char *key)
{
	const char *text = json_string_value(json_object_get(root, key));

	return text ? text : "";
}

static bool one_fits(const struct vmm_boot_job *job, const json_t *root)
{
	const json_t *macs = json_object_get(root, "macs"), *v;
	size_t i;

	json_array_foreach(macs, i, v)
	{
		if (json_is_string(v) &&
		    vmm_boot_job_is(job, text_of(root, "uuid"), json_string_value(v),
				    text_of(root, "serial")))
			return true;
	}
	return false;
}

/* The ticket is used up already: whoever shows it and is another machine has spoiled it. */
static bool may_have(struct vmm__boot_request *r, const char *id, const json_t *root)
{
	VMM_BOOT_JOB_AUTO *job = NULL;
	struct vmm_err err;

	if (vmm_boot_job_read(r->s->o.boot, id, &job, &err) < 0) {
		vmm__boot_say(r->s, "error", r->peer, id, "%s", err.text);
		return false;
	}
	if (!one_fits(job, root)) {
		vmm__boot_tell(r, id, 3, "refused",
			       "%s came with the ticket of another machine: uuid %.40s, serial %.80s",
			       r->peer, text_of(root, "uuid"), text_of(root, "serial"));
		return false;
	}
	if (!vmm__boot_peer_allowed(r, job)) {
		vmm__boot_tell(r, id, 3, "refused",
			       "%s came with the ticket from another interface", r->peer);
		return false;
	}
	return true;
}

static unsigned answer_session(struct vmm__boot_request *r, const char *id)
{
	char key[VMM_BOOT_SECRET_LEN + 1], text[VMM_BOOT_SECRET_LEN + 32];
	struct vmm_err err;
	int ret = vmm_boot_session_make(r->s->o.boot, id, r->peer,
					r->s->o.session_s ? r->s->o.session_s : SESSION_S, key, &err);

	if (ret < 0) {
		vmm__boot_tell(r, id, 3, "failed", "%s", err.text);
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
	vmm__boot_tell(r, id, 3, "done", "the machine at %s is the one", r->peer);
	snprintf(text, sizeof(text), "{\"session\":\"%s\"}\n", key);
	return vmm__boot_answer_text(r, "application/json", text, strlen(text));
}

static unsigned take_ticket(struct vmm__boot_request *r, const json_t *root)
{
	char id[VMM_BOOT_ID_LEN + 1];
	struct vmm_err err;
	int ret = vmm_boot_ticket_take(r->s->o.boot, text_of(root, "token"), id, &err);

	if (ret == VMM_ENOTFOUND) {
		vmm__boot_say(r->s, "refused", r->peer, NULL, "a wrong ticket");
		return MHD_HTTP_FORBIDDEN;
	}
	if (ret < 0) {
		vmm__boot_tell(r, id, 3, "refused", "%s came with a ticket: %s", r->peer, err.text);
		return MHD_HTTP_FORBIDDEN;
	}
	return may_have(r, id, root) ? answer_session(r, id) : MHD_HTTP_FORBIDDEN;
}

static unsigned post_ticket(struct vmm__boot_request *r)
{
	json_t *root = body_json(r);
	unsigned status = root ? take_ticket(r, root) : MHD_HTTP_BAD_REQUEST;

	json_decref(root);
	return status;
}

/* ---- with a session ---- */

static unsigned answer_job_file(struct vmm__boot_request *r, const char *name)
{
	char path[VMM__BOOT_PATH];

	vmm__boot_job_path(path, r->job, name);
	return vmm__boot_answer_file(r, path, true);
}

static unsigned get_job(struct vmm__boot_request *r)
{
	return answer_job_file(r, "job.json");
}

static unsigned get_custom(struct vmm__boot_request *r)
{
	return answer_job_file(r, "custom.tar");
}

static unsigned answer_image(struct vmm__boot_request *r, const char *part)
{
	VMM_BOOT_JOB_AUTO *job = NULL;
	char path[VMM__BOOT_PATH];

	if (vmm_boot_job_read(r->s->o.boot, r->job, &job, NULL) < 0 || job->inspect || !*job->image)
		return MHD_HTTP_NOT_FOUND;
	snprintf(path, sizeof(path), "images/%s/%s", job->image, part);
	return vmm__boot_answer_file(r, path, true);
}

static unsigned get_map(struct vmm__boot_request *r)
{
	return answer_image(r, "map");
}

static unsigned get_data(struct vmm__boot_request *r)
{
	return answer_image(r, "data");
}

/* Only what the job names: no path is made of what comes from outside before that. */
static unsigned get_file(struct vmm__boot_request *r)
{
	VMM_BOOT_JOB_AUTO *job = NULL;
	const char *name = r->url + strlen(r->route->path);
	char path[VMM__BOOT_PATH];

	if (vmm_boot_job_read(r->s->o.boot, r->job, &job, NULL) < 0 ||
	    !vmm_strv_has(&job->files, name))
		return MHD_HTTP_NOT_FOUND;
	snprintf(path, sizeof(path), "files/%s", name);
	return vmm__boot_answer_file(r, path, true);
}

static unsigned answer_done(struct vmm__boot_request *r, int ret, const struct vmm_err *err)
{
	if (ret == 0)
		return vmm__boot_answer_text(r, "application/json", "{}\n", 3);
	vmm__boot_say(r->s, "error", r->peer, r->job, "%s", err->text);
	return ret == VMM_EREFUSED ? MHD_HTTP_INSUFFICIENT_STORAGE : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static bool is_state(const char *state)
{
	static const char *const states[] = { "begin",   "progress", "done", "failed",
					      "refused", "hostkey",  "disk", "end" };

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return false;
}

static uint64_t number_of(const json_t *root, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(root, key));

	return n < 0 ? 0 : (uint64_t)n;
}

static bool read_event(const json_t *root, struct vmm_boot_event *e)
{
	uint64_t stage = number_of(root, "stage");

	*e = (struct vmm_boot_event){
		.source = "agent",
		.stage = (unsigned)stage,
		.state = text_of(root, "state"),
		.text = text_of(root, "text"),
		.done = number_of(root, "done"),
		.total = number_of(root, "total"),
	};
	return stage <= VMM_BOOT_STAGES && is_state(e->state);
}

static unsigned add_event(struct vmm__boot_request *r, const json_t *root)
{
	struct vmm_boot_event e;
	struct vmm_err err;
	char name[64];

	if (!root || !read_event(root, &e))
		return MHD_HTTP_BAD_REQUEST;
	snprintf(name, sizeof(name), "%u.%s%s%s", e.stage, vmm_boot_stage(e.stage),
		 e.stage ? "." : "", e.state);
	if (strcmp(e.state, "progress") != 0)
		vmm__boot_say(r->s, name, r->peer, r->job, "%.500s", e.text);
	return answer_done(r, vmm_boot_event_add(r->s->o.boot, r->job, &e, &err), &err);
}

static unsigned post_event(struct vmm__boot_request *r)
{
	json_t *root = body_json(r);
	unsigned status = add_event(r, root);

	json_decref(root);
	return status;
}

static unsigned post_log(struct vmm__boot_request *r)
{
	struct vmm_err err;
	int ret = vmm_boot_log_add(r->s->o.boot, r->job, r->body.data, r->body.len, &err);

	/* The end of a long log is lost; the work goes on. */
	return answer_done(r, ret == VMM_EREFUSED ? 0 : ret, &err);
}

static unsigned post_inspect(struct vmm__boot_request *r)
{
	json_t *root = body_json(r);
	struct vmm_err err;

	if (!root)
		return MHD_HTTP_BAD_REQUEST;
	json_decref(root);
	return answer_done(r,
			   vmm_boot_inspect_put(r->s->o.boot, r->job, r->body.data, r->body.len, &err),
			   &err);
}

const struct vmm__boot_route vmm__boot_tls_routes[] = {
	{ "POST", "/v1/ticket", .body_max = JSON_MAX, .answer = post_ticket },
	{ "GET", "/v1/job", .session = true, .answer = get_job },
	{ "GET", "/v1/map", .session = true, .answer = get_map },
	{ "GET", "/v1/data", .session = true, .answer = get_data },
	{ "GET", "/v1/custom", .session = true, .answer = get_custom },
	{ "GET", "/v1/file/", .prefix = true, .session = true, .answer = get_file },
	{ "POST", "/v1/event", .session = true, .body_max = JSON_MAX, .answer = post_event },
	{ "POST", "/v1/log", .session = true, .body_max = LOG_MAX, .answer = post_log },
	{ "POST", "/v1/inspect", .session = true, .body_max = LOG_MAX, .answer = post_inspect },
	{ 0 },
};
