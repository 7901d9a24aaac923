/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal is read whole for each intent, so it must not grow for ever. When it is large
 * and has twice as many ended intents as are worth keeping, it is written anew without the
 * older half: each rewrite throws out at least KEEP intents, however long their texts.
 * The newest intent always stays, and with it the count of the ids.
 */
#include "store/folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/rows.h"

#define LARGE ((size_t)1024 * 1024)
#define KEEP 1000

/* Ended intents with an id below this one go. */
static uint64_t oldest_kept(const struct vmm__journal *j)
{
	size_t kept = 0, i = j->n;

	while (i > 0 && kept < KEEP)
		kept += j->intents[--i].ended;
	return j->intents[i].id;
}

static bool keep_row(const struct vmm__journal *j, size_t row, uint64_t oldest)
{
	uint64_t id = 0;

	/* Has been read as a number before. */
	vmm_num_u64("id", vmm_table_at(j->rows, row, "id"), 1, INT64_MAX, &id, NULL);
	return id >= oldest || vmm__journal_find(j, id);
}

static int write_kept(const struct vmm__journal *j, struct vmm_buf *text, struct vmm_err *err)
{
	const uint64_t oldest = oldest_kept(j);
	int rc;

	vmm_tsv_header(text, j->rows);
	for (size_t i = 0; i < vmm_table_rows(j->rows); i++)
		if (keep_row(j, i, oldest))
			vmm_tsv_row(text, j->rows, i);
	if (text->failed)
		return vmm_err_nomem(err);
	rc = vmm__file_write(j->dir, ".journal.new", text->data, text->len, err);
	if (rc == 0)
		rc = vmm__file_rename(j->dir, ".journal.new", "journal.tsv", err);
	if (rc < 0)
		unlinkat(j->dir->fd, ".journal.new", 0);
	return rc;
}

int vmm__journal_compact(struct vmm__journal *j, struct vmm_err *err)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	int fd, rc;

	if (j->size < LARGE || j->ended < 2 * KEEP)
		return 0;
	/* No room for a second journal is no reason not to append to the first. */
	if (write_kept(j, &text, NULL) < 0)
		return 0;
	/* What is appended from now on is in the new file: its name must be durable before. */
	rc = vmm__dir_sync(j->dir, "", err);
	if (rc == 0)
		rc = vmm__file_open(j->dir, "journal.tsv", O_RDWR | O_APPEND | O_CREAT, &fd, err);
	if (rc < 0)
		return rc;
	close(j->fd);
	j->fd = fd;
	j->size = j->good = text.len;
	return 0;
}
