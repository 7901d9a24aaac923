/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of a run after a kill. In this order: the intent, the plan (written aside, renamed), a
 * row of results as each step ends, the end of the intent, the files away. So whatever the moment, a run
 * with an intent and a plan can be gone on with, and anything else has begun nothing or has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rows.h"
#include "run/internal.h"

void vmm__record_free(struct vmm__record *rec)
{
	if (!rec)
		return;
	if (rec->fd >= 0)
		close(rec->fd);
	free(rec->name);
	free(rec->folder);
	free(rec->plan);
	free(rec->results);
	free(rec);
}

static char *join(const char *folder, const char *name, const char *end)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_addf(&b, "%s/%s%s", folder, name, end);
	return vmm_buf_steal(&b);
}

struct vmm__record *vmm__record_new(struct vmm_store *st, const char *name, struct vmm_err *err)
{
	const char *state = vmm_store_folder(st);
	struct vmm__record *rec = calloc(1, sizeof(*rec));

	if (!state || !rec) {
		free(rec);
		if (!state)
			vmm_err_set(err, VMM_EREFUSED, "this state can't hold files of runs");
		else
			vmm_err_nomem(err);
		return NULL;
	}
	rec->st = st;
	rec->fd = -1;
	rec->name = strdup(name);
	rec->folder = join(state, "runs", "");
	rec->plan = rec->folder ? join(rec->folder, name, ".tsv") : NULL;
	rec->results = rec->folder ? join(rec->folder, name, ".results") : NULL;
	if (!rec->name || !rec->plan || !rec->results) {
		vmm__record_free(rec);
		vmm_err_nomem(err);
		return NULL;
	}
	return rec;
}

static int sync_folder(const struct vmm__record *rec, struct vmm_err *err)
{
	int fd = open(rec->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd >= 0 && fsync(fd) == 0 ? 0 : vmm_err_errno(err, "cannot sync '%s'", rec->folder);

	if (fd >= 0)
		close(fd);
	return rc;
}

/* ---- begun ---- */

static int write_plan(const struct vmm__record *rec, const struct vmm_plan *plan, struct vmm_err *err)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	vmm_tsv_format(&text, plan->rows);
	return text.failed ? vmm_err_nomem(err)
			   : vmm_replace_file(rec->plan, 0600, text.data, text.len, err);
}

static const char header[] = "step\tcode\tresult\tms\tdowntime_ms\tbytes\tnote\terror\n";

/* What a full disk took of a line is taken back: other steps may end behind it. */
static int write_results(const struct vmm__record *rec, const char *text, size_t len,
			 struct vmm_err *err)
{
	off_t end = lseek(rec->fd, 0, SEEK_END);
	int why;

	if (end >= 0 && vmm_write_fd(rec->fd, text, len) == 0 && fdatasync(rec->fd) == 0)
		return 0;
	why = errno;
	if (end >= 0 && ftruncate(rec->fd, end) == 0)
		errno = why;
	return vmm_err_errno(err, "cannot write '%s'", rec->results);
}

int vmm__record_open(struct vmm__record *rec, struct vmm_err *err)
{
	rec->fd = open(rec->results, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (rec->fd < 0)
		return vmm_err_errno(err, "cannot write '%s'", rec->results);
	if (lseek(rec->fd, 0, SEEK_END) > 0)
		return 0;
	return write_results(rec, header, sizeof(header) - 1, err);
}

static void name_it(char *out, size_t size)
{
	char now[VMM_TIME_LEN + 1], *to = now;

	vmm_time_now(now);
	for (const char *from = now; *from; from++)
		if (*from != ':' && *from != '-')
			*to++ = *from;
	*to = '\0';
	snprintf(out, size, "%s-%ld", now, (long)getpid());
}

static int write_files(struct vmm__record *rec, const struct vmm_plan *plan, struct vmm_err *err)
{
	if (vmm_make_folders(rec->folder, 0700, 0700, err) < 0 || write_plan(rec, plan, err) < 0 ||
	    vmm__record_open(rec, err) < 0)
		return err ? (int)err->code : VMM_EFAIL;
	return sync_folder(rec, err);
}

int vmm__record_begin(struct vmm_store *st, const struct vmm_plan *plan, struct vmm__record **out,
		      struct vmm_err *err)
{
	struct vmm__record *rec;
	char name[64], detail[64];
	int rc;

	name_it(name, sizeof(name));
	snprintf(detail, sizeof(detail), "{\"steps\":\"%zu\"}", plan->n);
	rec = vmm__record_new(st, name, err);
	if (!rec)
		return err ? (int)err->code : VMM_EFAIL;
	rc = vmm_intent_begin(st, VMM__RUN_OP, name, detail, &rec->intent, err);
	if (rc == 0) {
		rc = write_files(rec, plan, err);
		if (rc < 0)
			vmm__record_end(rec, "failed", NULL);
	}
	if (rc < 0)
		vmm__record_free(rec);
	else
		*out = rec;
	return rc;
}

int vmm__record_add(struct vmm__record *rec, const struct vmm_run_result *res, struct vmm_err *err)
{
	VMM_BUF_AUTO line = VMM_BUF_INIT;

	vmm_buf_addf(&line, "%u\t%d\t%s\t%" PRIu64 "\t", res->step->step, -res->code, res->result,
		     res->ms);
	if (res->downtime_ms >= 0)
		vmm_buf_addf(&line, "%" PRId64, res->downtime_ms);
	vmm_buf_addf(&line, "\t%" PRIu64 "\t", res->bytes);
	vmm_tsv_cell(&line, res->note);
	vmm_buf_addc(&line, '\t');
	vmm_tsv_cell(&line, res->error);
	vmm_buf_addc(&line, '\n');
	if (line.failed)
		return vmm_err_nomem(err);
	return write_results(rec, line.data, line.len, err);
}

int vmm__record_end(struct vmm__record *rec, const char *result, struct vmm_err *err)
{
	int rc = vmm_intent_end(rec->st, rec->intent, result, err);

	if (rc == 0) {
		unlink(rec->plan);
		unlink(rec->results);
	}
	return rc;
}
