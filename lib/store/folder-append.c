/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The writing half of the journal: a record is there whole and durable, or not at all. */
#include "store/folder.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rows.h"

int vmm__journal_cut(struct vmm__journal *j, struct vmm_err *err)
{
	if (j->good == j->size)
		return 0;
	if (ftruncate(j->fd, (off_t)j->good) < 0)
		return vmm__file_err(err, "cut the torn line of", j->dir, VMM__JOURNAL);
	j->size = j->good;
	return 0;
}

/* The record as a line, in the order of the columns that the file has; its header if it is new. */
static int format(struct vmm__journal *j, const struct vmm__event *e, struct vmm_buf *out)
{
	char id[24], pid[24], time[VMM_TIME_LEN + 1], host[256] = "";
	long row = vmm_table_add(j->rows);

	if (row < 0)
		return VMM_ENOMEM;
	snprintf(id, sizeof(id), "%" PRIu64, e->id);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	gethostname(host, sizeof(host) - 1);
	vmm_time_now(time);
	const char *const cells[] = {
		[VMM__ID] = id,    [VMM__TIME] = time,          [VMM__EVENT] = e->event,
		[VMM__OP] = e->op, [VMM__SUBJECT] = e->subject, [VMM__HOST] = host,
		[VMM__PID] = pid,  [VMM__DETAIL] = e->detail,
	};
	for (size_t i = 0; vmm__journal_columns[i]; i++)
		if (vmm_table_put(j->rows, (size_t)row, vmm__journal_columns[i], cells[i]) < 0)
			return VMM_ENOMEM;
	if (!j->size)
		vmm_tsv_header(out, j->rows);
	vmm_tsv_row(out, j->rows, (size_t)row);
	return out->failed ? VMM_ENOMEM : 0;
}

/* All of it or nothing: what was written of a record that is not whole is cut off again. */
static int append_bytes(struct vmm__journal *j, const struct vmm_buf *b, struct vmm_err *err)
{
	ssize_t n;
	int rc = 0;

	do {
		n = write(j->fd, b->data, b->len);
	} while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n < b->len)
		errno = ENOSPC;
	if (n < 0 || (size_t)n < b->len || fdatasync(j->fd) < 0)
		rc = vmm__file_err(err, "write", j->dir, VMM__JOURNAL);
	if (rc == 0)
		j->good = j->size += b->len;
	else if (ftruncate(j->fd, (off_t)j->size) < 0)
		vmm_err_prefix(err, "a record may have been left in the journal");
	return rc;
}

int vmm__journal_append(struct vmm__journal *j, const struct vmm__event *e, struct vmm_err *err)
{
	VMM_BUF_AUTO line = VMM_BUF_INIT;
	bool new_file;
	int rc = vmm__journal_cut(j, err);

	if (rc == 0)
		rc = vmm__journal_compact(j, err);
	if (rc < 0)
		return rc;
	new_file = j->size == 0;
	if (format(j, e, &line) < 0)
		return vmm_err_nomem(err);
	/* Its name first, so that there is no moment when a durable record has none. */
	if (new_file)
		rc = vmm__dir_sync(j->dir, "", err);
	return rc ? rc : append_bytes(j, &line, err);
}
