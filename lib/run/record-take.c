/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A run that is unfinished is taken over: to be gone on with, or given up. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/rows.h"
#include "run/internal.h"

#define FILE_MAX_BYTES ((size_t)256 << 20)

int vmm__record_load(const char *file, struct vmm_buf *out, struct vmm_err *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	VMM_STR_AUTO text = NULL;
	size_t len;
	int rc;

	if (fd < 0)
		return errno == ENOENT ? vmm_err_set(err, VMM_ENOTFOUND, "there is no '%s'", file)
				       : vmm_err_unreadable(err, "cannot read '%s'", file);
	rc = vmm_read_fd(file, fd, FILE_MAX_BYTES, &text, &len, err);
	close(fd);
	if (rc < 0)
		return rc;
	vmm_buf_add(out, text, len);
	return out->failed ? vmm_err_nomem(err) : 0;
}

static int read_plan(const struct vmm__record *rec, struct vmm_plan **plan, struct vmm_err *err)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	struct vmm_table *rows = NULL;
	int rc = vmm__record_load(rec->plan, &text, err);

	if (rc == 0)
		rc = vmm_tsv_parse(rec->plan, text.data, text.len, &rows, err);
	return rc < 0 ? rc : vmm_plan_read(rows, rec->plan, plan, err);
}

/* What a crash left of a line is cut off: nobody was told of it. */
static int read_results(const struct vmm__record *rec, struct vmm_table **out, struct vmm_err *err)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	const char *last;
	size_t good;
	int rc = vmm__record_load(rec->results, &text, err);

	if (rc < 0 && rc != VMM_ENOTFOUND)
		return rc;
	last = memrchr(text.data, '\n', text.len);
	good = last ? (size_t)(last + 1 - text.data) : 0;
	if (rc == 0 && good < text.len && truncate(rec->results, (off_t)good) < 0)
		return vmm_err_errno(err, "cannot write '%s'", rec->results);
	return vmm_tsv_parse(rec->results, text.data, good, out, err);
}

/* The intent of this run; or the newest whose owner is gone, else one that is under way. Its row, or -1. */
static long find(const struct vmm_table *open, const char *name)
{
	long alive = -1;

	for (size_t r = vmm_table_rows(open); r-- > 0;) {
		if (strcmp(vmm_table_at(open, r, "op"), VMM__RUN_OP) != 0 ||
		    (name && strcmp(vmm_table_at(open, r, "subject"), name) != 0))
			continue;
		if (name || strcmp(vmm_table_at(open, r, "alive"), "yes") != 0)
			return (long)r;
		alive = (long)r;
	}
	return alive;
}

static int take(struct vmm_store *st, const char *name, struct vmm__record **out, struct vmm_err *err)
{
	VMM_TABLE_AUTO *open = NULL;
	struct vmm__record *rec;
	uint64_t id;
	long row;

	if (vmm_intent_list(st, &open, err) < 0)
		return err ? (int)err->code : VMM_EFAIL;
	row = find(open, name);
	if (row < 0 && name)
		return vmm_err_set(err, VMM_ENOTFOUND, "there is no unfinished run '%s'", name);
	if (row < 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "there is no unfinished run");
	if (vmm_num_u64("id", vmm_table_at(open, (size_t)row, "id"), 1, UINT64_MAX, &id, err) < 0)
		return VMM_EINPUT;
	rec = vmm__record_new(st, vmm_table_at(open, (size_t)row, "subject"), err);
	if (!rec)
		return err ? (int)err->code : VMM_EFAIL;
	rec->intent = id;
	if (vmm_intent_take(st, id, err) < 0) {
		vmm__record_free(rec);
		return err ? (int)err->code : VMM_EFAIL;
	}
	*out = rec;
	return 0;
}

int vmm__record_take(struct vmm_store *st, const char *name, struct vmm__record **out,
		     struct vmm_plan **plan, struct vmm_table **results, struct vmm_err *err)
{
	struct vmm__record *rec = NULL;
	int rc = take(st, name, &rec, err);

	if (rc < 0)
		return rc;
	rc = read_plan(rec, plan, err);
	if (rc == VMM_ENOTFOUND) {
		rc = vmm_err_set(err, VMM_EREFUSED,
				 "run '%s' was cut short before it began anything: run the plan again",
				 rec->name);
		vmm__record_end(rec, "failed", NULL);
	}
	if (rc == 0)
		rc = read_results(rec, results, err);
	if (rc == 0)
		rc = vmm__record_open(rec, err);
	if (rc < 0)
		vmm__record_free(rec);
	else
		*out = rec;
	return rc;
}

int vmm_run_discard(struct vmm_store *st, const char *name, struct vmm_err *err)
{
	struct vmm__record *rec = NULL;
	int rc = take(st, name, &rec, err);

	if (rc == 0)
		rc = vmm__record_end(rec, "discarded", err);
	vmm__record_free(rec);
	return rc;
}
