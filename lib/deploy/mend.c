/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* After a crash: intents of dead owners, jobs that nobody follows, images that nobody needs. */
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rows.h"
#include "deploy/internal.h"

#define ASIDE_S 60

struct mending {
	struct vmm_store *st;
	struct vmm_boot *boot; /* NULL: there is none */
	bool repair;
	vmm_deploy_found *found;
	void *arg;
	struct vmm_table *intents;
	struct vmm_strv needed; /* SHA-256 of what jobs and the library have */
	size_t open;
	struct vmm_err *err;
};

static void say(struct mending *m, const char *object, const char *what, bool mended)
{
	m->found(object, what, mended, m->arg);
	m->open += !mended;
}

/* ---- intents ---- */

static int remove_jobs(struct mending *m, const char *uuid, struct vmm_err *err)
{
	VMM_STRV_AUTO ids = VMM_STRV_INIT;

	if (!m->boot)
		return 0;
	if (vmm_boot_job_list(m->boot, &ids, err) < 0)
		return err->code;
	for (size_t i = 0; i < ids.n; i++) {
		VMM_BOOT_JOB_AUTO *job = NULL;

		if (vmm_boot_job_read(m->boot, ids.s[i], &job, NULL) < 0 || job->inspect ||
		    strcmp(job->uuid, uuid) != 0)
			continue;
		vmm_boot_job_disarm(m->boot, ids.s[i], NULL);
		if (vmm_boot_job_remove(m->boot, ids.s[i], err) < 0)
			return err->code;
	}
	return 0;
}

struct end {
	const char *uuid;
	bool written; /* the journal is ahead of the table */
};

static int mark(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	const struct end *end = arg;
	long row = vmm__machine_row(t[0], "uuid", end->uuid);
	char now[VMM_TIME_LEN + 1];

	vmm_time_now(now);
	if (row >= 0 && end->written && vmm_table_put(t[0], (size_t)row, "written", "yes") < 0)
		return vmm_err_nomem(err);
	if (row >= 0 && (vmm_table_put(t[0], (size_t)row, "state", "failed") < 0 ||
			 vmm_table_put(t[0], (size_t)row, "job", "") < 0 ||
			 vmm_table_put(t[0], (size_t)row, "error", "it was cut short") < 0 ||
			 vmm_table_put(t[0], (size_t)row, "seen", now) < 0))
		return vmm_err_nomem(err);
	return 0;
}

static int undo(struct mending *m, const struct vmm_table *detail, const char *uuid,
		struct vmm_err *err)
{
	static const char *const tables[] = { VMM__MACHINES, NULL };
	struct end end = { uuid, strcmp(vmm_table_at(detail, 0, "written"), "yes") == 0 };
	int ret = remove_jobs(m, uuid, err);

	if (ret == 0 && strcmp(vmm_table_at(detail, 0, "leased"), "yes") == 0 && !end.written)
		ret = vmm__deploy_leases_return(m->st, uuid, err);
	return ret ? ret : vmm_store_change(m->st, tables, mark, &end, err);
}

static int mend_intent(struct mending *m, size_t row, struct vmm_err *err)
{
	const char *text = vmm_table_at(m->intents, row, "detail");
	const char *uuid = vmm_table_at(m->intents, row, "subject");
	VMM_TABLE_AUTO *detail = NULL;
	uint64_t id;

	if (vmm_json_parse("journal", text, strlen(text), &detail, err) < 0 ||
	    vmm_intent_id(m->intents, row, &id, err) < 0 || vmm_intent_take(m->st, id, err) < 0 ||
	    undo(m, detail, uuid, err) < 0)
		return err->code;
	return vmm_intent_end(m->st, id, "mended", err);
}

/* The machine's name, else its UUID. */
static void mend_intents(struct mending *m, const struct vmm_table *machines)
{
	for (size_t r = 0; r < vmm_table_rows(m->intents); r++) {
		const char *uuid = vmm_table_at(m->intents, r, "subject");
		long row = vmm__machine_row(machines, "uuid", uuid);
		const char *object = row < 0 ? uuid : vmm_table_at(machines, (size_t)row, "name");
		struct vmm_err why;

		if (strcmp(vmm_table_at(m->intents, r, "op"), VMM__DEPLOY_OP) != 0 ||
		    strcmp(vmm_table_at(m->intents, r, "alive"), "yes") == 0)
			continue;
		if (!m->repair)
			say(m, object, "was being deployed; host-deploy --resume goes on with it",
			    false);
		else if (mend_intent(m, r, &why) < 0)
			say(m, object, why.text, false);
		else
			say(m, object,
			    "was being deployed; its job and what addresses it does not use are gone",
			    true);
	}
}

/* ---- jobs ---- */

static bool is_followed(const struct mending *m, const char *uuid)
{
	for (size_t r = 0; r < vmm_table_rows(m->intents); r++)
		if (strcmp(vmm_table_at(m->intents, r, "op"), VMM__DEPLOY_OP) == 0 &&
		    strcmp(vmm_table_at(m->intents, r, "subject"), uuid) == 0)
			return true;
	return false;
}

static int mend_job(struct mending *m, const char *id)
{
	VMM_BOOT_JOB_AUTO *job = NULL;
	struct vmm_err why;

	if (vmm_boot_job_read(m->boot, id, &job, &why) < 0) {
		say(m, id, why.text, false);
		return 0;
	}
	if (!job->inspect && !is_followed(m, job->uuid)) {
		if (m->repair) {
			vmm_boot_job_disarm(m->boot, id, NULL);
			vmm_boot_job_remove(m->boot, id, NULL);
		}
		say(m, job->name,
		    m->repair ? "a job that nobody follows; it is removed"
			      : "a job that nobody follows",
		    m->repair);
	}
	if (vmm_strv_add(&m->needed, job->image) < 0)
		return VMM_ENOMEM;
	for (size_t i = 0; i < job->files.n; i++)
		if (vmm_strv_add(&m->needed, job->files.s[i]) < 0)
			return VMM_ENOMEM;
	return 0;
}

static int mend_jobs(struct mending *m)
{
	VMM_STRV_AUTO ids = VMM_STRV_INIT;

	if (vmm_boot_job_list(m->boot, &ids, m->err) < 0 && m->err->code != VMM_ENOTFOUND)
		return m->err->code;
	/* Who makes a job has an intent before: so those are read after the jobs. */
	vmm_table_free(m->intents);
	m->intents = NULL;
	if (vmm_intent_list(m->st, &m->intents, m->err) < 0)
		return m->err->code;
	for (size_t i = 0; i < ids.n; i++)
		if (mend_job(m, ids.s[i]) < 0)
			return vmm_err_nomem(m->err);
	return 0;
}

/* ---- images and files ---- */

static int add_library(struct mending *m)
{
	VMM_TABLE_AUTO *images = NULL;

	if (vmm_images_read(m->st, &images, m->err) < 0)
		return m->err->code;
	for (size_t r = 0; r < vmm_table_rows(images); r++)
		if (vmm_strv_add(&m->needed, vmm_table_at(images, r, "sha256")) < 0)
			return vmm_err_nomem(m->err);
	return 0;
}

/* `found`, and `gone` where it has been removed, is what is said of it. */
static void take_away(struct mending *m, const char *part, const char *name, const char *found,
		      const char *gone)
{
	if (m->repair)
		vmm_boot_remove(m->boot, part, name);
	say(m, name, m->repair ? gone : found, m->repair);
}

/* What is in neither the library nor a job. */
static int mend_folder(struct mending *m, const char *part)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;

	if (vmm_boot_names(m->boot, part, &names, m->err) < 0)
		return m->err->code == VMM_ENOTFOUND ? 0 : m->err->code;
	for (size_t i = 0; i < names.n; i++)
		if (*names.s[i] != '.' && !vmm_strv_has(&m->needed, names.s[i]))
			take_away(m, part, names.s[i], "of no use to anybody, in the boot folder",
				  "of no use to anybody; it is removed from the boot folder");
	return 0;
}

/* ---- what was being put there ---- */

/* Their maker holds the lock as long as he is at it. */
static bool images_are_made(const struct vmm_boot *b)
{
	int fd = vmm_boot_open_file(b, "images/.lock");
	bool held = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;

	if (fd >= 0)
		close(fd);
	return held;
}

static int mend_aside(struct mending *m, const char *part)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;

	if (strcmp(part, "images") == 0 && images_are_made(m->boot))
		return 0;
	if (vmm_boot_names(m->boot, part, &names, m->err) < 0)
		return m->err->code == VMM_ENOTFOUND ? 0 : m->err->code;
	for (size_t i = 0; i < names.n; i++)
		if (strncmp(names.s[i], ".new", 4) == 0 &&
		    vmm_boot_is_older(m->boot, part, names.s[i], ASIDE_S))
			take_away(m, part, names.s[i], "left by a crash in the boot folder",
				  "left by a crash in the boot folder; it is removed");
	return 0;
}

static int mend_boot(struct mending *m)
{
	static const char *const parts[] = { "jobs", "images", "files", "seen", "tls", "run" };
	int ret = mend_jobs(m);

	for (size_t i = 0; ret == 0 && i < sizeof(parts) / sizeof(*parts); i++)
		ret = mend_aside(m, parts[i]);
	if (ret == 0)
		ret = add_library(m);
	if (ret == 0)
		ret = mend_folder(m, "images");
	return ret ? ret : mend_folder(m, "files");
}

int vmm_deploy_mend(struct vmm_store *st, bool repair, vmm_deploy_found *found, void *arg,
		    struct vmm_err *err)
{
	struct mending m = { .st = st, .repair = repair, .found = found, .arg = arg, .err = err };
	VMM_STR_AUTO path = vmm_boot_path(vmm_store_folder(st), err);
	VMM_TABLE_AUTO *machines = NULL;
	int ret;

	if (!path || vmm__machines_read(st, &machines, err) < 0 ||
	    vmm_intent_list(st, &m.intents, err) < 0)
		return err->code;
	ret = vmm_boot_open(path, false, &m.boot, err);
	if (ret == VMM_ENOTFOUND)
		ret = 0;
	if (ret == 0)
		mend_intents(&m, machines);
	if (ret == 0 && m.boot)
		ret = mend_boot(&m);
	vmm_boot_close(m.boot);
	vmm_table_free(m.intents);
	vmm_strv_release(&m.needed);
	return ret < 0 ? ret : m.open > 0 ? VMM_EPART : VMM_OK;
}
