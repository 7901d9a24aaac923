/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public calls: they check what they are given and hand it to the backend. */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "store/backend.h"

#define NAME_MAX_LEN 100

char *vmm_store_url(struct vmm_err *err)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	const char *state = getenv("VMM_STATE");
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	char *url;

	if (state && *state) {
		vmm_buf_adds(&b, state);
	} else if (geteuid() == 0) {
		vmm_buf_adds(&b, "/var/lib/vmm");
	} else if (xdg && *xdg) {
		vmm_buf_addf(&b, "%s/vmm", xdg);
	} else if (home && *home) {
		vmm_buf_addf(&b, "%s/.local/state/vmm", home);
	} else {
		vmm_err_set(err, VMM_EINPUT,
			    "cannot find the state: none of VMM_STATE, XDG_STATE_HOME, HOME is set");
		return NULL;
	}
	url = vmm_buf_steal(&b);
	if (!url)
		vmm_err_nomem(err);
	return url;
}

static const char *after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

/* The path in PATH, file:PATH or file://PATH; NULL: another kind of URL, or not absolute. */
static const char *folder_of(const char *url)
{
	const char *path = after(url, "file:");

	if (!path)
		path = url;
	if (*path != '/')
		return NULL;
	while (path[1] == '/')
		path++;
	return path;
}

static int open_backend(const char *url, const char *path, struct vmm_store **out, struct vmm_err *err)
{
	char *copy = strdup(url);
	int rc;

	if (!copy)
		return vmm_err_nomem(err);
	rc = vmm__folder_open(path, out, err);
	if (rc < 0)
		free(copy);
	else
		(*out)->url = copy;
	return rc;
}

int vmm_store_open(const char *url, struct vmm_store **out, struct vmm_err *err)
{
	const char *path = folder_of(url);

	if (after(url, "etcd:"))
		return vmm_err_set(err, VMM_EINPUT,
				   "cannot open state '%s': the etcd backend is not built in", url);
	if (!path)
		return vmm_err_set(err, VMM_EINPUT,
				   "cannot open state '%s': neither an absolute path nor file:PATH",
				   url);
	return open_backend(url, path, out, err);
}

int vmm_store_dup(const struct vmm_store *st, struct vmm_store **out, struct vmm_err *err)
{
	return vmm_store_open(st->url, out, err);
}

const char *vmm_store_folder(const struct vmm_store *st)
{
	return folder_of(st->url);
}

void vmm_store_close(struct vmm_store *st)
{
	if (!st)
		return;
	free(st->url);
	st->backend->close(st);
}

/* [a-z0-9_-]+, with at most one '/' inside: it becomes the name of a file. */
bool vmm__name_is_valid(const char *name)
{
	size_t len = strlen(name);
	unsigned slashes = 0;

	if (len == 0 || len > NAME_MAX_LEN || name[0] == '/' || name[len - 1] == '/')
		return false;
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-/") != len)
		return false;
	for (const char *p = name; *p; p++)
		slashes += *p == '/';
	/* The journal has a table's file name but is none. */
	return slashes <= 1 && strcmp(name, "journal") != 0;
}

static int check_names(const char *const *names, size_t *n, struct vmm_err *err)
{
	size_t i;

	for (i = 0; names[i]; i++) {
		if (!vmm__name_is_valid(names[i]))
			return vmm_err_set(err, VMM_EINPUT, "'%s' cannot be the name of a table",
					   names[i]);
		for (size_t k = 0; k < i; k++)
			if (strcmp(names[k], names[i]) == 0)
				return vmm_err_set(err, VMM_EINPUT, "table '%s' is named twice",
						   names[i]);
	}
	*n = i;
	return 0;
}

int vmm_store_read(struct vmm_store *st, const char *const *names, struct vmm_table **out,
		   struct vmm_err *err)
{
	size_t n;
	int rc = check_names(names, &n, err);

	return rc ? rc : st->backend->read(st, names, n, out, err);
}

int vmm_store_change(struct vmm_store *st, const char *const *names, vmm_store_fn *fn, void *arg,
		     struct vmm_err *err)
{
	size_t n;
	int rc = check_names(names, &n, err);

	return rc ? rc : st->backend->change(st, names, n, fn, arg, err);
}

int vmm_store_changes(struct vmm_store *st, uint64_t *count, struct vmm_err *err)
{
	return st->backend->changes(st, count, err);
}

int vmm_intent_begin(struct vmm_store *st, const char *op, const char *subject, const char *detail,
		     uint64_t *id, struct vmm_err *err)
{
	if (!*op || !*subject)
		return vmm_err_set(err, VMM_EINPUT, "an intent needs an operation and a subject");
	return st->backend->begin(st, op, subject, detail ? detail : "", id, err);
}

int vmm_intent_note(struct vmm_store *st, uint64_t id, const char *detail, struct vmm_err *err)
{
	return st->backend->note(st, id, detail ? detail : "", err);
}

int vmm_intent_end(struct vmm_store *st, uint64_t id, const char *result, struct vmm_err *err)
{
	return st->backend->end(st, id, result ? result : "", err);
}

int vmm_intent_list(struct vmm_store *st, struct vmm_table **out, struct vmm_err *err)
{
	return st->backend->list(st, out, err);
}

int vmm_intent_id(const struct vmm_table *open, size_t row, uint64_t *id, struct vmm_err *err)
{
	return vmm_num_u64("id", vmm_table_at(open, row, "id"), 1, UINT64_MAX, id, err);
}

/* "pid 12", and where that is another host's pid, "pid 12 on h2". */
static void name_owner(const struct vmm__open *in, struct vmm_buf *out)
{
	char here[256] = "";

	gethostname(here, sizeof(here) - 1);
	vmm_buf_addf(out, "pid %s", in->pid);
	if (strcmp(in->host, here) != 0)
		vmm_buf_addf(out, " on %s", in->host);
}

int vmm__intent_refuse(const struct vmm__open *in, struct vmm_err *err)
{
	VMM_BUF_AUTO owner = VMM_BUF_INIT;

	if (!in->alive)
		return vmm_err_set(err, VMM_EREFUSED,
				   "an earlier %s of '%s' was cut short (since %s): "
				   "run vmm-fsck --repair",
				   in->op, in->subject, in->since);
	name_owner(in, &owner);
	return vmm_err_set(err, VMM_EAGAIN, "%s of '%s' is already under way (%s, since %s)",
			   in->op, in->subject, owner.data, in->since);
}

/* As base/rows.h writes a member of JSON. */
bool vmm__intent_is_for(const char *subject, const char *detail, const char *whom)
{
	static const char key[] = "\"uuid\":\"";
	const char *at = strstr(detail, key);
	size_t n = strlen(whom);

	if (strcmp(subject, whom) == 0)
		return true;
	return at && strncmp(at + sizeof(key) - 1, whom, n) == 0 && at[sizeof(key) - 1 + n] == '"';
}

int vmm_intent_check(const struct vmm_table *open, const char *subject, struct vmm_err *err)
{
	size_t row = 0;

	while (row < vmm_table_rows(open) &&
	       !vmm__intent_is_for(vmm_table_at(open, row, "subject"),
				   vmm_table_at(open, row, "detail"), subject))
		row++;
	if (row == vmm_table_rows(open))
		return 0;
	const struct vmm__open in = {
		.op = vmm_table_at(open, row, "op"),
		.subject = vmm_table_at(open, row, "subject"),
		.host = vmm_table_at(open, row, "host"),
		.pid = vmm_table_at(open, row, "pid"),
		.since = vmm_table_at(open, row, "since"),
		.alive = strcmp(vmm_table_at(open, row, "alive"), "yes") == 0,
	};
	return vmm__intent_refuse(&in, err);
}

int vmm_intent_take(struct vmm_store *st, uint64_t id, struct vmm_err *err)
{
	return st->backend->take(st, id, err);
}

int vmm_store_check(struct vmm_store *st, bool repair, vmm_store_found *found, void *arg,
		    struct vmm_err *err)
{
	return st->backend->check(st, repair, found, arg, err);
}
